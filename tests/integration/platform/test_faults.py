"""Parts that stop, die or are renewed in mid-talk: nothing said is lost, numbers go on."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from dolmetsch_local.client import Login, host_socket, login, until_ready
from dolmetsch_local.processes import free_port
from dolmetsch_local.recorder import load, record
from dolmetsch_local.speak import speak
from tests.integration.platform.hosts import engine_of
from tests.integration.platform.reading import CATCH_UP_S, until_all_is_read
from tests.integration.platform.speaking import send, speaking
from tests.platform_process import PATIENCE_S, PlatformProcess, Viewer, viewing
from tests.scoring import score, talk
from tests.spawn import listener, popen
from tests.waiting import until
from tests.webm import with_silence

pytestmark = pytest.mark.audio
SILENCE_S = 30.0
"""A slow machine has caught up by then."""


def assert_all_heard(viewer: Viewer, name: str, wer: float = 0.15) -> None:
    of = talk(name)
    heard = score(of.texts, viewer.texts("en"))
    print(f"{name}: WER {heard.wer:.1%}, missing {heard.missing}", viewer.texts("en"))
    assert not heard.missing, viewer.texts("en")
    assert not heard.doubled, viewer.texts("en")
    assert heard.wer <= wer, viewer.texts("en")
    viewer.assert_no_gaps()


async def serving_engine(platform: PlatformProcess) -> int:
    """Pid of the engine that works."""
    port = httpx.URL((await engine_of(platform)).address).port
    assert port is not None
    return listener(port, platform.pids("dolmetsch_engine"))


async def test_a_stopped_engine_is_replaced_in_mid_talk_and_writes_nothing_more(
    platform: PlatformProcess,
) -> None:
    of = talk("en")
    async with (
        viewing(platform.url, "DEMO1", "en", "de") as (english, german),
        speaking(platform, of.recording),
    ):
        await until(lambda: len(english.sentences) >= 3, "three sentences", CATCH_UP_S)
        stopped = await serving_engine(platform)
        os.kill(stopped, signal.SIGSTOP)
        before = len(english.sentences)
        try:
            await until(lambda: len(english.sentences) > before, "the talk goes on", CATCH_UP_S)
        finally:
            if stopped in platform.pids("dolmetsch_engine"):
                os.kill(stopped, signal.SIGCONT)
        await until_all_is_read(of, "en", english, german)
        await until(lambda: stopped not in platform.pids("dolmetsch_engine"), "the stopped engine is gone")
        assert await serving_engine(platform) != stopped
    assert_all_heard(english, "en")
    assert english.texts("en") == german.texts("en")


async def test_a_host_changes_its_target_language_on_another_api_process(platform: PlatformProcess) -> None:
    of = talk("en")
    recording = record(of.recording)
    half = len(recording) // 2
    with second_api(platform) as url:
        await until(lambda: answers(url), "the second api process", CATCH_UP_S)
        first = await login(platform.address)
        second = Login(platform.address.model_copy(update={"url": url}), first.key)
        async with viewing(platform.url, "DEMO1", "en", "de") as (english, german):
            begun = await send(first, recording[:half], "en")
            # The same login on a new socket, while the recorder goes on without a new header.
            await send(second, recording[half:], "de", begun)
            await until_all_is_read(of, "en", english, german)
            await platform.end_grace_time("DEMO1")
            await until(lambda: english.closed and german.closed, "the room closes", CATCH_UP_S)
    assert_all_heard(english, "en")
    assert english.texts("en") == german.texts("en")


@pytest.mark.parametrize("new_recording", [False, True], ids=["the recording goes on", "a new recording"])
async def test_what_an_engine_is_behind_with_is_heard_though_the_host_s_socket_is_renewed(
    platform: PlatformProcess, new_recording: bool
) -> None:
    """Half a talk in one moment, as after an outage; then another socket, or the browser's next recorder."""
    of = talk("en")
    key, recording = await login(platform.address), load(of.recording)
    slices = list(recording.slices())
    half = next(at for at, piece in enumerate(slices) if piece.until > of.sentences[4]["end"])
    rest = list(recording.slices(slices[half - 1].until)) if new_recording else slices[half:]
    async with viewing(platform.url, "DEMO1", "en") as (english,):
        for pieces in (slices[:half], rest):
            async with host_socket(key, "DEMO1", "en", "en") as host:
                await until_ready(host)
                for piece in pieces:
                    await host.send(piece.data)
                if pieces is rest:
                    await until_all_is_read(of, "en", english)
    assert_all_heard(english, "en", wer=0.2)


