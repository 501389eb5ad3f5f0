"""A platform with a schedule, for tests of what outlives a talk."""

from collections.abc import Iterator

import pytest

from dolmetsch_local.processes import free_port
from tests.platform_process import PlatformProcess
from tests.unit.api.export import EXPORT

MORNING = "2026-08-20T09:45:00+02:00"
"""OPEN11 is listed, the talks of the 21st can be voted for."""


@pytest.fixture(scope="module")
def scheduled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    """`MODEL=demo`, a conference's schedule and its first morning, a grace time of 4 s."""
    platform = PlatformProcess(
        tmp_path_factory.mktemp("scheduled") / "state",
        free_port(),
        DOLMETSCH_MODEL="demo",
        DOLMETSCH_CLOSE_ROOM_AFTER="4",
        DOLMETSCH_SCHEDULE=str(EXPORT),
        DOLMETSCH_FAKE_NOW=MORNING,
    )
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()
