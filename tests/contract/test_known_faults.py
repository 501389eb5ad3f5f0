"""Known faults of earlier servers, to be absent here.

| fault | where it is proved |
|---|---|
| a rejected second host must not arm the close timer of the live host | test_room_life |
| a half-open old host socket must not lock the host out | test_host |
| the room list follows the schedule while running | here |
| a talk is listed from 30 minutes before its start until its end | test_room_list; unit/api/test_programme |
| votes are for tomorrow's talks | test_votes |
| and survive midnight and restarts | here |
| outside the conference days everything still starts | here |
| target languages are per room | test_viewer |
| languages without a sentence splitter still work | unit/engine: test_every_language_has_some_rule |
| closing twice does not change capacity | test_close |
| one dead viewer never delays or stops others | test_viewer; integration/api/test_dead_viewers |
| keys expire when they say | here |
| no bypass by Origin | test_cors |
| no password in a repository | test_login and here, as far as a server can show it |
| a transcript's owner keeps access after a new login, an admin always has it | test_transcripts |
| a translation failure never ends translation for the room | here |

What else the contract says and no server can be asked for here: that the codes of Whisper and LibreTranslate
are mapped (`zh`/`zh-Hans`, `no`/`nb`) is in unit/worker/test_language_table, what `/health` says before the
first readiness in integration/api/test_health.

Most of what is here needs another clock, another schedule or a part that is away: a platform of its own.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from dolmetsch_local.processes import free_port
from tests.contract import schedule, setup
from tests.contract.client import (
    NO_AUTH,
    SECOND_HOST,
    Gone,
    Recorder,
    Tab,
    cookies_of_host,
    encoded,
    hosting,
    opened,
    viewing,
)
from tests.contract.own import API, Own, own_server
from tests.contract.server import OK, PATIENCE_S, Server, refused, said
from tests.platform_process import PlatformProcess
from tests.waiting import until

FAILURES_PER_MINUTE = 5
LAST_GOOD_ONE = "the last good one is used"
AWAY_S = 2
"""So long the worker waits for an answer of LibreTranslate."""
EVENING, YEARS_LATER = "2026-08-20T20:10:00+02:00", "2031-01-01T12:00:00+01:00"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    """A server that may be stopped, on the evening of the first day; not started yet."""
    folder = tmp_path_factory.mktemp("own")
    schedule.write(folder / "schedule.json")
    env = setup.environment(folder / "schedule.json", now=EVENING)
    if not API:
        # Another api would count what others failed at beside it.
        env["DOLMETSCH_LOGIN_FAILURES_PER_MINUTE"] = str(FAILURES_PER_MINUTE)
        env["DOLMETSCH_WORKER_LIBRETRANSLATE_TIMEOUT"] = str(AWAY_S)
        env["DOLMETSCH_WORKER_METRICS_PORT"] = str(free_port())
    made = own_server(folder, **env)
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def no_room_active() -> None:
    """The suite's server is not needed here: rooms of a test's own server are closed by its fixtures."""


@pytest.fixture
def parts(own: Own) -> PlatformProcess:
    """The same, where it is a whole platform: its parts can be stopped one by one."""
    assert isinstance(own, PlatformProcess)
    return own


@pytest.fixture
async def evening(own: Own) -> AsyncIterator[Server]:
    """The server that may be stopped, running at EVENING."""
    started = at(own, EVENING)
    await until(started.no_room_active, "all rooms closed", timeout=PATIENCE_S)
    yield started
    await until(started.no_room_active, "all rooms closed", timeout=PATIENCE_S)
    started.close()


def at(server: Own, now: str) -> Server:
    """The server at that time: started, or started again."""
    if server.env["DOLMETSCH_FAKE_NOW"] != now:
        server.stop()
        server.env["DOLMETSCH_FAKE_NOW"] = now
    if not server.running:
        server.start()
    return Server(server.url + setup.BASE_PATH, setup.HOST_PASSWORD, setup.ADMIN_PASSWORD)


@contextmanager
def standing_still(parts: PlatformProcess, *names: str) -> Iterator[list[int]]:
    """The processes of these names, which answer nobody but keep their connections."""
    pids = [parts.pids(name)[0] for name in names]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield pids
    finally:
        for pid, name in zip(pids, names, strict=True):
            if pid in parts.pids(name):
                os.kill(pid, signal.SIGCONT)


def outages(parts: PlatformProcess) -> int:
    """How often a worker has said that LibreTranslate is away."""
    log = parts.state / "logs" / "worker.log"
    return log.read_text().count(
        "WARNING dolmetsch_worker.backends.routing: translation backend libretranslate"
    )


def failed_translations(parts: PlatformProcess) -> float:
    """How many tries at a sentence have failed for want of an answer."""
    url = f"http://127.0.0.1:{parts.env['DOLMETSCH_WORKER_METRICS_PORT']}/metrics"
    lines = httpx.get(url, trust_env=False, timeout=PATIENCE_S).text.splitlines()
    return sum(
        float(line.split()[-1]) for line in lines if "attempts_total{" in line and '"unavailable"' in line
    )


def ids(server: Server) -> set[str]:
    return {each["id"] for each in server.room_list()["rooms"]}


def votes(server: Server) -> dict[str, int]:
    return {each["code"]: each["votes"] for each in server.get("/vote").json()}


@pytest.mark.own_platform
def test_a_platform_without_passwords_does_not_start() -> None:
    """No password in a repository: none is built in."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("DOLMETSCH_")}
    env["DOLMETSCH_SIGNING_KEY"] = "x" * 40
    argv = [sys.executable, "-m", "dolmetsch_api", "--port", str(free_port())]
    ended = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert ended.returncode != 0
    assert "host_password" in ended.stderr.lower()


