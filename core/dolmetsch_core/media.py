"""What a MediaRecorder stream starts with: its container, its header, and the seam to go on from.

Pure: bytes in, bytes out. The api cuts the header that the live store keeps, the engine gives it to every
new decoder. Time is never read from a container: it is the number of decoded samples.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

MAX_HEADER_BYTES: Final = 256 * 1024
"""A header larger than this is no header: real ones hold some hundred bytes, an mp4 `moov` a few kB."""

EMPTY_CLUSTER: Final = bytes.fromhex("1F43B675 01FFFFFFFFFFFFFF E78100")
"""A webm Cluster of unknown size at time 0: what follows it is read as the blocks of a cluster."""

_EBML: Final = bytes.fromhex("1A45DFA3")
_SEGMENT: Final = 0x18538067
_CLUSTER: Final = 0x1F43B675
_BEGIN_OF_STREAM: Final = 0x02


class NoHeader(ValueError):
    """The bytes are not the start of a recording. Source: a host page that joined its recorder late."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The audio does not start with a stream header ({why}). "
            "Remedy: stop the MediaRecorder and start a new one, so that its first slice is sent first; "
            "supported are audio/webm, audio/ogg and audio/mp4."
        )


class Container(StrEnum):
    """The containers in which browsers record; the value is FFmpeg's name of the demuxer."""

    WEBM = "webm"
    OGG = "ogg"
    MP4 = "mp4"


def detect(data: bytes) -> Container | None:
    """Tell the container by its first bytes, never by the claimed type.

    None: fewer than 8 bytes yet. Raises NoHeader when no known stream starts so: opening such a stream
    could block for ever.
    """
    if len(data) < 8:
        return None
    if data[:4] == _EBML:
        return Container.WEBM
    if data[:4] == b"OggS" and data[5] & _BEGIN_OF_STREAM:
        return Container.OGG
    if data[4:8] == b"ftyp":
        return Container.MP4
    raise NoHeader("neither webm, ogg nor mp4")


class HeaderCutter:
    """Collects the first messages of a stream until its header is complete.

    The first slice can be a single byte, and the slice that completes the header holds audio too.
    """

    def __init__(self, limit: int = MAX_HEADER_BYTES) -> None:
        self._limit = limit
        self._data = bytearray()
        self.container: Container | None = None
        """Known as soon as 8 bytes are there."""

    def feed(self, data: bytes) -> bytes | None:
        """Take the next message; the header once it is complete, else None.

        Raises NoHeader when the stream starts with something else, or when no header ends within the limit.
        """
        self._data += data
        start = bytes(self._data)
        if self.container is None:
            self.container = detect(start)
            if self.container is None:
                return None
        end = _HEADER_END[self.container](start)
        if (len(start) if end is None else end) > self._limit:
            raise NoHeader(f"no end of the header within {self._limit} bytes")
        return None if end is None else start[:end]


def seam(container: Container, header: bytes, previous: bytes) -> bytes:
    """Return what a new decoder is given before it goes on with a message of a running stream.

    `previous` is the message before: a webm slice ends with the first byte of the next element, so without
    that byte and an open cluster around it up to 1.3 s are lost.
    """
    if container is Container.WEBM:
        return header + EMPTY_CLUSTER + previous[-1:]
    return header


def _webm_header_end(data: bytes) -> int | None:
    """Offset of the first Cluster. Elements are walked by their sizes; the Segment is entered."""
    at = 0
    while True:
        element = _ebml_element(data, at)
        if element is None:
            return None
        kind, body, size = element
        if kind == _CLUSTER:
            return at
        if kind == _SEGMENT:
            at = body
        elif size is None:
            raise NoHeader("a webm element of unknown size before the first cluster")
        else:
            at = body + size


def _ebml_element(data: bytes, at: int) -> tuple[int, int, int | None] | None:
    """Id, offset of the body, and size (None: unknown) of the element at `at`; None: not all there yet."""
    id_length = _vint_length(data, at, longest=4)
    if id_length is None or len(data) < at + id_length:
        return None
    kind = int.from_bytes(data[at : at + id_length])
    at += id_length
    if kind == _CLUSTER:
        return kind, at, None
    size_length = _vint_length(data, at, longest=8)
    if size_length is None or len(data) < at + size_length:
        return None
    ones = (1 << 7 * size_length) - 1
    size = int.from_bytes(data[at : at + size_length]) & ones
    return kind, at + size_length, None if size == ones else size


def _vint_length(data: bytes, at: int, longest: int) -> int | None:
    """Length of the EBML number at `at`, told by the leading zero bits of its first byte."""
    if at >= len(data):
        return None
    length = 9 - data[at].bit_length()
    if length > longest:
        raise NoHeader("garbled webm")
    return length


def _ogg_header_end(data: bytes) -> int | None:
    """Offset of the first page that holds audio: granule position neither 0 nor -1 (no packet ends)."""
    at = 0
    while len(data) >= at + 27:
        if data[at : at + 4] != b"OggS":
            raise NoHeader("garbled ogg")
        if int.from_bytes(data[at + 6 : at + 14], "little", signed=True) > 0:
            return at
        body = at + 27 + data[at + 26]
        if len(data) < body:
            return None
        at = body + sum(data[at + 27 : body])
    return None


def _mp4_header_end(data: bytes) -> int | None:
    """Offset of the end of the `moov` box."""
    at = 0
    while len(data) >= at + 8:
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if size == 1:
            if len(data) < at + 16:
                return None
            size = int.from_bytes(data[at + 8 : at + 16])
        if size < 8:
            raise NoHeader("garbled mp4")
        at += size
        if kind == b"moov":
            return at if len(data) >= at else None
        if kind in {b"moof", b"mdat"}:
            raise NoHeader("mp4 media before its moov box")
    return None


_HEADER_END: Final[dict[Container, Callable[[bytes], int | None]]] = {
    Container.WEBM: _webm_header_end,
    Container.OGG: _ogg_header_end,
    Container.MP4: _mp4_header_end,
}
