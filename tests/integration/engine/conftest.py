"""Real models and real speech for the engine's tests.

The models come from the cache that `make test` fills; the demo model and the talks lie in the repository.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from dolmetsch_engine.settings import EngineSettings
from dolmetsch_engine.transcriber import Transcriber
from tests.conftest import model

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
    caplog.set_level(logging.DEBUG)
    yield
    assert not [
        record for record in caplog.records if record.name.startswith(("whisperlivekit", "faster_whisper"))
    ]
