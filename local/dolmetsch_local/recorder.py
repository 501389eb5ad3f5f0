"""Cuts a recording into the messages that a browser's MediaRecorder would send.

Each slice is a WebM cluster of unknown size, the first one with the header before it, and ends with the
first byte of the next element (seen in Chromium).
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

RATE = 48_000
PACKET_S = 0.02
PACKETS = 15
"""Opus packets in a slice: 300 ms, as a time slice of 250 ms gives."""
BIT_RATE = 32_000
TAIL_S = 1.0
"""Silence after the recording, so that its last word is heard as ended."""

_EBML, _INFO, _TRACKS = 0x1A45DFA3, 0x1549A966, 0x1654AE6B
_SEGMENT, _CLUSTER, _SIMPLE_BLOCK = 0x18538067, 0x1F43B675, 0xA3
_UNKNOWN_SIZE = bytes.fromhex("01FFFFFFFFFFFFFF")
_OPEN_CLUSTER = _CLUSTER.to_bytes(4) + _UNKNOWN_SIZE + bytes.fromhex("E78100")


class NotAudio(Exception):
    """The file can't be spoken. Remedy in the message."""


@dataclass(frozen=True)
class Slice:
    """One message; `until` is the recording's second at which it ends."""

    data: bytes
    until: float


@dataclass(frozen=True)
class Recording:
    """A WebM/Opus file (20 ms packets), to be sent from any place in it."""

    header: bytes
    blocks: list[bytes]

    @property
    def length(self) -> float:
        """In seconds."""
        return len(self.blocks) * PACKET_S

    def slices(self, begin: float = 0.0) -> Iterator[Slice]:
        """Yield what a recorder sends that is started `begin` seconds after the recording's begin."""
        first = round(begin / PACKET_S)
        if first >= len(self.blocks):
            return
        waiting = self.header
        for at, block in enumerate(self.blocks[first:], 1):
            if at == 1:
                waiting += _OPEN_CLUSTER + block
            elif at % PACKETS == 1:
                # The slice before ends one byte late, in the first block of this cluster's predecessor.
                yield Slice(waiting + block[:1], (first + at - 1) * PACKET_S)
                waiting = block[1:] + _OPEN_CLUSTER
            else:
                waiting += block
        yield Slice(waiting, self.length)


def load(path: Path) -> Recording:
    """Return an audio file as a browser would record it. Raises NotAudio."""
    try:
        webm = _encode(path)
    except (OSError, av.FFmpegError, IndexError) as error:
        raise NotAudio(f"{path} can't be read as audio ({error}): give a file with speech in it") from error
    return parse(webm)


def record(path: Path) -> list[Slice]:
    """Return an audio file as a browser would send it. Raises NotAudio."""
    return list(load(path).slices())


def parse(webm: bytes) -> Recording:
    """Return a whole WebM/Opus file: its header up to the first cluster, its blocks of one packet each."""
    header = b""
    blocks = []
    for kind, start, end in _elements(webm):
        if kind == _SEGMENT:
            header += webm[start : start + 4] + _UNKNOWN_SIZE
        elif kind == _SIMPLE_BLOCK:
            blocks.append(webm[start:end])
        elif kind in (_EBML, _INFO, _TRACKS):
            header += webm[start:end]
    return Recording(header, blocks)


def _elements(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (id, start, end) of each element; segment and cluster are entered."""
    at = 0
    while at < len(data):
        start = at
        length = 9 - data[at].bit_length()
        kind = int.from_bytes(data[at : at + length])
        at += length
        length = 9 - data[at].bit_length()
        size = int.from_bytes(data[at : at + length]) & ((1 << 7 * length) - 1)
        at += length
        if kind not in (_SEGMENT, _CLUSTER):
            at += size
        yield kind, start, at


def _encode(path: Path) -> bytes:
    """Return the file's audio as WebM with Opus, with silence after it."""
    sink = io.BytesIO()
    with av.open(str(path)) as source, av.open(sink, "w", format="webm") as target:
        stream = target.add_stream("libopus", rate=RATE, layout="mono")
        stream.bit_rate = BIT_RATE
        resampler = av.AudioResampler("s16", "mono", RATE, frame_size=int(RATE * PACKET_S))
        for frame in source.decode(source.streams.audio[0]):
            frame.pts = None
            for resampled in resampler.resample(frame):
                target.mux(stream.encode(resampled))
        for frame in [*resampler.resample(None), *(_silence() for _ in range(int(TAIL_S / PACKET_S)))]:
            frame.pts = None
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return sink.getvalue()


def _silence() -> av.AudioFrame:
    """One packet of it."""
    frame = av.AudioFrame("s16", "mono", int(RATE * PACKET_S))
    frame.sample_rate = RATE
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    return frame
