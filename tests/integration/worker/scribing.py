"""A scribe at work, what it is allowed to, and what it has copied."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis

from dolmetsch_core.archive import reading
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.opening import Opening
from dolmetsch_core.archive.reading import Part, Viewer
from dolmetsch_core.live import consents
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.consent import Consent
from dolmetsch_worker.scribe.scribe import Scribe
from tests.integration.worker.talk import eventually

ADMIN = Viewer(admin=True)
BEGAN = 1_755_518_580.0


@asynccontextmanager
async def scribe(store: Redis, url: str, owner: str = "one") -> AsyncIterator[Archive]:
    """A scribe at work, and the archive it writes."""
    opening = Opening(url)
    task = asyncio.create_task(Scribe(store, opening, owner=owner, lease_ttl=1.0).run())
    try:
        await opening.ready.wait()
        yield opening.archive
    finally:
        await end_tasks(task)
        await opening.close()


async def allow(live: Redis, *, room: str = "talk", session: str = "uid.1", **fields: Any) -> None:
    given: dict[str, Any] = {"store": True, "public": False, "owner": "ann", "source_lang": "en"}
    await consents.tell(live, [Consent(room=room, session=session, **(given | fields))])


async def parts(archive: Archive, room: str = "talk") -> list[Part]:
    return await reading.parts(archive, room, ADMIN)


def texts(found: list[Part], lang: str = "") -> list[str]:
    return [
        line.translations.get(lang, "-") if lang else line.sentence.text
        for each in found
        for line in each.lines
    ]


async def copied(archive: Archive, *said: str, room: str = "talk") -> list[Part]:
    async def all_there() -> bool:
        return texts(await parts(archive, room)) == list(said)

    await eventually(all_there, f"{said} in the archive")
    return await parts(archive, room)


async def logged(caplog: pytest.LogCaptureFixture, text: str) -> bool:
    return text in caplog.text
