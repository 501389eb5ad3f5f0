"""Who may call this engine: holders of a token for it, or, without a key, whoever is on this machine."""

from ipaddress import ip_address

from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import JSONResponse

from dolmetsch_core.tokens import CallerCheck, CallerRefused, ClocksDiffer, KeyInvalid, Scope
from dolmetsch_core.wire.engine import CLOCK_HEADER
from dolmetsch_engine.service_settings import ServiceSettings


class Unguarded(Exception):
    """The engine would listen for anybody, or for nobody. Remedy: in the message."""


class Callers:
    """Lets callers through, or raises CallerRefused."""

    def __init__(self, check: CallerCheck | None) -> None:
        self._check = check

    def control(self, request: Request) -> None:
        """Require scope control; a FastAPI dependency."""
        self._require(request.headers.get("authorization"), Scope.CONTROL)

    def audio(self, socket: WebSocket) -> None:
        """Require scope audio."""
        self._require(socket.headers.get("authorization"), Scope.AUDIO)

    def _require(self, authorization: str | None, scope: Scope) -> None:
        if self._check is not None:
            self._check.require(authorization, scope)


def callers_of(service: ServiceSettings) -> Callers:
    """Return the check that the settings ask for. Raises Unguarded."""
    if not service.engine_public_key:
        if not _loopback(service.engine_host):
            raise Unguarded(
                f"DOLMETSCH_ENGINE_HOST={service.engine_host}: without a key for its callers an engine"
                " listens on loopback only: set DOLMETSCH_ENGINE_PUBLIC_KEY and DOLMETSCH_ENGINE_AUDIENCE"
            )
        return Callers(None)
    if not service.engine_audience:
        raise Unguarded(
            "DOLMETSCH_ENGINE_PUBLIC_KEY is set and DOLMETSCH_ENGINE_AUDIENCE is not: set it to the pod's uid"
        )
    try:
        return Callers(CallerCheck(service.engine_public_key, service.engine_audience))
    except KeyInvalid as error:
        raise Unguarded(f"DOLMETSCH_ENGINE_PUBLIC_KEY: {error}") from error


def answer_refused(app: FastAPI) -> None:
    """Let a refused HTTP call be answered 401 with the reason."""

    @app.exception_handler(CallerRefused)
    async def refused(_: Request, error: CallerRefused) -> Response:
        headers = {"WWW-Authenticate": "Bearer"}
        if isinstance(error, ClocksDiffer):
            headers[CLOCK_HEADER] = str(error.now)
        return JSONResponse({"detail": str(error)}, 401, headers=headers)


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
