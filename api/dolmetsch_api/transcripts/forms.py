"""Transcripts as text. Pure: what they hold and when, in; characters out."""

import html
import re
import textwrap
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, tzinfo
from itertools import groupby

from dolmetsch_api.settings import SubtitleMark
from dolmetsch_api.transcripts.cues import Cue, TextPart, one_line
from dolmetsch_api.transcripts.marks import MadeBy, in_words
from dolmetsch_core.wire.consent import TalkFacts

LINE_LENGTH = 42
"""Characters in a line of a subtitle: what broadcasters use."""
CUE_LENGTH = 2 * LINE_LENGTH
"""A subtitle has two lines at most; a longer sentence is shown piece by piece."""
LEAST_S = 0.2
MARK_S = 6.0
"""How long a mark is shown as a subtitle of its own, unless somebody speaks before."""
LEAST_MARK_S = 2.0
"""A shorter pause is none to read a mark in."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def plain(parts: Sequence[TextPart], zone: tzinfo | None) -> str:
    """Return the text form that clients in use read: a heading per part, then time and text of each line.

    Times of a part count from its beginning.
    """
    return "\n".join(_plain_part(part, zone) for part in parts)


def marked_text(parts: Sequence[TextPart], mark: MadeBy, zone: tzinfo | None) -> str:
    """Return the text form of our own route: the mark in a line, then what `plain` returns."""
    return f"{in_words(mark)}\n{plain(parts, zone)}"


def _plain_part(part: TextPart, zone: tzinfo | None) -> str:
    began = datetime.fromtimestamp(part.started, zone)
    # Not strftime: its names are the server's language's.
    when = f"{WEEKDAYS[began.weekday()]}, {MONTHS[began.month - 1]} {began:%d, %Y} at {began:%H:%M}"
    said = [f"[Transcription started on {when}]"]
    for cues in _lines(part.cues):
        first, last = cues[0], cues[-1]
        speaker = f"{first.speaker}: " if first.speaker >= 0 else ""
        said.append(f"{speaker}[{_clock(first.start - part.offset)} - {_clock(last.end - part.offset)}]")
        said.append(" ".join(one_line(cue.text) for cue in cues))
    return "\n".join(said) + "\n"


def markdown(parts: Sequence[TextPart], mark: MadeBy, talk: TalkFacts, zone: tzinfo | None) -> str:
    """Return a page with the talk's heading, the mark, and a paragraph per line, timed within its recording.

    The mark is there twice: as a sentence, and as JSON in a comment that no page shows.
    """
    head = [f"# {_escaped(talk.title)}" if talk.title else "# Transcript"]
    head += [f"*{_escaped(in_words(mark))}*", _comment(mark)]
    facts = [", ".join(talk.persons), talk.location, talk.track]
    if any(facts):
        head.append(" · ".join(_escaped(each) for each in facts if each))
    for part in parts:
        began = datetime.fromtimestamp(part.started, zone)
        head.append(f"*Transcription started on {began:%Y-%m-%d at %H:%M}*")
        for cues in _lines(part.cues):
            speaker = f" Speaker {cues[0].speaker + 1}:" if cues[0].speaker >= 0 else ""
            text = " ".join(_escaped(cue.text) for cue in cues)
            head.append(f"**{_clock(cues[0].start)}**{speaker} {text}")
    return "\n\n".join(head) + "\n"


def srt(parts: Sequence[TextPart], mark: MadeBy, mark_as: SubtitleMark) -> str:
    """Return SubRip subtitles of one recording: numbered, `HH:MM:SS,mmm`, a blank line between.

    `mark_as` note: a block without a number, as SubRip has no comments; docs/marking.md says who minds it.
    """
    cues = _subtitles(parts)
    if mark_as == "cue":
        cues = _with_mark(cues, in_words(mark))
    blocks = [
        f"{number}\n{_stamp(cue.start, ',')} --> {_stamp(cue.end, ',')}\n{_wrapped(cue.text)}\n"
        for number, cue in enumerate(cues, 1)
    ]
    return "\n".join([_note(mark), *blocks] if mark_as == "note" else blocks)


def webvtt(parts: Sequence[TextPart], mark: MadeBy, lang: str) -> str:
    """Return WebVTT (W3C) subtitles of one recording, marked in a comment; text is escaped as it demands."""
    blocks = [f"WEBVTT\nKind: captions\nLanguage: {lang}\n", _note(mark)]
    for cue in _subtitles(parts):
        voice = f"<v Speaker {cue.speaker + 1}>" if cue.speaker >= 0 else ""
        text = "\n".join(html.escape(line, quote=False) for line in _wrapped(cue.text).split("\n"))
        blocks.append(f"{_stamp(cue.start, '.')} --> {_stamp(cue.end, '.')}\n{voice}{text}\n")
    return "\n".join(blocks)


def _note(mark: MadeBy) -> str:
    """A comment of WebVTT's, without a blank line or an arrow: these would end it."""
    return f"NOTE\n{in_words(mark)}\nDigital source type: {mark.digital_source_type}\n"


