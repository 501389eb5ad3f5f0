"""A host's sockets follow one another on one session: whose audio is taken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from dolmetsch_core.live.feed import Follower
from dolmetsch_core.media import Container
from dolmetsch_core.wire.engine import SessionRequest
from dolmetsch_engine.captions import Update
from dolmetsch_engine.decoder import DecoderError
from dolmetsch_engine.ingest import Ingest, Opening
from dolmetsch_engine.segmenter import Sentence
from dolmetsch_engine.session import LEVEL_S, LowerTurn, Session
from dolmetsch_engine.status import StatusBoard
from tests.webm import recorded

DEMO = Path(__file__).parents[3] / "local" / "dolmetsch_local" / "demo"
MESSAGES = recorded(DEMO / "talks" / "str_en.webm")
OPENING = Opening(turn=1, container=Container.WEBM, first=0, start=0, cut=0)


class SilentTranscriber:
    """In place of a model: takes all audio and hears nothing, or what it is told to."""

    samples = 0
    failing = None
    hurried = False

    def __init__(self, *said: Update) -> None:
        self.said = said

    def stream(self, *_: object) -> "SilentTranscriber":
        return self

    async def start(self) -> None: ...

    async def feed(self, pcm: bytes) -> None:
        self.samples += len(pcm) // 2

    async def finish(self) -> None: ...

    async def cancel(self) -> None: ...

    async def updates(self) -> AsyncIterator[Update]:
        for each in self.said:
            yield each


class BusyTranscriber(SilentTranscriber):
    """Takes audio when it is let: it is behind."""

    def __init__(self) -> None:
        super().__init__()
        self.behind = asyncio.Event()
        self.level = asyncio.Event()

    async def feed(self, pcm: bytes) -> None:
        self.behind.set()
        await self.level.wait()
        await super().feed(pcm)


WANTED = SessionRequest(room="R1", session="s.1", epoch=1, source_lang="en")


@asynccontextmanager
async def waiting_for_its_host(
    store: Redis, transcriber: SilentTranscriber, board: StatusBoard | None = None
) -> AsyncIterator[Session]:
    session = Session(store, cast("Any", transcriber), board or StatusBoard(), WANTED)
    await session.open()
    yield session
    await session.drain()


@pytest.fixture
async def session(store: Redis) -> AsyncIterator[Session]:
    """A session that waits for its host."""
    async with waiting_for_its_host(store, SilentTranscriber()) as session:
        yield session


@pytest.fixture
def busy() -> BusyTranscriber:
    """What the session `behind` reads with."""
    return BusyTranscriber()


@pytest.fixture
async def behind(store: Redis, busy: BusyTranscriber) -> AsyncIterator[Session]:
    """A session that waits for its host, on an engine that will be behind."""
    async with waiting_for_its_host(store, busy) as session:
        yield session


async def bring(session: Session, visit: int, ingest: Ingest) -> None:
    for message in MESSAGES[:20]:
        await session.feed(visit, ingest, message)


async def test_only_the_last_socket_is_listened_to_also_of_the_same_turn(session: Session) -> None:
    first, nothing = await session.join(1)
    assert nothing is None
    ingest = await session.begin(first, OPENING, b"")
    await session.feed(first, ingest, MESSAGES[0])
    second, known = await session.join(1)
    assert known is ingest
    # What the first one still had under way comes again on the second: taken twice, it would be said twice.
    for late in (session.feed(first, ingest, MESSAGES[1]), session.begin(first, OPENING, b"")):
        with pytest.raises(LowerTurn):
            await late
    assert ingest.next == 1
    await session.feed(second, ingest, MESSAGES[1])
    assert ingest.next == 2
    await session.leave(first)
    assert (await session.join(1))[1] is ingest, "the first one left long ago"


async def test_a_lower_turn_is_refused(session: Session) -> None:
    await session.join(2)
    with pytest.raises(LowerTurn) as refused:
        await session.join(1)
    assert refused.value.turn == 2


async def test_a_later_socket_waits_until_the_one_before_has_brought_its_audio(
    behind: Session, busy: BusyTranscriber
) -> None:
    first, _ = await behind.join(1)
    ingest = await behind.begin(first, OPENING, b"")
    bringing = asyncio.create_task(bring(behind, first, ingest))
    await busy.behind.wait()
    joining = asyncio.create_task(behind.join(2))
    await asyncio.sleep(2 * LEVEL_S)
    assert not joining.done()
    busy.level.set()
    await bringing
    assert ingest.next == 20
    await behind.leave(first)
    assert (await joining)[1] is None
    with pytest.raises(LowerTurn):
        await behind.join(1)


async def test_a_host_whose_next_socket_waits_is_not_away(store: Redis) -> None:
    busy, board = BusyTranscriber(), StatusBoard()
    async with waiting_for_its_host(store, busy, board) as session:
        first, _ = await session.join(1)
        ingest = await session.begin(first, OPENING, b"")
        bringing = asyncio.create_task(bring(session, first, ingest))
        await busy.behind.wait()
        joining = asyncio.create_task(session.join(2))
        await asyncio.sleep(0)
        busy.level.set()
        await bringing
        await session.leave(first)
        assert board.now.host_connected
        visit, _ = await joining
        assert board.now.host_connected
        await session.leave(visit)
        assert not board.now.host_connected


async def test_of_several_later_sockets_each_brings_its_audio_in_turn(
    behind: Session, busy: BusyTranscriber
) -> None:
    first, _ = await behind.join(1)
    ingest = await behind.begin(first, OPENING, b"")
    bringing = asyncio.create_task(behind.feed(first, ingest, MESSAGES[0]))
    await busy.behind.wait()
    third, second = (asyncio.create_task(behind.join(turn)) for turn in (3, 2))
    await asyncio.sleep(2 * LEVEL_S)
    assert not second.done()
    busy.level.set()
    await bringing
    visit, _ = await second
    assert not third.done()
    ingest = await behind.begin(visit, replace(OPENING, turn=2), b"")
    await behind.feed(visit, ingest, MESSAGES[0])
    await behind.leave(visit)
    await third
    with pytest.raises(LowerTurn):
        await behind.join(2)


async def test_a_language_that_is_changed_meanwhile_takes_no_audio_away(
    behind: Session, busy: BusyTranscriber
) -> None:
    """The change waits until the stream has ended, and the socket's next message for the change."""
    first, _ = await behind.join(1)
    ingest = await behind.begin(first, OPENING, b"")
    bringing = asyncio.create_task(bring(behind, first, ingest))
    await busy.behind.wait()
    changing = asyncio.create_task(behind.change(WANTED.model_copy(update={"source_lang": "de"})))
    joining = asyncio.create_task(behind.join(2))
    await asyncio.sleep(2 * LEVEL_S)
    busy.level.set()
    await asyncio.gather(bringing, changing, joining)
    assert ingest.next == 20


