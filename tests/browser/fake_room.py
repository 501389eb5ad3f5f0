"""A room as a page's socket sees it, without a server."""

import json
from typing import Any

from playwright.async_api import WebSocketRoute

from tests.browser.conftest import PATIENCE_MS, chunk
from tests.waiting import until

WEBM = bytes.fromhex("1A45DFA3")


class FakeRoom:
    """A room's sockets as the page opens them, and what it sends into each."""

    def __init__(self) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.received: list[list[bytes]] = []
        self.late: list[int] = []
        """How late it was told that audio comes, in milliseconds."""

    def take(self, socket: WebSocketRoute) -> None:
        frames: list[bytes] = []
        self.sockets.append(socket)
        self.received.append(frames)

        def take(frame: str | bytes) -> None:
            if isinstance(frame, bytes):
                frames.append(frame)
            else:
                assert not frames, "it is told before the audio that it is about"
                self.late.append(json.loads(frame)["late_ms"])

        socket.on_message(take)
        self.tell(connection_id="somebody")
        socket.send(json.dumps(chunk([])))

    def tell(self, **info: Any) -> None:
        self.sockets[-1].send(json.dumps({"info": info}))

    async def opened(self, count: int) -> None:
        await until(lambda: len(self.sockets) == count, f"socket {count}", PATIENCE_MS / 1000)
        self.tell(ready_to_recieve_audio=True)
        await until(lambda: len(self.received[-1]) >= 2, "audio", PATIENCE_MS / 1000)

    @property
    def begins_with_a_header(self) -> bool:
        return b"".join(self.received[-1]).startswith(WEBM)
