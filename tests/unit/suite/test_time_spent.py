"""The table of where the time of a run went."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.time_spent import TimeSpent, cause_of, folder_of


def part(nodeid: str, when: str, seconds: float, *markers: str) -> Any:
    """What the table needs of a report."""
    return SimpleNamespace(nodeid=nodeid, when=when, duration=seconds, keywords=dict.fromkeys(markers, 1))


@pytest.mark.parametrize(
    ("nodeid", "folder"),
    [
        ("tests/unit/core/test_tasks.py::test_it", "unit"),
        ("tests/integration/api/test_start.py::test_it[a/b]", "integration/api"),
        ("tests/cluster/directory/test_views.py::test_it", "cluster"),
        ("tests/test_it.py::test_it", "tests"),
    ],
)
def test_a_line_is_for_a_suite(nodeid: str, folder: str) -> None:
    assert folder_of(nodeid) == folder


@pytest.mark.parametrize(
    ("when", "markers", "cause"),
    [
        ("setup", ("audio",), "starting and ending"),
        ("teardown", (), "starting and ending"),
        ("call", ("audio", "browser"), "listening"),
        ("call", ("browser",), "Chromium"),
        ("call", (), "all else"),
    ],
)
def test_a_part_of_a_test_has_a_cause(when: str, markers: tuple[str, ...], cause: str) -> None:
    assert cause_of(part("tests/unit/test_it.py::test_it", when, 1, *markers)) == cause


def test_parts_are_added_up_by_suite_the_longest_first() -> None:
    spent = TimeSpent()
    for each in (
        part("tests/unit/core/test_a.py::test_a", "setup", 0.4),
        part("tests/unit/core/test_a.py::test_a", "call", 1.4),
        part("tests/unit/core/test_a.py::test_b", "call", 1.0),
        part("tests/browser/test_c.py::test_c", "setup", 8.0, "browser"),
        part("tests/browser/test_c.py::test_c", "call", 20.0, "browser"),
    ):
        spent.pytest_runtest_logreport(each)
    assert [line.split() for line in spent.table()[1:]] == [
        ["browser", "1", "28", "8", "0", "20", "0"],
        ["unit", "2", "3", "0", "0", "0", "2"],
        ["together", "3", "31", "8", "0", "20", "2"],
    ]