async def test_a_socket_that_brings_audio_without_end_is_not_waited_for_for_ever(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dolmetsch_engine.session.HAND_OVER_S", 0.2)
    first, _ = await session.join(1)
    ingest = await session.begin(first, OPENING, b"")

    async def bring_on() -> None:
        for message in MESSAGES * 1000:
            await session.feed(first, ingest, message)
            await asyncio.sleep(0.01)

    bringing = asyncio.create_task(bring_on())
    await session.join(2)
    with pytest.raises(LowerTurn):
        await bringing


async def test_a_recording_is_gone_on_with_only_if_its_header_is_known(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object) -> None:
        raise DecoderError("the socket broke")

    visit, _ = await session.join(1)
    with monkeypatch.context() as broken:
        broken.setattr(Ingest, "prefix", lost)
        with pytest.raises(DecoderError):
            await session.begin(visit, OPENING, b"half a header")
    assert (await session.join(1))[1] is None


async def test_each_sentence_says_which_model_wrote_it(store: Redis) -> None:
    heard = Update((Sentence(0, 0, 0.0, 1.0, "Good morning."),), "", None, 0, 0.0)
    board = StatusBoard()
    await board.say(model="base")
    async with waiting_for_its_host(store, SilentTranscriber(heard), board) as session:
        visit, _ = await session.join(1)
        ingest = await session.begin(visit, OPENING, b"")
        while not ingest.sample:
            await session.feed(visit, ingest, MESSAGES[ingest.next])
    (said,) = (await Follower(store, "R1", "s.1").snapshot()).sentences
    assert (said.text, said.model) == ("Good morning.", "base")
