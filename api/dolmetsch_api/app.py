"""The application: routes over one Platform, also under a base path."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from redis.asyncio import Redis

from dolmetsch_api.auth import routes as auth_routes
from dolmetsch_api.auth.attempts import Attempts, origin_of
from dolmetsch_api.auth.cookies import cookies_of
from dolmetsch_api.auth.logins import Logins
from dolmetsch_api.auth.passwords import Passwords
from dolmetsch_api.auth.tokens import Role, Tokens
from dolmetsch_api.body_limit import BodyLimit
from dolmetsch_api.directories import directory_of
from dolmetsch_api.metrics import SOCKETS
from dolmetsch_api.platform import Platform
from dolmetsch_api.refusing import refuse_invalid
from dolmetsch_api.rooms import closing, listing, making_rooms
from dolmetsch_api.rooms.adhoc_rooms import AdhocRooms
from dolmetsch_api.rooms.consents import ConsentTeller
from dolmetsch_api.rooms.known_languages import KnownLanguages
from dolmetsch_api.rooms.programme import Programme
from dolmetsch_api.rooms.talks import Talk, load_talks
from dolmetsch_api.schedule import routes as schedule_routes
from dolmetsch_api.schedule.keeping import ScheduleKeeping
from dolmetsch_api.schedule.now import Clock
from dolmetsch_api.schedule.source import ScheduleSource
from dolmetsch_api.settings import ApiSettings
from dolmetsch_api.sockets.hand_overs import HandOvers
from dolmetsch_api.sockets.host import serve_host
from dolmetsch_api.sockets.hub import Hub
from dolmetsch_api.sockets.room_socket import Refused, SocketRole, check, parse_path, refuse
from dolmetsch_api.sockets.viewer import serve_viewer
from dolmetsch_api.transcripts import legacy
from dolmetsch_api.transcripts import routes as transcript_routes
from dolmetsch_api.votes import routes as vote_routes
from dolmetsch_core.archive.opening import Opening
from dolmetsch_core.live import store as live_store
from dolmetsch_core.tokens import EngineKey, KeyInvalid

log = logging.getLogger(__name__)
WEB = Path(__file__).with_name("web")


class StoreAddressInvalid(ValueError):
    """The live store's address can't be read. Remedy: see the message, which does not repeat it."""


def create_platform(settings: ApiSettings) -> Platform:
    """Wire one process, without starting anything.

    Raises StoreAddressInvalid, RoomsFileInvalid, KeyInvalid, PasswordNotHashed, ArchiveUnusable, OSError.
    """
    store = _store(settings)
    directory = directory_of(settings, store)
    hub = Hub(store)
    opening = Opening(settings.archive_url)
    schedule = _schedule(settings, opening)
    programme = Programme(
        _fixed(settings),
        directory.view,
        lambda: schedule.schedule if schedule else None,
        clock=Clock(settings.fake_now),
        lead=timedelta(minutes=settings.schedule_lead_minutes),
    )
    return Platform(
        settings=settings,
        store=store,
        directory=directory,
        hub=hub,
        hand_overs=HandOvers(hub, directory),
        languages=KnownLanguages(store, directory),
        logins=_logins(settings, store),
        programme=programme,
        opening=opening,
        adhoc=AdhocRooms(opening, programme),
        consents=ConsentTeller(store, directory.view, programme),
        schedule=schedule,
        engine_key=_engine_key(settings),
    )


def _store(settings: ApiSettings) -> Redis:
    try:
        return live_store.connect(settings.store_url)
    except ValueError:
        # Its message may hold a piece of the password.
        raise StoreAddressInvalid(
            "DOLMETSCH_STORE_URL is no address: use one such as redis://:PASSWORD@HOST:6379, "
            "special characters of the password as %XX"
        ) from None


def _logins(settings: ApiSettings, store: Redis) -> Logins:
    hashes = {
        Role.HOST: settings.host_password.get_secret_value(),
        Role.ADMIN: settings.admin_password.get_secret_value(),
    }
    return Logins(
        Passwords(hashes, allow_plain=settings.allow_plain_passwords),
        Tokens(settings.signing_key.get_secret_value(), settings.token_hours),
        Attempts(
            store, per_origin=settings.login_failures_per_minute, overall=settings.login_failures_overall
        ),
    )


def _fixed(settings: ApiSettings) -> dict[str, Talk]:
    """Return the rooms that are always on; the sample ones only where nobody has said what there is."""
    return {} if settings.schedule and not settings.rooms_file else load_talks(settings.rooms_file)


def _schedule(settings: ApiSettings, opening: Opening) -> ScheduleSource | None:
    if not settings.schedule:
        return None
    return ScheduleSource(
        settings.schedule,
        refresh=settings.schedule_refresh,
        timeout=settings.schedule_timeout,
        hide_tracks=settings.schedule_hide_tracks,
        keeping=ScheduleKeeping(opening, settings.schedule),
    )


def _engine_key(settings: ApiSettings) -> EngineKey | None:
    pem = settings.engine_private_key
    if pem is None or not pem.get_secret_value():
        return None
    try:
        return EngineKey.from_pem(pem.get_secret_value())
    except KeyInvalid as error:
        raise KeyInvalid(f"DOLMETSCH_ENGINE_PRIVATE_KEY: {error}") from error


def create_app(settings: ApiSettings) -> FastAPI:
    """Return the ASGI application. Raises what `create_platform` does."""
    platform = create_platform(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await platform.start()
        try:
            yield
        finally:
            await platform.stop()

    app = FastAPI(title="Dolmetsch", lifespan=lifespan, openapi_url=None)
    # Any page may call: what a request may do is in its body or its Authorization header, never in what a
    # browser adds by itself. A host's socket has a cookie, which this does not concern: see docs/logins.md.
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
    bases = dict.fromkeys(["", settings.base_path])
    app.add_middleware(BodyLimit, large=[f"{base}/api/v1/rooms" for base in bases])
    for base in bases:
        app.include_router(listing.routes(platform), prefix=base)
        app.include_router(auth_routes.routes(platform), prefix=base)
        app.include_router(closing.routes(platform), prefix=base)
        app.include_router(vote_routes.routes(platform), prefix=base)
        app.include_router(legacy.routes(platform), prefix=base)
        app.include_router(transcript_routes.routes(platform), prefix=base)
        app.include_router(making_rooms.routes(platform), prefix=base)
        app.include_router(schedule_routes.routes(platform), prefix=base)
        app.include_router(_sockets(platform, base))
    refuse_invalid(app)
    for base in bases:
        app.include_router(_description(app), prefix=base, include_in_schema=False)
    for base in reversed(bases):
        app.mount(f"{base}/", _Page(directory=WEB, html=True), name=f"page{base}")
        if base:
            app.add_api_route(base, _to_slash, include_in_schema=False)
    return app


class _Page(StaticFiles):
    """The page's files: looked for again at each visit, so that an update never mixes old and new modules."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "frame-ancestors 'self'"
        return response


