"""Sockets that do what no client library does: one that never reads again, one that is reset."""

import select
import socket
import ssl
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection

PATIENCE_S = 120.0


@contextmanager
def deaf(url: str, headers: Mapping[str, str] | None = None) -> Iterator[socket.socket]:
    """A WebSocket that is open and takes nothing any more: neither frames nor word that it is closed."""
    at = urlsplit(url)
    secure = at.scheme in ("https", "wss")
    plain = socket.socket()
    # Before it connects, or the window is negotiated without it.
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    plain.settimeout(PATIENCE_S)
    plain.connect((at.hostname, at.port or (443 if secure else 80)))
    with (
        ssl.create_default_context().wrap_socket(plain, server_hostname=at.hostname) if secure else plain
    ) as held:
        lines = [
            f"GET {at.path} HTTP/1.1",
            f"Host: {at.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        held.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            received = held.recv(1)
            assert received, f"no whole answer: {answer!r}"
            answer += received
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        yield held


def is_held(held: socket.socket) -> bool:
    """Whether the server still keeps its end of a deaf socket: nobody has to read for that to be seen."""
    poll = select.poll()
    poll.register(held, select.POLLRDHUP)
    return not poll.poll(0)


def reset(connection: ClientConnection) -> None:
    """End it as a crashed machine does: no goodbye, and whatever comes for it is answered with a reset."""
    connection.transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    connection.transport.abort()
