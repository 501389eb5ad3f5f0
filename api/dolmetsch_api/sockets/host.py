"""A host's socket: claim the room, activate it, wait for its engine, then carry audio and send captions."""

import asyncio
import json
import logging
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from dolmetsch_api.platform import Platform
from dolmetsch_api.sockets.frames import info
from dolmetsch_api.sockets.held_claim import ClaimLost, HeldClaim
from dolmetsch_api.sockets.relay import AudioUndecodable, Relay
from dolmetsch_api.sockets.room_socket import Refused, Wish
from dolmetsch_api.sockets.sending import CaptionSender, send, until_closed
from dolmetsch_core.directory import until_admitted, until_ready
from dolmetsch_core.errors import RoomRefused
from dolmetsch_core.live.audio import LATEST_MS
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.media import NoHeader
from dolmetsch_core.tasks import first_of, until_ended
from dolmetsch_core.wire.room import TERM_LENGTH, TERMS, TITLE_LENGTH, Phase, Room, RoomSpec

log = logging.getLogger(__name__)
RESTART = "restart_backend_engine"


async def serve_host(platform: Platform, socket: WebSocket, wish: Wish) -> None:
    """Serve a host from claim to release. Raises Refused, WebSocketDisconnect."""
    try:
        claim = await HeldClaim.take(platform.store, wish.room_id, wish.subject, wish.known_id)
    except STORE_AWAY as error:
        raise Refused("The live store is away: try again in a few seconds", 1013) from error
    if claim is None:
        raise Refused("Multiple hosts not allowed")
    try:
        await first_of(_serve_claimed(platform, socket, wish, claim), claim.keep())
    except RoomRefused as error:
        raise Refused(str(error), error.close_code) from error
    except ClaimLost as error:
        raise Refused("Replaced by a newer connection of the same host", 1008) from error
    except (NoHeader, AudioUndecodable) as error:
        log.warning("room %s: %s", wish.room_id, error)
        if wish.states:
            await send(socket, info(restart_recorder=True))
        what = "has no stream header" if isinstance(error, NoHeader) else "can't be decoded"
        raise Refused(f"The audio {what}: stop the recorder and start a new one") from error
    finally:
        await claim.release()


async def _serve_claimed(platform: Platform, socket: WebSocket, wish: Wish, claim: HeldClaim) -> None:
    timeout = platform.settings.activation_timeout
    room = await platform.directory.activate(_spec(platform, wish), deadline=timeout)
    room = await until_admitted(platform.directory, room, timeout=timeout)
    await send(socket, info(connection_id=claim.connection_id))
    async with platform.hub.reading(wish.room_id, room.session, wish.target) as view:
        await view.loaded()
        kept = platform.settings.kept_audio_seconds
        relay = Relay(
            platform.directory, platform.store, view, claim, kept_seconds=kept, key=platform.engine_key
        )
        captions = CaptionSender(
            socket, view, platform.directory, wish.target, states=wish.states, speaks=True
        )
        relaying = asyncio.create_task(relay.run(), name="relay")
        try:
            await first_of(
                _tell(platform, socket, captions, room),
                _listen(platform, socket, relay, wish.room_id),
                until_ended(relaying),
                until_closed(view, platform.directory),
            )
        finally:
            # Nobody waits for it: neither a host who is told why its socket ends, nor the next host.
            await platform.hand_overs.begin(view, relay, relaying)
        if view.state.closed:
            await captions.rest()
            raise Refused(_why_closed(platform, wish.room_id))


def _spec(platform: Platform, wish: Wish) -> RoomSpec:
    """What the host's room is meant to be. Raises Refused."""
    talk = platform.programme.find(wish.room_id)
    if talk is None:
        # The schedule has changed since the socket was checked.
        raise Refused(f"Room <{wish.room_id}> not found")
    return RoomSpec(
        room_id=wish.room_id,
        title=talk.title[:TITLE_LENGTH],
        source_lang=wish.source,
        owner=wish.subject,
        store_transcript=wish.allow_store,
        public_transcript=wish.allow_public,
        vocabulary=tuple(term[:TERM_LENGTH] for term in talk.vocabulary if term.strip())[:TERMS],
        close_after_seconds=platform.settings.close_room_after,
        activation_deadline_seconds=platform.settings.activation_deadline,
    )


def _why_closed(platform: Platform, room_id: str) -> str:
    """A host is told why its room failed; everything else is a closed room."""
    room = platform.directory.view.rooms.get(room_id)
    return room.status.message if room and room.status.phase is Phase.FAILED else "Room closed"


async def _tell(platform: Platform, socket: WebSocket, captions: CaptionSender, room: Room) -> None:
    """Snapshot, word that audio may come, then captions: in this order."""
    try:
        await captions.snapshot()
        await until_ready(platform.directory, room, timeout=platform.settings.activation_timeout)
        await send(socket, info(ready_to_recieve_audio=True))
        await captions.run()
    except WebSocketDisconnect:
        # Whoever listens comes to the end too, and takes first what the host has sent.
        await asyncio.Event().wait()


async def _listen(platform: Platform, socket: WebSocket, relay: Relay, room_id: str) -> None:
    """Take audio and signals until the host leaves."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        if message.get("bytes") is not None:
            await relay.take(message["bytes"])
            continue
        said = _said(message["text"])
        if "late_ms" in said:
            relay.begins_late(_late_ms(said["late_ms"]))
            continue
        if said.get("signal") != RESTART:
            raise Refused("Text frame not understood: send audio as binary frames")
        log.info("host of room %s asks for a restart of its engine session", room_id)
        try:
            await platform.directory.restart(room_id)
        except (*STORE_AWAY, RoomRefused) as error:
            log.warning("room %s goes on without a restart: %s %s", room_id, type(error).__name__, error)


def _said(text: str) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _late_ms(value: object) -> int:
    """How late the next audio is, in milliseconds. Raises Refused."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LATEST_MS:
        raise Refused(f"late_ms is how late the next audio comes: send 0 to {LATEST_MS} milliseconds")
    return int(value)
