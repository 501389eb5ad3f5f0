"""Real models and real speech for the engine's tests.

`make test` sets the three variables; the demo model and the demo talks lie in the repository.
"""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dolmetsch_engine.settings import EngineSettings
from dolmetsch_engine.transcriber import Transcriber

REPOSITORY = Path(__file__).parents[3]
DEMO = REPOSITORY / "local" / "dolmetsch_local" / "demo"


def _folder(variable: str, what: str) -> Path:
    value = os.environ.get(variable)
    if not value or not Path(value).is_dir():
        pytest.fail(f"{variable} does not name a folder with {what}. Remedy: run the tests with `make test`.")
    return Path(value)


@pytest.fixture(scope="session")
def talks() -> Path:
    """Spoken by espeak-ng, as the demo model learned it; .webm with .json (sentences, times)."""
    return DEMO / "talks"


@pytest.fixture(scope="session")
def speech() -> Path:
    """Real recordings: moonshine_voice/ and pytest_audioeval/."""
    return _folder("DOLMETSCH_TEST_SPEECH", "moonshine_voice and pytest_audioeval")


@pytest.fixture(scope="session")
def demo() -> Transcriber:
    """The demo model, loaded once."""
    return _loaded(DEMO / "speech-model", ("en", "de"))


@pytest.fixture(scope="session")
def tiny_en() -> Transcriber:
    """Whisper tiny.en, loaded once."""
    return _loaded(_folder("DOLMETSCH_TEST_TINY_EN", "Whisper tiny.en for CTranslate2"))


@pytest.fixture(scope="session")
def base() -> Transcriber:
    """Whisper base (multilingual), loaded once."""
    return _loaded(_folder("DOLMETSCH_TEST_BASE", "Whisper base for CTranslate2"))


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
