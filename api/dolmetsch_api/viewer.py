"""A viewer's socket: snapshot, then chunks."""

from fastapi import WebSocket, WebSocketDisconnect

from dolmetsch_api.platform import Platform
from dolmetsch_api.room_socket import Refused, Wish
from dolmetsch_api.sending import send, send_captions, until_closed
from dolmetsch_core.tasks import first_of
from dolmetsch_core.wire.room import Room


async def serve_viewer(platform: Platform, socket: WebSocket, wish: Wish, room: Room) -> None:
    """Send captions until the viewer leaves or the room closes. Raises Refused, WebSocketDisconnect."""
    async with platform.hub.reading(wish.room_id, room.session, wish.target) as view:
        rev = view.state.rev
        await send(socket, view.state.since(wish.target, 0))
        await first_of(
            send_captions(socket, view, platform.directory, wish.target, rev=rev, states=wish.states),
            until_closed(view, platform.directory),
            _until_left(socket),
        )
        if view.state.closed:
            raise Refused("Room closed")


async def _until_left(socket: WebSocket) -> None:
    """Read and drop what a viewer sends, until it leaves."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
