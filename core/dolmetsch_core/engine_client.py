"""Calls to an engine's control interface over HTTP. Only the operator (one machine: local) makes them.

aiohttp, since the pool of httpx looks at all connections for each call: with 200 long polls open the operator
took four times as long (docs/adr/0011).
"""

import aiohttp

from dolmetsch_core.tokens import EngineKey, Scope
from dolmetsch_core.wire.engine import CLOCK_HEADER, STORE_IS_AWAY, EngineStatus, SessionRequest

POLL_S = 30.0
"""How long an engine holds a status call open while nothing changes."""
REFUSED, CONFLICT = (401, 403), 409


class EngineAway(Exception):
    """The engine did not answer, or not as agreed. Remedy: its health decides; ask again."""


class CallerRefused(EngineAway):
    """The engine answers, but not to this caller (401, 403): it was started with another operator's key."""


class StoreAway(EngineAway):
    """The engine is well, but the live store that it needs for a session is away (424)."""


class OlderEpoch(Exception):
    """The engine serves a later epoch of this session (409)."""


class _ClocksDiffer(EngineAway):
    def __init__(self, why: str, theirs: float) -> None:
        super().__init__(why)
        self.theirs = theirs


class EngineClient:
    """One HTTP client for all engines; every call names the engine's base address.

    With a key each call shows a token for its `audience`, the engine's pod uid.
    """

    def __init__(self, key: EngineKey | None = None) -> None:
        self._key = key
        self._session: aiohttp.ClientSession | None = None

    @property
    def _http(self) -> aiohttp.ClientSession:
        """The connections; they belong to the loop that runs at the first call."""
        if self._session is None:
            # No limit: each engine holds a status call open nearly all the time.
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self._session

    async def close(self) -> None:
        """Close idle connections."""
        if self._session is not None:
            await self._session.close()

    async def open_session(
        self, address: str, request: SessionRequest, *, audience: str = ""
    ) -> EngineStatus:
        """`PUT /session`. Raises OlderEpoch, EngineAway, of which StoreAway."""
        content = request.to_bytes()
        return await self._call("PUT", address, "/session", audience, timeout=15.0, content=content)

    async def end_session(self, address: str, *, audience: str = "") -> EngineStatus:
        """`DELETE /session`: begins the drain, `drained` in the status ends it. Raises EngineAway."""
        return await self._call("DELETE", address, "/session", audience, timeout=5.0)

    async def status(self, address: str, after: int = -1, *, audience: str = "") -> EngineStatus:
        """Return the engine's status once its revision is above `after`, or after 30 s.

        Raises EngineAway, of which CallerRefused.
        """
        return await self._call("GET", address, f"/status?after={after}", audience, timeout=POLL_S + 5.0)

    async def healthy(self, address: str) -> bool:
        """Whether `/healthz` is good, within 2 s."""
        try:
            async with self._http.get(f"{address}/healthz", timeout=_within(2.0)) as answer:
                return answer.ok
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _call(
        self,
        method: str,
        address: str,
        path: str,
        audience: str,
        *,
        timeout: float,
        content: bytes | None = None,
    ) -> EngineStatus:
        try:
            return await self._ask(method, address, path, audience, timeout=timeout, content=content)
        except _ClocksDiffer as error:
            assert self._key is not None  # noqa: S101 (a token was refused)
            self._key.hear_clock(audience, error.theirs)
            return await self._ask(method, address, path, audience, timeout=timeout, content=content)

    async def _ask(
        self,
        method: str,
        address: str,
        path: str,
        audience: str,
        *,
        timeout: float,
        content: bytes | None = None,
    ) -> EngineStatus:
        headers = {"content-type": "application/json"} if content else {}
        if self._key is not None:
            headers["authorization"] = f"Bearer {self._key.token(audience, Scope.CONTROL)}"
        try:
            async with self._http.request(
                method, f"{address}{path}", data=content, headers=headers, timeout=_within(timeout)
            ) as answer:
                raw = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise EngineAway(f"{method} {path}: {type(error).__name__} {error}") from error
        if answer.status == CONFLICT:
            raise OlderEpoch(_text(raw))
        if answer.status == STORE_IS_AWAY:
            raise StoreAway(_text(raw))
        if answer.status in REFUSED and CLOCK_HEADER in answer.headers:
            raise _ClocksDiffer(f"{method} {path}: {_text(raw)}", float(answer.headers[CLOCK_HEADER]))
        if answer.status in REFUSED:
            raise CallerRefused(f"{method} {path}: the engine refuses this caller: {_text(raw)}")
        if not answer.ok:
            raise EngineAway(f"{method} {path}: {answer.status} {_text(raw)}")
        try:
            return EngineStatus.model_validate_json(raw)
        except ValueError as error:
            raise EngineAway(f"{method} {path}: not an engine's status") from error


def _within(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds)


def _text(raw: bytes) -> str:
    return raw[:200].decode(errors="replace")
