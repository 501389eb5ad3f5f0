"""The host's audio that is not yet in written sentences, for a replacement engine. Pure, in memory only."""

from collections import deque
from dataclasses import dataclass

from dolmetsch_core.live.audio import Header
from dolmetsch_core.media import HeaderCutter, NoHeader, seam
from dolmetsch_core.wire.feed import Position

BYTES_PER_SECOND = 20_000
"""MediaRecorder's Opus is around 130 kbit/s, at most."""
DANGLING = b"\xa3"
"""A webm slice ends with the first byte of the next block, so the slice after a lost one needs it."""


@dataclass(frozen=True)
class Replay:
    """Where an engine that knows nothing of this stream starts."""

    first: int
    """Number of the first message."""
    prefix: bytes
    """What the decoder is given before it."""
    start: int | None = None
    """Session sample at which the first message's audio begins; None: nothing is committed yet."""
    cut: int | None = None
    """Session sample up to which everything is written already."""
    late_ms: int = 0
    """How long after the socket's first message the first one here arrived, when some were dropped."""


class KeptAudio:
    """Messages of one host socket (one turn), numbered from 0, until the committed position passes them."""

    def __init__(self, *, max_seconds: float) -> None:
        self._limit = int(max_seconds * BYTES_PER_SECOND)
        self._messages: deque[tuple[bytes, int]] = deque()
        self._size = 0
        self._first = 0
        self._began_ms: int | None = None
        self._cutter: HeaderCutter | None = HeaderCutter()
        self._header_end = -1
        self._position: Position | None = None
        self.header: Header | None = None
        """Known once this socket's own header is complete, or was taken over from the last recording."""

    @property
    def next(self) -> int:
        """Number of the next message."""
        return self._first + len(self._messages)

    def add(self, data: bytes, known: Header | None, at_ms: int = 0) -> None:
        """Keep the next message, arrived at `at_ms`.

        `known` is the session's last header, for a recorder that goes on.
        Raises media.NoHeader when the stream has no header and none is known.
        """
        self._began_ms = at_ms if self._began_ms is None else self._began_ms
        self._messages.append((data, at_ms))
        self._size += len(data)
        while self._size > self._limit and len(self._messages) > 1:
            self._drop_first()
        if self._cutter is not None:
            self._look_for_header(self._cutter, data, known)

    def message(self, n: int) -> bytes | None:
        """Return message `n` if it is kept."""
        at = n - self._first
        return self._messages[at][0] if 0 <= at < len(self._messages) else None

    def commit(self, position: Position) -> None:
        """Forget what lies before the committed position of this turn; the byte before it is needed."""
        if self._position is None or position.cut > self._position.cut:
            self._position = position
        if position.message <= self._header_end:
            return
        while self._first < position.message - 1 and self._messages:
            self._drop_first()

    def replay(self) -> Replay | None:
        """Return where a new engine starts; None while the header is not complete."""
        if self.header is None:
            return None
        position = self._position
        first = position.message if position and position.message > self._header_end else 0
        if first < self._first:
            return self._rest(self.header)
        if position is None:
            return Replay(first, self._prefix(self.header, first))
        return Replay(first, self._prefix(self.header, first), position.start, position.cut)

    def new_turn(self) -> None:
        """The messages go on under another turn: positions of the old one no longer count."""
        self._position = None

    def _rest(self, header: Header) -> Replay:
        """What is left when the beginning was dropped for want of room: new audio, not a replay."""
        first = max(self._first, self._header_end + 1)
        at = min(first - self._first, len(self._messages) - 1)
        late_ms = self._messages[at][1] - (self._began_ms or 0)
        return Replay(first, self._prefix(header, first), late_ms=late_ms)

    def _prefix(self, header: Header, first: int) -> bytes:
        """What stands before message `first`: nothing if it begins with the header itself."""
        if first <= self._header_end:
            return b""
        return seam(header.container, header.data, self.message(first - 1) or DANGLING)

    def _look_for_header(self, cutter: HeaderCutter, data: bytes, known: Header | None) -> None:
        try:
            header = cutter.feed(data)
        except NoHeader:
            if known is None or cutter.container is not None:
                raise
            # The recorder went on while its socket was renewed.
            self.header, self._cutter = known, None
            return
        if header is not None and cutter.container is not None:
            self.header = Header(cutter.container, header)
            self._header_end = self.next - 1
            self._cutter = None

    def _drop_first(self) -> None:
        self._size -= len(self._messages.popleft()[0])
        self._first += 1
