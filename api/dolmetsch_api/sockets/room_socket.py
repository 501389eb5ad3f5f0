"""`/room/{room}/{host|client}/{source}/{target}`: what a socket asks for, checked in the documented order."""

import logging
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from fastapi import WebSocket

from dolmetsch_api.auth.logins import TooManyFailures
from dolmetsch_api.platform import Platform
from dolmetsch_api.rooms.talks import Talk
from dolmetsch_api.sockets.frames import close_reason

log = logging.getLogger(__name__)


class Refused(Exception):
    """The socket is closed with a code and a reason that the client shows word for word."""

    def __init__(self, reason: str, code: int = 1003) -> None:
        super().__init__(reason)
        self.code = code


class SocketRole(StrEnum):
    """What a socket is for."""

    HOST = "host"
    CLIENT = "client"


@dataclass(frozen=True)
class Wish:
    """What the socket's address and cookies ask for, checked."""

    room_id: str
    role: SocketRole
    source: str
    target: str
    states: bool
    """`?v=1`: our own pages and tools, which are told states too."""
    subject: str = ""
    """Who the host is."""
    known_id: str = ""
    """The connection id that the client was given before."""
    allow_store: bool = False
    allow_public: bool = False


def parse_path(raw_path: bytes, base: str) -> list[str]:
    """Return the decoded parts behind `base`/room/ in the raw path: a room id may hold an encoded slash.

    They are counted, not looked for: `room` may be written `%72oom`.
    """
    parts = raw_path.decode("ascii", errors="replace").split("/")
    return [unquote(part) for part in parts[base.count("/") + 2 :]]


async def check(
    platform: Platform, parts: list[str], cookies: dict[str, str], *, states: bool, origin: str
) -> Wish:
    """Check what can be checked before the room is asked for, in the documented order. Raises Refused."""
    room_id, role, source, target = (parts + [""] * 4)[:4]
    if not platform.directory.view.seen:
        raise _starting()
    if role not in tuple(SocketRole):
        raise Refused("No desired role found in url")
    if not target:
        raise Refused("No target lang found in url")
    if role == SocketRole.CLIENT:
        return _check_viewer(platform, room_id, target, states=states)
    try:
        person = await platform.logins.person(cookies.get("authenticated", ""), origin=origin)
    except TooManyFailures:
        person = None
    if person is None:
        raise Refused("Authentification failed: no valid password in session cookie", 1008)
    if source in ("", "undefined"):
        raise Refused("No source lang found in url")
    consent = [cookies.get(f"{room_id}-{name}") for name in ("allow_store", "allow_client_download")]
    if None in consent:
        raise Refused("Required room config cookies not found")
    _check_room(platform, room_id)
    if source not in platform.languages.spoken():
        raise Refused(f"Source language {source} not supported by transcription engine")
    _check_target(platform, source, target)
    return Wish(
        room_id=room_id,
        role=SocketRole.HOST,
        source=source,
        target=target,
        states=states,
        subject=person.subject,
        known_id=cookies.get("connection_id", ""),
        allow_store=consent[0] == "true",
        allow_public=consent[1] == "true",
    )


def _check_viewer(platform: Platform, room_id: str, target: str, *, states: bool) -> Wish:
    source = platform.source_lang(_check_room(platform, room_id))
    _check_target(platform, source, target)
    if platform.active_room(room_id) is None:
        raise Refused("Room not active")
    return Wish(room_id=room_id, role=SocketRole.CLIENT, source=source, target=target, states=states)


def _check_room(platform: Platform, room_id: str) -> Talk:
    talk = platform.programme.find(room_id)
    if talk is None:
        raise Refused(f"Room <{room_id}> not found")
    return talk


def _check_target(platform: Platform, source: str, target: str) -> None:
    """Without any translator captions can still be read in the language that is spoken."""
    if platform.languages.may_read(source, target):
        return
    if not platform.languages.heard:
        raise _starting()
    raise Refused(f"Target language {target} not supported by translation service")


def _starting() -> Refused:
    return Refused("The platform is starting: try again in a few seconds", 1013)


async def refuse(socket: WebSocket, refused: Refused) -> None:
    """Close an accepted socket with the reason."""
    await socket.close(refused.code, close_reason(str(refused)))
