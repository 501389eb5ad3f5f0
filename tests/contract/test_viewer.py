"""What viewers are sent while people speak: a talk in English beside one in German, watched in many ways."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

from tests.contract.client import CHUNK, Json, Page, Recorder, Tab, encoded, half_open, hosting, viewing
from tests.contract.server import PATIENCE_S, Rooms, Server
from tests.raw_socket import reset
from tests.waiting import until

SENTENCES = 3
"""As many are spoken at least, two of them before a viewer is reset."""


async def test_a_viewer_gets_the_snapshot_and_needs_no_info(server: Server, room: str) -> None:
    """Client: snapshot chunk, then chunks; no `info` needed; its source language is `undefined`; target = the
    room's source is never refused."""
    async with hosting(server, room, source=server.source):
        for target in (server.target, server.source):
            async with viewing(server, room, target) as viewer:
                assert viewer.frames[0].keys() >= CHUNK
                assert viewer.frames[0]["last_n_sents"] == []


async def test_whatever_a_viewer_sends_harms_nobody(server: Server, room: str) -> None:
    async with hosting(server, room) as host:
        async with viewing(server, room, server.target) as viewer:
            await viewer.connection.send(b"\x1a\x45\xdf\xa3 not audio")
            await viewer.connection.send('{"signal":"restart_backend_engine"}')
        async with viewing(server, room, server.target):
            assert host.closed is None


@dataclass
class Watched:
    """What each viewer of the two talks was sent."""

    early: list[Json] = field(default_factory=list)
    own: list[Json] = field(default_factory=list)
    late: list[Json] = field(default_factory=list)
    host: list[Json] = field(default_factory=list)
    german: list[Json] = field(default_factory=list)
    first_late: Json = field(default_factory=dict)
    known: dict[tuple[int, int], str] = field(default_factory=dict)
    """What the early viewer had before the late one came."""
    after_reset: int = 0
    """Sentences that the early viewer got after another one's machine had crashed."""


@pytest.fixture(scope="module")
def watched(server: Server, rooms: Rooms) -> Iterator[Watched]:
    """Two talks at once where there is room for two, beside viewers that never read and one that crashes."""
    yield asyncio.run(_watch(server, rooms))
    asyncio.run(until(server.no_room_active, "all rooms closed", PATIENCE_S))


async def _watch(server: Server, rooms: Rooms) -> Watched:
    found = Watched()
    listed = server.room_list()
    both = listed["max_active_rooms"] > 1 and "de" in listed["available_source_langs"]
    room, other = (*rooms.some(1 + both), "")[:2]
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(hosting(server, room))
        # The dead ones come first, and in both languages: who serves one after the other serves them first.
        for target in (server.target, server.source):
            stack.enter_context(half_open(server, f"{encoded(room)}/client/undefined/{target}"))
        crashing = await stack.enter_async_context(viewing(server, room, server.target))
        early = await stack.enter_async_context(viewing(server, room, server.target))
        own = await stack.enter_async_context(viewing(server, room, server.source))
        german, beside = None, []
        if both:
            second = await stack.enter_async_context(hosting(server, other, source="de"))
            german = await stack.enter_async_context(viewing(server, other, server.source, source="de"))
            beside = [german.hears(Recorder("de"), second, 2, server.source)]
        english = _english(found, server.target, host, early, crashing)
        await asyncio.gather(english, *beside)
        await own.has(SENTENCES, server.source)
        await host.has(SENTENCES, server.source)
        found.known = early.page.said()
        late = await stack.enter_async_context(viewing(server, room, server.target))
        await late.has(SENTENCES, server.target)
        found.early, found.own, found.late, found.host = (tab.frames[:] for tab in (early, own, late, host))
        found.german = german.frames[:] if german else []
        found.first_late = late.frames[0]
    return found


async def _english(found: Watched, target: str, host: Tab, early: Tab, crashing: Tab) -> None:
    """Speak, with a viewer's machine crashing in mid-talk, until the early viewer has read enough."""
    recorder = Recorder()
    await early.hears(recorder, host, 1, target)
    reset(crashing.connection)
    before = len(early.page.sentences)
    await early.hears(recorder, host, max(SENTENCES, before + 1), target)
    found.after_reset = len(early.page.sentences) - before


def merged(frames: list[Json], source: str) -> Page:
    """The page after these frames; merging checks each of them."""
    page = Page((source,))
    for frame in frames:
        if "info" not in frame:
            page.take(frame)
    return page


