"""Where the time of a run goes: a table by folder and by what was done.

Seconds are those of the processes that run tests, side by side: their sum is more than the run took.
"""

from collections import Counter, defaultdict

import pytest

CAUSES = ("starting and ending", "listening", "Chromium", "all else")
FEWEST = 100
"""A run of fewer tests is somebody's own, who knows what it does."""


def folder_of(nodeid: str) -> str:
    """Return the folder that a line of the table is for, such as `integration/api`."""
    parts = nodeid.partition("::")[0].split("/")[1:-1]
    return "/".join(parts[: 2 if parts[:1] == ["integration"] else 1]) or "tests"


def cause_of(report: pytest.TestReport) -> str:
    """Return what this part of a test was spent on.

    A platform, a Chromium and a database are started before the first test that uses them and ended after the
    last. A test that feeds audio in real time listens, also one that drives Chromium meanwhile.
    """
    if report.when != "call":
        return CAUSES[0]
    if "audio" in report.keywords:
        return CAUSES[1]
    return CAUSES[2] if "browser" in report.keywords else CAUSES[3]


class TimeSpent:
    """Adds up the reports of all processes of a run."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.tests: defaultdict[str, set[str]] = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one part of a test."""
        folder = folder_of(report.nodeid)
        self.seconds[folder][cause_of(report)] += report.duration
        self.tests[folder].add(report.nodeid)

    def table(self) -> list[str]:
        """Return the lines of the table, the folder that takes longest first."""
        folders = sorted(self.seconds, key=lambda each: -self.seconds[each].total())
        rows = [(folder, len(self.tests[folder]), self.seconds[folder]) for folder in folders]
        together = sum((spent for _, _, spent in rows), Counter[str]())
        rows.append(("together", sum(count for _, count, _ in rows), together))
        lines = ["folder                    tests  seconds  " + "  ".join(f"{each:>10}" for each in CAUSES)]
        for folder, count, spent in rows:
            by_cause = "  ".join(f"{spent[each]:>{max(10, len(each))}.0f}" for each in CAUSES)
            lines.append(f"{folder:24}  {count:5}  {spent.total():7.0f}  {by_cause}")
        return lines

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table, before what failed, unless somebody runs a few tests."""
        if sum(map(len, self.tests.values())) < FEWEST:
            return
        terminalreporter.section("where the time went")
        for line in self.table():
            terminalreporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Count in the process that reports, not in those beside it that run tests."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(TimeSpent(), "time-spent")