async def test_a_lost_live_store_is_filled_again_and_sentences_arrive_once(platform: PlatformProcess) -> None:
    of = talk("en")
    async with viewing(platform.url, "DEMO1", "en", "de") as (english, german):
        async with speaking(platform, of.recording):
            await until(lambda: len(german.texts("de")) >= 3, "three translated sentences", CATCH_UP_S)
            os.kill(platform.pids("valkey-server")[0], signal.SIGKILL)
            await until_all_is_read(of, "en", english, german)
            async with viewing(platform.url, "DEMO1", "de") as (late,):
                # Who comes after the loss finds all: the engine put it back, the worker translated again.
                said = await until_all_is_read(of, "en", late, english, german)
        await platform.end_grace_time("DEMO1")
        await until(lambda: english.closed and german.closed, "the room closes", CATCH_UP_S)
    assert "captions_delayed" in english.states
    assert_all_heard(english, "en")
    assert english.repeated == 0
    assert len(german.texts("de")) >= said
    assert (english.closed, german.closed) == ("Room closed", "Room closed")


async def test_a_recording_is_spoken_on_over_an_api_that_ends(
    platform: PlatformProcess, tmp_path: Path
) -> None:
    """`dolmetsch speak` opens another socket and sends what it could not, as the page does.

    The api ends in a pause: a busy machine may need longer for the next one than an engine waits for its host
    in mid-sentence.
    """
    of = talk("en")
    pause = tmp_path / "pause.webm"
    pause.write_bytes(with_silence(of.recording, before=of.sentences[4]["start"] - 0.3, seconds=SILENCE_S))
    async with viewing(platform.url, "DEMO1", "en", stay=True) as (english,):
        speech = speak(platform.address, "DEMO1", pause, "en", lambda *_: None)
        speaking = asyncio.create_task(speech)
        await until(
            lambda: not score(of.texts[:4], english.texts("en")).missing, "four sentences", CATCH_UP_S
        )
        (pid,) = platform.pids("dolmetsch_api")
        os.kill(pid, signal.SIGTERM)
        await speaking
        await until_all_is_read(of, "en", english)
        assert english.away, "it was away, and came back"
    assert_all_heard(english, "en")


async def test_a_dead_api_and_worker_come_back(platform: PlatformProcess) -> None:
    for part in ("dolmetsch_api", "dolmetsch_worker"):
        (pid,) = platform.pids(part)
        os.kill(pid, signal.SIGKILL)
        await until(
            lambda part=part, pid=pid: set(platform.pids(part)) - {pid},
            f"{part} is started again",
            CATCH_UP_S,
        )
    await until(lambda: answers(platform.url), "the api answers again", CATCH_UP_S)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", trust_env=False, timeout=PATIENCE_S).is_success
    except httpx.HTTPError:
        return False


@contextmanager
def second_api(platform: PlatformProcess) -> Iterator[str]:
    """A second api process on the platform's store, with its passwords and signing key."""
    first = platform.pids("dolmetsch_api")[0]
    lines = Path(f"/proc/{first}/environ").read_text().split("\0")
    env = dict(line.split("=", 1) for line in lines if "=" in line)
    port = free_port()
    with (platform.state / "logs" / "api-2.log").open("wb") as log:
        argv = [sys.executable, "-m", "dolmetsch_api", "--port", str(port)]
        process = popen(argv, env=env, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
