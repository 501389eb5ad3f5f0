"""The engine's control interface: sessions and status."""

from pydantic import Field

from dolmetsch_core.wire.base import Wire
from dolmetsch_core.wire.room import Delay

HAND_OVER_S = 20.0
"""How long a host's next socket waits for audio that the one before it still brings."""


class SessionRequest(Wire):
    """Body of `PUT /session`: which session this engine serves from now on. Idempotent."""

    room: str = Field(min_length=1)
    session: str = Field(min_length=1)
    epoch: int = Field(ge=1)
    source_lang: str = Field(min_length=1)
    vocabulary: tuple[str, ...] = ()
    restart: int = 0


class EngineStatus(Wire):
    """Answer of `GET /status?after=REV`: what the engine says of itself."""

    rev: int = 0
    """Rises with every change; the long poll's position."""
    ready: bool = False
    """The model is loaded; with a session: it holds the pen and takes audio."""
    model: str = ""
    languages: tuple[str, ...] = ()
    """Whisper codes that the model knows."""
    note: str = ""
    """What the person who started it should know, such as a slow machine."""
    session: str | None = None
    epoch: int = 0
    source_lang: str = ""
    restart: int = 0
    host_connected: bool = False
    delay: Delay = Delay.OK
    hurried: bool = False
    """Finished phrases are not read once more, but stay as first read: there is no time for it."""
    failing: str | None = None
    """Why no words come out although audio goes in."""
    fenced: bool = False
    """Another engine holds the pen: this one ends."""
    drained: bool = False
    """The session ended and everything said is written."""


class AudioAccepted(Wire):
    """The engine's first text frame on `WS /audio`."""

    next: int | None = None
    """The message it waits for when it has this turn's audio already; None: it has none, replay."""


class AudioStart(Wire):
    """The api's text frame on `WS /audio` before the first audio: how its messages begin.

    A replay has `start` and `cut` (session samples, 16 kHz), a new stream `offset_ms`. The binary frame after
    it is what the decoder is given before message `first`, and may be empty.
    """

    container: str
    first: int = Field(ge=0)
    offset_ms: int = Field(default=0, ge=0)
    start: int | None = None
    """Session sample at which message `first` begins."""
    cut: int | None = None
    """Session sample up to which everything is written."""


STORE_IS_AWAY = 424
"""Status of `PUT /session` when the engine is well and the live store is away (Failed Dependency)."""
LOWER_TURN = 4409
"""Close code of `WS /audio` for a turn below the engine's own, which is the close reason."""
NO_SUCH_SESSION = 4404
"""Close code of `WS /audio` for a session that this engine does not serve."""
BAD_AUDIO = 4415
"""Close code of `WS /audio` for audio that can't be decoded; the reason says why."""
CLOCKS_DIFFER = 4425
"""Close code of `WS /audio` for a token of another time than the engine's: the reason, in Unix seconds."""
CLOCK_HEADER = "Dolmetsch-Clock"
"""The same over HTTP: on a 401, the engine's time (Unix seconds)."""
NOT_ALLOWED = 4401
"""Close code of `WS /audio` for a caller whose token does not allow it; the reason says why."""
