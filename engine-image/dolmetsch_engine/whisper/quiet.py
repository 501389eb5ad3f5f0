"""Libraries that would log spoken text or configure logging at import, kept quiet.

WhisperLiveKit sets its loggers to DEBUG one by one and logs every hypothesis there; faster-whisper and
argostranslate log what they read at INFO or DEBUG. Only warnings pass.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TALKATIVE: Final = ("whisperlivekit", "faster_whisper", "argostranslate")


class _Relay(logging.Handler):
    """Hands warnings on to the handlers of the root logger, and nothing below."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        logging.getLogger().handle(record)


def silence_spoken_text() -> None:
    """Let only warnings of the talkative libraries through, also of loggers that do not exist yet."""
    for name in TALKATIVE:
        parent = logging.getLogger(name)
        parent.propagate = False
        parent.handlers = [_Relay()]
        known = [other for other in logging.root.manager.loggerDict if other.startswith(f"{name}.")]
        for logger in (parent, *map(logging.getLogger, known)):
            logger.setLevel(logging.WARNING)


@contextmanager
def quiet_import() -> Iterator[None]:
    """Import within this: the root logger stays as it was, and the talkative loggers are turned down."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        silence_spoken_text()
