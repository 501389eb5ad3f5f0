"""A platform with a schedule, for tests of what outlives a talk."""

from collections.abc import Iterator
from typing import Any

import pytest

from dolmetsch_local.processes import free_port
from tests.platform_process import PlatformProcess
from tests.unit.api.export import export

MORNING = "2026-08-20T09:45:00+02:00"
"""OPEN11 is listed, the talks of the 21st can be voted for; and so it stays until midnight."""


@pytest.fixture(scope="module")
def scheduled(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[PlatformProcess]:
    """`MODEL=demo`, a conference's schedule and its first morning, and the `SETTINGS` of the test module."""
    folder = tmp_path_factory.mktemp("scheduled")
    (folder / "schedule.json").write_bytes(export(_open_all_day))
    settings: dict[str, str] = getattr(request.module, "SETTINGS", {})
    platform = PlatformProcess(
        folder / "state",
        free_port(),
        DOLMETSCH_MODEL="demo",
        DOLMETSCH_SCHEDULE=str(folder / "schedule.json"),
        DOLMETSCH_FAKE_NOW=MORNING,
        **settings,
    )
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()


def _open_all_day(conference: dict[str, Any]) -> None:
    """However long the tests take, the talk of this morning stays in the list."""
    for talks in conference["days"][0]["rooms"].values():
        for talk in talks or []:
            if talk.get("code") == "OPEN11":
                talk["duration"] = "13:00"
