"""What a test run says of its failures: which test, what was expected, where all of its output is.

All that a failed test left (traceback, output, logs of what it started) is written to a file of its own below
`build/test-logs`. The last lines of the run name the tests and the files.
"""

import gc
import os
import re
import sys
import time
import zlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

LOGS = Path("build") / "test-logs"
MESSAGE_LINES = 6
ONE_OF_SEVERAL = re.compile(r"[ |+]*\| ([\w.]+: \S.*)")
"""A line of an exception group's traceback that says what one of its errors is."""
OF_THIS_RUN = ("PYTEST_", "DOLMETSCH_TEST_")
"""How names in the environment begin that a run of pytest within a test must not know."""
AST_NEEDS_QUIET = sys.version_info < (3, 11, 5)
"""Until Python 3.11.5, a finalizer that formats a traceback while a syntax tree is made breaks that tree:
"AST constructor recursion depth mismatch". pytest then ends with an internal error in place of a report."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Run no finalizers while pytest reads the source of a failed test."""
    if not AST_NEEDS_QUIET:
        return (yield)
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@dataclass
class Failure:
    """One test that failed, in one or several of its parts."""

    nodeid: str
    parts: Sequence[pytest.TestReport | pytest.CollectReport] = ()

    @property
    def log(self) -> Path:
        """Where its output is, relative to the repository."""
        name = re.sub(r"[^\w.=-]+", ".", self.nodeid.replace(".py::", "::"))
        # Names that differ in their signs or their ends only are told apart by it.
        number = zlib.crc32(self.nodeid.encode())
        return LOGS / f"{name[:150]}.{number:08x}.log"

    def message(self) -> list[str]:
        """What was expected, in a few lines."""
        part = next(each for each in self.parts if each.failed)
        crash = getattr(part.longrepr, "reprcrash", None)
        said = crash.message if crash else part.longreprtext.strip()
        # Of a file that can't be imported, pytest marks what it was; each of several has its place
        # in the traceback.
        marked = [line[1:].strip() for line in said.splitlines() if line.startswith("E  ")]
        several = [
            found[1] for line in part.longreprtext.splitlines() if (found := ONE_OF_SEVERAL.match(line))
        ]
        marked = list(dict.fromkeys(several)) or marked
        lines = [line for line in marked or said.splitlines() if line.strip()][:MESSAGE_LINES]
        where = f"{crash.path}:{crash.lineno}" if crash else ""
        when = "" if part.when in {"call", "collect"} else f"in its {part.when}: "
        return [f"{when}{lines[0] if lines else 'no message'}", *lines[1:], *([where] if where else [])]

    def write(self, root: Path) -> None:
        """Write all of its output."""
        path = root / self.log
        path.parent.mkdir(parents=True, exist_ok=True)
        texts = [self.nodeid]
        for part in self.parts:
            texts += [f"== {part.when}: {part.outcome}", part.longreprtext] if part.failed else []
            # What was printed before is in the reports of later parts again.
            sections = part.sections if part is self.parts[-1] else []
            texts += [f"-- {title}\n{text}" for title, text in sections]
        path.write_text("\n".join(texts) + "\n", errors="replace")


class FailureReports:
    """Collects the reports of all processes of a run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.failures: dict[str, Failure] = {}
        self._began = time.monotonic()
        self._parts: dict[str, list[pytest.TestReport]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a test said until it has ended; for good, if it failed."""
        parts = self._parts.setdefault(report.nodeid, [])
        parts.append(report)
        if report.failed:
            self.failures[report.nodeid] = Failure(report.nodeid, parts)
        if report.nodeid in self.failures:
            self.failures[report.nodeid].write(self.root)
        if report.when == "teardown":
            del self._parts[report.nodeid]
            if report.nodeid not in self.failures:
                # The log that an earlier run may have left.
                (self.root / Failure(report.nodeid).log).unlink(missing_ok=True)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that can't be imported is a failure: none of its tests has run."""
        if report.failed:
            self.failures[report.nodeid] = failure = Failure(report.nodeid, [report])
            failure.write(self.root)

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Say what failed, then in one line how all of it went, and that also to whoever repeats runs."""
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or not (reporter.stats or self.failures):
            return
        self._tell(reporter)
        passed = {each.nodeid for each in reporter.stats.get("passed", [])} - self.failures.keys()
        skipped = len(reporter.stats.get("skipped", []))
        took = divmod(round(time.monotonic() - self._began), 60)
        line = f"{len(passed)} passed, {len(self.failures)} failed"
        line += f", {skipped} skipped" if skipped else ""
        print(line)  # alone on its line: what reads it need not know pytest
        if results := os.environ.get("DOLMETSCH_TEST_RESULTS"):
            names = [f"    {name}\n" for name in self.failures]
            with Path(results).open("a", encoding="utf-8") as file:
                file.writelines([f"  {line} in {took[0]}:{took[1]:02}\n", *names])

    def _tell(self, reporter: pytest.TerminalReporter) -> None:
        """For each failed test, what was expected and where its log is."""
        if not self.failures:
            return
        reporter.section(f"failed: {len(self.failures)}", bold=True, red=True)
        for failure in self.failures.values():
            reporter.write_line(failure.nodeid, bold=True)
            for line in failure.message():
                reporter.write_line(f"    {line}")
            reporter.write_line(f"    log: {failure.log}")


def pytest_configure(config: pytest.Config) -> None:
    """Collect in the process that reports, not in those beside it that run tests."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(FailureReports(config.rootpath), "failure-reports")
