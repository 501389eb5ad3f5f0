"""Bytes of a recording in, PCM out: FFmpeg (PyAV) on one thread per stream.

FFmpeg pulls, a socket pushes: between them lies a pipe of which FFmpeg reads. The pipe knows when the
thread waits for more with nothing left, and only then does a message count as decoded: so the caller knows
at which sample each message begins.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import av
import av.error
import numpy as np
from av.audio.resampler import AudioResampler

from dolmetsch_core.media import Container
from dolmetsch_engine.mixing import Mixer

SAMPLE_RATE: Final = 16_000
"""Samples per second of all PCM in the engine; mono, signed 16 bit, little endian."""

STALL_SECONDS: Final = 2.0
STALL_BYTES: Final = 96 * 1024
"""Some 6 s of a browser's default bit rate: for a stream that is fed faster than it was recorded."""

_JOIN_SECONDS: Final = 5.0


class DecoderError(RuntimeError):
    """The stream cannot be decoded any further. A new decoder is needed."""


class UndecodableStream(DecoderError):
    """FFmpeg refused the stream. Source: a damaged header, a container without audio."""

    def __str__(self) -> str:
        return f"The audio stream cannot be decoded ({super().__str__()}). Remedy: restart the recorder."


class DecoderStalled(DecoderError):
    """Bytes arrive, no samples come out: lost or garbled bytes make FFmpeg silent without an error.

    Source: a lost slice, a second header. Remedy: a new decoder with the kept header, else a new recorder.
    """

    def __init__(self, swallowed: int) -> None:
        super().__init__(
            f"The decoder swallowed {swallowed} bytes without a sample. "
            "Remedy: go on in a new decoder with the stream's header, else restart the recorder."
        )


class DecoderClosed(DecoderError):
    """Bytes were given to a decoder that was closed. Source: the caller."""

    def __str__(self) -> str:
        return "The decoder is closed. Remedy: open a new one."


class _Pipe:
    """The file that FFmpeg reads. `read` never gives more than it was asked for (FFmpeg would overrun)."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._data = bytearray()
        self._ended = False
        self._on_empty: Callable[[], object] | None = None

    def write(self, data: bytes, on_empty: Callable[[], object]) -> None:
        with self._ready:
            self._data += data
            self._on_empty = on_empty
            self._ready.notify()

    def end(self, *, drop: bool = False) -> None:
        with self._ready:
            if drop:
                self._data.clear()
            self._ended = True
            self._ready.notify()

    def read(self, size: int) -> bytes:
        with self._ready:
            while not self._data:
                if self._on_empty is not None:
                    self._on_empty()
                    self._on_empty = None
                if self._ended:
                    return b""
                self._ready.wait()
            taken = bytes(self._data[:size])
            del self._data[:size]
            return taken


class Decoder:
    """One stream's decoder. A header always gets a new one."""

    def __init__(self, container: Container, clock: Callable[[], float] = time.monotonic) -> None:
        self._container = container
        self._clock = clock
        self._pipe = _Pipe()
        self._pcm: list[bytes] = []
        self._error: DecoderError | None = None
        self._finished = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._swallowed = 0
        self._silent_since: float | None = None
        self._resampler: AudioResampler | None = None
        self._mixer = Mixer()
        self._thread = threading.Thread(target=self._run, name="decoder", daemon=True)
        self._thread.start()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    async def decode(self, data: bytes) -> bytes:
        """Feed one message; the PCM (s16le, mono, 16 kHz) that it completes. One call at a time.

        Raises UndecodableStream, DecoderStalled (bytes but no samples for about 2 s), DecoderClosed.
        """
        if self._closed:
            raise DecoderClosed
        if not data:
            return b""
        consumed = asyncio.Event()
        self._pipe.write(data, lambda: self._loop.call_soon_threadsafe(consumed.set))
        waits = [asyncio.ensure_future(event.wait()) for event in (consumed, self._finished)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        pcm = self._take()
        if self._error is not None and not pcm:
            raise self._error
        self._watch(len(data), bool(pcm))
        return pcm

    async def close(self) -> bytes:
        """End the stream and return the rest of its PCM. The thread is gone afterwards, also if cancelled."""
        self._closed = True
        try:
            self._pipe.end()
            await self._finished.wait()
        finally:
            self.abort()
        return self._take()

    def abort(self) -> None:
        """End at once and drop what is not decoded; for a caller that may not wait. Takes milliseconds."""
        self._closed = True
        self._pipe.end(drop=True)
        self._thread.join(_JOIN_SECONDS)

    def _take(self) -> bytes:
        # The thread appends only while it has bytes; here it waits or has ended.
        taken = b"".join(self._pcm)
        self._pcm.clear()
        return taken

    def _watch(self, size: int, heard: bool) -> None:
        if heard:
            self._swallowed, self._silent_since = 0, None
            return
        now = self._clock()
        self._swallowed += size
        if self._silent_since is None:
            self._silent_since = now
        if now - self._silent_since >= STALL_SECONDS or self._swallowed >= STALL_BYTES:
            raise DecoderStalled(self._swallowed)

    def _run(self) -> None:
        try:
            self._decode_all()
        except (av.error.FFmpegError, IndexError, ValueError) as error:
            self._error = UndecodableStream(type(error).__name__)
        finally:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._finished.set)

    def _decode_all(self) -> None:
        # No other option helps; `nobuffer` would lose the first packet.
        with av.open(self._pipe, "r", format=self._container.value, metadata_errors="ignore") as source:
            for packet in source.demux(source.streams.audio[0]):
                try:
                    for frame in packet.decode():
                        self._resample(frame)
                except av.error.InvalidDataError:
                    continue  # one corrupt packet is 20 to 60 ms; the next one is whole
            if self._resampler is not None:
                self._keep(self._resampler.resample(None))

    def _resample(self, frame: av.AudioFrame) -> None:
        if self._resampler is None:
            self._resampler = _resampler(frame)
        try:
            resampled = self._resampler.resample(frame)
        except ValueError:  # the number of channels changed
            self._resampler = _resampler(frame)
            resampled = self._resampler.resample(frame)
        self._keep(resampled)

    def _keep(self, resampled: list[av.AudioFrame]) -> None:
        for out in resampled:
            # A plane may be padded beyond its samples.
            one, *other = [np.frombuffer(bytes(plane), dtype=np.int16)[: out.samples] for plane in out.planes]
            self._pcm.append((self._mixer.mix(one, *other) if other else one).tobytes())


def _resampler(frame: av.AudioFrame) -> AudioResampler:
    """Two channels are mixed here, more by FFmpeg."""
    stereo = frame.layout.nb_channels == 2
    return AudioResampler("s16p", "stereo" if stereo else "mono", SAMPLE_RATE)
