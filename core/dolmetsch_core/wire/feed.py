"""What flows from engine and translator to the api: sentences, translations, the live message."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from dolmetsch_core.wire.base import Wire


class Sentence(Wire):
    """A finished sentence in the source language. Append-only: its numbers never change meaning."""

    n: int = Field(ge=0)
    """Ordinal in the session, without gaps."""
    line: int = Field(ge=0)
    sent: int = Field(ge=0)
    """Index in its line, without gaps."""
    start: float
    """Seconds of the session's audio."""
    end: float
    speaker: int = -1
    lang: str
    text: str
    model: str = ""
    """Name of the speech model that wrote it; "": not known, as of engines of before."""


class Position(Wire):
    """Committed audio: every word before `cut` is in a written sentence, and `cut` lies in a pause."""

    turn: int
    """The host socket whose messages are counted."""
    message: int
    """First message that a replay needs (one before the one that holds the cut)."""
    start: int
    """Session sample (16 kHz) at which that message's audio begins."""
    cut: int
    """Session sample of the cut."""


class LinesWritten(Wire):
    """Feed entry: sentences were finished; `rest` is what follows them, unfinished."""

    kind: Literal["lines"] = "lines"
    sentences: tuple[Sentence, ...]
    rest: str = ""
    delay: float = 0.0
    """Seconds from the spoken end of the last sentence to this entry."""
    position: Position | None = None
    at: float = 0.0
    """Unix time at which the engine had the result, for measuring."""


class Translated(Wire):
    """Feed entry: a sentence is known in one more language."""

    kind: Literal["translated"] = "translated"
    n: int = Field(ge=0)
    lang: str
    text: str
    delay: float = 0.0
    """Seconds from the sentence's writing to this entry."""
    by: str = ""
    """Name of the backend that translated it; "": not known, as of workers of before."""


class SessionClosed(Wire):
    """Feed entry, the last one: the session is over, everything said is written."""

    kind: Literal["closed"] = "closed"
    reason: str = "Room closed"


FeedEntry = Annotated[LinesWritten | Translated | SessionClosed, Field(discriminator="kind")]
FEED_ENTRY: TypeAdapter[LinesWritten | Translated | SessionClosed] = TypeAdapter(FeedEntry)


class FeedGap(Exception):
    """Entries were missed, for the feed is trimmed. Remedy: read a snapshot."""


class Live(Wire):
    """Pub/sub message: the unfinished words after sentence `after`-1, and how far audio is committed."""

    after: int = 0
    """Sentences written when this was said; a reader with fewer waits for them first."""
    rest: str = ""
    delay: float = 0.0
    position: Position | None = None
    at: float = 0.0
    """Unix time at which the engine had the result, for measuring."""
    sounds_like: str = ""
    """The language that is spoken in place of the session's; "": no reason to think so."""
