"""The forms of a transcript, character by character."""

import itertools
import re
import textwrap
from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dolmetsch_api.transcripts.cues import APART_S, Cue, TextPart, in_language, of_recording, recordings
from dolmetsch_api.transcripts.forms import LINE_LENGTH, markdown, marked_text, plain, srt, webvtt
from dolmetsch_api.transcripts.marks import MadeBy
from dolmetsch_core.archive.reading import Line, Part
from dolmetsch_core.wire.consent import TalkFacts
from dolmetsch_core.wire.feed import Sentence

MONDAY = 1755518580.0
"""2025-08-18 14:03 in Berlin."""
BERLIN = ZoneInfo("Europe/Berlin")
MARK = MadeBy(version="1.2.3", speech_models=("base",), translators={}, day=date(2025, 8, 18), reviewed=False)
IN_WORDS = "Made by a machine: Dolmetsch 1.2.3, speech model base, 2025-08-18, not reviewed by a person."
AS_CUE = "Made by a machine: Dolmetsch 1.2.3, speech\nmodel base, 2025-08-18, not reviewed by a\nperson.\n"
AS_NOTE = (
    f"NOTE\n{IN_WORDS}\n"
    "Digital source type: http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia\n"
)


def said(*texts: str, **fields: Any) -> tuple[Line, ...]:
    """Sentences of three seconds each, translated into German by capitals."""
    return tuple(
        Line(
            Sentence(
                n=n, line=n // 2, sent=n % 2, start=3.0 * n, end=3.0 * n + 2.5, lang="en", text=text, **fields
            ),
            {"de": text.upper()},
        )
        for n, text in enumerate(texts)
    )


def part(started: float, lines: tuple[Line, ...]) -> Part:
    return Part(
        room="R1", session=str(started), talk=TalkFacts(), public=True, source_lang="en", started=started,
        updated=started, ended=None, mine=False, speech_model="base", translators={"de": "capitals"},
        reviewed=False, lines=lines,
    )  # fmt: skip


def test_the_text_form_of_clients_in_use() -> None:
    parts = in_language([part(MONDAY, said("Hello.", "Good morning.", "Now the second line."))], "en")
    assert plain(parts, BERLIN) == (
        "[Transcription started on Monday, August 18, 2025 at 14:03]\n"
        "[00:00:00 - 00:00:05]\n"
        "Hello. Good morning.\n"
        "[00:00:06 - 00:00:08]\n"
        "Now the second line.\n"
    )


def test_our_own_text_form_begins_with_the_mark_and_goes_on_like_the_one_of_clients_in_use() -> None:
    parts = in_language([part(MONDAY, said("Hello."))], "en")
    assert marked_text(parts, MARK, BERLIN) == f"{IN_WORDS}\n{plain(parts, BERLIN)}"


def test_a_known_speaker_stands_before_the_time() -> None:
    parts = in_language([part(MONDAY, said("Hello.", speaker=1))], "de")
    assert plain(parts, UTC).splitlines()[1:] == ["1: [00:00:00 - 00:00:02]", "HELLO."]


def test_parts_are_joined_in_order_of_time_each_under_its_heading() -> None:
    parts = in_language([part(MONDAY, said("First.")), part(MONDAY + 3600, said("Second."))], "en")
    assert plain(parts, BERLIN) == (
        "[Transcription started on Monday, August 18, 2025 at 14:03]\n[00:00:00 - 00:00:02]\nFirst.\n\n"
        "[Transcription started on Monday, August 18, 2025 at 15:03]\n[00:00:00 - 00:00:02]\nSecond.\n"
    )


def test_subtitles_of_joined_parts_fit_one_recording() -> None:
    parts = in_language([part(MONDAY, said("First.")), part(MONDAY + 3600.5, said("Second."))], "en")
    assert srt(parts, MARK, "cue") == (
        "1\n00:00:00,000 --> 00:00:02,500\nFirst.\n\n"
        f"2\n00:00:02,500 --> 00:00:08,500\n{AS_CUE}\n"
        "3\n01:00:00,500 --> 01:00:03,000\nSecond.\n"
    )
    assert srt(parts, MARK, "note") == (
        f"{AS_NOTE}\n1\n00:00:00,000 --> 00:00:02,500\nFirst.\n\n2\n01:00:00,500 --> 01:00:03,000\nSecond.\n"
    )


def test_parts_of_another_day_are_another_recording() -> None:
    days = [
        part(MONDAY, said("First.")),
        part(MONDAY + 3600, said("Second.")),
        part(MONDAY + 3602.5 + APART_S, said("Still the first.")),
        part(MONDAY + 86_400 * 2, said("Next day.")),
        part(MONDAY + 86_400 * 2 + 60, said("And on.")),
    ]
    assert recordings(days) == [0, 0, 0, 1, 1]
    found = in_language(days, "en")
    assert srt(of_recording(found, None), MARK, "note") == (
        f"{AS_NOTE}\n1\n00:00:00,000 --> 00:00:02,500\nNext day.\n\n"
        "2\n00:01:00,000 --> 00:01:02,500\nAnd on.\n"
    )
    assert srt(of_recording(found, 0), MARK, "note").startswith(
        f"{AS_NOTE}\n1\n00:00:00,000 --> 00:00:02,500\nFirst.\n\n2\n01:00:00,000"
    )
    assert of_recording(found, 2) == []
    page = markdown(found, MARK, TalkFacts(), UTC)
    assert page.count("**00:00:00**") == 2, "times begin anew with each recording"
    assert plain(found, UTC).count("[00:00:00 - ") == 5, "all parts"


