"""How tests are given to the processes that run them."""

from tests import groups
from tests.conftest import REPOSITORY


def test_files_that_share_a_platform_are_one_group_and_others_are_alone() -> None:
    name, (place, *_) = groups.LONGEST_FIRST[0]
    assert groups.group_of(place) == groups.group_of(f"{place}/test_more.py") == name
    assert groups.group_of(f"{place}more.py") == f"{place}more.py"
    assert groups.group_of("tests/unit/suite/test_groups.py") == "tests/unit/suite/test_groups.py"


def test_longest_groups_are_begun_first() -> None:
    places = [place for _, places in groups.LONGEST_FIRST for place in places]
    ranks = [groups.rank(place) for place in places]
    assert ranks == sorted(ranks)
    assert groups.rank("tests/unit/suite/test_groups.py") > ranks[-1]


def test_all_named_files_are_there() -> None:
    files = {path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "tests").rglob("test_*.py")}
    assert groups.unknown_places(files) == []