@pytest.mark.own_api
async def test_votes_survive_midnight_and_restarts(own: Own) -> None:
    """Votes are for tomorrow's talks and survive midnight and restarts."""
    server, count = await voted_before_midnight(own)
    await until(lambda: set(votes(server)) == {schedule.NEXT_BUT_ONE}, "it is midnight", timeout=300)
    # A page that was opened before midnight takes its vote back.
    assert said(server.get(f"/vote/{schedule.MORNING}/remove")) == (200, count - 1)
    server.close()
    again = at(own, EVENING)
    assert votes(again) == dict.fromkeys(schedule.VOTED, 0) | {schedule.MORNING: count - 1}
    again.close()


async def voted_before_midnight(own: Own) -> tuple[Server, int]:
    """A server and its votes for a talk, three of them given now, as short before midnight as this machine
    is quick enough for."""
    for seconds in (20, 60, 240):
        server = at(own, f"2026-08-20T23:{59 - seconds // 60}:{59 - seconds % 60:02}+02:00")
        # Votes given after midnight are refused or for other talks: too late, so the next one begins earlier.
        if set(votes(server)) == schedule.VOTED:
            before = votes(server)[schedule.MORNING]
            counted = [said(server.get(f"/vote/{schedule.MORNING}/add")) for _ in range(3)]
            now = votes(server)
            if set(now) == schedule.VOTED:
                assert counted == [(200, before + count) for count in (1, 2, 3)]
                assert now[schedule.MORNING] == before + 3
                return server, before + 3
        server.close()
        own.stop()
    raise AssertionError("three votes take this machine more than four minutes")


@pytest.mark.own_api
async def test_the_room_list_follows_the_schedule_while_running(evening: Server, own: Own) -> None:
    """The room list follows the schedule while running."""
    path = Path(own.env["DOLMETSCH_SCHEDULE"])
    assert ids(evening) == {schedule.DUSK}
    schedule.write(path, [*schedule.events(), schedule.event("NEW", "20:40")])
    await until(lambda: ids(evening) == {schedule.DUSK, "NEW"}, "the new talk is listed")
    async with hosting(evening, "NEW") as host:
        schedule.write(path)
        # A live talk stays listed until its room is closed: the contract knows no other end.
        schedule.write(path, [*schedule.events(), schedule.event("NEWER", "20:40")])
        await until(lambda: "NEWER" in ids(evening), "the newer talk is listed")
        assert evening.connection_id("NEW") == host.connection_id
        evening.close_room("NEW")
        await host.closing()
    schedule.write(path)
    await until(lambda: ids(evening) == {schedule.DUSK}, "both are gone")


