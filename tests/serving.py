"""A server on loopback whose connections are a test's own to answer, and a port where nobody answers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from dolmetsch_core.tasks import end_tasks

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
TURNS = 5
"""Of the loop, from a connection's arrival to its handler. To Python 3.11 it is an error if the server is
closed in between, and its socket is left open."""


@asynccontextmanager
async def serving(handle: Handler) -> AsyncIterator[str]:
    """Yield its `http://HOST:PORT`. Who leaves in the middle is no error, and at the end all are cut off."""
    handlers: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.add(task)
        try:
            # To Python 3.11 a handler that was cancelled is an error.
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                await handle(reader, writer)
                await writer.drain()
        finally:
            handlers.discard(task)
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        server.close()
        await end_tasks(*handlers)


@contextmanager
def refusing() -> Iterator[int]:
    """Yield a port of loopback that refuses every connection: it is taken, nobody else is given it.

    A server that is told its number may listen there, if it reuses addresses as servers do.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