def _comment(mark: MadeBy) -> str:
    """A comment of HTML's with JSON in it. No name ends the comment: JSON has numbers for such characters."""
    facts = mark.model_dump_json().replace("<", r"\u003c").replace(">", r"\u003e").replace("--", r"-\u002d")
    return f"<!-- made-by: {facts} -->"


def _with_mark(cues: Sequence[Cue], words: str) -> list[Cue]:
    """Put the mark into the first pause that is long enough, or else after the last cue.

    Where nobody speaks at once, the first pause is before the first cue. Cues keep their times.
    """
    free = 0.0
    for at, cue in enumerate(cues):
        if cue.start - free >= LEAST_MARK_S:
            return [*cues[:at], Cue(free, min(cue.start, free + MARK_S), words), *cues[at:]]
        free = cue.end
    return [*cues, Cue(free, free + MARK_S, words)]


def _subtitles(parts: Sequence[TextPart]) -> list[Cue]:
    """Cues short enough to be read, in order, none beginning before the one ahead of it has ended."""
    found: list[Cue] = []
    for part in parts:
        for cue in part.cues:
            for piece in _pieces(cue):
                start = max(piece.start, found[-1].end if found else 0.0)
                end = max(piece.end, start + LEAST_S)
                found.append(Cue(start, end, piece.text, piece.speaker, piece.line))
    return found


def _pieces(cue: Cue) -> list[Cue]:
    """Cut a long sentence at spaces (where a script has none: anywhere), its time by length of text."""
    text = one_line(cue.text)
    texts = _balanced(text)
    total = sum(len(each) for each in texts)
    found, at = [], cue.start
    for each in texts:
        until = at + (cue.end - cue.start) * len(each) / total
        found.append(Cue(at, until, each, cue.speaker, cue.line))
        at = until
    return found


def _balanced(text: str) -> list[str]:
    """Pieces of at most CUE_LENGTH, about equally long: no single word is left for the last one."""
    return _wrap(text, CUE_LENGTH, -(-len(text) // CUE_LENGTH)) or [text]


def _wrapped(text: str) -> str:
    return "\n".join(_wrap(text, LINE_LENGTH, 2)) if len(text) > LINE_LENGTH else text


def _wrap(text: str, width: int, count: int) -> list[str]:
    """Wrap into `count` pieces of at most `width`, as narrow as can be; else into as many as it takes."""
    if len(text) <= width:
        return [text]
    least = min(width, -(-len(text) // count))
    narrower = bisect_left(
        range(least, width), True, key=lambda each: len(textwrap.wrap(text, each)) <= count
    )
    return textwrap.wrap(text, least + narrower)


def _lines(cues: Sequence[Cue]) -> list[list[Cue]]:
    return [list(group) for _, group in groupby(cues, key=lambda cue: (cue.line, cue.speaker))]


def _clock(seconds: float) -> str:
    whole = int(max(0.0, seconds))
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


def _stamp(seconds: float, point: str) -> str:
    ms = round(max(0.0, seconds) * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{point}{ms % 1000:03}"


def _escaped(text: str) -> str:
    """Markdown and HTML characters as themselves: a title is text, never markup."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~>])", r"\\\1", html.escape(one_line(text), quote=False))
