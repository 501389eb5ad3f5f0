"""What was spoken and read when, for measuring: a file with one JSON object a line.

`{"began": T}`: the recording's first audio was sent as of then. `{"at": T, "frame": {...}}`: what a viewer's
socket brought. T are Unix seconds. `speak` and `listen` may write to one file.
"""

import json
import os
import time
from pathlib import Path
from typing import Any


class TalkLog:
    """Appends to a file; to none, if there is no path."""

    def __init__(self, path: Path | None) -> None:
        """Raises OSError when the file can't be written."""
        self._file = None if path is None else os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def began(self) -> None:
        """The recording begins now."""
        self._write(began=time.time())

    def frame(self, frame: dict[str, Any]) -> None:
        """A frame came."""
        self._write(at=time.time(), frame=frame)

    def _write(self, **fields: Any) -> None:
        if self._file is not None:
            # One call: lines of two processes do not mix.
            os.write(self._file, json.dumps(fields, ensure_ascii=False).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