@pytest.mark.own_api
async def test_a_schedule_that_is_broken_leaves_the_last_good_one(evening: Server, own: Own) -> None:
    """The room list follows the schedule while running: never into nothing."""
    path = Path(own.env["DOLMETSCH_SCHEDULE"])
    known = own.api_log.count(LAST_GOOD_ONE)
    schedule.write(path, broken=True)
    try:
        await until(lambda: own.api_log.count(LAST_GOOD_ONE) > known, "the broken one was read")
        assert ids(evening) == {schedule.DUSK}
    finally:
        schedule.write(path)


@pytest.mark.own_api
async def test_keys_expire_when_they_say_and_still_carry_the_subject_on(own: Own, evening: Server) -> None:
    """Keys expire when they say; a previous key, in the cookie or as `key`, carries its subject on, expired
    or not: with it the live host is not met by `Multiple hosts not allowed`, as somebody else is."""
    room = schedule.DUSK
    login = evening.login(evening.host_password)
    claims = jwt.decode(login["key"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == login["expire_hours"] * 3600
    async with AsyncExitStack() as sockets:
        host, key, until_when = await host_whose_key_expires(own, evening, claims, room, sockets)
        while True:
            asked, answer, answered = time.time(), evening.post("/auth", {"key": key}), time.time()
            # A slow machine may show it first when it has expired; it may never be too early, nor too late.
            if said(answer) == (200, {"status": "valid", "power": "host"}):
                assert asked <= until_when + 1
            else:
                assert answered >= until_when
                break
            await asyncio.sleep(0.1)
        assert refused(evening.post("/auth", {"key": key}))
        assert refused(evening.post("/validate", {"key": key}))
        assert refused(evening.close_room(room, key_until(own, claims | {"role": "admin"}, time.time() - 1)))
        async with opened(evening, f"{room}/host/en/en", cookies_of_host(room, key)) as tab:
            assert await tab.closing() == NO_AUTH
        assert host.closed is None, "a socket that is open stays"
        password = {"password": evening.host_password}
        cookie = {"Cookie": f"{encoded('authenticated')}={encoded(key)}"}
        by_key = evening.login(evening.host_password, key=key)["key"]
        by_cookie = evening.post("/login", password, headers=cookie).json()["key"]
        async with opened(evening, f"{room}/host/en/en", cookies_of_host(room, evening.new_host())) as tab:
            assert await tab.closing() == SECOND_HOST
        for again in (by_key, by_cookie):
            old, cookies = host, cookies_of_host(room, again)
            host = await sockets.enter_async_context(hosting(evening, room, cookies))
            await old.closing()


async def host_whose_key_expires(
    own: Own, server: Server, claims: dict[str, Any], room: str, sockets: AsyncExitStack
) -> tuple[Tab, str, float]:
    """A live host, its key, and until when that is good: as soon as this machine is quick enough for."""
    life_s = 4.0
    while True:
        expires = float(int(time.time() + life_s))
        key = key_until(own, claims, expires)
        try:
            host = await sockets.enter_async_context(hosting(server, room, cookies_of_host(room, key)))
        except Gone as gone:
            assert gone.args == NO_AUTH
            assert time.time() >= expires, "not before it says"
            life_s *= 3
        else:
            return host, key, expires


def key_until(own: Own, claims: dict[str, Any], expires: float) -> str:
    """The server's own key with these claims, but for the time that it is good until."""
    return jwt.encode(claims | {"exp": int(expires)}, own.signing_key, algorithm="HS256")


@pytest.mark.own_platform
async def test_health_stays_when_store_and_libretranslate_are_away(
    evening: Server, parts: PlatformProcess
) -> None:
    """`/health`: 503 never because the store or LibreTranslate is away."""
    before = evening.room_list()
    with standing_still(parts, "valkey-server", "libretranslate"):
        async with httpx.AsyncClient(base_url=evening.url, trust_env=False, timeout=PATIENCE_S) as client:
            for _ in range(20):
                assert said(await client.get("/health")) == OK
            assert said(await client.get("/room_list")) == (200, before)


@pytest.mark.own_platform
async def test_languages_stay_while_libretranslate_is_away(evening: Server, parts: PlatformProcess) -> None:
    """`available_target_langs` holds the last known list while LibreTranslate is away: also for a worker and
    an api that are started meanwhile. The demonstration reads what it speaks: whether its translations are
    still known is seen by a host and a viewer who want one."""
    before, room = targets(evening), schedule.DUSK
    with standing_still(parts, "libretranslate"):
        known = outages(parts)
        await killed(parts, "dolmetsch_worker")
        await until(lambda: outages(parts) > known, "the new worker knows that LibreTranslate is away")
        await killed(parts, "dolmetsch_api")
        await until(lambda: targets(evening) == before, "the new api has heard of the languages")
        with pytest.raises(AssertionError, match="not within"):
            await until(lambda: targets(evening) != before, "the list changes", 3)
        cookies = cookies_of_host(room, evening.new_host())
        async with hosting(evening, room, cookies, target=evening.target):
            async with viewing(evening, room, evening.target):
                pass


async def killed(parts: PlatformProcess, name: str) -> None:
    """The part of that name is another process."""
    (old,) = parts.pids(name)
    os.kill(old, signal.SIGKILL)
    await until(lambda: set(parts.pids(name)) - {old}, f"{name} is started again")


def targets(server: Server) -> list[str] | None:
    """`available_target_langs`; None while its api is away."""
    try:
        found: list[str] = server.room_list()["available_target_langs"]
    except httpx.HTTPError:
        return None
    return found


@pytest.mark.audio
@pytest.mark.own_platform
async def test_a_translation_failure_does_not_end_translation_for_the_room(
    evening: Server, parts: PlatformProcess
) -> None:
    """A translation failure never ends translation for the room; `available_target_langs` holds the last
    known list while LibreTranslate is away."""
    before, key, room = targets(evening), evening.new_host(), schedule.DUSK
    failed, known, recorder = failed_translations(parts), outages(parts), Recorder()
    async with (
        hosting(evening, room, cookies_of_host(room, key)) as host,
        viewing(evening, room, evening.target) as viewer,
    ):
        page = viewer.page
        with standing_still(parts, "libretranslate") as stopped:
            await viewer.hears(recorder, host, 1, evening.source)
            await until(lambda: failed_translations(parts) > failed, "a translation has failed")
            await until(lambda: outages(parts) > known, "the worker knows that LibreTranslate is away")
            assert page.texts(evening.target) == []
            assert targets(evening) == before
            # It does not come to itself either: what comes back is another one.
            os.kill(stopped[0], signal.SIGKILL)
        await viewer.has(len(page.texts(evening.source)), evening.target)
        sentences = len(page.sentences)
        await viewer.hears(recorder, host, sentences + 1, evening.target)
        assert all(content[evening.target] for content in list(page.sentences.values())[: sentences + 1])


@pytest.mark.own_api
async def test_outside_of_the_conference_everything_still_starts(own: Own) -> None:
    """Outside the conference days everything still starts, and talks can be tried."""
    server = at(own, YEARS_LATER)
    try:
        assert said(server.get("/health")) == OK
        assert server.room_list()["rooms"] == []
        assert said(server.get("/vote")) == (200, [])
        async with hosting(server, schedule.PLAIN[0]) as host:
            assert server.connection_id(schedule.PLAIN[0]) == host.connection_id
        assert said(server.close_room(schedule.PLAIN[0], server.admin_key)) == OK
        await until(lambda: ids(server) == set(), "no room is active")
    finally:
        server.close()


@pytest.mark.own_platform
async def test_failed_logins_of_others_do_not_log_a_host_out(own: Own) -> None:
    """`/auth` with a key never rate-limited (a 503 logs the host out), be it another server's."""
    server = at(own, YEARS_LATER)
    try:
        for number in range(12):
            for path in ("/auth", "/validate"):
                assert refused(server.post(path, {"key": f"{number:064x}"}))
        key = {"key": server.host_key}
        for _ in range(20):
            for _ in range(FAILURES_PER_MINUTE):
                assert refused(server.post("/login", {"password": "guessed"}))
            # Also the right password waits then, unless the guesses took this machine more than a minute.
            if refused(server.post("/login", {"password": server.host_password})):
                break
        else:
            pytest.fail("the right password never waited")
        assert said(server.post("/auth", key)) == (200, {"status": "valid", "power": "host"})
        assert said(server.post("/validate", key)) == (200, {"status": "valid"})
        cookies = cookies_of_host(schedule.PLAIN[0], server.host_key)
        async with opened(server, f"{encoded(schedule.PLAIN[0])}/host/xx/en", cookies) as tab:
            assert (await tab.closing())[0] == 1003
    finally:
        server.close()
        # Or the tests after it would have to wait before they log in.
        own.stop()