def _description(app: FastAPI) -> APIRouter:
    """What FastAPI serves at / only: a proxy may hand on nothing but the base path."""
    router = APIRouter()

    @router.get("/openapi.json")
    async def openapi() -> JSONResponse:
        return JSONResponse(app.openapi())

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        # Relative to this page, whatever path a proxy has put before it.
        return get_swagger_ui_html(openapi_url="openapi.json", title=app.title)

    return router


async def _to_slash(request: Request) -> RedirectResponse:
    return RedirectResponse(f"{request.url.path}/")


def _sockets(platform: Platform, base: str) -> APIRouter:
    router = APIRouter(prefix=base)

    @router.websocket("/room/{rest:path}")
    async def room(socket: WebSocket, rest: str) -> None:
        # Gone, also while it is refused, or it took nothing for a minute: nobody else is concerned.
        with suppress(WebSocketDisconnect, TimeoutError):
            await socket.accept()
            try:
                await _serve(platform, socket, base)
            except Refused as refused:
                await refuse(socket, refused)

    return router


async def _serve(platform: Platform, socket: WebSocket, base: str) -> None:
    raw_path = socket.scope.get("raw_path") or socket.url.path.encode()
    states = socket.query_params.get("v") == "1"
    parts, cookies = parse_path(raw_path, base), cookies_of(socket)
    wish = await check(platform, parts, cookies, states=states, origin=origin_of(socket))
    with SOCKETS.labels(wish.role.value).track_inprogress():
        if wish.role is SocketRole.HOST:
            await serve_host(platform, socket, wish)
            return
        room = platform.active_room(wish.room_id)
        if room is None:
            raise Refused("Room not active")
        await serve_viewer(platform, socket, wish, room)
