"""A bundled recording as the messages of a browser."""

from pathlib import Path

from dolmetsch_local.recorder import parse


def recorded(recording: Path) -> list[bytes]:
    """The recording's slices, without encoding it again."""
    return [each.data for each in parse(recording.read_bytes()).slices()]
