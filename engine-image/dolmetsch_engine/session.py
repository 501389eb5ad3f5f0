"""One session on this engine: its pen, its sentences, its running transcription."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from dolmetsch_core.live.pen import Fenced, Pen, StoreLost
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.engine import HAND_OVER_S, SessionRequest
from dolmetsch_core.wire.feed import Sentence
from dolmetsch_core.wire.room import Delay
from dolmetsch_engine.ingest import PAD_AT_MOST_S, RATE, Ingest, Opening
from dolmetsch_engine.seam import Resume
from dolmetsch_engine.status import StatusBoard, delay_of
from dolmetsch_engine.transcriber import Stream, StreamFailed, Transcriber, Update
from dolmetsch_engine.writer import Words, Writer

log = logging.getLogger(__name__)
LINGER_S = 2.0
"""How long a stream waits for the host's next socket before its last words are written."""
FINISH_S = 10.0
LEVEL_S = 1.0
"""A socket that has brought nothing for so long has no more: where there is more, it is sent at once."""
LOOK_S = 0.05
FLUSH_S = 15.0


class LowerTurn(Exception):
    """A later socket of the host feeds this session; `turn` is its turn."""

    def __init__(self, turn: int) -> None:
        super().__init__(f"turn {turn} has the room")
        self.turn = turn


