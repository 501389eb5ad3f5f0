"""Votes: every one counts once."""

import asyncio

from dolmetsch_core.archive import votes
from dolmetsch_core.archive.database import Archive


async def test_votes_are_added_and_taken_back(archive: Archive) -> None:
    assert [await votes.add(archive, "A"), await votes.add(archive, "A"), await votes.add(archive, "B")] == [
        1,
        2,
        1,
    ]
    assert await votes.counts(archive) == {"A": 2, "B": 1}
    assert await votes.remove(archive, "A") == 1


async def test_there_is_nothing_to_take_from_none(archive: Archive) -> None:
    await votes.add(archive, "A")
    assert await votes.remove(archive, "A") == 0
    assert await votes.remove(archive, "A") is None
    assert await votes.counts(archive) == {"A": 0}
    assert await votes.add(archive, "A") == 1


async def test_an_unknown_code_has_no_vote_to_take(archive: Archive) -> None:
    assert await votes.remove(archive, "?") is None
    assert await votes.counts(archive) == {}


async def test_fifty_at_once_from_two_processes_count_fifty(archive: Archive, other: Archive) -> None:
    seen = await asyncio.gather(*(votes.add((archive, other)[each % 2], "A") for each in range(50)))
    assert sorted(seen) == list(range(1, 51))
    left = await asyncio.gather(*(votes.remove((archive, other)[each % 2], "A") for each in range(60)))
    assert sorted(each for each in left if each is not None) == list(range(50))
    assert left.count(None) == 10
