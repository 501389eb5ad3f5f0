"""The engine's interface: session, audio and status; probes and metrics."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Depends, FastAPI, HTTPException, Request, Response, WebSocket, WebSocketDisconnect
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import ValidationError
from redis.asyncio import Redis

from dolmetsch_core.live import store as live_store
from dolmetsch_core.live.pen import Fenced
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.media import Container
from dolmetsch_core.tokens import CallerRefused, ClocksDiffer
from dolmetsch_core.wire.engine import (
    BAD_AUDIO,
    CLOCKS_DIFFER,
    LOWER_TURN,
    NO_SUCH_SESSION,
    NOT_ALLOWED,
    STORE_IS_AWAY,
    AudioAccepted,
    AudioStart,
    EngineStatus,
    SessionRequest,
)
from dolmetsch_engine.callers import Callers, answer_refused, callers_of
from dolmetsch_engine.decoder import DecoderError
from dolmetsch_engine.ingest import RATE, Ingest, Opening
from dolmetsch_engine.service_settings import ServiceSettings
from dolmetsch_engine.session import LowerTurn, Session
from dolmetsch_engine.settings import EngineSettings
from dolmetsch_engine.status import StatusBoard
from dolmetsch_engine.transcriber import ModelUnavailable, StreamFailed, Transcriber, UnknownLanguage

log = logging.getLogger(__name__)
POLL_S = 30.0
INTERNAL_ERROR = 1011
UNDERSTAND_S, WRITE_S = 1.5, 0.8
"""What SIGTERM leaves for the last words."""
SLOW_PASS_S = 1.5
"""A pass over 10 s that takes longer falls behind a speaker."""


class Engine:
    """This process: one loaded model, at most one session in its life."""

    def __init__(self, store: Redis, settings: EngineSettings) -> None:
        self.board = StatusBoard()
        self.session: Session | None = None
        self._store = store
        self._settings = settings
        self._transcriber = Transcriber(settings)
        self._turning = asyncio.Lock()
        self._draining: asyncio.Task[None] | None = None
        self.broken = ""
        """Why the engine will never be ready."""

    async def load(self) -> None:
        """Load the model in a thread; the status says when it is ready."""
        try:
            await asyncio.to_thread(self._transcriber.load)
        except ModelUnavailable as error:
            log.error("%s", error)
            self.broken = str(error)
            await self.board.say(failing=self.broken)
            return
        seconds = self._transcriber.pass_seconds
        note = f"This machine is slow for the model: captions will run behind ({seconds:.1f} s a pass)."
        await self.board.say(
            ready=True,
            model=Path(self._settings.model).name,
            languages=self._transcriber.languages,
            note=note if seconds > SLOW_PASS_S else "",
        )

    async def open_session(self, request: SessionRequest) -> EngineStatus:
        """Serve this session; the same request again changes nothing. Raises HTTPException."""
        async with self._turning:
            try:
                await self._open_session(request)
            except ModelUnavailable as error:
                raise HTTPException(503, str(error)) from error
            except UnknownLanguage as error:
                raise HTTPException(422, str(error)) from error
            except Fenced as error:
                raise HTTPException(409, "a later engine has the pen of this session") from error
            except STORE_AWAY as error:
                # Not 503: no other engine would do better.
                raise HTTPException(STORE_IS_AWAY, "the live store is away: try again") from error
        return self.board.now

    async def _open_session(self, request: SessionRequest) -> None:
        if self.session is None:
            session = Session(self._store, self._transcriber, self.board, request)
            await session.open()
            self.session = session
            return
        current = self.session.request
        if request.session != current.session or request.epoch != current.epoch or self.board.now.fenced:
            raise HTTPException(409, f"this engine serves session {current.session}, epoch {current.epoch}")
        if request != current:
            await self.session.change(request)

    async def end_session(self) -> EngineStatus:
        """Begin the drain."""
        async with self._turning:
            if self.session and not self.board.now.drained and self._draining is None:
                self._draining = asyncio.create_task(self.session.drain(), name="drain")
        return self.board.now

    async def stop(self) -> None:
        """Write the last words before the process ends; another engine may go on with the session."""
        if self.session and not self.board.now.drained and not self.board.now.fenced:
            await self.session.flush(UNDERSTAND_S, WRITE_S)

    @property
    def problem(self) -> str:
        """Why no words will ever come out of this process again, '' while they may."""
        return self.broken or (self.session.failing if self.session else None) or ""


def create_app(settings: EngineSettings, service: ServiceSettings) -> FastAPI:
    """Return the ASGI application. Raises Unguarded."""
    callers = callers_of(service)
    store = live_store.connect(service.store_url)
    engine = Engine(store, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(engine.load(), name="model")
        try:
            yield
        finally:
            await engine.stop()
            loading.cancel()
            await store.aclose()

    app = FastAPI(title="Dolmetsch engine", lifespan=lifespan, docs_url=None, redoc_url=None)
    answer_refused(app)
    _control(app, engine, callers)

    @app.websocket("/audio")
    async def audio(socket: WebSocket) -> None:
        await socket.accept()
        try:
            callers.audio(socket)
            await _take_audio(engine, socket)
        except WebSocketDisconnect:
            return
        except ClocksDiffer as error:
            await _close(socket, CLOCKS_DIFFER, str(error.now))
        except CallerRefused as error:
            await _close(socket, NOT_ALLOWED, str(error))
        except LowerTurn as error:
            await _close(socket, LOWER_TURN, str(error.turn))
        except (DecoderError, ValueError) as error:
            await _close(socket, BAD_AUDIO, str(error))
        except StreamFailed as error:
            # Not the audio's fault: the api keeps it for the engine that takes this one's place.
            await _close(socket, INTERNAL_ERROR, str(error))
        except Fenced:
            await _close(socket, NO_SUCH_SESSION, "this engine does not serve the session any more")

    return app


def _control(app: FastAPI, engine: Engine, callers: Callers) -> None:
    allowed = [Depends(callers.control)]

    @app.put("/session", dependencies=allowed)
    async def open_session(request: Request) -> EngineStatus:
        try:
            wanted = SessionRequest.model_validate_json(await request.body())
        except ValidationError as error:
            raise HTTPException(422, str(error)) from error
        return await engine.open_session(wanted)

    @app.delete("/session", dependencies=allowed)
    async def end_session() -> EngineStatus:
        return await engine.end_session()

    @app.get("/status", dependencies=allowed)
    async def status(after: int = -1) -> EngineStatus:
        try:
            return await engine.board.after(after, POLL_S)
        except asyncio.CancelledError:
            # The server cuts what still waits when it ends: an answer, not an error in the log.
            return engine.board.now

    @app.get("/healthz")
    async def healthz() -> Response:
        return _probed(engine.problem)

    @app.get("/readyz")
    async def readyz() -> Response:
        loaded = engine.board.now.ready or engine.session is not None
        return _probed(engine.problem or ("" if loaded else "the model is being loaded"))

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _probed(problem: str) -> Response:
    return Response(problem or "ok", status_code=503 if problem else 200)


async def _take_audio(engine: Engine, socket: WebSocket) -> None:
    """Accept a host's socket, then feed message after message until it ends."""
    session = engine.session
    query = socket.query_params
    if session is None or query.get("session") != session.request.session:
        raise Fenced
    turn = int(query.get("turn", 0))
    visit, known = await session.join(turn)
    try:
        await socket.send_text(AudioAccepted(next=known.next if known else None).model_dump_json())
        ingest = known or await _begin(session, socket, visit, turn)
        while True:
            await session.feed(visit, ingest, await socket.receive_bytes())
    finally:
        await session.leave(visit)


async def _begin(session: Session, socket: WebSocket, visit: int, turn: int) -> Ingest:
    """Wait for the audio's beginning, and give its header to the decoder."""
    said = AudioStart.model_validate_json(await socket.receive_text())
    at = said.offset_ms * RATE // 1000
    start = said.start if said.start is not None else at
    cut = said.cut if said.cut is not None else start
    opening = Opening(turn, Container(said.container), said.first, start, cut)
    return await session.begin(visit, opening, await socket.receive_bytes())


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    await socket.close(code, reason.encode()[:123].decode(errors="ignore"))
