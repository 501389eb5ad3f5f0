"""The mark in each form: what it says, and that no name breaks the form for other programs."""

import io
import itertools
import json
from dataclasses import replace
from datetime import UTC, date
from html.parser import HTMLParser
from typing import Any, Literal
from zoneinfo import ZoneInfo

import av
import pytest

from dolmetsch_api.transcripts.cues import Cue, TextPart, in_language
from dolmetsch_api.transcripts.forms import CUE_LENGTH, MARK_S, markdown, marked_text, plain, srt, webvtt
from dolmetsch_api.transcripts.marks import (
    NAME_LENGTH,
    SOURCE_TYPE,
    MadeBy,
    in_words,
    mark_of_text,
    mark_of_transcript,
)
from dolmetsch_core.archive.reading import Line, Part
from dolmetsch_core.wire.consent import TalkFacts
from dolmetsch_core.wire.feed import Sentence

MONDAY = 1755518580.0
"""2025-08-18 14:03 in Berlin."""
DAY = date(2025, 8, 18)
HOSTILE = [
    "-->",
    "<--> a -->",
    "a\n\n1\n00:00:01,000 --> 00:00:02,000\nb",
    "\r\n\r\nNOTE\r\n",
    "--",
    "----!>",
    "<!-- <script>alert(1)</script> --!>",
    "</b><i>*_[x](y)_*`#",
    "\u2028\u2029\x85\x1c",
    "\\u002d\\n\"}'{",
    "{\\an8}",
    "模型-大",
    "x" * 600,
    "word " * 200,
]
LT = ("libretranslate",)
SAID = (Cue(2.5, 4.0, "One."), Cue(4.0, 7.0, "Two.", speaker=1), Cue(60.0, 61.0, "Three."))


def made_by(*models: str, by: tuple[str, ...] | None = None, reviewed: bool = False) -> MadeBy:
    translators = {} if by is None else {"de": by}
    return MadeBy(version="1.2.3", speech_models=models, translators=translators, day=DAY, reviewed=reviewed)


def shown(subtitles: str, form: Literal["srt", "webvtt"]) -> list[tuple[float, float, str]]:
    """Begin, end and text of each cue, as FFmpeg reads them."""
    with av.open(io.BytesIO(subtitles.encode()), format=form) as container:
        (stream,) = container.streams
        packets = [each for each in container.demux(stream) if each.pts is not None]
        times = [float(each.pts * stream.time_base) for each in packets]
        lengths = [float(each.duration * stream.time_base) for each in packets]
        texts = [" ".join(bytes(each).decode().split()) for each in packets]
    return [(at, at + length, text) for at, length, text in zip(times, lengths, texts, strict=True)]


def spoken(cues: tuple[Cue, ...] = SAID) -> list[tuple[float, float, str]]:
    return [(cue.start, cue.end, cue.text) for cue in cues]


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        (made_by("base"), "speech model base, 2025-08-18, not reviewed by a person."),
        (made_by("base", reviewed=True), "speech model base, 2025-08-18, reviewed by a person."),
        (made_by(), "speech model not known, 2025-08-18, not reviewed by a person."),
        (made_by("base", "small"), "speech models base, small, 2025-08-18, not reviewed by a person."),
        (
            made_by("base", by=LT),
            "speech model base, translated by libretranslate, 2025-08-18, not reviewed by a person.",
        ),
        (
            made_by("base", by=("a", "b"), reviewed=True),
            "speech model base, translated by a, b, 2025-08-18, reviewed by a person.",
        ),
        (
            made_by("base", by=()),
            "speech model base, translated by a machine, 2025-08-18, not reviewed by a person.",
        ),
        (made_by("two\nlines"), "speech model two lines, 2025-08-18, not reviewed by a person."),
        (made_by("a --> b"), "speech model a → b, 2025-08-18, not reviewed by a person."),
        (
            made_by("x" * 300),
            f"speech model {'x' * NAME_LENGTH}, 2025-08-18, not reviewed by a person.",
        ),
    ],
)
def test_the_mark_in_words(mark: MadeBy, words: str) -> None:
    assert in_words(mark) == f"Made by a machine: Dolmetsch 1.2.3, {words}"


def line(n: int, lang: str, **translations: str) -> Line:
    said = Sentence(n=n, line=n, sent=0, start=float(n), end=n + 1.0, lang=lang, text=f"{lang} {n}")
    return Line(said, translations)


