"""A host's sockets follow one another on one session: whose audio is taken."""

from collections.abc import AsyncIterator
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
from dolmetsch_engine.session import LowerTurn, Session
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


@pytest.fixture
async def session(store: Redis) -> AsyncIterator[Session]:
    """A session that waits for its host."""
    wanted = SessionRequest(room="R1", session="s.1", epoch=1, source_lang="en")
    session = Session(store, cast("Any", SilentTranscriber()), StatusBoard(), wanted)
    await session.open()
    yield session
    await session.drain()


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
    wanted = SessionRequest(room="R1", session="s.1", epoch=1, source_lang="en")
    session = Session(store, cast("Any", SilentTranscriber(heard)), board, wanted)
    await session.open()
    visit, _ = await session.join(1)
    ingest = await session.begin(visit, OPENING, b"")
    while not ingest.sample:
        await session.feed(visit, ingest, MESSAGES[ingest.next])
    await session.drain()
    (said,) = (await Follower(store, "R1", "s.1").snapshot()).sentences
    assert (said.text, said.model) == ("Good morning.", "base")
