"""Calls to an engine's control interface over HTTP. Only the operator (one machine: local) makes them."""

import httpx

from dolmetsch_core.tokens import EngineKey, Scope
from dolmetsch_core.wire.engine import EngineStatus, SessionRequest

POLL_S = 30.0
"""How long an engine holds a status call open while nothing changes."""
REFUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


class EngineAway(Exception):
    """The engine did not answer, or not as agreed. Remedy: its health decides; ask again."""


class OlderEpoch(Exception):
    """The engine serves a later epoch of this session (409)."""


class EngineClient:
    """One HTTP client for all engines; every call names the engine's base address.

    With a key each call shows a token for its `audience`, the engine's pod uid.
    """

    def __init__(self, key: EngineKey | None = None) -> None:
        self._key = key
        # No limit: each engine holds a status call open nearly all the time.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._http = httpx.AsyncClient(timeout=httpx.Timeout(5.0), limits=limits, trust_env=False)

    async def close(self) -> None:
        """Close idle connections."""
        await self._http.aclose()

    async def open_session(
        self, address: str, request: SessionRequest, *, audience: str = ""
    ) -> EngineStatus:
        """`PUT /session`. Raises OlderEpoch, EngineAway."""
        content = request.to_bytes()
        return await self._call("PUT", address, "/session", audience, timeout=15.0, content=content)

    async def end_session(self, address: str, *, audience: str = "") -> EngineStatus:
        """`DELETE /session`: begins the drain, `drained` in the status ends it. Raises EngineAway."""
        return await self._call("DELETE", address, "/session", audience, timeout=5.0)

    async def status(self, address: str, after: int = -1, *, audience: str = "") -> EngineStatus:
        """Return the engine's status once its revision is above `after`, or after 30 s. Raises EngineAway."""
        return await self._call("GET", address, f"/status?after={after}", audience, timeout=POLL_S + 5.0)

    async def healthy(self, address: str) -> bool:
        """Whether `/healthz` is good, within 2 s."""
        try:
            answer = await self._http.get(f"{address}/healthz", timeout=2.0)
        except httpx.HTTPError:
            return False
        return answer.is_success

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
        headers = {"content-type": "application/json"} if content else {}
        if self._key is not None:
            headers["authorization"] = f"Bearer {self._key.token(audience, Scope.CONTROL)}"
        try:
            answer = await self._http.request(
                method, f"{address}{path}", content=content, headers=headers, timeout=timeout
            )
            if answer.status_code == httpx.codes.CONFLICT:
                raise OlderEpoch(answer.text)
            if answer.status_code in REFUSED:
                raise EngineAway(f"{method} {path}: the engine refuses this caller: {answer.text[:200]}")
            answer.raise_for_status()
            return EngineStatus.model_validate_json(answer.content)
        except (httpx.HTTPError, ValueError) as error:
            raise EngineAway(f"{method} {path}: {type(error).__name__} {error}") from error
