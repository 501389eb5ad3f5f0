"""An archive that need not be there at the start: migrated as soon as it can be reached, then kept clean."""

import asyncio
import logging

from dolmetsch_core.archive.cleaning import keep_clean
from dolmetsch_core.archive.database import ARCHIVE_AWAY, Archive, ArchiveUnusable
from dolmetsch_core.archive.migrate import migrate
from dolmetsch_core.tasks import end_tasks

log = logging.getLogger(__name__)
AGAIN_S = 2.0
UNUSABLE_S = 30.0
"""Between two looks at an archive that a person has to mend."""


class Opening:
    """Opens the archive at `url`; `archive` may be used once `ready` is set."""

    def __init__(self, url: str) -> None:
        """Raises ArchiveUnusable, OSError."""
        self.archive = Archive.open(url)
        self.ready = asyncio.Event()
        self._url = url
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to wait for it and to look after it, beside everything else."""
        self._task = asyncio.create_task(self._attend(), name="opening of the archive")

    async def close(self) -> None:
        """End waiting, close all connections."""
        await end_tasks(self._task)
        await self.archive.close()

    async def _attend(self) -> None:
        await self.run()
        await keep_clean(self.archive)

    async def run(self) -> None:
        """Migrate until it is done, then return. What a person has to mend is told, and looked at again.

        Live talks need no archive: nothing ends because of it.
        """
        told = ""
        while not self.ready.is_set():
            pause = AGAIN_S
            try:
                await migrate(self._url)
            except ArchiveUnusable as error:
                said, pause = str(error), UNUSABLE_S
            except ARCHIVE_AWAY as error:
                said = f"the archive is away, waiting for it: {_first_line(error)}"
            except Exception as error:  # noqa: BLE001 (told; an archive that fails in a new way is still away)
                said, pause = f"the archive can't be brought up to date: {type(error).__name__}", UNUSABLE_S
            else:
                self.ready.set()
                return
            if said != told:
                log.error("%s", said)
            told = said
            await asyncio.sleep(pause)


def _first_line(error: BaseException) -> str:
    """What the database said, such as that the password is wrong. There is nothing yet to quote."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
