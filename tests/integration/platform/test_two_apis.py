"""Two api processes on one live store and one archive: whichever a socket or a call meets, it is the same."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dolmetsch_local.processes import free_port
from dolmetsch_local.speak import speak
from tests.integration.platform.reading import CATCH_UP_S, until_all_is_read
from tests.platform_process import ADMIN_PASSWORD, HOST_PASSWORD, PATIENCE_S, PlatformProcess, viewing
from tests.scoring import score, talk
from tests.spawn import popen
from tests.waiting import until

ROOM, VOTED = "OPEN11", "MORN44"
GUESSER, GUESSES, MINUTE_S, ROUNDS = "203.0.113.7", 6, 60.0, 5
SETTINGS = {
    # Tests come from this machine, and may log in whatever the guesser does.
    "DOLMETSCH_TRUSTED_PROXIES": "127.0.0.1",
    "DOLMETSCH_LOGIN_FAILURES_PER_MINUTE": str(GUESSES),
}
"""Of the platform with a schedule."""


@pytest.fixture(scope="module")
def other(scheduled: PlatformProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a second api process, with the environment of the first."""
    (first,) = scheduled.pids("dolmetsch_api")
    variables = Path(f"/proc/{first}/environ").read_bytes().decode().split("\0")
    port, log = free_port(), tmp_path_factory.mktemp("other") / "api.log"
    with log.open("wb") as file:
        process = popen(
            [sys.executable, "-m", "dolmetsch_api", "--port", str(port)],
            env=dict(each.split("=", 1) for each in variables if each),
            stdout=file,
            stderr=file,
        )
    url = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return bool(call(url, "GET", "/api/v1/about").json()["ready"])
        return False

    try:
        asyncio.run(until(ready, "the second api", CATCH_UP_S))
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def call(
    url: str, method: str, path: str, body: Any = None, key: str = "", *, address: str = ""
) -> httpx.Response:
    """`address`: of a client behind the proxy that this machine is."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    headers |= {"X-Forwarded-For": address} if address else {}
    return httpx.request(
        method, f"{url}{path}", json=body, headers=headers, trust_env=False, timeout=PATIENCE_S
    )


@pytest.mark.audio
async def test_a_host_on_one_viewers_on_both_and_the_transcript_on_both(
    scheduled: PlatformProcess, other: str
) -> None:
    of = talk("en")
    async with (
        viewing(scheduled.url, ROOM, "en") as (here,),
        viewing(other, ROOM, "en", "de") as (there, german),
    ):
        say = speak(scheduled.address, ROOM, of.recording, "en", lambda _d, _t: None, store=True, public=True)
        await say
        said = await until_all_is_read(of, "en", here, there, german)
        await scheduled.end_grace_time(ROOM)
        await until(lambda: here.closed and there.closed and german.closed, "the room closes", CATCH_UP_S)
    assert here.closed == there.closed == german.closed == "Room closed"
    assert here.texts("en") == there.texts("en")
    assert not score(of.texts, there.texts("en")).missing
    assert len(german.texts("de")) >= said

    def transcripts() -> list[str]:
        answers = [call(url, "POST", f"/room/{ROOM}/transcript/en") for url in (scheduled.url, other)]
        return [answer.text for answer in answers if answer.status_code == 200]

    def is_whole() -> bool:
        found = transcripts()
        return len(found) == 2 and all(text in found[0] for text in here.texts("en")) and found[0] == found[1]

    await until(is_whole, "the whole transcript, the same on both", CATCH_UP_S)


async def test_votes_are_counted_on_both(scheduled: PlatformProcess, other: str) -> None:
    both = (scheduled.url, other)
    before = _votes(other)
    answers = await asyncio.gather(
        *(asyncio.to_thread(call, both[n % 2], "GET", f"/vote/{VOTED}/add") for n in range(20))
    )
    assert sorted(answer.json() for answer in answers) == list(range(before + 1, before + 21))
    assert _votes(scheduled.url) == _votes(other) == before + 20
    assert call(other, "GET", f"/vote/{VOTED}/remove").json() == before + 19


def _votes(url: str) -> int:
    return next(item["votes"] for item in call(url, "GET", "/vote").json() if item["code"] == VOTED)


async def test_a_key_of_one_is_good_on_the_other(scheduled: PlatformProcess, other: str) -> None:
    key = call(scheduled.url, "POST", "/login", {"password": ADMIN_PASSWORD}).json()["key"]
    assert call(other, "POST", "/auth", {"key": key}).json() == {"status": "valid", "power": "admin"}


async def test_a_room_made_on_one_is_listed_on_the_other_until_it_is_deleted(
    scheduled: PlatformProcess, other: str
) -> None:
    def listed() -> bool:
        return made["id"] in [room["id"] for room in call(other, "GET", "/room_list").json()["rooms"]]

    key = call(scheduled.url, "POST", "/login", {"password": ADMIN_PASSWORD}).json()["key"]
    made = call(scheduled.url, "POST", "/api/v1/rooms", {"title": "By hand"}, key).json()
    await until(listed, "the room on the other api", CATCH_UP_S)
    assert call(other, "DELETE", f"/api/v1/rooms/{made['id']}", key=key).status_code == 200
    assert not listed()


async def test_an_admin_closes_on_one_what_was_activated_on_the_other(
    scheduled: PlatformProcess, other: str
) -> None:
    async with viewing(scheduled.url, ROOM, "en") as (viewer,):
        speaking = asyncio.create_task(
            speak(scheduled.address, ROOM, talk("pause").recording, "en", lambda _d, _t: None)
        )
        await until(lambda: viewer.frames, "the room is active", CATCH_UP_S)
        answer = await asyncio.to_thread(call, other, "POST", f"/room/{ROOM}/close", {"key": ADMIN_PASSWORD})
        assert answer.json() == {"status": "ok"}
        await until(lambda: viewer.closed, "the viewer is told", CATCH_UP_S)
        with contextlib.suppress(Exception):
            await speaking
    assert viewer.closed == "Room closed"


def test_guesses_at_one_are_counted_at_the_other(scheduled: PlatformProcess, other: str) -> None:
    both, password = (scheduled.url, other), {"password": HOST_PASSWORD}

    def guess() -> list[httpx.Response]:
        """As often as one address may in a minute, half of them at each; then the right one at both."""
        for n in range(GUESSES):
            answer = call(both[n % 2], "POST", "/login", {"password": f"guess {n}"}, address=GUESSER)
            assert (answer.status_code, answer.json()) == (503, {"status": "fail"})
        return [call(url, "POST", "/login", password, address=GUESSER) for url in both]

    for _ in range(ROUNDS):
        began = time.monotonic()
        answers = guess()
        if time.monotonic() - began < MINUTE_S:
            break
        # The first guesses of a machine that needs a minute for all of them are forgotten by then.
    for answer in answers:
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    for url in both:
        assert call(url, "GET", "/room_list", address=GUESSER).status_code == 200
        assert call(url, "POST", "/login", password).status_code == 200, "from another address"
