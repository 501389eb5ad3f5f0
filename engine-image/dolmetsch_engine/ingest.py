"""One host socket's audio: numbered messages in, PCM at known session samples out."""

from collections import deque
from dataclasses import dataclass

from dolmetsch_core.media import Container
from dolmetsch_core.wire.feed import Position
from dolmetsch_engine.decoder import Decoder

RATE = 16_000
PAD_AT_MOST_S = 3.0
"""A shorter gap between two sockets is filled with silence; after a longer one a new stream begins."""


@dataclass(frozen=True)
class Opening:
    """How a socket's audio begins. Samples are of the session, 16 kHz."""

    turn: int
    container: Container
    first: int
    """Number of the first message."""
    start: int
    """Sample at which the first message's audio begins."""
    cut: int
    """Audio before this sample is written already: decoded, then dropped."""


class Ingest:
    """Decodes one host socket's messages and remembers at which sample each began."""

    def __init__(self, opening: Opening) -> None:
        self.turn = opening.turn
        self.next = opening.first
        """Number of the message that is waited for."""
        self._decoder = Decoder(opening.container)
        self._sample = opening.start
        self._cut = opening.cut
        self._starts: deque[tuple[int, int]] = deque()

    @property
    def sample(self) -> int:
        """Session sample up to which audio was decoded."""
        return self._sample

    async def prefix(self, data: bytes) -> None:
        """Give the decoder what stands before the first message: header and seam, no audio."""
        self._sample += len(await self._decoder.decode(data)) // 2

    async def decode(self, message: bytes) -> bytes:
        """Return the next message's PCM (s16le, mono, 16 kHz) behind the cut. Raises DecoderError."""
        self._starts.append((self.next, self._sample))
        self.next += 1
        pcm = await self._decoder.decode(message)
        begin = self._sample
        self._sample += len(pcm) // 2
        return pcm[2 * max(0, min(self._cut, self._sample) - begin) :]

    def position(self, committed: int) -> Position | None:
        """Return where a replay starts for this committed sample; None: before this socket's audio."""
        while len(self._starts) > 2 and self._starts[2][1] <= committed:
            self._starts.popleft()
        if not self._starts or committed < self._starts[0][1]:
            return None
        # One message before the one that holds the cut: Opus is wrong for 100 ms after a start.
        message, start = self._starts[0]
        return Position(turn=self.turn, message=message, start=start, cut=committed)

    def end(self) -> None:
        """Drop the decoder. Milliseconds."""
        self._decoder.abort()
