"""Real models and real speech for the engine's tests.

The models come from the cache that `make test` fills; the demo model and the talks lie in the repository.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dolmetsch_engine.settings import EngineSettings
from dolmetsch_engine.transcriber import Transcriber
from tests.conftest import model
from tests.integration.engine.listening import Heard, decode, hear
from tests.webm import recorded

HearTalk = Callable[[str], Awaitable[Heard]]
REPOSITORY = Path(__file__).parents[3]
DEMO = REPOSITORY / "local" / "dolmetsch_local" / "demo"


@pytest.fixture(scope="session")
def talks() -> Path:
    """Spoken by espeak-ng, as the demo model learned it; .webm with .json (sentences, times)."""
    return DEMO / "talks"


@pytest.fixture(scope="session")
def demo() -> Transcriber:
    """The demo model, loaded once."""
    return _loaded(DEMO / "speech-model", ("en", "de"))


@pytest.fixture(scope="session")
def heard_talks() -> dict[str, Heard]:
    """What the demo model has made of whole talks by now."""
    return {}


@pytest.fixture
def hear_talk(demo: Transcriber, talks: Path, heard_talks: dict[str, Heard]) -> HearTalk:
    """A talk as the demo model hears it: once, whoever asks for it first."""

    async def heard(name: str) -> Heard:
        if name not in heard_talks:
            pcm = b"".join(await decode(recorded(talks / f"{name}.webm")))
            heard_talks[name] = await hear(demo, pcm, "de" if name == "str_de" else "en")
        return heard_talks[name]

    return heard


@pytest.fixture(scope="session")
def tiny_en() -> Transcriber:
    """Whisper tiny.en, loaded once."""
    return _loaded(model("tiny.en"))


@pytest.fixture(scope="session")
def base() -> Transcriber:
    """Whisper base (multilingual), loaded once."""
    return _loaded(model("base"))


def _loaded(model: Path, languages: tuple[str, ...] = ()) -> Transcriber:
    transcriber = Transcriber(EngineSettings(model=model, languages=languages))
    transcriber.load()
    return transcriber


@pytest.fixture(autouse=True)
def no_spoken_text_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What these libraries say below a warning repeats what was heard."""
    caplog.set_level(logging.DEBUG)
    yield
    # Not `records`: by now these are the teardown's.
    assert not [
        record
        for record in caplog.get_records("call")
        if record.name.startswith(("whisperlivekit", "faster_whisper")) and record.levelno < logging.WARNING
    ]
