"""`dolmetsch speak`: streams a recording into a room in real time, as a browser would."""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import av
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from dolmetsch_local.client import Refused, frames, host_socket, login, room_of
from dolmetsch_local.state import Address

SLICE_S = 0.25
TAIL_S = 1.0
"""Silence after the recording, so that its last word is heard as ended."""
BIT_RATE = 32_000


class NotAudio(Exception):
    """The file can't be spoken. Remedy in the message."""


@dataclass(frozen=True)
class Slice:
    """A piece of a recording as MediaRecorder would send it; `until` is its end in seconds."""

    data: bytes
    until: float


def slices(path: Path) -> list[Slice]:
    """Return the recording as WebM/Opus in slices of a quarter of a second. Raises NotAudio."""
    try:
        encoded, ends = _encode(path)
    except (OSError, av.FFmpegError, IndexError) as error:
        raise NotAudio(f"{path} can't be read as audio ({error}): give a file with speech in it") from error
    found, begin = [], 0
    for until, end in ends:
        found.append(Slice(encoded[begin:end], until))
        begin = end
    if not found:
        raise NotAudio(f"{path} holds no audio")
    return found


def _encode(path: Path) -> tuple[bytes, list[tuple[float, int]]]:
    """Encode as live WebM; after each slice: (seconds so far, bytes so far)."""
    sink = io.BytesIO()
    sink.seekable = lambda: False  # type: ignore[method-assign]  # as a recorder's stream: nothing is patched afterwards
    options = {"live": "1", "cluster_time_limit": str(int(SLICE_S * 1000)), "flush_packets": "1"}
    ends: list[tuple[float, int]] = []
    seconds = 0.0
    with av.open(str(path)) as source, av.open(sink, "w", format="webm", options=options) as target:
        stream = target.add_stream("libopus", rate=48_000, layout="mono")
        stream.bit_rate = BIT_RATE
        resampler = av.AudioResampler("s16", "mono", 48_000, frame_size=960)
        for frame in [*_frames(source, resampler), *_silence(TAIL_S)]:
            frame.pts = None
            target.mux(stream.encode(frame))
            seconds += frame.samples / 48_000
            if seconds - (ends[-1][0] if ends else 0.0) >= SLICE_S:
                ends.append((seconds, sink.tell()))
        target.mux(stream.encode(None))
    ends.append((seconds, len(sink.getvalue())))
    return sink.getvalue(), [each for at, each in enumerate(ends) if at == 0 or each[1] > ends[at - 1][1]]


def _frames(source: "av.container.InputContainer", resampler: av.AudioResampler) -> list[av.AudioFrame]:
    frames: list[av.AudioFrame] = []
    for frame in source.decode(source.streams.audio[0]):
        frame.pts = None
        frames += resampler.resample(frame)
    return [*frames, *resampler.resample(None)]


def _silence(seconds: float) -> list[av.AudioFrame]:
    frames = []
    for _ in range(int(seconds / 0.02)):
        frame = av.AudioFrame("s16", "mono", 960)
        frame.sample_rate = 48_000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frames.append(frame)
    return frames


async def speak(
    address: Address, room: str, path: Path, lang: str | None, progress: Callable[[float, float], None]
) -> None:
    """Stream the recording into the room in real time. Raises NotAudio, Refused."""
    recording = await asyncio.to_thread(slices, path)
    source = lang or (await room_of(address.url, room))["source_lang"]
    key = await login(address)
    try:
        async with host_socket(key, room, source, source) as socket:
            await _until_ready(socket)
            hearing = asyncio.create_task(_hear(socket), name="frames")
            try:
                async for piece in _in_time(recording):
                    if hearing.done():
                        hearing.result()
                    await socket.send(piece.data)
                    progress(piece.until, recording[-1].until)
            finally:
                hearing.cancel()
                await asyncio.gather(hearing, return_exceptions=True)
    except ConnectionClosed as closed:
        raise Refused(closed.rcvd.reason if closed.rcvd else "The connection was lost") from closed


async def _until_ready(socket: ClientConnection) -> None:
    async for frame in frames(socket):
        if frame.get("info", {}).get("ready_to_recieve_audio"):
            return


async def _hear(socket: ClientConnection) -> None:
    async for _ in frames(socket):
        pass


async def _in_time(recording: list[Slice]) -> AsyncIterator[Slice]:
    """Yield each slice when a microphone would have delivered it."""
    began = time.monotonic()
    for piece in recording:
        await asyncio.sleep(max(0.0, began + piece.until - time.monotonic()))
        yield piece
