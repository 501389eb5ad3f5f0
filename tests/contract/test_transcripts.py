"""`/transcript_list` and `/room/{id}/transcript/{lang}`: what was stored, for whom, and as which text."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from tests.contract import schedule
from tests.contract.client import Recorder, cookies_of_host, encoded, hosting, viewing
from tests.contract.proxies import NUL
from tests.contract.server import PATIENCE_S, Rooms, Server, refused, said
from tests.waiting import until

COPIED_S = 120
"""A stored transcript is at most 5 s behind, on a machine that has nothing else to do."""
STARTED = re.compile(r"\[Transcription started on \w+, \w+ \d\d, \d{4} at \d\d:\d\d\]")
STARTED_ON = "[Transcription started on %A, %B %d, %Y at %H:%M]"
ZONES_S = 900
"""All zones differ from UTC by a multiple of this."""
TIMES = re.compile(r"([^\[\]]+: )?\[(\d\d:\d\d:\d\d) - (\d\d:\d\d:\d\d)\]")
ITEM = {"id", "firstChunkTimestamp", "lastChunkTimestamp", "code", "title", "persons", "room", "track"}


@dataclass
class Stored:
    """Three talks: a public one in two parts, a private one, one that may not be stored."""

    public: str
    private: str
    unstored: str
    owner: str
    """The key of who spoke the private one."""
    began: float
    over: float
    while_running: bool
    """Whether the public one could be read while it ran."""
    first: str
    second: str
    """A sentence of each part of the public one."""


@pytest.fixture(scope="module")
def stored(server: Server, rooms: Rooms) -> Iterator[Stored]:
    """The talks are over and all rooms closed."""
    yield asyncio.run(_speak(server, rooms))


async def _speak(server: Server, rooms: Rooms) -> Stored:
    await until(server.no_room_active, "all rooms closed", PATIENCE_S)
    private, public, unstored = rooms.unwritten(3, first=schedule.BARE)
    owner, began = server.new_host(), time.time()
    running: list[bool] = []

    async def is_read() -> None:
        with suppress(AssertionError):
            await until(
                lambda: server.transcript(public, server.source).status_code == 200, "a copy", COPIED_S
            )
            running.append(bool(server.connection_id(public)))

    first, _ = await _beside(
        server,
        _part(
            server, public, "en", cookies_of_host(public, server.host_key, store=True, download=True), is_read
        ),
        _part(server, private, "en", cookies_of_host(private, owner, store=True)),
    )
    second, _ = await _beside(
        server,
        _part(server, public, "en2", cookies_of_host(public, server.host_key, store=True, download=True)),
        _part(server, unstored, "en", cookies_of_host(unstored, owner, download=True)),
    )
    # What is not stored is known not to be once what was said beside it is.
    with suppress(AssertionError):
        await until(lambda: second in server.transcript(public, server.source).text, "the copy", COPIED_S)
    with suppress(AssertionError):
        await until(lambda: server.transcript(private, server.target, owner).is_success, "the copy", COPIED_S)
    over = time.time()
    return Stored(public, private, unstored, owner, began, over, any(running), first, second)


async def _beside(server: Server, *parts: Any) -> list[str]:
    """Both at once, or one after the other where there is no room for two."""
    if server.room_list()["max_active_rooms"] > 1:
        return list(await asyncio.gather(*parts))
    return [await part for part in parts]


async def _part(
    server: Server, room: str, name: str, cookies: dict[str, str], meanwhile: Callable[[], Any] | None = None
) -> str:
    """Speak the beginning of a talk and close its room; its first sentence."""
    async with hosting(server, room, cookies) as host, viewing(server, room, server.target) as viewer:
        await viewer.hears(Recorder(name), host, 1, server.target)
        if meanwhile:
            await meanwhile()
        server.close_room(room)
        await host.closing()
    await until(lambda: not server.connection_id(room), "the room is not active any more", PATIENCE_S)
    return viewer.page.texts(server.source)[0]


@pytest.mark.parametrize(
    "body",
    [
        *("", "{", "nonsense", b"\xff", "{}", "[]", "null", "7", '"x"', '{"key":""}', '{"key":null}'),
        *('{"key":7}', '{"key":["x"]}', '{"key":"x.y.z"}', '{"key":"not a password"}'),
    ],
)
def test_the_list_is_always_a_200_list(server: Server, body: str | bytes) -> None:
    """`POST /transcript_list {key?}`: always a 200 list, without a key what is public."""
    public = server.post("/transcript_list", {}).json()
    answer = server.http.post("/transcript_list", content=body, headers={"Content-Type": "application/json"})
    assert isinstance(public, list)
    assert said(answer) == (200, public)


@pytest.mark.parametrize("room", ["NOWHERE", NUL, "x" * 3000, "a%2Fb"])
def test_a_transcript_of_an_unknown_room_is_refused(server: Server, room: str) -> None:
    """Refusal if none."""
    assert refused(server.post(f"/room/{room}/transcript/en", {"key": server.admin_key}))


@pytest.mark.parametrize("body", [{}, {"key": None}, {"key": 7}, []])
def test_a_refused_transcript_is_no_error(server: Server, body: Any) -> None:
    """A refusal has status 503 and `{"status":"fail"}`."""
    assert refused(server.post("/room/NOWHERE/transcript/en", body))


@pytest.mark.audio
def test_a_public_transcript_is_for_everybody(server: Server, stored: Stored) -> None:
    """`POST /room/{id}/transcript/{lang} {key?}` (without a key if public) → text/plain."""
    for key in (None, "", "x.y.z", server.new_host(), stored.owner, server.admin_key):
        answer = server.transcript(stored.public, server.source, key)
        assert answer.status_code == 200, key
        assert answer.headers["content-type"].startswith("text/plain")
        assert stored.first in answer.text


@pytest.mark.audio
def test_a_transcript_is_read_as_the_documented_text(server: Server, stored: Stored) -> None:
    """`[Transcription started on Monday, August 18, 2025 at 14:03]`, then per line `[HH:MM:SS - HH:MM:SS]`
    (with `speaker: ` before the time when known) and the text on the next line."""
    for lang in (server.source, server.target):
        lines = [line for line in server.transcript(stored.public, lang).text.splitlines() if line]
        last, longest = "", time.strftime("%H:%M:%S", time.gmtime(stored.over - stored.began))
        assert STARTED.fullmatch(lines[0]), lines[0]
        while lines:
            if STARTED.fullmatch(lines[0]):
                assert_begun_at(stored, lines.pop(0))
                last = "00:00:00"
            times = TIMES.fullmatch(lines[0])
            assert times, lines[0]
            assert last <= times[2] <= times[3] <= longest, "no line begins before the one ahead of it"
            last = times[2]
            assert len(lines) > 1, "a time without its text"
            assert not TIMES.fullmatch(lines[1]), lines[1]
            assert not STARTED.fullmatch(lines[1]), lines[1]
            lines = lines[2:]


def assert_begun_at(stored: Stored, heading: str) -> None:
    """The heading says when, on somebody's clock: nobody outside knows the server's zone."""
    when = datetime.strptime(heading, STARTED_ON).replace(tzinfo=UTC)
    assert f"{when:%A}" in heading, "that date was another day of the week"
    zones = range(-14 * 3600, 14 * 3600 + 1, ZONES_S)
    assert any(stored.began - 60 <= when.timestamp() - ahead <= stored.over for ahead in zones), heading


@pytest.mark.audio
def test_all_parts_of_a_room_are_joined_in_time_order(server: Server, stored: Stored) -> None:
    """All partial transcripts of the room joined in time order."""
    text = server.transcript(stored.public, server.source).text
    assert len(STARTED.findall(text)) == 2
    assert 0 <= text.index(stored.first) < text.index(stored.second)


@pytest.mark.audio
def test_a_transcript_is_there_in_its_translation(server: Server, stored: Stored) -> None:
    own, other = (server.transcript(stored.public, lang).text for lang in (server.source, server.target))
    assert stored.first in own
    assert stored.first not in other


@pytest.mark.audio
def test_a_transcript_is_there_while_its_talk_runs(stored: Stored) -> None:
    """The transcript of a running talk is there as it grows."""
    assert stored.while_running


@pytest.mark.audio
@pytest.mark.parametrize("lang", ["fr", "xx", NUL, "EN", "x" * 500])
def test_a_language_in_which_there_is_nothing_is_refused(server: Server, stored: Stored, lang: str) -> None:
    """Refusal if none, not allowed, or empty in that language."""
    answer = server.post(f"/room/{encoded(stored.public)}/transcript/{lang}", {"key": server.admin_key})
    assert refused(answer)


@pytest.mark.audio
def test_a_private_transcript_is_its_owners(server: Server, stored: Stored) -> None:
    """Refusal if not allowed: not without a key, not for another host."""
    assert server.transcript(stored.private, server.source, stored.owner).status_code == 200
    for key in (None, "", "x.y.z", server.new_host(), server.host_password):
        assert refused(server.transcript(stored.private, server.source, key)), key


@pytest.mark.audio
def test_an_owner_keeps_access_after_a_new_login(server: Server, stored: Stored) -> None:
    """A transcript's owner keeps access after a new login: a previous key, in the cookie or as `key`, carries
    its subject on. (An expired one does too: test_known_faults.)"""
    by_key = server.login(server.host_password, key=stored.owner)["key"]
    cookie = {"Cookie": f"{encoded('authenticated')}={encoded(stored.owner)}"}
    by_cookie = server.post("/login", {"password": server.host_password}, headers=cookie).json()["key"]
    # Who was an admin in between is still the same person.
    as_admin = server.login(server.admin_password, role="admin", key=stored.owner)["key"]
    by_admin = server.login(server.host_password, key=as_admin)["key"]
    for key in (by_key, by_cookie, by_admin):
        assert server.transcript(stored.private, server.source, key).status_code == 200
        assert server.transcripts(stored.private, key)


@pytest.mark.audio
def test_nobody_becomes_an_owner_by_a_forged_previous_key(server: Server, stored: Stored) -> None:
    """Carries its subject on when its signature holds."""
    for forged in forgeries(stored.owner):
        assert refused(server.transcript(stored.private, server.source, forged))
        by_key = server.login(server.host_password, key=forged)["key"]
        cookie = {"Cookie": f"{encoded('authenticated')}={encoded(forged)}"}
        by_cookie = server.post("/login", {"password": server.host_password}, headers=cookie).json()["key"]
        for key in (by_key, by_cookie):
            assert refused(server.transcript(stored.private, server.source, key))


def forgeries(key: str) -> list[str]:
    """The key with another letter, and without its end; if it is a JWT, signed by somebody else too."""
    places = (len(key) // 2, len(key) * 3 // 4, len(key) * 9 // 10)
    found = [key[:at] + ("A" if key[at] != "A" else "B") + key[at + 1 :] for at in places]
    found.append(key[: len(key) * 9 // 10])
    with suppress(jwt.InvalidTokenError):
        claims = jwt.decode(key, options={"verify_signature": False})
        found += [jwt.encode(claims, "x" * 40), jwt.encode(claims, None, algorithm="none")]
    return found


@pytest.mark.audio
def test_an_admin_always_has_it(server: Server, stored: Stored) -> None:
    """An admin always has it."""
    for key in (server.admin_key, server.admin_password):
        assert server.transcript(stored.private, server.source, key).status_code == 200
        assert server.transcripts(stored.private, key)


@pytest.mark.audio
def test_a_talk_that_may_not_be_stored_has_none(server: Server, stored: Stored) -> None:
    """`{room}-allow_store` is `"false"`: no transcript for anybody, whatever `allow_client_download` says."""
    for key in (None, stored.owner, server.admin_key):
        assert refused(server.transcript(stored.unstored, server.source, key)), key
        assert server.transcripts(stored.unstored, key) == []


@pytest.mark.audio
def test_the_list_shows_what_may_be_read(server: Server, stored: Stored) -> None:
    """Without a key what is public; a private one for its owner and admins alone."""
    for key in (None, server.new_host(), stored.owner, server.admin_key):
        assert server.transcripts(stored.public, key), key
    for key in (stored.owner, server.admin_key):
        assert server.transcripts(stored.private, key), key
    for key in (None, "x.y.z", server.new_host()):
        assert server.transcripts(stored.private, key) == [], key


@pytest.mark.audio
def test_an_item_has_what_clients_read(server: Server, stored: Stored) -> None:
    """`id`, `firstChunkTimestamp`, `lastChunkTimestamp`; `code, title, persons[{name}], room, track`."""
    (public,), (private,) = (
        server.transcripts(stored.public),
        server.transcripts(stored.private, stored.owner),
    )
    for item in (public, private):
        assert item.keys() >= ITEM
        first, last = item["firstChunkTimestamp"], item["lastChunkTimestamp"]
        assert stored.began - 5 <= first < last <= stored.over
        assert item["persons"], "a list with a name"
        words = [item["id"], item["title"], *(person["name"] for person in item["persons"])]
        assert all(isinstance(word, str) and word for word in words), item
        assert isinstance(item["room"], str)
        assert {name: type(word) for name, word in item["track"].items()} == {"name": str, "color": str}
    # It has a second part.
    assert public["lastChunkTimestamp"] > private["lastChunkTimestamp"]


@pytest.mark.audio
@pytest.mark.own_setup
def test_an_item_tells_what_the_schedule_says(server: Server, stored: Stored) -> None:
    """The event's `code, title, persons[{name}], room, track`; `persons` is always a list with a name, also
    for a talk without persons."""
    if stored.private != schedule.BARE:
        pytest.skip("the talk without persons was transcribed before the suite began")
    (item,) = server.transcripts(stored.public)
    assert (item["title"], item["room"], item["track"]) == (
        f"Talk {stored.public}",
        schedule.PLACE,
        schedule.TRACK,
    )
    assert [person["name"] for person in item["persons"]] == schedule.SPEAKERS
    (bare,) = server.transcripts(schedule.BARE, stored.owner)
    assert bare["title"] == schedule.MARKUP
    assert [bool(person["name"]) for person in bare["persons"]] == [True]


@pytest.mark.audio
def test_items_of_the_list_can_be_told_apart(server: Server, stored: Stored) -> None:
    """Each item holds `id`."""
    ids = [item["id"] for item in server.post("/transcript_list", {"key": server.admin_key}).json()]
    assert len(set(ids)) == len(ids)
