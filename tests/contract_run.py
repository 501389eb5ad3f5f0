"""Running tests/contract as a suite of its own against a server that is already there."""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.cluster.control_plane import die_with_parent
from tests.conftest import REPOSITORY
from tests.contract import setup
from tests.contract.conftest import NOT_RUN
from tests.reporting import OF_THIS_RUN


@dataclass(frozen=True)
class ContractRun:
    """How it ended."""

    returncode: int
    left_out: dict[str, str]
    """Tests that can't be run against that server, and why."""
    skipped: list[str]
    """Tests that were not run to their end."""
    failed: list[str]
    """Tests that failed."""


async def run_contract(url: str, report: Path, timeout: float, **env: str) -> ContractRun:
    """Run the suite against a server that was started with what `setup` says, or with what `env` does.

    What it prints is printed here when it has ended. `report`: where the JUnit report is written. Raises
    TimeoutError.
    """
    # What tells this process of itself would take the suite for a part of it.
    own = {name: value for name, value in os.environ.items() if not name.startswith(OF_THIS_RUN)}
    told = {
        "DOLMETSCH_CONTRACT_URL": url,
        "DOLMETSCH_CONTRACT_HOST_PASSWORD": setup.HOST_PASSWORD,
        "DOLMETSCH_CONTRACT_ADMIN_PASSWORD": setup.ADMIN_PASSWORD,
        "DOLMETSCH_CONTRACT_OWN_SETUP": "1",
    }
    options = ("-q", "--tb=short", "-p", "no:cacheprovider", f"--junitxml={report}")
    output = report.with_suffix(".log")
    log = output.open("wb")
    suite = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "tests/contract", *options),
        cwd=REPOSITORY,
        env=own | told | env,
        stdout=log,
        stderr=log,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    try:
        # The loop that waits may have other things to do: it must never stand still.
        async with asyncio.timeout(timeout):
            await suite.wait()
    finally:
        if suite.returncode is None:
            os.killpg(suite.pid, signal.SIGKILL)
            await suite.wait()
        log.close()
        text = output.read_text(errors="replace")
        print(text)
    assert suite.returncode is not None
    skipped, failed = _cases_with(report, "skipped"), _cases_with(report, "failure", "error")
    return ContractRun(suite.returncode, _left_out(text, url), skipped, failed)


def _left_out(output: str, url: str) -> dict[str, str]:
    start = f"{NOT_RUN}{url}: "
    lines = [line.removeprefix(start) for line in output.splitlines() if line.startswith(start)]
    return dict(line.split(": ", 1) for line in lines)


def _cases_with(report: Path, *outcomes: str) -> list[str]:
    # Without one the suite has not begun, and its return code says so.
    cases = list(ElementTree.parse(report).iter("testcase")) if report.exists() else []
    return [
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if any(case.find(outcome) is not None for outcome in outcomes)
    ]
