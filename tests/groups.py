"""Which tests one process runs together, and which are begun first.

`make test` runs several processes of pytest side by side, because most tests wait: for somebody to speak, for
a deadline, for Chromium. Tests that share a platform stay in one process, which starts it once; every other
file is a group of its own. The longest groups come first: nothing else runs beside one that begins last.
"""

from collections.abc import Iterable

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

LONGEST_FIRST: list[tuple[str, tuple[str, ...]]] = [
    (
        "demo platform",
        (
            "tests/integration/platform/test_bad_input.py",
            "tests/integration/platform/test_faults.py",
            "tests/integration/platform/test_long_talks.py",
            "tests/integration/platform/test_rooms_command.py",
            "tests/integration/platform/test_sockets.py",
            "tests/integration/platform/test_talks.py",
        ),
    ),
    ("contract, servers of its own", ("tests/contract/test_known_faults.py",)),
    ("contract", ("tests/contract",)),
    (
        "browser, sample rooms",
        (
            "tests/browser/test_answers.py",
            "tests/browser/test_captions.py",
            "tests/browser/test_connection.py",
            "tests/browser/test_host.py",
            "tests/browser/test_languages.py",
            "tests/browser/test_rooms.py",
            "tests/browser/test_talk.py",
        ),
    ),
    ("browser, conference", ("tests/browser",)),
    (
        "platforms of their own",
        (
            "tests/integration/platform/test_privacy.py",
            "tests/integration/platform/test_secrets.py",
        ),
    ),
    ("real speech", ("tests/integration/platform/test_real_speech.py",)),
    ("two apis", ("tests/integration/platform/test_two_apis.py",)),
    ("start and end", ("tests/integration/platform/test_start_and_end.py",)),
    ("fuzz", ("tests/integration/platform/test_fuzz.py",)),
    ("engine", ("tests/integration/engine",)),
    ("LibreTranslate", ("tests/integration/worker", "tests/integration/local")),
    ("archive", ("tests/integration/archive",)),
    # The same for tests/cluster, where each process has a control plane of its own.
    ("cluster: crashes", ("tests/cluster/test_crashes.py",)),
    ("cluster: contract", ("tests/cluster/test_contract.py",)),
    ("cluster: faults of engines", ("tests/cluster/test_faults_engines.py",)),
    ("cluster: faults of the cluster", ("tests/cluster/test_faults_cluster.py",)),
    ("cluster: talks", ("tests/cluster/test_talks.py",)),
    ("cluster: nodes of processes", ("tests/cluster/test_process_node.py",)),
    ("cluster: directory", ("tests/cluster/directory",)),
]
"""Names of groups, and the files or folders in each."""


def group_of(path: str) -> str:
    """Return the group of a test file, given by its path from the repository's root with `/`."""
    for name, places in LONGEST_FIRST:
        if any(path == place or path.startswith(f"{place}/") for place in places):
            return name
    return path


def rank(path: str) -> int:
    """Return how many groups begin before a file's."""
    names = [name for name, _ in LONGEST_FIRST]
    group = group_of(path)
    return names.index(group) if group in names else len(names)


def unknown_places(existing: Iterable[str]) -> list[str]:
    """Return places named above where there are no tests, such as after a file got another name."""
    paths = set(existing)
    return [
        place
        for _, places in LONGEST_FIRST
        for place in places
        if not any(path == place or path.startswith(f"{place}/") for path in paths)
    ]


class GroupScheduling(LoadScopeScheduling):
    """Gives a process one group of tests after the other."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    """Called where several processes run tests."""
    return GroupScheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Longest groups first, whatever order the tests of a group are in."""
    items.sort(key=lambda item: rank(item.nodeid.partition("::")[0]))