def test_the_newest_recording_is_the_newest_with_text_in_the_language() -> None:
    untranslated = tuple(Line(each.sentence, {}) for each in said("Only English."))
    found = in_language([part(MONDAY, said("Both.")), part(MONDAY + 86_400, untranslated)], "de")
    assert "BOTH." in srt(of_recording(found, None), MARK, "cue")


def test_times_of_a_part_begin_with_it_also_after_one_without_text() -> None:
    untranslated = tuple(Line(each.sentence, {}) for each in said("Only English."))
    found = in_language([part(MONDAY, untranslated), part(MONDAY + 60, said("Both."))], "de")
    assert plain(found, UTC).splitlines()[1] == "[00:00:00 - 00:00:02]"
    assert srt(found, MARK, "note").startswith(f"{AS_NOTE}\n1\n00:01:00,000 --> "), "fits the recording"


def test_text_of_spaces_is_no_text() -> None:
    assert in_language([part(MONDAY, said("  "))], "en") == []


def test_wrapping_a_long_sentence_takes_few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    wrap = textwrap.wrap
    monkeypatch.setattr(textwrap, "wrap", lambda text, width: looks.append(width) or wrap(text, width))
    words = "Donaudampfschifffahrtsgesellschaft " * 40
    assert srt([TextPart(MONDAY, (Cue(0.0, 60.0, words),))], MARK, "note")
    assert len([each for each in looks if each > LINE_LENGTH]) <= 8


def test_webvtt_is_escaped_and_names_its_language() -> None:
    parts = in_language([part(MONDAY, said("a < b & c --> d", speaker=0))], "en")
    assert webvtt(parts, MARK, "en") == (
        f"WEBVTT\nKind: captions\nLanguage: en\n\n{AS_NOTE}\n"
        "00:00:00.000 --> 00:00:02.500\n<v Speaker 1>a &lt; b &amp; c → d\n"
    )


def test_what_was_not_translated_is_left_out() -> None:
    lines = said("One.", "Two.")
    half = (Line(lines[0].sentence, {}), lines[1])
    parts = in_language([part(MONDAY, half)], "de")
    assert [cue.text for each in parts for cue in each.cues] == ["TWO."]
    assert in_language([part(MONDAY, half)], "pt") == []


@pytest.mark.parametrize(
    "text",
    [
        "This is a rather long sentence that nobody could read in one go, so it has to be cut into several "
        "pieces, each of which has two lines at most and none of which is a single word alone.",
        "我们今天要讲的是会议的现场转录和翻译" * 8,
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenfabrikationsanlagenbesitzergattin" * 2,
    ],
    ids=["English", "Chinese", "one word"],
)
def test_a_long_sentence_is_shown_piece_by_piece(text: str) -> None:
    cue = Cue(10.0, 30.0, text)
    blocks = srt([TextPart(MONDAY, (cue,))], MARK, "note").strip().split("\n\n")[1:]
    assert len(blocks) > 1
    for block in blocks:
        lines = block.splitlines()[2:]
        assert 1 <= len(lines) <= 2
        assert all(len(line) <= LINE_LENGTH for line in lines)
    shown = "".join(line for block in blocks for line in block.splitlines()[2:])
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", text)
    times = re.findall(r"(\S+) --> (\S+)", "\n".join(blocks))
    assert times[0][0] == "00:00:10,000"
    assert times[-1][1] == "00:00:30,000"
    assert all(before[1] == after[0] for before, after in itertools.pairwise(times))


def test_subtitles_never_overlap_and_always_last() -> None:
    cues = (Cue(0.0, 4.0, "One."), Cue(3.0, 3.0, "Two."), Cue(3.1, 5.0, "Three."))
    times = re.findall(r"(\S+) --> (\S+)", srt([TextPart(MONDAY, cues)], MARK, "note"))
    assert times == [
        ("00:00:00,000", "00:00:04,000"),
        ("00:00:04,000", "00:00:04,200"),
        ("00:00:04,200", "00:00:05,000"),
    ]


def test_a_blank_line_in_a_text_does_not_end_its_subtitle() -> None:
    written = srt([TextPart(MONDAY, (Cue(0.0, 1.0, "a\n\nb"),))], MARK, "note")
    assert written == f"{AS_NOTE}\n1\n00:00:00,000 --> 00:00:01,000\na b\n"


def test_markdown_has_the_talks_heading_and_no_markup_of_others() -> None:
    talk = TalkFacts(title="<b>Big</b> *talk*", persons=("Ada", "Grace"), location="Hall 1", track="Main")
    parts = in_language([part(MONDAY, said("Hello_you.", "Bye."))], "en")
    assert markdown(parts, MARK, talk, BERLIN) == (
        f"# &lt;b&gt;Big&lt;/b&gt; \\*talk\\*\n\n*{IN_WORDS}*\n\n"
        f"<!-- made-by: {MARK.model_dump_json()} -->\n\n"
        "Ada, Grace · Hall 1 · Main\n\n"
        "*Transcription started on 2025-08-18 at 14:03*\n\n"
        "**00:00:00** Hello\\_you. Bye.\n"
    )
