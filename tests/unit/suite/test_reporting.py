"""What a run says of tests that fail, and how it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reporting import OF_THIS_RUN, Failure

FAILING = """
import pytest

@pytest.fixture
def server():
    yield
    print("what the server said")

@pytest.fixture
def broken():
    raise OSError("no such server")

def test_passes():
    pass

def test_fails(server):
    print("what the test said")
    assert [1, 2] == [1, 3]

def test_is_broken(broken):
    pass

@pytest.mark.skip(reason="no such machine")
def test_is_skipped():
    pass
"""


@pytest.fixture
def said(tmp_path: Path) -> str:
    """The output of a run with a failure, an error, and a skipped test."""
    (tmp_path / "test_them.py").write_text(FAILING)
    ended = run(tmp_path, "-rs", "--show-capture=no", "--durations=3")
    assert ended.returncode == 1, ended.stderr
    return ended.stdout


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """A run of its own, which knows nothing of the one that it is part of."""
    argv = [sys.executable, "-m", "pytest", "-p", "tests.reporting", f"--rootdir={folder}", *options]
    env = {name: value for name, value in os.environ.items() if not name.startswith(OF_THIS_RUN)}
    return subprocess.run(
        [*argv, str(folder)], capture_output=True, text=True, timeout=240, check=False, env=env
    )


def test_each_failure_is_told_with_what_was_expected_and_where_its_log_is(said: str, tmp_path: Path) -> None:
    told = said.split("= failed: 2 =")[1].splitlines()
    at = next(n for n, line in enumerate(told) if line == "test_them.py::test_fails")
    assert told[at + 1].strip() == "assert [1, 2] == [1, 3]"
    log = next(line for line in told[at:] if "log: " in line).split("log: ")[1]
    text = (tmp_path / log).read_text()
    assert "what the test said" in text
    assert "what the server said" in text
    assert "in its setup: OSError: no such server" in said
    # Nothing but how all of it went comes after what failed.
    assert "slowest" not in "".join(told)
    assert [line for line in told if line][-1] == "1 passed, 2 failed, 1 skipped"


def test_errors_that_come_at_once_are_told_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "test_them.py").write_text(
        "def test_it():\n    raise ExceptionGroup('both', [OSError('no room'), ValueError('no number')])\n"
    )
    told = [line.strip() for line in run(tmp_path).stdout.split("= failed: 1 =")[1].splitlines()]
    assert told[told.index("test_them.py::test_it") + 1 :][:3] == [
        "ExceptionGroup: both (2 sub-exceptions)",
        "OSError: no room",
        "ValueError: no number",
    ]


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two processes"])
def test_a_file_that_can_not_be_imported_is_a_failure(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "test_broken.py").write_text("import nothing_of_this_name\n")
    (tmp_path / "test_them.py").write_text("def test_passes():\n    pass\n")
    ended = run(tmp_path, *options)
    assert ended.returncode != 0
    assert ended.stdout.strip().splitlines()[-1].endswith(" passed, 1 failed")
    told = ended.stdout.split("= failed: 1 =")[1]
    assert "test_broken.py" in told
    assert "nothing_of_this_name" in told


def test_two_tests_never_share_a_log() -> None:
    alike = [
        "test_it.py::test_it[ +]",
        "test_it.py::test_it[ %]",
        f"a.py::{'x' * 200}1",
        f"a.py::{'x' * 200}2",
    ]
    assert len({Failure(nodeid).log for nodeid in alike}) == len(alike)


def test_the_last_line_says_how_all_of_it_went(said: str) -> None:
    assert said.strip().splitlines()[-1] == "1 passed, 2 failed, 1 skipped"
    assert "no such machine" in said


def test_the_log_of_a_test_that_passes_now_goes(tmp_path: Path) -> None:
    place = tmp_path / "test_it.py"
    for body, logs in (("assert False", 1), ("pass", 0)):
        place.write_text(f"def test_it():\n    {body}\n")
        run(tmp_path)
        assert len(list(tmp_path.glob("build/test-logs/*"))) == logs
