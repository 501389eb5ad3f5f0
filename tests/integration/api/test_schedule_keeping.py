"""The last good schedule outlives a restart of the api: a real server, a real archive."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from dolmetsch_api.schedule.keeping import ScheduleKeeping
from dolmetsch_api.schedule.source import ScheduleSource
from dolmetsch_core.archive import schedules
from dolmetsch_core.archive.opening import Opening
from dolmetsch_core.archive.schedules import KeptSchedule
from tests.integration.api.schedule_server import ScheduleServer, serving
from tests.unit.api.export import export, one
from tests.waiting import looks, until

EVERY_S = 0.05
HOUR_S = 3600.0


@pytest.fixture
async def server() -> AsyncIterator[ScheduleServer]:
    async with serving(export()) as found:
        yield found


@asynccontextmanager
async def api(folder: Path, location: str) -> AsyncIterator[tuple[ScheduleSource, Opening]]:
    """What an api process has of it, from start to end."""
    opening = Opening(f"sqlite:///{folder}/archive.db")
    source = ScheduleSource(location, refresh=EVERY_S, keeping=ScheduleKeeping(opening, location))
    opening.start()
    await source.start()
    try:
        yield source, opening
    finally:
        await source.stop()
        await opening.close()


def title(of: ScheduleSource) -> str:
    return of.schedule.title if of.schedule else ""


def bytes_below(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def kept(opening: Opening, location: str) -> KeptSchedule | None:
    """What the archive has of it, by the name that the api gives it."""
    return await schedules.last(opening.archive, ScheduleKeeping(opening, location).source)


async def written(opening: Opening, location: str, content: bytes) -> None:
    """Wait until the archive has this of it."""
    async with aclosing(looks("the schedule is kept", 60)) as looking:
        async for _ in looking:
            found = await kept(opening, location) if opening.ready.is_set() else None
            if found is not None and found.content == content:
                return


async def test_a_restart_while_the_server_is_down_begins_with_the_last_good_one(
    server: ScheduleServer, tmp_path: Path
) -> None:
    async with api(tmp_path, server.url) as (_, opening):
        server.content = changed = one(start="10:00")
        await written(opening, server.url, changed)
    server.status = 503
    async with api(tmp_path, server.url) as (source, _):
        await until(lambda: title(source) == "One", "the kept one")
        await until(lambda: source.error == "the server answers 503", "what became of the first look")
        server.status, server.content = 200, export()
        await until(lambda: title(source) == "Lingua 2026", "the new one")


async def test_its_age_counts_from_when_it_was_fetched(server: ScheduleServer, tmp_path: Path) -> None:
    server.status = 503
    async with api(tmp_path, server.url) as (_, opening):
        await opening.ready.wait()
        old = KeptSchedule(export(), time.time() - HOUR_S)
        await schedules.keep(opening.archive, ScheduleKeeping(opening, server.url).source, old)
    async with api(tmp_path, server.url) as (source, _):
        await until(lambda: source.schedule, "the kept one")
        assert source.age is not None
        assert HOUR_S <= source.age < 2 * HOUR_S


async def test_an_answer_is_not_replaced_by_what_was_kept(server: ScheduleServer, tmp_path: Path) -> None:
    opening = Opening(f"sqlite:///{tmp_path}/archive.db")
    keeping = ScheduleKeeping(opening, server.url)
    source = ScheduleSource(server.url, refresh=EVERY_S, keeping=keeping)
    await source.start()
    try:
        assert title(source) == "Lingua 2026", "an archive that is away keeps nobody waiting"
        await opening.run()
        await written(opening, server.url, server.content)
        assert title(source) == "Lingua 2026"
    finally:
        await source.stop()
        await opening.close()


async def test_another_address_has_a_schedule_of_its_own(server: ScheduleServer, tmp_path: Path) -> None:
    async with api(tmp_path, server.url) as (_, opening):
        await written(opening, server.url, server.content)
    async with api(tmp_path, f"{server.url}.other") as (source, opening):
        await opening.ready.wait()
        await until(lambda: source.error, "the failure")
        assert await kept(opening, f"{server.url}.other") is None
        assert source.schedule is None


async def test_one_that_is_no_schedule_for_this_release_is_told(
    server: ScheduleServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.status = 503
    async with api(tmp_path, server.url) as (_, opening):
        await opening.ready.wait()
        name = ScheduleKeeping(opening, server.url).source
        await schedules.keep(opening.archive, name, KeptSchedule(b"{}", 1.0))
    with caplog.at_level(logging.WARNING):
        async with api(tmp_path, server.url) as (source, _):
            await until(lambda: "from before the restart" in caplog.text, "the warning")
            assert source.schedule is None
            server.status = 200
            await until(lambda: title(source) == "Lingua 2026", "the server's")


async def test_a_location_with_a_token_is_written_nowhere(server: ScheduleServer, tmp_path: Path) -> None:
    location = f"{server.url}?token=secret-of-pretalx"
    async with api(tmp_path, location) as (_, opening):
        await written(opening, location, server.content)
    assert b"secret-of-pretalx" not in b"".join(bytes_below(tmp_path))
