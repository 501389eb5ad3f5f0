"""LibreTranslate over HTTP: one sentence a request, short timeouts, a breaker, and no faith in answers.

A list of sentences would be translated item by item all the same (LibreTranslate 1.9), so nothing is
gained by batching. One try here is one request: trying again is the caller's, who knows by then whether
the sentence is still wanted.
"""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import httpx

from dolmetsch_core.wire.languages import from_libretranslate, to_libretranslate
from dolmetsch_worker.backends.breaker import Breaker, BreakerLimits, Circuit
from dolmetsch_worker.backends.protocol import (
    BackendUnavailable,
    Pair,
    TranslationFailed,
    TranslationRejected,
)

NAME = "libretranslate"
ANSWER_LIMIT = 256 * 1024
"""Bytes of an answer that are read at most: a sentence is 200 characters, a list of languages 40 KB."""
_REJECTED = frozenset({400, 413, 422})
_KEY_WANTED = frozenset({401, 403})


class LibreTranslate:
    """A `Backend`. `timeout` (s) is for one request from its start to its last byte."""

    name = NAME

    def __init__(
        self,
        url: str,
        *,
        api_key: str = "",
        timeout: float = 10.0,
        at_once: int = 8,
        limits: BreakerLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.at_once = at_once
        self._api_key = api_key
        self._timeout = timeout
        self._breaker = Breaker(limits or BreakerLimits(), clock)
        self._codes: dict[str, str] = {}
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            timeout=httpx.Timeout(timeout, connect=min(2.0, timeout)),
            # One more than translations: the question for languages never queues behind them.
            limits=httpx.Limits(max_connections=at_once + 1, max_keepalive_connections=at_once + 1),
            # Unpacked on arrival, a small answer could be a gigantic one.
            headers={"Accept-Encoding": "identity"},
            follow_redirects=False,
            # LibreTranslate is a neighbour: a proxy of the environment has no business with what was said.
            trust_env=False,
        )

    @property
    def circuit(self) -> Circuit:
        """The breaker's state, for metrics and tests."""
        return self._breaker.state

    async def pairs(self) -> frozenset[Pair]:
        """From `/languages`. Asked past the breaker, and an answer closes it: the service is back."""
        answer = _json(await self._request("GET", "/languages", None))
        codes, pairs = _languages(answer)
        self._codes = codes
        self._breaker.succeeded()
        return pairs

    async def translate(self, text: str, source: str, target: str) -> str:
        """One request under the breaker. An empty translation is a refusal: waiting will not improve it."""
        if not self._breaker.admit():
            raise BackendUnavailable(NAME, "it failed a moment ago", retry_after=self._breaker.wait())
        try:
            translated = await self._translate(text, source, target)
        except BackendUnavailable as failure:
            self._breaker.failed(failure.retry_after)
            raise
        except TranslationFailed:
            self._breaker.succeeded()
            raise
        except BaseException:
            self._breaker.abandoned()
            raise
        self._breaker.succeeded()
        return translated

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _translate(self, text: str, source: str, target: str) -> str:
        body = {
            "q": text,
            "source": self._codes.get(source, to_libretranslate(source)),
            "target": self._codes.get(target, to_libretranslate(target)),
            "format": "text",
        }
        if self._api_key:
            body["api_key"] = self._api_key
        answer = _json(await self._request("POST", "/translate", body))
        translated = answer.get("translatedText") if isinstance(answer, dict) else None
        if not isinstance(translated, str):
            raise BackendUnavailable(NAME, "an answer without translatedText")
        if not translated.strip():
            raise TranslationRejected(NAME, "an empty translation")
        return translated.strip()

    async def _request(self, method: str, path: str, body: dict[str, str] | None) -> bytes:
        """The body of a 200, whole, within timeout and ANSWER_LIMIT. Raises a `TranslationFailed`."""
        content = bytearray()
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._client.stream(method, path, json=body) as response,
            ):
                _check_status(response)
                async for part in response.aiter_raw():
                    content += part
                    if len(content) > ANSWER_LIMIT:
                        raise BackendUnavailable(NAME, f"an answer of more than {ANSWER_LIMIT} bytes")
        except TimeoutError:
            raise BackendUnavailable(NAME, f"no answer within {self._timeout:g} s") from None
        except httpx.HTTPError as failure:
            # The class says enough (ConnectError, ReadTimeout); its text may hold more than it should.
            raise BackendUnavailable(NAME, type(failure).__name__) from None
        return bytes(content)


def _check_status(response: httpx.Response) -> None:
    status = response.status_code
    if status == 200:
        return
    if status in _REJECTED:
        raise TranslationRejected(NAME, f"status {status}")
    if status in _KEY_WANTED:
        raise BackendUnavailable(
            NAME, f"status {status}: it wants another key, see DOLMETSCH_WORKER_LIBRETRANSLATE_API_KEY"
        )
    raise BackendUnavailable(NAME, f"status {status}", retry_after=_retry_after(response))


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds from Retry-After; None for none, for a date, or for nonsense."""
    try:
        seconds = float(response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise BackendUnavailable(NAME, "an answer that is not JSON") from None


def _languages(answer: Any) -> tuple[dict[str, str], frozenset[Pair]]:
    """(our code -> the code that this LibreTranslate uses, pairs in our codes).

    Raises `BackendUnavailable` for anything but a list of languages; an entry without a code of ours is
    passed over. Where two of its languages are one of ours (pt, pt-BR), the usual spelling wins.
    """
    if not isinstance(answer, list):
        raise BackendUnavailable(NAME, "an answer that is not a list of languages")
    codes: dict[str, str] = {}
    pairs: set[Pair] = set()
    for entry in answer:
        source, targets = _entry(entry)
        ours = from_libretranslate(source)
        if ours is None:
            continue
        if codes.get(ours, "").lower() != to_libretranslate(ours).lower():
            codes[ours] = source
        theirs = {from_libretranslate(target) for target in targets}
        pairs |= {(ours, target) for target in theirs if target is not None and target != ours}
    return codes, frozenset(pairs)


def _entry(entry: Any) -> tuple[str, list[str]]:
    """(code, targets) of one entry of `/languages`; raises `BackendUnavailable` when it is none."""
    if isinstance(entry, dict):
        code, targets = entry.get("code"), entry.get("targets")
        if isinstance(code, str) and isinstance(targets, list):
            return code, [target for target in targets if isinstance(target, str)]
    raise BackendUnavailable(NAME, "an entry that is not a language")
