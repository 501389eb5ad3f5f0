"""Carries one host socket's audio to whatever engine serves the room, and replays it into a new one."""

import asyncio
import logging
import time
from contextlib import aclosing, suppress
from urllib.parse import urlencode

from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, InvalidHandshake, InvalidStatus

from dolmetsch_api.sockets.captions import CaptionView
from dolmetsch_api.sockets.held_claim import HeldClaim
from dolmetsch_api.sockets.kept_audio import KeptAudio
from dolmetsch_core.directory import Directory
from dolmetsch_core.live import audio
from dolmetsch_core.live.audio import Header
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.media import NoHeader, detect
from dolmetsch_core.tasks import first_of
from dolmetsch_core.tokens import EngineKey, Scope
from dolmetsch_core.wire.engine import (
    BAD_AUDIO,
    CLOCKS_DIFFER,
    HAND_OVER_S,
    LOWER_TURN,
    NOT_ALLOWED,
    AudioAccepted,
    AudioStart,
)
from dolmetsch_core.wire.room import EngineRef

log = logging.getLogger(__name__)
TRY_AGAIN_S = 0.2
HEADER_S = 2.0
"""For the header of a recording whose first socket has only just gone."""
ACCEPT_S = HAND_OVER_S + 5.0
"""An engine lets the host's socket before this one bring its last audio first."""


class AudioDropped(Exception):
    """The engine fell so far behind that audio it has not had is no longer kept."""


class AudioUndecodable(Exception):
    """The engine can't make sense of the audio. Remedy: restart the recorder, so that it sends a header."""


