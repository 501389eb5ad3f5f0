"""How uvicorn serves the application: what a request may hold, pings, whose word counts for addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from dolmetsch_api.settings import ApiSettings

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

MAX_MESSAGE_BYTES: Final = 1 << 20
"""A second of audio is 16 kB; a larger frame is no audio."""
MAX_HEAD_BYTES: Final = 1 << 17
"""All lines of a request together: twice what one may have, lest a line that is too long goes unanswered."""
ON_ITS_WAY_S: Final = 2.0
"""For what a client sends before it hears that this server ends."""


class RoomSockets(WebSocketsSansIOProtocol):
    """uvicorn's, but for two things.

    That one neither answers nor ends a connection whose request it could not read. And at the server's end it
    closes connections at once, with all that is on its way: words of a host that nobody else has.
    """

    _going = False

    def shutdown(self) -> None:
        """Say that this server ends, and take what comes until the client has heard it."""
        self.stop_keepalive()
        if self.handshake_complete and self.transport.is_closing():
            return  # it ends already
        if self.close_sent or not self.handshake_complete:
            super().shutdown()
            return
        self._going = True
        self.conn.send_close(CloseCode.SERVICE_RESTART)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_timer = self.loop.call_later(ON_ITS_WAY_S, self._end)

    def _end(self) -> None:
        """It does not answer, perhaps does not even read: tell the application of the end from here."""
        self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.SERVICE_RESTART})
        self.transport.abort()

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the application wants; after the closing frame there is nobody to read it."""
        try:
            if not (self._going and message["type"] == "websocket.send"):
                await super().send(message)
        except ClientDisconnected:
            if not self._going:
                raise

    def handle_events(self) -> None:
        """Take what came; a request that was no good is answered with what is wrong, and that is its end."""
        super().handle_events()
        if self.conn.handshake_exc is not None and not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()


def options(settings: ApiSettings) -> dict[str, Any]:
    """Return what uvicorn is told beside the application and its address."""
    return {
        "ws": RoomSockets,
        "ws_max_size": MAX_MESSAGE_BYTES,
        "ws_ping_interval": 20,
        "ws_ping_timeout": 20,
        "ws_per_message_deflate": False,
        "h11_max_incomplete_event_size": MAX_HEAD_BYTES,
        # Longer than ON_ITS_WAY_S.
        "timeout_graceful_shutdown": 4,
        "access_log": False,
        # By default it would believe anybody on this machine.
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": settings.trusted_proxies,
        "log_level": "warning",
    }
