"""Each api process of a test has an archive of its own, and hears of engines and a translator.

What it gives up waiting for on a slow machine, it waits for here: whoever tests the giving up says so.
"""

from pathlib import Path

import pytest
from redis.asyncio import Redis

from dolmetsch_api.auth import attempts
from dolmetsch_api.rooms import known_languages
from dolmetsch_api.schedule import source
from dolmetsch_core.live import languages, rooms
from dolmetsch_core.wire.room import EnginePoolStatus
from dolmetsch_core.wire.translation import Languages


@pytest.fixture
def archive_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/archive.db"


@pytest.fixture(autouse=True)
def _archive(archive_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOLMETSCH_ARCHIVE_URL", archive_url)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start has the schedule; failed logins are counted in the store, as long as any test takes."""
    monkeypatch.setattr(source, "FIRST_ANSWER_S", 60.0)
    monkeypatch.setattr(attempts, "STORE_PATIENCE_S", 60.0)
    monkeypatch.setattr(attempts, "WINDOW_S", 3600)


@pytest.fixture(autouse=True)
async def engines_and_translator(store: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they would have said: English and German; it is heard at once."""
    monkeypatch.setattr(known_languages, "LOOK_AGAIN_S", 0.05)
    await rooms.put_back(store, [])
    await rooms.write_pool(store, EnginePoolStatus(capacity=2, available=2, languages=("de", "en")))
    await languages.publish(store, Languages(pairs={"en": ("de", "en"), "de": ("de", "en")}))
