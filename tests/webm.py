"""Bundled recordings as the messages of a browser, and other recordings made of them."""

from collections.abc import Sequence
from pathlib import Path

from dolmetsch_local.recorder import Recording, parse


def recorded(recording: Path) -> list[bytes]:
    """The recording's slices, without encoding it again."""
    return [each.data for each in parse(recording.read_bytes()).slices()]


def joined(recordings: Sequence[Path]) -> bytes:
    """Several recordings as one."""
    parts = [parse(each.read_bytes()) for each in recordings]
    return _written(Recording(parts[0].header, [block for part in parts for block in part.blocks]))


def _written(recording: Recording) -> bytes:
    return b"".join(each.data for each in recording.slices())
