"""`GET /vote`, `/vote/{code}/add`, `/vote/{code}/remove`: votes for the next day's talks."""

import asyncio

import httpx
import pytest

from tests.contract import schedule
from tests.contract.proxies import NUL
from tests.contract.server import PATIENCE_S, Server, refused


def count(server: Server, code: str) -> int:
    found = next(each for each in server.get("/vote").json() if each["code"] == code)
    votes: int = found["votes"]
    return votes


def test_the_list_is_a_list(server: Server) -> None:
    """Each is `{id, code, title, votes, track:{name,color}, ...}`; outside of a conference there are none."""
    answer = server.get("/vote", headers={"ngrok-skip-browser-warning": "1"})
    assert answer.status_code == 200
    for each in answer.json():
        assert each.keys() >= {"id", "code", "title", "votes", "track"}
        assert each["track"].keys() == {"name", "color"}
        assert type(each["votes"]) is int
        assert each["votes"] >= 0


@pytest.mark.parametrize("what", ["add", "remove"])
@pytest.mark.parametrize(
    "code", ["NOWHERE", NUL, "%FF", "a%2Fb", "x" * 3000, "'; DROP TABLE votes; --", "😀"]
)
def test_an_unknown_code_is_refused(server: Server, code: str, what: str) -> None:
    """Unknown code: refusal, never 500."""
    assert refused(server.get(f"/vote/{code}/{what}"))


@pytest.mark.own_setup
def test_votes_are_for_the_next_days_talks(server: Server) -> None:
    """List of the next day's events; a day is the conference's calendar's."""
    assert {each["code"] for each in server.get("/vote").json()} == schedule.VOTED


@pytest.mark.own_setup
def test_ids_are_there_for_each_talk(server: Server) -> None:
    """`{id, code, title, votes, track:{name,color}, ...}`."""
    found = server.get("/vote").json()
    assert len({each["id"] for each in found}) == len(found)
    assert {each["title"] for each in found} == {f"Talk {code}" for code in schedule.VOTED}
    assert all(each["track"] == schedule.TRACK for each in found if each["code"] != schedule.NIGHT)


@pytest.mark.own_setup
def test_a_talk_without_speaker_and_track_has_what_the_client_needs(server: Server) -> None:
    """`persons` is always a list with a name; `track` is `{name,color}`, never null."""
    found = {each["code"]: each for each in server.get("/vote").json()}
    (nobody,) = found[schedule.NIGHT]["persons"]
    assert isinstance(nobody["name"], str)
    assert nobody["name"]
    track = found[schedule.NIGHT]["track"]
    assert {name: type(word) for name, word in track.items()} == {"name": str, "color": str}
    assert [each["name"] for each in found[schedule.MORNING]["persons"]] == schedule.SPEAKERS


@pytest.mark.own_setup
def test_a_vote_answers_the_new_count_as_a_bare_integer(server: Server) -> None:
    """`/add`, `/remove`: the new count as a bare integer."""
    before = count(server, schedule.MORNING)
    added = server.get(f"/vote/{schedule.MORNING}/add")
    assert (added.status_code, added.text.strip()) == (200, str(before + 1))
    assert count(server, schedule.MORNING) == before + 1
    removed = server.get(f"/vote/{schedule.MORNING}/remove")
    assert (removed.status_code, removed.text.strip()) == (200, str(before))
    assert count(server, schedule.MORNING) == before


@pytest.mark.own_setup
def test_there_are_never_less_than_no_votes(server: Server) -> None:
    """Remove at 0: refusal."""
    while count(server, schedule.LATE):
        assert server.get(f"/vote/{schedule.LATE}/remove").status_code == 200
    assert refused(server.get(f"/vote/{schedule.LATE}/remove"))
    assert count(server, schedule.LATE) == 0


@pytest.mark.own_setup
@pytest.mark.parametrize(
    "code",
    [
        schedule.NEXT_BUT_ONE,
        schedule.LATER,
        schedule.SOON,
        schedule.PAST,
        schedule.HUSH_TOMORROW,
        schedule.HUSH,
    ],
)
def test_no_votes_for_other_days_nor_for_what_is_not_recorded(server: Server, code: str) -> None:
    """Votes are for tomorrow's talks."""
    assert refused(server.get(f"/vote/{code}/add"))


@pytest.mark.own_setup
async def test_votes_at_the_same_time_are_all_counted(server: Server) -> None:
    before = count(server, schedule.MIDNIGHT)
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=PATIENCE_S) as client:
        added = await asyncio.gather(*(client.get(f"/vote/{schedule.MIDNIGHT}/add") for _ in range(20)))
        assert sorted(each.json() for each in added) == list(range(before + 1, before + 21))
        await asyncio.gather(*(client.get(f"/vote/{schedule.MIDNIGHT}/remove") for _ in range(20)))
    assert count(server, schedule.MIDNIGHT) == before