class Relay:
    """Sends kept audio in order; every engine gets it from the committed position on."""

    def __init__(
        self,
        directory: Directory,
        store: Redis,
        view: CaptionView,
        claim: HeldClaim,
        *,
        kept_seconds: float,
        key: EngineKey | None = None,
    ) -> None:
        self._key = key
        self._refused_by = ""
        self._claim = claim
        self._directory = directory
        self._store = store
        self._view = view
        self._kept_seconds = kept_seconds
        self._kept = KeptAudio(max_seconds=kept_seconds)
        self._known: Header | None = None
        self._more = asyncio.Event()
        self._taken = asyncio.Event()
        self._taken.set()
        self._leaving = False
        self._new_recording = asyncio.Event()
        self._first_audio_ms: int | None = None
        self._offset_ms = 0
        self._late_ms = 0

    async def take(self, data: bytes) -> None:
        """Take the host's next binary message. Raises media.NoHeader."""
        if not data:
            return
        if self._kept.header and _begins_a_recording(data):
            await self._begin_again()
        if self._first_audio_ms is None:
            await self._begin(data)
        self._late_ms = 0
        self._kept.add(data, self._known, int(time.time() * 1000))
        self._more.set()

    def begins_late(self, milliseconds: int) -> None:
        """The audio that comes next was spoken so long before it is sent: its host has kept it meanwhile."""
        self._late_ms = milliseconds

    async def run(self) -> None:
        """Serve engine after engine until cancelled. Raises ClaimLost, AudioUndecodable."""
        await first_of(self._serve_all(), self._keep_store_informed())

    async def hand_over(self) -> None:
        """The host has left: wait until an engine has all of its audio, HAND_OVER_S at most.

        `run` has to go on meanwhile; it ends by itself when all is handed over.
        """
        self._leaving = True
        await self._tell_store()
        await self._until_taken()

    async def _until_taken(self) -> None:
        """Wait until an engine has read all that is kept, if anything is."""
        if self._kept.header is None:
            return
        self._taken.clear()
        self._more.set()
        try:
            async with asyncio.timeout(HAND_OVER_S):
                await self._taken.wait()
        except TimeoutError:
            log.warning(
                "room %s: no engine has taken its host's last audio within %.0f s: it is lost",
                self._view.room,
                HAND_OVER_S,
            )

    async def _serve_all(self) -> None:
        while True:
            engine = await self._engine()
            try:
                await self._serve(engine)
            except ConnectionClosed as closed:
                await self._after_close(closed, engine)
            except AudioDropped:
                log.warning("room %s: audio was dropped, its engine is too slow", self._view.room)
                await self._raise_turn(self._claim.turn)
            except InvalidStatus as error:
                if error.response.status_code in (401, 403):
                    self._tell_refused(engine, f"HTTP {error.response.status_code}")
                else:
                    log.info("engine %s can't be reached: %s", engine.pod_name, error)
            except (OSError, InvalidHandshake, TimeoutError) as error:
                log.info("engine %s can't be reached: %s", engine.pod_name, type(error).__name__)
            if self._leaving and self._taken.is_set():
                return
            await asyncio.sleep(TRY_AGAIN_S)

    async def _begin(self, data: bytes) -> None:
        """The socket's first audio: its time in the session, and the header it may go on with."""
        now_ms = int(time.time() * 1000) - self._late_ms
        self._first_audio_ms = now_ms
        room, session = self._view.room, self._view.session
        try:
            self._offset_ms = await audio.offset_ms(self._store, room, session, now_ms)
            self._known = await audio.header(self._store, room, session)
            if self._known is None and self._offset_ms and not _begins_a_recording(data):
                self._known = await self._header_of_earlier_socket()
        except STORE_AWAY:
            log.warning("live store is away: room %s starts a recording without its time", room)
        # Never before what is written: a store that was lost, or audio sent in a burst, knows no better time.
        self._offset_ms = max(self._offset_ms, int(self._view.state.end * 1000))

    async def _header_of_earlier_socket(self) -> Header | None:
        """Wait for the header that this recording began with: the socket it was sent to may still tell it."""
        for _ in range(round(HEADER_S / TRY_AGAIN_S)):
            await asyncio.sleep(TRY_AGAIN_S)
            if found := await audio.header(self._store, self._view.room, self._view.session):
                return found
        return None

    async def _begin_again(self) -> None:
        """A new recorder on the same socket: a header always gets a new decoder, so this is a new turn."""
        await self._until_taken()
        try:
            await self._claim.raise_above(self._claim.turn)
        except STORE_AWAY as error:
            raise AudioUndecodable("a new recording while the live store is away") from error
        self._kept = KeptAudio(max_seconds=self._kept_seconds)
        self._first_audio_ms = None
        self._new_recording.set()

    async def _keep_store_informed(self) -> None:
        """Say again what a store may have lost: header and time of the first audio."""
        told: Header | None = None
        while True:
            await asyncio.sleep(0.1 if told is None or told is not self._kept.header else 2.0)
            told = await self._tell_store() or told

    async def _tell_store(self) -> Header | None:
        """Tell the store how this recording began; return the header it has of it now, if any."""
        header, room, session = self._kept.header, self._view.room, self._view.session
        if header is None or self._first_audio_ms is None:
            return None
        try:
            await audio.put_back_first(self._store, room, session, self._first_audio_ms - self._offset_ms)
            await audio.keep_header(self._store, room, session, self._claim.turn, header)
        except STORE_AWAY:
            return None
        return header

    async def _engine(self) -> EngineRef:
        """Wait for an engine that takes audio."""
        async with aclosing(self._directory.view.changes(self._view.room)) as changes:
            async for room in changes:
                engine = room.status.engine if room else None
                if room and engine and room.session == self._view.session:
                    return engine
        raise AssertionError("changes never end")

    async def _serve(self, engine: EngineRef) -> None:
        """Send to this engine until it is replaced, a new recording begins or the connection ends."""
        turn = self._claim.turn
        query = urlencode({"session": self._view.session, "turn": turn})
        url = f"{engine.address.replace('http', 'ws', 1)}/audio?{query}"
        async with connect(
            url,
            additional_headers=self._authorization(engine),
            max_size=None,
            max_queue=None,
            compression=None,
            proxy=None,
            open_timeout=5,
            close_timeout=1,
        ) as socket:
            await first_of(
                self._speak_to(socket, turn),
                self._until_moved(engine),
                self._until_another_turn(turn),
            )

    async def _speak_to(self, socket: ClientConnection, turn: int) -> None:
        """Send to this connection until it ends, or the host has left and all is sent."""
        async with asyncio.timeout(ACCEPT_S):
            accepted = AudioAccepted.model_validate_json(await socket.recv())
        if self._claim.turn != turn:
            # A new recording began meanwhile: nothing of it belongs into this turn.
            return
        await first_of(self._send(socket, accepted.next), self._hear(socket))

    def _authorization(self, engine: EngineRef) -> dict[str, str]:
        if self._key is None:
            return {}
        return {"Authorization": f"Bearer {self._key.token(engine.pod_uid, Scope.AUDIO)}"}

    def _tell_refused(self, engine: EngineRef, why: str) -> None:
        """Once for each engine: it is tried again and again, as with any other trouble."""
        if self._refused_by != engine.pod_uid:
            log.error("engine %s refuses this api: %s", engine.pod_name, why)
        self._refused_by = engine.pod_uid

    async def _until_another_turn(self, turn: int) -> None:
        while self._claim.turn == turn:
            self._new_recording.clear()
            await self._new_recording.wait()

    async def _send(self, socket: ClientConnection, wanted: int | None) -> None:
        """Send message after message; an engine that has this stream already says where it is."""
        n = await self._begin_stream(socket) if wanted is None else wanted
        while True:
            message = self._kept.message(n)
            if message is not None:
                await socket.send(message)
                n += 1
            elif n < self._kept.next:
                raise AudioDropped
            elif not self._taken.is_set():
                # The answer comes when everything before it was read.
                await (await socket.ping())
                self._taken.set()
            elif self._leaving:
                return
            else:
                self._commit()
                await self._wait_for_more()

    async def _begin_stream(self, socket: ClientConnection) -> int:
        """Say how the audio begins, once its header is complete; return the first message's number."""
        self._commit()
        while (replay := self._kept.replay()) is None or (header := self._kept.header) is None:
            await self._wait_for_more()
        start = AudioStart(
            container=header.container.value,
            first=replay.first,
            offset_ms=self._offset_ms + replay.late_ms,
            start=replay.start,
            cut=replay.cut,
        )
        await socket.send(start.model_dump_json())
        await socket.send(replay.prefix)
        return replay.first

    async def _hear(self, socket: ClientConnection) -> None:
        """Notice the connection's end also while there is nothing to send."""
        async for _ in socket:
            continue
        raise ConnectionClosedOK(socket.protocol.close_rcvd, socket.protocol.close_sent)

    async def _until_moved(self, engine: EngineRef) -> None:
        async with aclosing(self._directory.view.changes(self._view.room)) as changes:
            async for room in changes:
                now = room.status.engine if room else None
                if now and (now.pod_uid, now.epoch) != (engine.pod_uid, engine.epoch):
                    return

    async def _after_close(self, closed: ConnectionClosed, engine: EngineRef) -> None:
        code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
        if code == CLOCKS_DIFFER and self._key is not None:
            self._key.hear_clock(engine.pod_uid, float(reason))
        if code == NOT_ALLOWED:
            self._tell_refused(engine, reason)
        if code == BAD_AUDIO:
            raise AudioUndecodable(reason)
        if code == LOWER_TURN:
            await self._raise_turn(int(reason or 0))

    async def _raise_turn(self, above: int) -> None:
        """Go on under a higher turn; while the store is away the next try raises it."""
        with suppress(*STORE_AWAY):
            await self._claim.raise_above(above)
            self._kept.new_turn()

    def _commit(self) -> None:
        position = self._view.state.position
        if position is not None and position.turn == self._claim.turn:
            self._kept.commit(position)

    async def _wait_for_more(self) -> None:
        self._more.clear()
        await self._more.wait()


def _begins_a_recording(message: bytes) -> bool:
    """Whether a message is the start of another recording: a header never comes in the middle of one."""
    try:
        return detect(message) is not None
    except NoHeader:
        return False
