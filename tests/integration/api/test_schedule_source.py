"""The schedule while the platform runs: from a real HTTP server and real files, good, broken and away."""

import logging
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from dolmetsch_api.schedule import fetching, source
from dolmetsch_api.schedule.source import ScheduleSource
from tests.integration.api.schedule_server import ScheduleServer, serving
from tests.unit.api.export import export, one
from tests.waiting import until

EVERY_S = 0.05


@pytest.fixture
async def server() -> AsyncIterator[ScheduleServer]:
    async with serving(export()) as found:
        yield found


@asynccontextmanager
async def reading(location: str, **how: Any) -> AsyncIterator[ScheduleSource]:
    """A source that has had its moment for a first answer."""
    found = ScheduleSource(location, **({"refresh": EVERY_S} | how))
    await found.start()
    try:
        yield found
    finally:
        await found.stop()


def title(of: ScheduleSource) -> str:
    return of.schedule.title if of.schedule else ""


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        each.getMessage()
        for each in caplog.records
        if each.name == source.log.name and each.levelno >= logging.WARNING
    ]


async def test_a_start_waits_for_the_first_answer(server: ScheduleServer) -> None:
    async with reading(server.url) as found:
        assert title(found) == "Lingua 2026"
        assert found.error == ""
        assert found.age is not None


async def test_a_redirect_is_followed(server: ScheduleServer) -> None:
    async with reading(server.moved) as found:
        assert title(found) == "Lingua 2026"


async def test_what_has_not_changed_is_not_sent_again(server: ScheduleServer) -> None:
    async with reading(server.url) as found:
        before = found.schedule
        await until(lambda: server.asked(304) >= 3, "it is asked again")
        assert server.asked(200) == 1
        assert found.schedule is before


async def test_a_change_is_taken(server: ScheduleServer) -> None:
    async with reading(server.url) as found:
        server.content = one(start="10:00")
        await until(lambda: title(found) == "One", "the new schedule")


async def test_a_server_that_knows_times_only_is_asked_by_time(server: ScheduleServer) -> None:
    server.etag = False
    server.modified = "Thu, 20 Aug 2026 08:00:00 GMT"
    async with reading(server.url) as found:
        await until(lambda: server.asked(304) >= 2, "it is asked again")
        server.content = one(start="10:00")
        server.modified = "Thu, 20 Aug 2026 08:01:00 GMT"
        await until(lambda: title(found) == "One", "the new schedule")


async def test_a_server_without_etags_will_do(server: ScheduleServer) -> None:
    server.etag = False
    async with reading(server.url) as found:
        await until(lambda: server.asked(200) >= 3, "it is asked again")
        server.content = one(start="10:00")
        await until(lambda: title(found) == "One", "the new schedule")


@pytest.mark.parametrize("status", [500, 404, 403, 204])
async def test_a_refusal_keeps_the_last_good_one(server: ScheduleServer, status: int) -> None:
    async with reading(server.url) as found:
        await until(lambda: server.asked(304), "it is confirmed")
        server.status = status
        await until(lambda: found.error, "the failure is told")
        assert found.error == f"the server answers {status}"
        assert title(found) == "Lingua 2026"
        server.status = 200
        await until(lambda: not found.error, "it is back")


@pytest.mark.parametrize(
    "content", [b"", b"<html>sorry</html>", b'{"schedule": {}}', b"\xff\xfe", b"[" * 100_000]
)
async def test_a_broken_answer_keeps_the_last_good_one_and_a_good_one_ends_it(
    server: ScheduleServer, content: bytes
) -> None:
    good = server.content
    async with reading(server.url) as found:
        server.content = content
        await until(lambda: found.error, "the failure is told")
        assert title(found) == "Lingua 2026"
        # With the same ETag as before: the broken one's must not have been taken for a good one's.
        server.content = good
        await until(lambda: not found.error, "it is back")
        server.content = one(start="10:00")
        await until(lambda: title(found) == "One", "the new schedule")


async def test_the_age_grows_only_while_nothing_is_confirmed(server: ScheduleServer) -> None:
    async with reading(server.url) as found:
        server.status = 500
        await until(lambda: found.error, "the failure is told")
        ages: list[float] = []
        await until(lambda: ages.append(found.age or 0) or len(ages) > 3, "some ages")
        assert ages == sorted(ages)
        assert ages[-1] > ages[0]
        server.status = 200
        await until(lambda: not found.error, "it is back")


async def test_a_server_that_is_down_at_the_start_is_taken_when_it_comes() -> None:
    async with serving(export(), up=False) as server, reading(server.url) as found:
        assert (found.schedule, found.age) == (None, None)
        assert "can't be asked" in found.error
        await server.start()
        await until(lambda: title(found) == "Lingua 2026", "the schedule")
        assert found.error == ""
        await server.stop()
        await until(lambda: found.error, "it is away again")
        assert title(found) == "Lingua 2026"


