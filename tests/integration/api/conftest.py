"""Each api process of a test has an archive of its own, and hears of engines and a translator."""

from pathlib import Path

import pytest
from redis.asyncio import Redis

from dolmetsch_api.rooms import known_languages
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
async def engines_and_translator(store: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they would have said: English and German; it is heard at once."""
    monkeypatch.setattr(known_languages, "LOOK_AGAIN_S", 0.05)
    await rooms.put_back(store, [])
    await rooms.write_pool(store, EnginePoolStatus(capacity=2, available=2, languages=("de", "en")))
    await languages.publish(store, Languages(pairs={"en": ("de", "en"), "de": ("de", "en")}))
