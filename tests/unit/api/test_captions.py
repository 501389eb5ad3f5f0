"""A session's captions by revision: merged, in order, each change once, whatever order it all comes in."""

import json
from itertools import permutations
from typing import Any

import pytest

from dolmetsch_api.sockets.captions import FRAMES_KEPT, CaptionState
from dolmetsch_core.live.feed import Snapshot
from dolmetsch_core.wire.feed import (
    FeedGap,
    LinesWritten,
    Live,
    Position,
    Sentence,
    SessionClosed,
    Translated,
)

PLACES = [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 0)]
"""(line, index in it) of the sentences of these tests."""
POSITION = Position(turn=1, message=3, start=100, cut=200)


def sentence(n: int) -> Sentence:
    line, sent = PLACES[n]
    return Sentence(n=n, line=line, sent=sent, start=10.0 * n, end=10.0 * n + 8, lang="en", text=f"en {n}")


def written(
    *numbers: int, rest: str = "", delay: float = 1.0, position: Position | None = None
) -> LinesWritten:
    return LinesWritten(sentences=tuple(map(sentence, numbers)), rest=rest, delay=delay, position=position)


def translated(n: int, lang: str = "de", delay: float = 0.25) -> Translated:
    return Translated(n=n, lang=lang, text=f"{lang} {n}", delay=delay)