@pytest.mark.audio
def test_every_viewer_reads_the_same_sentences_and_its_language(server: Server, watched: Watched) -> None:
    """`content` always holds the source text and, once known, the viewer's language."""
    pages = [merged(frames, server.source) for frames in (watched.early, watched.own, watched.late)]
    texts = [page.texts(server.source)[:SENTENCES] for page in pages]
    assert len(texts[0]) == SENTENCES
    assert texts[0] == texts[1] == texts[2]
    assert pages[0].texts(server.target)[:SENTENCES] == pages[2].texts(server.target)[:SENTENCES]
    assert pages[0].texts(server.target)[0] != texts[0][0]


@pytest.mark.audio
def test_words_and_both_delays_are_in_every_chunk(watched: Watched) -> None:
    """`incomplete_sentence` and both delays are in every chunk (the client assigns them each time)."""
    for frames in (watched.early, watched.own, watched.late, watched.host, watched.german):
        assert all(frame.keys() >= CHUNK for frame in frames if "info" not in frame)


@pytest.mark.audio
def test_words_are_there_before_their_sentence_is(watched: Watched) -> None:
    """`incomplete_sentence` holds what is not a sentence yet."""
    assert any(frame["incomplete_sentence"] for frame in watched.early)
    assert watched.early[-1].keys() >= CHUNK


@pytest.mark.audio
def test_viewers_get_nothing_but_chunks(watched: Watched) -> None:
    """Client: snapshot chunk, then chunks: clients that did not ask for states get none."""
    for frames in (watched.early, watched.own, watched.late):
        assert all("info" not in frame for frame in frames)


@pytest.mark.audio
def test_a_late_viewers_snapshot_holds_all_lines_from_0(server: Server, watched: Watched) -> None:
    """The snapshot holds all lines from 0: what was said before, under the same indices."""
    assert len(watched.known) >= SENTENCES
    said = merged([watched.first_late], server.source).said()
    assert {at: said.get(at) for at in watched.known} == watched.known


@pytest.mark.audio
def test_indices_have_no_gaps_and_keep_their_meaning(server: Server, watched: Watched) -> None:
    """Indices have no gaps, an index once sent keeps its meaning: merging checks both, frame by frame; what
    one viewer was sent piece by piece is what another was sent at once."""
    for frames in (watched.early, watched.own):
        said = merged(frames, server.source).said()
        assert len(said) >= SENTENCES
        late = merged(watched.late, server.source).said()
        assert {at: late[at] for at in said if at in late} == {at: said[at] for at in said if at in late}


@pytest.mark.audio
def test_sentences_have_the_documented_fields(watched: Watched) -> None:
    """`{"line_idx":0,"beg":0,"end":13,"speaker":-1,"sentences":[{"sent_idx":0,"content":{...}}]}`."""
    lines = [line for frame in watched.early for line in frame["last_n_sents"]]
    assert lines
    for line in lines:
        assert line.keys() >= {"line_idx", "beg", "end", "speaker", "sentences"}
        assert all(each.keys() >= {"sent_idx", "content"} for each in line["sentences"])


@pytest.mark.audio
def test_a_host_reads_its_own_words_and_is_told_nothing_else(server: Server, watched: Watched) -> None:
    """First host: connection_id, snapshot chunk, ready_to_recieve_audio, then chunks."""
    assert len(merged(watched.host, server.source).texts(server.source)) >= 2
    assert ["info" in frame for frame in watched.host[:3]] == [True, False, True]
    assert len(watched.host) > 3
    assert all("info" not in frame for frame in watched.host[3:])


@pytest.mark.audio
def test_dead_viewers_delay_and_stop_nobody(server: Server, watched: Watched) -> None:
    """One dead viewer never delays or stops others: two never read, one was reset in mid-talk. A talk is too
    short to fill a kernel's buffers: tests/integration/api/test_dead_viewers.py does."""
    assert watched.after_reset >= 1
    assert len(merged(watched.early, server.source).texts(server.target)) >= SENTENCES
    assert len(merged(watched.late, server.source).texts(server.target)) >= SENTENCES


@pytest.mark.audio
def test_target_languages_are_per_room(server: Server, watched: Watched) -> None:
    """Target languages are per room: German is read in English while English is read in another language."""
    if not watched.german:
        pytest.skip("needs room for two talks, and German")
    page = merged(watched.german, "de")
    assert len(page.texts(server.source)) >= 2
    assert all(set(content) <= {"de", server.source} for content in page.sentences.values())
    own = merged(watched.own, server.source)
    assert all(set(content) == {server.source} for content in own.sentences.values())
