"""What a translation backend is, and the three ways in which it says no."""

from typing import Protocol

Pair = tuple[str, str]
"""(source, target) in our language codes, never the same twice."""


class TranslationFailed(Exception):
    """A sentence was not translated. No message of these classes holds the sentence."""


class BackendUnavailable(TranslationFailed):
    """The backend is away, slow, or answers nonsense. Source: the backend. Remedy: try again later."""

    def __init__(self, backend: str, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(backend, reason, retry_after)
        self.backend = backend
        self.reason = reason
        self.retry_after = retry_after
        """Seconds to wait before the next try, where the backend said so."""

    def __str__(self) -> str:
        wait = f"in {self.retry_after:.1f} s" if self.retry_after is not None else "later"
        return f"{self.backend} is unavailable: {self.reason}; tried again {wait}"


class PairUnsupported(TranslationFailed):
    """No backend has this pair. Remedy: install the packages for it; the list is read again meanwhile."""

    def __init__(self, source: str, target: str) -> None:
        super().__init__(source, target)
        self.source = source
        self.target = target

    def __str__(self) -> str:
        return f"No translation backend has {self.source} -> {self.target}: install packages for this pair"


class TranslationRejected(TranslationFailed):
    """The backend refuses this very sentence, however often it is asked. Remedy: leave it untranslated."""

    def __init__(self, backend: str, reason: str) -> None:
        super().__init__(backend, reason)
        self.backend = backend
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.backend} rejected the sentence: {self.reason}"


class Backend(Protocol):
    """Something that translates sentences. Safe to call from many tasks of one loop at once."""

    @property
    def name(self) -> str:
        """A short name for logs and metrics."""

    @property
    def at_once(self) -> int:
        """How many sentences it is worth asking for at once."""

    async def pairs(self) -> frozenset[Pair]:
        """What it can translate now. Raises `BackendUnavailable` when that cannot be found out."""

    async def translate(self, text: str, source: str, target: str) -> str:
        """The sentence in `target`, not empty. Raises a `TranslationFailed`."""

    async def close(self) -> None:
        """Releases connections and threads. Called once, last."""
