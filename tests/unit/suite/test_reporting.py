"""What a run says of tests that fail, and how it ends."""

import subprocess
import sys
from pathlib import Path

import pytest

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
    argv = [sys.executable, "-m", "pytest", "-p", "tests.reporting", "-rs", f"--rootdir={tmp_path}"]
    ended = subprocess.run(
        [*argv, "--show-capture=no", str(tmp_path)], capture_output=True, text=True, timeout=240, check=False
    )
    assert ended.returncode == 1, ended.stderr
    return ended.stdout


def test_each_failure_is_told_with_what_was_expected_and_where_its_log_is(said: str, tmp_path: Path) -> None:
    told = said.split("= failed: 2 =")[1].splitlines()
    at = next(n for n, line in enumerate(told) if line == "test_them.py::test_fails")
    assert told[at + 1].strip() == "assert [1, 2] == [1, 3]"
    log = next(line for line in told[at:] if "log: " in line).split("log: ")[1]
    text = (tmp_path / log).read_text()
    assert "what the test said" in text
    assert "what the server said" in text
    assert "in its setup: OSError: no such server" in said


def test_the_last_line_says_how_all_of_it_went(said: str) -> None:
    assert said.strip().splitlines()[-1] == "1 passed, 2 failed, 1 skipped"
    assert "no such machine" in said


def test_the_log_of_a_test_that_passes_now_goes(tmp_path: Path) -> None:
    place = tmp_path / "test_it.py"
    argv = [sys.executable, "-m", "pytest", "-p", "tests.reporting", f"--rootdir={tmp_path}", str(place)]
    for body, logs in (("assert False", 1), ("pass", 0)):
        place.write_text(f"def test_it():\n    {body}\n")
        subprocess.run(argv, capture_output=True, timeout=240, check=False)
        assert len(list(tmp_path.glob("build/test-logs/*"))) == logs
