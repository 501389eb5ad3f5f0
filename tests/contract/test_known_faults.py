"""Known faults of earlier servers, to be absent here.

| fault | where it is proved |
|---|---|
| a rejected second host must not arm the close timer of the live host | test_host |
| a half-open old host socket must not lock the host out | test_host |
| the room list follows the schedule while running | here |
| a talk is listed from 30 minutes before its start until its end | test_room_list |
| votes are for tomorrow's talks | test_votes |
| and survive midnight and restarts | here |
| outside the conference days everything still starts | here |
| target languages are per room | test_viewer |
| languages without a sentence splitter still work | tests/unit/engine: the demonstration knows two |
| closing twice does not change capacity | test_close |
| one dead viewer never delays or stops others | test_viewer |
| keys expire when they say | here |
| no bypass by Origin | test_cors |
| no password in a repository | here, as far as a server can show it |
| a transcript's owner keeps access after a new login, an admin always has it | test_transcripts |
| a translation failure never ends translation for the room | here |

Most of what is here needs another clock, another schedule or a part that is away: a platform of its own.
"""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import jwt
import pytest

from dolmetsch_local.processes import free_port
from tests.contract import schedule, setup
from tests.contract.client import NO_AUTH, Recorder, cookies_of_host, encoded, hosting, opened, viewing
from tests.contract.server import Server, refused
from tests.platform_process import PlatformProcess
from tests.waiting import until

