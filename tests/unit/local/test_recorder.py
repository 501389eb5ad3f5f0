"""The recorder: slices as a browser sends them, whole when put together; what is no audio is refused."""

import wave
from array import array
from itertools import pairwise
from math import pi, sin
from pathlib import Path

import pytest

from dolmetsch_core.media import Container, HeaderCutter
from dolmetsch_engine.decoder import SAMPLE_RATE, Decoder
from dolmetsch_local.recorder import PACKET_S, PACKETS, TAIL_S, NotAudio, Slice, load, record

TALKS = Path(__file__).parents[3] / "local" / "dolmetsch_local" / "demo" / "talks"
SLICE_S = PACKETS * PACKET_S
CLUSTER = bytes.fromhex("1F43B675")
SIMPLE_BLOCK = b"\xa3"
SECONDS = 2.5


def tone(path: Path, *, rate: int = 44_100, channels: int = 1, seconds: float = SECONDS) -> Path:
    """A recording of one tone."""
    samples = array("h")
    for at in range(round(rate * seconds)):
        samples.extend([round(8000 * sin(2 * pi * 440 * at / rate))] * channels)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


@pytest.fixture(scope="module")
def slices(tmp_path_factory: pytest.TempPathFactory) -> list[Slice]:
    return record(tone(tmp_path_factory.mktemp("recorder") / "tone.wav"))


async def decoded_seconds(messages: list[bytes]) -> float:
    """What the engine's decoder makes of these messages."""
    async with Decoder(Container.WEBM) as decoder:
        pcm = b"".join([await decoder.decode(message) for message in messages])
        pcm += await decoder.close()
    return len(pcm) / 2 / SAMPLE_RATE


def test_each_slice_ends_with_the_first_byte_of_the_next_element(slices: list[Slice]) -> None:
    assert len(slices) > 2
    assert all(each.data.endswith(SIMPLE_BLOCK) for each in slices[:-1])
    # What follows that byte is the rest of a block: its size, then the track's number.
    assert all(after.data[:1] != SIMPLE_BLOCK for after in slices[1:])


def test_every_slice_opens_a_cluster(slices: list[Slice]) -> None:
    assert all(each.data.count(CLUSTER) == 1 for each in slices)


def test_the_first_slice_alone_holds_the_header(slices: list[Slice]) -> None:
    header = HeaderCutter().feed(slices[0].data)
    assert header is not None
    assert slices[0].data.startswith(header + CLUSTER)
    assert not any(each.data.startswith(header[:4]) for each in slices[1:])


def test_a_slice_tells_when_it_ends(slices: list[Slice]) -> None:
    steps = [after.until - before.until for before, after in pairwise(slices)]
    assert slices[0].until == pytest.approx(SLICE_S)
    assert steps[:-1] == pytest.approx([SLICE_S] * len(steps[:-1]))
    assert slices[-1].until == pytest.approx(SECONDS + TAIL_S, abs=0.1)


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (16_000, 1), (44_100, 2), (48_000, 2)], ids=str)
async def test_all_slices_together_decode_to_the_whole_recording(
    rate: int, channels: int, tmp_path: Path
) -> None:
    pieces = record(tone(tmp_path / "tone.wav", rate=rate, channels=channels))
    seconds = await decoded_seconds([each.data for each in pieces])
    assert seconds == pytest.approx(SECONDS + TAIL_S, abs=0.1)


async def test_a_browsers_recording_can_be_spoken_too() -> None:
    pieces = record(TALKS / "str_pause.webm")
    seconds = await decoded_seconds([each.data for each in pieces])
    assert seconds == pytest.approx(pieces[-1].until, abs=0.1)


@pytest.mark.parametrize(
    "content", [b"", b"not a recording at all", bytes(5000), b"RIFF\x00\x00\x00\x00WAVE"]
)
def test_a_file_that_is_no_audio_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "talk.wav"
    file.write_bytes(content)
    with pytest.raises(NotAudio, match=r"talk\.wav can't be read as audio"):
        record(file)


def test_a_folder_is_no_audio(tmp_path: Path) -> None:
    with pytest.raises(NotAudio):
        record(tmp_path)


@pytest.mark.parametrize("begin", [0.0, 0.3, 1.0, 1.02, SECONDS + TAIL_S - PACKET_S])
async def test_a_recorder_that_is_started_again_sends_the_rest(begin: float, tmp_path: Path) -> None:
    recording = load(tone(tmp_path / "tone.wav"))
    pieces = list(recording.slices(begin))
    rest = await decoded_seconds([each.data for each in pieces])
    assert rest == pytest.approx(recording.length - begin, abs=0.1)
    assert pieces[-1].until == recording.length


def test_after_the_end_nothing_is_sent(tmp_path: Path) -> None:
    recording = load(tone(tmp_path / "tone.wav"))
    assert list(recording.slices(recording.length)) == []
