"""Both databases, the real ones: every test with `url` or `archive` runs on each, in an empty one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dolmetsch_core.archive import database
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.migrate import migrate


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for another gives up in no test, unless the test is about that."""
    monkeypatch.setattr(database, "_BUSY_S", 120.0)
    monkeypatch.setattr(database, "_DEADLINE_S", 240.0)
    for limit in database._LIMITS_MS:
        monkeypatch.setitem(database._LIMITS_MS, limit, 120_000)


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "archive.db"


@pytest.fixture
def sqlite_url(sqlite_path: Path) -> str:
    return f"sqlite:///{sqlite_path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, without a schema."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def archive(url: str) -> AsyncIterator[Archive]:
    await migrate(url)
    opened = Archive.open(url)
    yield opened
    await opened.close()


@pytest.fixture
async def other(url: str, archive: Archive) -> AsyncIterator[Archive]:
    """The same archive as another process has it."""
    opened = Archive.open(url)
    yield opened
    await opened.close()