def part(at: float = 0.0, **changed: Any) -> Part:
    """A part in English with a German translation, `at` seconds after the first."""
    made = Part(
        room="R1", session=str(at), talk=TalkFacts(), public=True, source_lang="en", started=MONDAY + at,
        updated=MONDAY, ended=None, mine=False, speech_model="base", translators={"de": "libretranslate"},
        reviewed=False, lines=(line(0, "en", de="Eins."), line(1, "en")),
    )  # fmt: skip
    return replace(made, **changed)


@pytest.mark.parametrize(
    ("parts", "lang", "models", "by", "reviewed"),
    [
        ([part()], "de", ("base",), {"de": LT}, False),
        ([part()], "en", ("base",), {}, False),
        ([part(reviewed=True)], "en", ("base",), {}, True),
        ([part(reviewed=True), part(60, reviewed=False)], "en", ("base",), {}, False),
        # What is left out of the text does not count.
        ([part(reviewed=True), part(60, lines=(line(0, "en"),))], "de", ("base",), {"de": LT}, True),
        ([part(), part(60, speech_model="small")], "en", ("base", "small"), {}, False),
        ([part(), part(60, speech_model=""), part(90)], "en", ("base",), {}, False),
        ([part(speech_model="")], "en", (), {}, False),
        ([part(), part(60, translators={"de": "fast"})], "de", ("base",), {"de": (*LT, "fast")}, False),
        ([part(translators={})], "de", ("base",), {"de": ()}, False),
        # German was spoken in the second part: it has no translator, whatever the archive holds of others.
        ([part(60, lines=(line(0, "de", en="One."),))], "de", ("base",), {}, False),
        ([part(lines=(line(0, "de"), line(1, "en", de="Zwei.")))], "de", ("base",), {"de": LT}, False),
    ],
)  # fmt: skip
def test_what_the_mark_of_a_text_says(
    parts: list[Part], lang: str, models: tuple[str, ...], by: dict[str, tuple[str, ...]], reviewed: bool
) -> None:
    mark = mark_of_text(in_language(parts, lang), lang, UTC)
    assert (mark.speech_models, mark.translators, mark.reviewed) == (models, by, reviewed)


def test_the_mark_of_a_transcript_names_all_models_and_the_translators_of_each_language() -> None:
    lines = (line(0, "en", de="Eins.", pt="Um."), line(1, "en", fr="Deux."))
    second = part(60, lines=lines, speech_model="small", translators={"de": "fast", "pt": "fast"})
    mark = mark_of_transcript([part(), second], UTC)
    assert mark.speech_models == ("base", "small")
    assert mark.translators == {"de": (*LT, "fast"), "fr": (), "pt": ("fast",)}
    assert not mark.reviewed
    assert mark_of_transcript([part(reviewed=True), replace(second, reviewed=True)], UTC).reviewed


@pytest.mark.parametrize(("zone", "day"), [("Europe/Berlin", 18), ("Pacific/Kiritimati", 19)])
def test_the_day_is_the_conferences(zone: str, day: int) -> None:
    for mark in (
        mark_of_text(in_language([part()], "en"), "en", ZoneInfo(zone)),
        mark_of_transcript([part()], ZoneInfo(zone)),
    ):
        assert mark.day == date(2025, 8, day)


