"""Bundled recordings as the messages of a browser, and other recordings made of them."""

from collections.abc import Sequence
from pathlib import Path

from dolmetsch_local.recorder import PACKET_S, Recording, load, parse


def recorded(recording: Path) -> list[bytes]:
    """The recording's slices, without encoding it again."""
    return [each.data for each in parse(recording.read_bytes()).slices()]


def joined(recordings: Sequence[Path]) -> bytes:
    """Several recordings as one."""
    parts = [parse(each.read_bytes()) for each in recordings]
    return _written(Recording(parts[0].header, [block for part in parts for block in part.blocks]))


def with_silence(recording: Path, *, before: float, seconds: float) -> bytes:
    """A recording that is silent for a while before a second of it."""
    whole = load(recording)
    at = round(before / PACKET_S)
    # It ends with a second of silence.
    silence = whole.blocks[-1:] * round(seconds / PACKET_S)
    return _written(Recording(whole.header, [*whole.blocks[:at], *silence, *whole.blocks[at:]]))


def _written(recording: Recording) -> bytes:
    return b"".join(each.data for each in recording.slices())
