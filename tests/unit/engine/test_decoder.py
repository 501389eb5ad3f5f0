"""The decoder, with real bytes: every message's samples, seams, garbage, and no thread left behind."""

import asyncio
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dolmetsch_core.media import Container, HeaderCutter, seam
from dolmetsch_engine.decoder import Decoder, DecoderClosed, DecoderStalled, UndecodableStream
from tests.webm import recorded

TALK = Path(__file__).parents[3] / "local/dolmetsch_local/demo/talks/str_en.webm"
SLICES = recorded(TALK)
SECONDS = 25.3
ENDLESS = bytes.fromhex("EC0100000010000000")
"""A webm element (Void) of 256 MiB: swallows what follows, as a garbled size does."""


def encoded(container: str, codec: str, rate: int, options: dict[str, str]) -> bytes:
    """Four seconds of a tone, as another browser would record it."""
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout="mono")
        for at in range(0, 4 * rate, 960):
            tone = np.sin(np.arange(at, at + 960) * 2 * np.pi * 440 / rate).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(tone[np.newaxis, :], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = rate, at
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def samples(pcm: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.frombuffer(pcm, dtype=np.int16).astype(np.float64)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() <= before, [thread.name for thread in threading.enumerate()]


async def test_each_message_gives_its_samples_before_the_next_is_fed() -> None:
    async with Decoder(Container.WEBM) as decoder:
        lengths = [len(await decoder.decode(message)) // 2 for message in SLICES]
        rest = len(await decoder.close()) // 2
    # 300 ms a slice; the first waits for its last packet, whose end is in the second.
    assert all(abs(length - 4800) <= 330 for length in lengths[:-1])
    assert abs((sum(lengths) + rest) / 16_000 - SECONDS) < 0.1


async def test_single_bytes_are_a_stream_too() -> None:
    whole = b"".join(SLICES[:3])
    async with Decoder(Container.WEBM) as decoder:
        pcm = [await decoder.decode(whole[at : at + 1]) for at in range(len(whole))]
        pcm.append(await decoder.close())
    assert abs(len(b"".join(pcm)) / 32_000 - 0.9) < 0.05


@pytest.mark.parametrize(
    ("container", "codec", "rate", "options"),
    [
        (Container.OGG, "libopus", 48_000, {}),
        (
            Container.MP4,
            "libopus",
            48_000,
            {"movflags": "frag_keyframe+empty_moov", "frag_duration": "250000"},
        ),
        (Container.MP4, "aac", 44_100, {"movflags": "frag_keyframe+empty_moov", "frag_duration": "250000"}),
        (Container.WEBM, "libopus", 48_000, {}),
    ],
)
async def test_other_browsers_containers_are_decoded(
    container: Container, codec: str, rate: int, options: dict[str, str]
) -> None:
    stream = encoded(container.value, codec, rate, options)
    async with Decoder(container) as decoder:
        pcm = [await decoder.decode(stream[at : at + 1000]) for at in range(0, len(stream), 1000)]
        pcm.append(await decoder.close())
    heard = samples(b"".join(pcm))
    assert abs(len(heard) / 16_000 - 4) < 0.15
    middle = heard[16_000:32_000]
    assert abs(int(np.argmax(np.abs(np.fft.rfft(middle)))) - 440) <= 1


async def test_new_decoder_goes_on_at_a_message_edge_without_losing_a_sample() -> None:
    header = HeaderCutter().feed(SLICES[0])
    assert header is not None
    async with Decoder(Container.WEBM) as first:
        starts = [0]
        whole = b""
        for message in SLICES:
            whole += await first.decode(message)
            starts.append(len(whole) // 2)
    async with Decoder(Container.WEBM) as second:
        pcm = await second.decode(seam(Container.WEBM, header, SLICES[29]))
        for message in SLICES[30:]:
            pcm += await second.decode(message)
    # A new Opus decoder swallows its first 6.5 ms, and is wrong for 100 ms.
    late = len(whole) // 2 - starts[30] - len(pcm) // 2
    assert 0 <= late <= 120
    one, two = samples(whole)[starts[30] + late + 3200 :], samples(pcm)[3200:]
    assert np.corrcoef(one, two)[0, 1] > 0.99


async def test_garbled_packet_is_skipped() -> None:
    garbled = bytearray(SLICES[10])
    garbled[60:90] = bytes(30)
    async with Decoder(Container.WEBM) as decoder:
        pcm = b""
        for message in [*SLICES[:10], bytes(garbled), *SLICES[11:30]]:
            pcm += await decoder.decode(message)
    assert len(pcm) / 32_000 > 7


async def test_two_seconds_of_bytes_without_samples_are_a_stall() -> None:
    now = 0.0
    async with Decoder(Container.WEBM, clock=lambda: now) as decoder:
        await decoder.decode(SLICES[0][:-1] + ENDLESS)
        for moment in (10.0, 10.5, 11.0, 11.9):
            now = moment
            await decoder.decode(bytes(400))
        now = 12.0
        with pytest.raises(DecoderStalled, match=r"Remedy: go on in a new decoder"):
            await decoder.decode(bytes(400))


async def test_many_bytes_without_samples_are_a_stall_in_no_time() -> None:
    async with Decoder(Container.WEBM, clock=lambda: 0.0) as decoder:
        await decoder.decode(SLICES[0][:-1] + ENDLESS)
        with pytest.raises(DecoderStalled):
            for _ in range(100):
                await decoder.decode(bytes(4000))


async def test_damaged_header_is_an_error_with_a_remedy() -> None:
    async with Decoder(Container.WEBM) as decoder:
        with pytest.raises(UndecodableStream, match=r"Remedy: restart the recorder"):
            for _ in range(10):
                await decoder.decode(b"\x1a\x45\xdf\xa3" + bytes(1000))


async def test_closed_decoder_refuses_bytes() -> None:
    decoder = Decoder(Container.WEBM)
    await decoder.decode(SLICES[0])
    await decoder.close()
    with pytest.raises(DecoderClosed):
        await decoder.decode(SLICES[1])


async def test_cancelled_decode_leaves_no_thread() -> None:
    async def endless() -> None:
        async with Decoder(Container.WEBM) as decoder:
            await decoder.decode(SLICES[0])
            reached.set()
            await asyncio.Event().wait()

    reached = asyncio.Event()
    task = asyncio.create_task(endless())
    await reached.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_decoder_that_never_got_a_byte_can_be_closed() -> None:
    assert await Decoder(Container.OGG).close() == b""
