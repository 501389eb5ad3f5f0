"""Each api process of a test has an archive of its own, unless the test says otherwise."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOLMETSCH_ARCHIVE_URL", f"sqlite:///{tmp_path}/archive.db")