class Session:
    """Feeds at most one ingest into at most one stream, and writes what it understands."""

    def __init__(
        self, store: Redis, transcriber: Transcriber, board: StatusBoard, request: SessionRequest
    ) -> None:
        self.request = request
        self._transcriber = transcriber
        self._board = board
        self._writer = Writer(Pen(store, request.room, request.session, request.epoch))
        self._ingest: Ingest | None = None
        self._stream: Stream | None = None
        self._pump: asyncio.Task[None] | None = None
        self._linger: asyncio.Task[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self._feeding = asyncio.Lock()
        self._over = False
        self._turn = 0
        self._visit = 0
        self._heard_turn = 0
        """Of the socket whose audio is taken."""
        self._waiting: list[int] = []
        """Turns of sockets that wait for the one before them."""
        self._taking = 0
        """Calls at work for the socket whose audio is taken."""
        self._taken_at: float | None = None
        """When it last brought something; None: it has left."""

    async def open(self) -> None:
        """Take the pen, then be ready for audio. Raises Fenced, STORE_AWAY, UnknownLanguage."""
        # Refuses an unknown language before anything is taken; a stream that is never started costs nothing.
        self._transcriber.stream(self.request.source_lang)
        await self._writer.take_pen()
        self._writing = asyncio.create_task(self._write(), name="writer")
        await self._mirror()

    async def change(self, request: SessionRequest) -> None:
        """Another language, or a restart: everything heard is written, then a new stream begins."""
        self._transcriber.stream(request.source_lang)
        await self._board.say(ready=False)
        async with self._feeding:
            await self._finish_stream()
            self.request = request
        await self._mirror()

    async def drain(self) -> None:
        """End the session: everything said is written, then the feed's last entry."""
        self._over = True
        await self.flush(FINISH_S, FLUSH_S)
        try:
            await self._writer.close()
        except (*STORE_AWAY, Fenced, StoreLost) as error:
            log.warning("the session's end was not written: %s", type(error).__name__)
        await self._stop_writing()
        await self._board.say(drained=True, ready=False, host_connected=False)

    async def flush(self, finish_s: float, flush_s: float) -> None:
        """Write everything heard so far, within the given seconds."""
        async with self._feeding:
            self._drop_ingest()
            await self._finish_stream(finish_s)
        if not await self._writer.flush(flush_s):
            log.error("the live store stayed away: sentences are lost with this engine")

    async def join(self, turn: int) -> tuple[int, Ingest | None]:
        """A host's socket is here: its visit, and its ingest if its audio is known already.

        Raises LowerTurn, Fenced (the session is over).
        """
        self._turn = max(self._turn, turn)
        self._check_turn(turn)
        await self._until_handed_over(turn)
        self._check_turn(turn)
        self._heard_turn, self._taken_at = turn, _now()
        self._visit += 1
        visit = self._visit
        if self._linger:
            self._linger.cancel()
        await self._host(connected=True)
        async with self._feeding:
            return visit, self._ingest if self._ingest and self._ingest.turn == turn else None

    async def begin(self, visit: int, opening: Opening, prefix: bytes) -> Ingest:
        """Take the audio of a visit's socket from now on. Raises LowerTurn, Fenced, DecoderError.

        `prefix` is what stands before the first message: header and seam, or nothing. Who comes back later
        goes on with this recording, so it is known only when its header is.
        """
        async with self._taking_of(visit):
            self._drop_ingest()
            ingest = Ingest(await self._prepare_stream(opening))
            if prefix:
                await ingest.prefix(prefix)
            self._ingest = ingest
            return ingest

    async def feed(self, visit: int, ingest: Ingest, message: bytes) -> None:
        """Take the next message of a visit's socket. Raises LowerTurn, Fenced, DecoderError, StreamFailed.

        Messages of a replaced socket are refused, even if the new socket has the same turn: its host is told
        how many messages were taken, and sends the rest again.
        """
        async with self._taking_of(visit):
            if ingest is not self._ingest:
                raise LowerTurn(self._turn)
            pcm = await ingest.decode(message)
            if not pcm:
                return
            if self._stream is None:
                await self._start_stream(ingest.sample - len(pcm) // 2)
            assert self._stream is not None  # noqa: S101
            await self._stream.feed(pcm)

    @asynccontextmanager
    async def _taking_of(self, visit: int) -> AsyncIterator[None]:
        """One call at a time, of the visit whose audio is taken. Raises LowerTurn, Fenced."""
        if visit != self._visit:
            raise LowerTurn(self._turn)
        # Also while it waits for its turn: its socket has more.
        self._taking += 1
        try:
            async with self._feeding:
                self._check(visit)
                yield
        finally:
            self._taking -= 1
            if visit == self._visit:
                self._taken_at = _now()

    async def _until_handed_over(self, turn: int) -> None:
        """Wait while earlier sockets' audio still comes in: this engine may be behind it."""
        self._waiting.append(turn)
        deadline = _now() + HAND_OVER_S
        try:
            while self._heard_turn < turn and _now() < deadline:
                if not self._brings_more and min(self._waiting) == turn:
                    return
                await asyncio.sleep(LOOK_S)
        finally:
            self._waiting.remove(turn)

    @property
    def _brings_more(self) -> bool:
        """Whether the socket whose audio is taken still has some."""
        return self._taking > 0 or (self._taken_at is not None and _now() < self._taken_at + LEVEL_S)

    def _check_turn(self, turn: int) -> None:
        if self._over:
            raise Fenced
        if turn < self._heard_turn:
            raise LowerTurn(self._turn)

    async def leave(self, visit: int) -> None:
        """The host's socket is gone, unless a later one is here; a new one may go on for a moment."""
        if visit != self._visit or self._over:
            return
        self._taken_at = None
        if self._waiting:
            return  # the next one is here: nobody is away
        await self._host(connected=False)
        self._linger = asyncio.create_task(self._finish_later(), name="linger")

    def _check(self, visit: int) -> None:
        if self._over:
            raise Fenced
        if visit != self._visit:
            raise LowerTurn(self._turn)

    @property
    def failing(self) -> str | None:
        """Why no words come out although audio goes in."""
        for task in (self._pump, self._writing):
            error = task.exception() if task and task.done() and not task.cancelled() else None
            if error is not None:
                return f"{task.get_name() if task else ''} has died ({type(error).__name__})"
        return self._stream.failing if self._stream else None

    async def _prepare_stream(self, opening: Opening) -> Opening:
        """Go on with the running stream after a short gap, filling it; else begin a new one."""
        reached = self._stream.samples if self._stream else 0
        if self._stream and opening.start - reached < PAD_AT_MOST_S * RATE:
            await self._stream.feed(bytes(2 * max(0, opening.start - reached)))
            at = self._stream.samples
            return Opening(opening.turn, opening.container, opening.first, at, at)
        await self._finish_stream()
        return opening

    async def _start_stream(self, offset: int) -> None:
        last = self._writer.sentences[-1] if self._writer.sentences else None
        self._stream = self._transcriber.stream(
            self.request.source_lang, self.request.vocabulary, offset, self._resume(last)
        )
        await self._stream.start()
        self._pump = asyncio.create_task(self._write_updates(self._stream), name="updates")

    def _resume(self, last: Sentence | None) -> Resume | None:
        if last is None:
            return None
        line = [each for each in self._writer.sentences[-50:] if each.line == last.line]
        tail = " ".join(each.text for each in self._writer.sentences[-3:])
        return Resume(last.line, last.sent + 1, tail=tail, end=last.end, line_start=line[0].start)

    async def _write_updates(self, stream: Stream) -> None:
        try:
            async for update in stream.updates():
                await self._write_update(stream, update)
        except StreamFailed as error:
            await self._board.say(failing=str(error))

    async def _write_update(self, stream: Stream, update: Update) -> None:
        first = len(self._writer.sentences)
        sentences = [
            Sentence(
                n=first + at,
                line=each.line,
                sent=each.sent,
                start=round(each.start, 3),
                end=round(each.end, 3),
                lang=self.request.source_lang,
                text=each.text,
                model=self._board.now.model,
            )
            for at, each in enumerate(update.sentences)
        ]
        behind = update.delay
        if sentences:
            behind = max(0.0, stream.samples / RATE - sentences[-1].end)
        position = self._ingest.position(update.committed) if self._ingest else None
        self._writer.add(sentences, Words(update.rest, behind, position, update.at, update.sounds_like))
        await self._say_how_it_goes(stream, update.delay)

    async def _say_how_it_goes(self, stream: Stream, delay: float) -> None:
        if stream.hurried and not self._board.now.hurried:
            log.warning("there is no time to read finished phrases once more: they stay as first read")
        slow = stream.hurried and delay_of(delay) is Delay.OK
        await self._board.say(
            delay=Delay.SLOW if slow else delay_of(delay), hurried=stream.hurried, failing=stream.failing
        )

    async def _finish_stream(self, patience: float = FINISH_S) -> None:
        stream, pump = self._stream, self._pump
        self._stream = self._pump = None
        if stream is None or pump is None:
            return
        await self._end_stream(stream, pump, patience)
        self._writer.forget_language()

    async def _end_stream(self, stream: Stream, pump: asyncio.Task[None], patience: float) -> None:
        try:
            async with asyncio.timeout(patience):
                await stream.finish()
                await pump
        except TimeoutError:
            log.warning("the last words were not understood within %.0f s", patience)
            await stream.cancel()
            await asyncio.wait([pump], timeout=1)

    async def _finish_later(self) -> None:
        await asyncio.sleep(LINGER_S)
        # A socket that comes now waits for the last words: finishing must not be cut short.
        await asyncio.shield(self._finish_idle())

    async def _finish_idle(self) -> None:
        async with self._feeding:
            if not self._board.now.host_connected:
                await self._finish_stream()
                self._drop_ingest()

    def _drop_ingest(self) -> None:
        if self._ingest:
            self._ingest.end()
            self._ingest = None

    async def _host(self, *, connected: bool) -> None:
        if self._board.now.host_connected != connected:
            await self._board.say(host_connected=connected)

    async def _mirror(self) -> None:
        request = self.request
        await self._board.say(
            session=request.session,
            epoch=request.epoch,
            source_lang=request.source_lang,
            restart=request.restart,
            ready=True,
        )

    async def _write(self) -> None:
        try:
            await self._writer.run()
        except Fenced:
            log.warning("another engine has the pen of this session: this one ends")
            self._over = True
            await self._board.say(fenced=True, ready=False, host_connected=False)
            self._drop_ingest()
            if self._stream:
                await self._stream.cancel()

    async def _stop_writing(self) -> None:
        await end_tasks(self._writing)


def _now() -> float:
    return asyncio.get_running_loop().time()