def frame(state: CaptionState, lang: str = "de", rev: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(state.since(lang, rev))
    return found


def contents(state: CaptionState, lang: str = "de", rev: int = 0) -> dict[tuple[int, int], dict[str, str]]:
    """The sentences of a frame, by their place."""
    return {
        (line["line_idx"], each["sent_idx"]): each["content"]
        for line in frame(state, lang, rev)["last_n_sents"]
        for each in line["sentences"]
    }


def places(state: CaptionState, lang: str = "de", rev: int = 0) -> list[tuple[int, int]]:
    return list(contents(state, lang, rev))


@pytest.fixture
def state() -> CaptionState:
    """Three sentences, the first one translated."""
    state = CaptionState()
    state.take(written(0, 1, 2, rest="and"))
    state.take(translated(0))
    return state


def test_a_new_session_is_an_empty_frame() -> None:
    assert frame(CaptionState()) == {
        "last_n_sents": [],
        "incomplete_sentence": "",
        "transcription_delay": 0.0,
        "translation_delay": 0.0,
    }


def test_revision_0_is_everything(state: CaptionState) -> None:
    assert contents(state) == {
        (0, 0): {"en": "en 0", "de": "de 0"},
        (0, 1): {"en": "en 1"},
        (1, 0): {"en": "en 2"},
    }
    assert frame(state)["incomplete_sentence"] == "and"


def test_since_merges_all_that_changed_into_one_frame(state: CaptionState) -> None:
    rev = state.rev
    state.take(written(3))
    state.take(translated(1))
    state.take(written(4, rest="then"))
    state.take(translated(4))
    assert contents(state, rev=rev) == {
        (0, 1): {"en": "en 1", "de": "de 1"},
        (1, 1): {"en": "en 3"},
        (1, 2): {"en": "en 4", "de": "de 4"},
    }
    assert frame(state, rev=rev)["incomplete_sentence"] == "then"


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_sockets_of_any_pace_get_each_change_once_and_end_with_the_same(steps: int) -> None:
    state, rev = CaptionState(), 0
    merged: dict[tuple[int, int], dict[str, str]] = {}
    entries = [each for n in range(6) for each in (written(n), translated(n))]
    for at, entry in enumerate(entries, 1):
        state.take(entry)
        if at % steps and at < len(entries):
            continue
        for place, content in contents(state, rev=rev).items():
            assert merged.get(place) != content, "came again unchanged"
            merged[place] = content
        rev = state.rev
    assert merged == contents(state)
    assert list(merged) == PLACES


def test_a_translation_into_another_language_repeats_nothing(state: CaptionState) -> None:
    rev = state.rev
    state.take(translated(1, "pt"))
    assert places(state, "de", rev) == []
    assert places(state, "en", rev) == []
    assert contents(state, "pt", rev) == {(0, 1): {"en": "en 1", "pt": "pt 1"}}


def test_live_words_repeat_no_sentence(state: CaptionState) -> None:
    rev = state.rev
    assert state.take_live(Live(after=3, rest="and then", delay=0.5))
    assert frame(state, rev=rev) == {
        "last_n_sents": [],
        "incomplete_sentence": "and then",
        "transcription_delay": 0.5,
        "translation_delay": 0.25,
    }


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_translations_may_come_before_their_sentences(order: tuple[int, ...]) -> None:
    state = CaptionState()
    for n in order:
        state.take(translated(n))
    assert places(state) == []
    rev = state.rev
    state.take(written(0, 1))
    state.take(written(2))
    assert contents(state, rev=rev) == {PLACES[n]: {"en": f"en {n}", "de": f"de {n}"} for n in range(3)}


def test_early_translations_of_several_languages_are_all_kept() -> None:
    state = CaptionState()
    state.take(translated(0, "de"))
    state.take(translated(0, "pt"))
    state.take(written(0))
    assert contents(state, "de") == {(0, 0): {"en": "en 0", "de": "de 0"}}
    assert contents(state, "pt") == {(0, 0): {"en": "en 0", "pt": "pt 0"}}


def test_live_words_that_are_too_late_change_nothing(state: CaptionState) -> None:
    before, rev = state.since("de", 0), state.rev
    assert not state.take_live(Live(after=2, rest="old words", delay=9.0, position=POSITION))
    assert (state.since("de", 0), state.rev, state.position) == (before, rev, None)


def test_live_words_that_are_too_early_wait_for_their_sentences(state: CaptionState) -> None:
    before = state.since("de", 0)
    assert not state.take_live(Live(after=5, rest="early words"))
    assert state.since("de", 0) == before
    state.take(written(3, rest="between"))
    assert frame(state)["incomplete_sentence"] == "between"
    state.take(written(4, rest="in the entry"))
    assert frame(state)["incomplete_sentence"] == "early words"


def test_early_words_that_were_overtaken_are_forgotten(state: CaptionState) -> None:
    state.take_live(Live(after=4, rest="early words"))
    state.take(written(3, 4, rest="the newest"))
    assert frame(state)["incomplete_sentence"] == "the newest"


def test_the_same_live_words_again_are_no_change(state: CaptionState) -> None:
    rev = state.rev
    assert not state.take_live(Live(after=3, rest="and", delay=7.0))
    assert state.rev == rev


def test_live_words_bring_the_position_even_without_a_change(state: CaptionState) -> None:
    state.take_live(Live(after=3, rest="and", position=POSITION))
    assert state.position == POSITION


@pytest.mark.parametrize(
    "entry", [written(0, 1, 2, rest="old"), written(1, rest="old"), translated(0), SessionClosed()]
)
def test_the_same_entry_again_brings_no_sentence_and_no_older_words(
    entry: LinesWritten | Translated | SessionClosed, state: CaptionState
) -> None:
    state.take(written(3, rest="newer"))
    before, rev = state.since("de", 0), state.rev
    state.take(entry)
    assert state.since("de", 0) == before
    assert frame(state, rev=rev)["last_n_sents"] == []


def test_another_translation_of_a_sentence_does_not_replace_the_first(state: CaptionState) -> None:
    state.take(Translated(n=0, lang="de", text="anders"))
    assert contents(state)[0, 0]["de"] == "de 0"


def test_an_entry_that_overlaps_adds_what_is_new_only(state: CaptionState) -> None:
    rev = state.rev
    state.take(written(0, 1, 2, 3, 4))
    assert places(state, rev=rev) == [(1, 1), (1, 2)]


def test_a_snapshot_after_an_outage_repeats_nothing_and_fills_what_was_missed(state: CaptionState) -> None:
    rev = state.rev
    sentences = tuple(map(sentence, range(5)))
    state.take_snapshot(Snapshot(sentences, (translated(0), translated(1)), POSITION))
    assert contents(state, rev=rev) == {
        (0, 1): {"en": "en 1", "de": "de 1"},
        (1, 1): {"en": "en 3"},
        (1, 2): {"en": "en 4"},
    }
    assert state.position == POSITION


def test_a_snapshot_of_a_store_that_lost_everything_takes_nothing_away(state: CaptionState) -> None:
    state.take(written(3, position=POSITION))
    before = state.since("de", 0)
    state.take_snapshot(Snapshot())
    assert state.since("de", 0) == before
    assert state.position == POSITION


def test_a_line_spans_all_its_sentences(state: CaptionState) -> None:
    rev = state.rev
    state.take(written(3, 4))
    (line,) = frame(state, rev=rev)["last_n_sents"]
    assert (line["line_idx"], line["beg"], line["end"]) == (1, 20, 48)


def test_each_language_has_its_own_translation_delay(state: CaptionState) -> None:
    state.take(translated(0, "pt", delay=3.0))
    delays = {lang: frame(state, lang)["translation_delay"] for lang in ("de", "pt", "en")}
    assert delays == {"de": 0.25, "pt": 3.0, "en": 0.0}


def test_the_last_entry_closes_and_keeps_what_was_said(state: CaptionState) -> None:
    assert not state.closed
    state.take(SessionClosed())
    assert state.closed
    assert len(contents(state)) == 3


def test_sockets_that_are_level_share_one_frame(state: CaptionState) -> None:
    assert state.since("de", 1) is state.since("de", 1)


def test_frames_of_many_revisions_do_not_grow_without_end(state: CaptionState) -> None:
    expected = {rev: state.since("de", rev) for rev in range(3 * FRAMES_KEPT)}
    assert all(state.since("de", rev) == one for rev, one in expected.items())
    assert len(state._frames) <= FRAMES_KEPT


def test_positions_are_taken_from_entries_and_never_lost(state: CaptionState) -> None:
    state.take(written(3, position=POSITION))
    state.take(written(4))
    assert state.position == POSITION


def test_early_words_are_shown_once_a_snapshot_brings_their_sentences() -> None:
    state = CaptionState()
    assert not state.take_live(Live(after=2, rest="and now"))
    state.take_snapshot(Snapshot((sentence(0), sentence(1))))
    assert frame(state)["incomplete_sentence"] == "and now"


def test_a_snapshot_brings_the_words_that_are_being_spoken() -> None:
    state = CaptionState()
    state.take_snapshot(Snapshot((sentence(0),), live=Live(after=1, rest="and now")))
    assert frame(state)["incomplete_sentence"] == "and now"
    rev = state.rev
    state.take_snapshot(Snapshot((sentence(0),), live=Live(after=1, rest="and now")))
    assert state.rev == rev


def test_the_same_entry_again_makes_no_new_revision() -> None:
    state = CaptionState()
    state.take(written(0))
    rev = state.rev
    state.take(written(0))
    state.take_snapshot(Snapshot((sentence(0),)))
    assert state.rev == rev


def test_a_gap_in_the_feed_is_noticed() -> None:
    state = CaptionState()
    state.take(written(0))
    with pytest.raises(FeedGap):
        state.take(written(2))
    state.take_snapshot(Snapshot((sentence(0), sentence(1), sentence(2))))
    assert state.count == 3