async def test_a_slow_server_is_given_up_and_asked_again(server: ScheduleServer) -> None:
    server.drip = True
    # Short, but many times what a good answer takes on a slow machine.
    async with reading(server.url, timeout=1.0) as found:
        await until(lambda: found.error, "the failure is told")
        assert found.error == "no whole answer within 1 s"
        server.drip = False
        await until(lambda: title(found) == "Lingua 2026", "the schedule")


async def test_a_start_does_not_wait_for_a_slow_server(
    server: ScheduleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "FIRST_ANSWER_S", 0.1)
    server.drip = True
    # Longer than any test takes: who waited for the answer would not come here.
    async with reading(server.url, timeout=3600.0) as found:
        assert found.schedule is None
        assert found.error == ""
        await until(lambda: server.asked(0), "it is asked")


async def test_an_answer_without_end_is_cut(server: ScheduleServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MAX_BYTES", 1000)
    async with reading(server.url) as found:
        assert "the answer is longer than" in found.error


async def test_an_outage_is_told_once_and_its_end_once(
    server: ScheduleServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with reading(server.url.replace("http://", "http://ann:secret@") + "?token=secret") as found:
        server.status = 500
        await until(lambda: server.asked(500) >= 3, "it is asked again and again")
        server.status = 200
        await until(lambda: not found.error, "it is back")
    assert len(warnings(caplog)) == 1
    assert "(the server answers 500)" in warnings(caplog)[0]
    told = [each.getMessage() for each in caplog.records if each.name == source.log.name]
    assert told.count("the schedule is back") == 1
    assert not any("secret" in each for each in told)


async def test_what_can_not_be_used_is_told_once(
    server: ScheduleServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.etag = False
    server.content = one(date="?")
    async with reading(server.url):
        await until(lambda: server.asked(200) >= 3, "it is read again and again")
    assert warnings(caplog) == ["schedule: 1 left out because the date can't be read ('A1')"]


async def test_a_surprise_is_told_and_looked_over(
    server: ScheduleServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(source, "parse_schedule", broken)
        async with reading(server.url) as found:
            assert found.error == source.UNEXPECTED
            patched.undo()
            await until(lambda: title(found) == "Lingua 2026", "the schedule")
    assert "schedule ended unexpectedly" in caplog.text


def replace(path: Path, content: bytes) -> None:
    """As a careful program does: never half a file."""
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    beside.rename(path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "schedule.json"
    path.write_bytes(export())
    return path


def rewrite(path: Path, content: bytes) -> None:
    """As a careless one does."""
    path.write_bytes(content)


def same_time(path: Path, content: bytes) -> None:
    """Put another file in its place, of the same time."""
    seen = path.stat()
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    os.utime(beside, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    beside.rename(path)


async def test_a_file_that_is_replaced_is_read_again(file: Path) -> None:
    async with reading(str(file)) as found:
        assert title(found) == "Lingua 2026"
        replace(file, one(start="10:00"))
        await until(lambda: title(found) == "One", "the new schedule")


async def test_a_file_of_the_same_time_and_size_is_another_when_it_was_replaced(file: Path) -> None:
    async with reading(str(file)) as found:
        assert title(found) == "Lingua 2026"
        same_time(file, export(lambda conference: conference.update(title="Lingua 2027")))
        await until(lambda: title(found) == "Lingua 2027", "the new schedule")


async def test_a_file_half_written_keeps_the_last_good_one(file: Path) -> None:
    async with reading(str(file)) as found:
        rewrite(file, export()[:500])
        await until(lambda: found.error, "the failure is told")
        assert title(found) == "Lingua 2026"
        rewrite(file, one(start="10:00"))
        await until(lambda: title(found) == "One", "the new schedule")


async def test_a_file_that_is_not_there_yet_is_taken_when_it_comes(tmp_path: Path) -> None:
    file = tmp_path / "schedule.json"
    async with reading(str(file)) as found:
        assert found.error == "the file can't be read: No such file or directory"
        replace(file, export())
        await until(lambda: title(found) == "Lingua 2026", "the schedule")


async def test_a_file_on_a_disk_that_hangs_takes_one_thread_and_is_taken_when_it_comes(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, asked = threading.Event(), []
    real = Path.stat

    def stat(self: Path, **more: bool) -> os.stat_result:
        if self == file:
            asked.append(threading.current_thread())
            hangs.wait()
        return real(self, **more)

    monkeypatch.setattr(Path, "stat", stat)
    try:
        async with reading(str(file), timeout=0.05) as found:
            for _ in range(3):
                # Told anew by each look that failed.
                found._error = ""
                await until(lambda: found.error, "the failure is told")
            assert len(asked) == 1
            assert asked[0].daemon, "the end of the process does not wait for it"
            hangs.set()
            await until(lambda: title(found) == "Lingua 2026", "the schedule")
    finally:
        hangs.set()


@pytest.mark.parametrize("kind", ["folder", "pipe"])
async def test_what_is_no_file_is_told(kind: str, tmp_path: Path) -> None:
    path = tmp_path / kind
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    async with reading(str(path)) as found:
        assert found.error == "it is not a file"
