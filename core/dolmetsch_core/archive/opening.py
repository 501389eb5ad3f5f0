"""An archive that need not be there at the start: migrated as soon as it can be reached."""

import asyncio
import logging

from dolmetsch_core.archive.database import ARCHIVE_AWAY, Archive
from dolmetsch_core.archive.migrate import migrate
from dolmetsch_core.tasks import end_tasks

log = logging.getLogger(__name__)
AGAIN_S = 2.0


class Opening:
    """Opens the archive at `url`; `archive` may be used once `ready` is set."""

    def __init__(self, url: str) -> None:
        """Raises ArchiveUnusable, OSError."""
        self.archive = Archive.open(url)
        self.ready = asyncio.Event()
        self._url = url
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to wait for it, beside everything else."""
        self._task = asyncio.create_task(self.run(), name="opening of the archive")

    async def close(self) -> None:
        """End waiting, close all connections."""
        await end_tasks(self._task)
        await self.archive.close()

    async def run(self) -> None:
        """Migrate, waiting for an archive that is away. Returns when ready. Raises ArchiveUnusable."""
        told = False
        while True:
            try:
                await migrate(self._url)
            except ARCHIVE_AWAY as error:
                if not told:
                    log.warning("the archive is away (%s): waiting for it", type(error).__name__)
                told = True
                await asyncio.sleep(AGAIN_S)
            else:
                self.ready.set()
                return