@pytest.mark.parametrize(
    ("times", "at", "until"),
    [
        # Nobody speaks at once: before the first word, no longer than it takes to read.
        ([(2.5, 4.0)], 0.0, 2.5),
        ([(2.0, 4.0)], 0.0, 2.0),
        ([(60.0, 64.0)], 0.0, MARK_S),
        # Too short a pause at the beginning: the next one that is long enough.
        ([(1.999, 4.0), (8.0, 9.0)], 4.0, 8.0),
        ([(0.0, 4.0), (5.0, 9.0), (11.0, 12.0)], 9.0, 11.0),
        ([(0.0, 4.0), (3600.0, 3601.0)], 4.0, 4.0 + MARK_S),
        # No pause at all: after the last word.
        ([(0.0, 4.0)], 4.0, 4.0 + MARK_S),
        ([(0.0, 4.0), (4.0, 9.0), (10.9, 12.5)], 12.5, 12.5 + MARK_S),
        # What overlaps was moved by the subtitles themselves, with the mark or without.
        ([(0.0, 4.0), (3.0, 9.0)], 9.0, 9.0 + MARK_S),
    ],
)
def test_a_marks_cue_stands_in_the_first_pause_and_moves_nothing(
    times: list[tuple[float, float]], at: float, until: float
) -> None:
    parts = [TextPart(MONDAY, tuple(Cue(start, end, f"Said {n}.") for n, (start, end) in enumerate(times)))]
    unmarked = shown(srt(parts, made_by("base"), "note"), "srt")
    assert [text for _, _, text in unmarked] == [f"Said {n}." for n in range(len(times))]
    marked = shown(srt(parts, made_by("base"), "cue"), "srt")
    (mark,) = [each for each in marked if each not in unmarked]
    assert mark == (at, until, in_words(made_by("base")))
    assert sorted([*unmarked, mark]) == marked, "in order of time, and what was said keeps its times"
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(marked))


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("mark_as", ["cue", "note"])
def test_srt_stays_readable_whatever_a_name_holds(name: str, mark_as: Literal["cue", "note"]) -> None:
    mark = made_by(name, by=(name,))
    written = srt([TextPart(MONDAY, SAID)], mark, mark_as)
    marks = [(0.0, 2.5, in_words(mark))] if mark_as == "cue" else []
    assert shown(written, "srt") == [*marks, *spoken()]
    blocks = written.strip().split("\n\n")
    assert len(blocks) == len(SAID) + 1
    numbered = blocks[1:] if mark_as == "note" else blocks
    assert [block.split("\n")[0] for block in numbered] == [str(n) for n, _ in enumerate(numbered, 1)]
    assert written.count("-->") == len(numbered), "an arrow is a time"
    if mark_as == "note":
        assert blocks[0].split("\n")[:2] == ["NOTE", in_words(mark)]


@pytest.mark.parametrize("name", HOSTILE)
def test_webvtt_stays_valid_whatever_a_name_holds(name: str) -> None:
    mark = made_by(name, by=(name,))
    written = webvtt([TextPart(MONDAY, SAID)], mark, "de")
    texts = ["One.", "<v Speaker 2>Two.", "Three."]
    assert [text for _, _, text in shown(written, "webvtt")] == texts
    head, note, *cues = written.strip().split("\n\n")
    assert head == "WEBVTT\nKind: captions\nLanguage: de"
    assert note.split("\n") == ["NOTE", in_words(mark), f"Digital source type: {SOURCE_TYPE}"]
    assert len(cues) == written.count("-->") == len(SAID), "a comment with an arrow in it is none"


class Page(HTMLParser):
    """What a browser takes for comments and elements in a text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.comments: list[str] = []
        self.elements: list[str] = []
        self.feed(page)
        self.close()

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.append(tag)


@pytest.mark.parametrize("name", HOSTILE)
def test_markdown_has_one_comment_with_the_whole_mark_whatever_model_and_title_hold(name: str) -> None:
    mark = made_by(name, by=(name,))
    written = markdown([TextPart(MONDAY, SAID)], mark, TalkFacts(title=name, persons=(name,)), UTC)
    page = Page(written)
    assert page.elements == []
    (comment,) = page.comments
    facts = json.loads(comment.removeprefix(" made-by: "))
    assert MadeBy.model_validate(facts) == mark
    assert "--" not in comment, "HTML before HTML 5, and XML, end a comment by it"
    heading, words, commented, *_ = written.split("\n\n")
    assert heading.startswith("# ")
    assert words.startswith("*Made by a machine: Dolmetsch 1.2.3, ")
    assert "\n" not in heading + words + commented


@pytest.mark.parametrize("name", HOSTILE)
def test_the_text_form_has_the_mark_in_its_first_line_whatever_a_name_holds(name: str) -> None:
    mark, parts = made_by(name, by=(name,)), [TextPart(MONDAY, SAID)]
    first, rest = marked_text(parts, mark, UTC).split("\n", 1)
    assert first == in_words(mark)
    assert first.splitlines() == [first]
    assert rest == plain(parts, UTC)


@pytest.mark.parametrize("name", HOSTILE)
def test_json_has_a_name_as_it_is(name: str) -> None:
    mark = made_by(name, by=(name,))
    assert json.loads(mark.model_dump_json()) == {
        "program": "Dolmetsch",
        "version": "1.2.3",
        "speech_models": [name],
        "translators": {"de": [name]},
        "day": "2025-08-18",
        "reviewed": False,
        "digital_source_type": SOURCE_TYPE,
    }


def test_a_mark_is_no_longer_than_a_few_lines_whatever_a_name_holds() -> None:
    assert max(len(in_words(made_by(name, by=(name,)))) for name in HOSTILE) < 3 * CUE_LENGTH
