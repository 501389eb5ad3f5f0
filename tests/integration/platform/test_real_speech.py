"""A real recording and a real model through the whole platform, translated without LibreTranslate's index."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dolmetsch_local.processes import free_port
from dolmetsch_local.speak import AWAY_S
from tests.integration.platform.reading import CATCH_UP_S
from tests.integration.platform.speaking import speaking
from tests.platform_process import HOST_PASSWORD, PATIENCE_S, PlatformProcess, viewing
from tests.scoring import score, words
from tests.spawn import popen
from tests.waiting import until

pytestmark = pytest.mark.audio
REFERENCE = Path(__file__).parents[3] / "bench" / "two_cities.txt"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    platform = PlatformProcess(
        tmp_path_factory.mktemp("tiny") / "state",
        free_port(),
        DOLMETSCH_MODEL="tiny.en",
        DOLMETSCH_LANGUAGES="en,pt",
        DOLMETSCH_CLOSE_ROOM_AFTER="4",
        # The index of LibreTranslate's packages is out of reach here: its place is taken by nobody.
        ARGOS_PACKAGE_INDEX="http://127.0.0.1:9/index.json",
    )
    yield platform
    platform.stop()


@pytest.fixture
def tiny_platform(tiny: PlatformProcess) -> PlatformProcess:
    """The platform, up: started again if the test before ended it."""
    if not tiny.running:
        tiny.start()
    return tiny


async def test_two_cities_is_understood_and_every_sentence_translated(
    tiny_platform: PlatformProcess, speech: Path
) -> None:
    platform = tiny_platform
    said = [line for line in REFERENCE.read_text().splitlines() if line.strip()]

    def to_its_end(texts: list[str]) -> bool:
        # One of them may be misheard, and one alone is said elsewhere as well.
        return bool(texts) and len(set(words(said[-1])[-3:]) & set(words(texts[-1])[-3:])) >= 2

    async with viewing(platform.url, "DEMO1", "en", "pt") as (english, portuguese):
        # The host stays until all is heard: what an engine has not heard yet would go with him.
        async with speaking(platform, speech / "two_cities.wav"):
            await until(lambda: to_its_end(english.texts("en")), "all is heard", CATCH_UP_S)
        await until(lambda: english.closed and portuguese.closed, "the room closes", CATCH_UP_S)
    heard = score(said, english.texts("en"))
    print(f"two_cities: WER {heard.wer:.1%}", english.texts("en"))
    print(portuguese.texts("pt"))
    # Other processors, and slower ones, hear other words now and then.
    assert heard.wer <= 0.08
    assert not heard.missing
    assert not heard.doubled
    assert to_its_end(english.texts("en")), "its last words are there"
    assert len(portuguese.texts("pt")) == len(english.texts("en"))
    assert all(own["pt"] != own["en"] for own in portuguese.in_order)


def test_a_platform_ends_in_the_middle_of_a_talk_that_came_by_its_address(
    tiny_platform: PlatformProcess, speech: Path, tmp_path: Path
) -> None:
    command = ["speak", "DEMO1", str(speech / "two_cities.wav"), "--url", f"{tiny_platform.url}/"]
    speaking = popen(
        [sys.executable, "-m", "dolmetsch_local", *command],
        # Another person's, who knows the address and the password alone.
        env=tiny_platform.env
        | {"DOLMETSCH_STATE_DIR": str(tmp_path), "DOLMETSCH_HOST_PASSWORD": HOST_PASSWORD},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        asyncio.run(_until_spoken(tiny_platform.url))
        assert tiny_platform.stop() == 0
        # It could come back.
        assert speaking.wait(AWAY_S + PATIENCE_S) == 1
        assert speaking.stdout is not None
        said = speaking.stdout.read()
        assert b"The connection was lost: trying again" in said
        assert b"Traceback" not in said
    finally:
        speaking.kill()
        speaking.communicate()


async def _until_spoken(url: str) -> None:
    async with viewing(url, "DEMO1", "en") as (viewer,):
        await until(lambda: viewer.sentences, "a sentence", CATCH_UP_S)