TOKEN_S = 9
EVENING, NEXT_DAY, YEARS_LATER = (
    "2026-08-20T23:40:00+02:00",
    "2026-08-21T00:05:00+02:00",
    "2031-01-01T12:00:00+01:00",
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    """A platform that may be stopped, in the evening before the second day; not started yet."""
    folder = tmp_path_factory.mktemp("own")
    schedule.write(folder / "schedule.json")
    env = setup.environment(folder / "schedule.json", now=EVENING) | {
        "DOLMETSCH_TOKEN_HOURS": str(TOKEN_S / 3600),
        "DOLMETSCH_LOGIN_FAILURES_PER_MINUTE": "5",
    }
    process = PlatformProcess(folder / "state", free_port(), DOLMETSCH_MODEL="demo", **env)
    yield process
    process.stop()


@pytest.fixture
async def evening(own: PlatformProcess) -> AsyncIterator[Server]:
    """The platform that may be stopped, running at EVENING."""
    started = at(own, EVENING)
    await until(started.no_room_active, "all rooms closed", timeout=60)
    yield started
    await until(started.no_room_active, "all rooms closed", timeout=60)
    started.close()


def at(process: PlatformProcess, now: str) -> Server:
    """The platform at that time: started, or started again."""
    if process.env["DOLMETSCH_FAKE_NOW"] != now:
        process.stop()
        process.env["DOLMETSCH_FAKE_NOW"] = now
    if not process.running:
        process.start()
    return Server(process.url + setup.BASE_PATH, setup.HOST_PASSWORD, setup.ADMIN_PASSWORD)


def ids(server: Server) -> set[str]:
    return {each["id"] for each in server.room_list()["rooms"]}


def votes(server: Server) -> dict[str, int]:
    return {each["code"]: each["votes"] for each in server.get("/vote").json()}


@pytest.mark.parametrize("password", ["", "admin", "password", "\x00"])
def test_there_is_no_password_that_everybody_knows(server: Server, password: str) -> None:
    """No password in a repository."""
    assert refused(server.post("/login", {"password": password}))


@pytest.mark.own_setup
def test_a_platform_without_passwords_does_not_start() -> None:
    """No password in a repository: none is built in."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("DOLMETSCH_")}
    env["DOLMETSCH_SIGNING_KEY"] = "x" * 40
    argv = [sys.executable, "-m", "dolmetsch_api", "--port", str(free_port())]
    ended = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    assert "host_password" in ended.stderr.lower()


@pytest.mark.own_platform
async def test_the_room_list_follows_the_schedule_while_running(
    evening: Server, own: PlatformProcess
) -> None:
    """The room list follows the schedule while running."""
    path = Path(own.env["DOLMETSCH_SCHEDULE"])
    assert ids(evening) == {schedule.MIDNIGHT}
    schedule.write(path, [*schedule.events(), schedule.event("NEW", "23:50")])
    await until(lambda: ids(evening) == {schedule.MIDNIGHT, "NEW"}, "the new talk is listed")
    async with hosting(evening, "NEW") as host:
        schedule.write(path)
        # A live talk stays listed until its room is closed: the contract knows no other end.
        schedule.write(path, [*schedule.events(), schedule.event("NEWER", "23:50")])
        await until(lambda: "NEWER" in ids(evening), "the newer talk is listed")
        assert evening.connection_id("NEW") == host.connection_id
        evening.close_room("NEW")
        await host.closing()
    schedule.write(path)
    await until(lambda: ids(evening) == {schedule.MIDNIGHT}, "both are gone")


@pytest.mark.own_platform
async def test_a_schedule_that_is_broken_leaves_the_last_good_one(
    evening: Server, own: PlatformProcess
) -> None:
    """The room list follows the schedule while running: never into nothing."""
    path = Path(own.env["DOLMETSCH_SCHEDULE"])
    schedule.write(path, broken=True)
    with pytest.raises(AssertionError, match="not within"):
        await until(lambda: ids(evening) != {schedule.MIDNIGHT}, "the list changes", 2)
    schedule.write(path)


@pytest.mark.own_platform
async def test_keys_expire_when_they_say_and_still_carry_the_subject_on(evening: Server) -> None:
    """Keys expire when they say; a previous key carries its subject on, expired or not."""
    said = evening.login(evening.host_password)
    key = said["key"]
    claims = jwt.decode(key, options={"verify_signature": False})
    assert said["expire_hours"] * 3600 == pytest.approx(TOKEN_S)
    assert claims["exp"] - claims["iat"] == TOKEN_S
    assert evening.post("/auth", {"key": key}).status_code == 200
    await until(lambda: evening.post("/auth", {"key": key}).status_code == 503, "the key expires")
    assert refused(evening.post("/auth", {"key": key}))
    assert refused(evening.post("/validate", {"key": key}))
    assert refused(evening.close_room(schedule.MIDNIGHT, evening.admin_key))
    cookies = cookies_of_host(schedule.MIDNIGHT, key)
    async with opened(evening, f"{schedule.MIDNIGHT}/host/en/en", cookies) as tab:
        assert await tab.closing() == NO_AUTH
    again = evening.login(evening.host_password, key=key)["key"]
    assert jwt.decode(again, options={"verify_signature": False})["sub"] == claims["sub"]


@pytest.mark.own_platform
async def test_health_and_languages_stay_when_store_and_libretranslate_are_away(
    evening: Server, own: PlatformProcess
) -> None:
    """`/health`: 503 never because the store or LibreTranslate is away; `available_target_langs` holds the
    last known list while LibreTranslate is away."""
    targets = evening.room_list()["available_target_langs"]
    away = own.pids("valkey-server") + own.pids("libretranslate")
    assert len(away) >= 2
    try:
        for pid in away:
            os.kill(pid, signal.SIGSTOP)
        async with httpx.AsyncClient(base_url=evening.url, trust_env=False, timeout=5) as client:
            for _ in range(20):
                assert (await client.get("/health")).status_code == 200
            listed = (await client.get("/room_list", timeout=30)).json()
        assert listed["available_target_langs"] == targets
    finally:
        for pid in away:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.audio
@pytest.mark.own_platform
async def test_a_translation_failure_does_not_end_translation_for_the_room(
    evening: Server, own: PlatformProcess
) -> None:
    """A translation failure never ends translation for the room."""
    key = evening.new_host()
    room, recorder = schedule.MIDNIGHT, Recorder()
    async with hosting(evening, room, cookies_of_host(room, key)) as host:
        async with viewing(evening, room, evening.target) as viewer:
            os.kill(own.pids("libretranslate")[0], signal.SIGKILL)
            await recorder.record(6, host)
            await viewer.has(1, evening.source)
            await recorder.record(3, host)
            await viewer.has(2, evening.target)
            texts = viewer.page.texts
            assert len(texts(evening.target)) <= len(texts(evening.source))


@pytest.mark.own_platform
async def test_votes_survive_midnight_and_restarts(own: PlatformProcess) -> None:
    """Votes are for tomorrow's talks and survive midnight and restarts."""
    before = at(own, EVENING)
    assert set(votes(before)) == schedule.VOTED
    for _ in range(3):
        before.get(f"/vote/{schedule.MORNING}/add")
    await until(lambda: votes(before)[schedule.MORNING] == 3, "three votes")
    before.close()
    after = at(own, NEXT_DAY)
    assert set(votes(after)) == {schedule.NEXT_BUT_ONE}
    # A page that was opened before midnight takes its vote back.
    assert after.get(f"/vote/{schedule.MORNING}/remove").json() == 2
    after.close()


@pytest.mark.own_platform
async def test_outside_of_the_conference_everything_still_starts(own: PlatformProcess) -> None:
    """Outside the conference days everything still starts, and talks can be tried."""
    server = at(own, YEARS_LATER)
    try:
        assert server.get("/health").status_code == 200
        assert server.room_list()["rooms"] == []
        assert server.get("/vote").json() == []
        async with hosting(server, schedule.PLAIN[0]) as host:
            assert server.connection_id(schedule.PLAIN[0]) == host.connection_id
        server.close_room(schedule.PLAIN[0], server.login(server.admin_password)["key"])
        await until(lambda: ids(server) == set(), "no room is active")
    finally:
        server.close()


@pytest.mark.own_platform
async def test_failed_logins_of_others_do_not_log_a_host_out(own: PlatformProcess) -> None:
    """`/auth` with a key never rate-limited (a 503 logs the host out)."""
    server = at(own, YEARS_LATER)
    try:
        for _ in range(12):
            assert refused(server.post("/login", {"password": "guessed"}))
        assert server.post("/auth", {"key": server.host_key}).json() == {"status": "valid", "power": "host"}
        assert server.post("/validate", {"key": server.host_key}).json() == {"status": "valid"}
        cookies = cookies_of_host(schedule.PLAIN[0], server.host_key)
        async with opened(server, f"{encoded(schedule.PLAIN[0])}/host/xx/en", cookies) as tab:
            assert (await tab.closing())[0] == 1003
    finally:
        server.close()
