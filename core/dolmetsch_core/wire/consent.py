"""What a host allowed to be done with what is said, and what the transcript is to be headed with."""

from pydantic import Field

from dolmetsch_core.wire.base import Wire

MAX_KEEP_DAYS = 36_500
"""A hundred years: who wants longer sets no limit. Checked where days are set, not again by readers."""


class TalkFacts(Wire):
    """What a transcript says of its talk, as the schedule had it while it was held."""

    title: str = ""
    code: str = ""
    """The talk's code in the schedule; '' for a room that has none."""
    persons: tuple[str, ...] = ()
    location: str = ""
    """The place, which a schedule calls room."""
    track: str = ""
    track_color: str = ""


class Consent(Wire):
    """One session's consent. Written again and again by each api from the Room, read by the scribe."""

    room: str
    session: str
    store: bool
    """False: nothing is copied, and what was is deleted, for good."""
    public: bool
    owner: str
    source_lang: str
    generation: int = 0
    """Of the Room: who knows a later one is not overruled by who does not; of the same, who says no."""
    planned: bool = True
    """Whether the talk is known from schedule, file or admin. False: its heading and days say little."""
    keep_days: int | None = Field(default=None, ge=1)
    """After so many days the transcript is deleted. None: as the worker's setting says."""
    talk: TalkFacts = TalkFacts()
