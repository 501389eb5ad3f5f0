"""A bundled recording as the messages of a browser."""

from pathlib import Path

from dolmetsch_local.recorder import cut


def recorded(recording: Path) -> list[bytes]:
    """The recording's slices, without encoding it again."""
    return [each.data for each in cut(recording.read_bytes())]
