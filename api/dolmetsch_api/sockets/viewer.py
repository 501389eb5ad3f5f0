"""A viewer's socket: snapshot, then chunks."""

from fastapi import WebSocket, WebSocketDisconnect

from dolmetsch_api.platform import Platform
from dolmetsch_api.sockets.room_socket import Refused, Wish
from dolmetsch_api.sockets.sending import CaptionSender, until_closed
from dolmetsch_core.tasks import first_of
from dolmetsch_core.wire.room import Room


async def serve_viewer(platform: Platform, socket: WebSocket, wish: Wish, room: Room) -> None:
    """Send captions until the viewer leaves or the room closes. Raises Refused, WebSocketDisconnect."""
    async with platform.hub.reading(wish.room_id, room.session, wish.target) as view:
        # While the store is away nothing else would end it.
        await first_of(view.loaded(), _until_left(socket))
        captions = CaptionSender(socket, view, platform.directory, wish.target, states=wish.states)
        await captions.snapshot()
        await first_of(
            captions.run(),
            until_closed(view, platform.directory),
            _until_left(socket),
        )
        if view.state.closed:
            await captions.rest()
            raise Refused("Room closed")


async def _until_left(socket: WebSocket) -> None:
    """Read and drop what a viewer sends, until it leaves."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
