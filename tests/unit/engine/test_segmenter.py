"""Words become sentences and lines: when a sentence ends, numbering, and what is unfinished."""

import pytest

from dolmetsch_engine.segmenter import Segmenter, Sentence, sentence_ends
from dolmetsch_engine.words import Word


def said(text: str, start: float = 0.0, step: float = 0.3) -> list[Word]:
    return [
        Word(f" {word}", round(start + at * step, 3), round(start + (at + 1) * step, 3))
        for at, word in enumerate(text.split())
    ]


def texts(sentences: list[Sentence]) -> list[str]:
    return [sentence.text for sentence in sentences]


def numbers(sentences: list[Sentence]) -> list[tuple[int, int]]:
    return [(sentence.line, sentence.sent) for sentence in sentences]


def test_sentence_ends_once_a_committed_word_follows() -> None:
    segmenter = Segmenter("en")
    assert segmenter.feed(said("The hall is large."), (), 1.2) == []
    assert texts(segmenter.feed(said("My name", start=1.3), (), 1.9)) == ["The hall is large."]
    assert segmenter.rest == "My name"


def test_sentence_ends_once_an_uncertain_word_follows() -> None:
    segmenter = Segmenter("en")
    assert texts(segmenter.feed(said("The hall is large."), said("My", start=1.3), 1.6)) == [
        "The hall is large."
    ]
    assert segmenter.rest == "My"
    assert segmenter.rest_start == pytest.approx(1.3)


def test_sentence_ends_with_silence_of_more_than_half_a_second() -> None:
    segmenter = Segmenter("en")
    words = said("The hall is large.")
    assert segmenter.feed(words, (), words[-1].end + 0.6) == []
    assert texts(segmenter.feed((), (), words[-1].end + 0.7)) == ["The hall is large."]


@pytest.mark.parametrize(
    ("language", "commits", "expected"),
    [
        ("en", ["the hall is large", "my name is"], ["the hall is large", "my name is"]),
        ("en", ["The hall. My name", "is Peter."], ["The hall.", "My name", "is Peter."]),
        ("de", ["der Saal ist", "groß"], ["der Saal ist", "groß"]),
        ("hi", ["हाल बड़ा है"], ["हाल बड़ा है"]),
    ],
)
def test_each_commit_ends_a_sentence_if_wanted(
    language: str, commits: list[str], expected: list[str]
) -> None:
    segmenter = Segmenter(language, every_commit=True)
    found: list[Sentence] = []
    for at, commit in enumerate(commits):
        found += segmenter.feed(
            said(commit, start=5.0 * at), said("and", start=5.0 * at + 4.0), 5.0 * at + 4.5
        )
    assert texts(found) == expected


def test_silence_alone_ends_no_sentence_without_a_mark_before_two_seconds() -> None:
    segmenter = Segmenter("en")
    words = said("The hall is next to")
    assert segmenter.feed(words, (), words[-1].end + 1.9) == []
    assert texts(segmenter.feed((), (), words[-1].end + 2.0)) == ["The hall is next to"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "We met Dr. Smith and Mrs. Jones"),
        ("en", "It costs 3.5 million euros and more"),
        ("en", "She speaks. and writes German"),
        ("de", "Das gilt z.B. für alle Räume"),
    ],
)
def test_marks_that_end_no_sentence(language: str, text: str) -> None:
    assert Segmenter(language).feed(said(text), (), 0.0) == []


def test_pause_of_two_seconds_ends_sentence_and_line() -> None:
    segmenter = Segmenter("en")
    first = segmenter.feed([*said("And then we"), *said("Welcome back.", start=4.0)], (), 4.6)
    second = segmenter.feed(said("Today", start=4.7), (), 5.0)
    assert texts(first + second) == ["And then we", "Welcome back."]
    assert numbers(first + second) == [(0, 0), (1, 0)]


def test_line_ends_with_the_first_sentence_that_ends_after_thirty_seconds() -> None:
    segmenter = Segmenter("en")
    sentences = [
        sentence
        for at in range(10)
        for sentence in segmenter.feed(said("We go on and on.", start=at * 5, step=1.0), (), at * 5 + 5.0)
    ]
    sentences += segmenter.finish()
    assert numbers(sentences) == [(0, at) for at in range(6)] + [(1, at) for at in range(4)]


def test_endless_sentence_is_broken_at_its_last_clause() -> None:
    segmenter = Segmenter("en")
    words = said("we walked and talked and walked, and talked and walked and talked and walked on", step=1.4)
    sentences = segmenter.feed(words, (), words[-1].end)
    assert texts(sentences) == ["we walked and talked and walked,"]
    assert segmenter.rest.startswith("and talked")


def test_endless_sentence_without_a_clause_is_broken_at_its_widest_gap() -> None:
    segmenter = Segmenter("en")
    words = [*said("on " * 8, step=1.0), *said("so " * 14, start=8.4, step=1.0)]
    assert texts(segmenter.feed(words, (), 23.0)) == [" ".join(["on"] * 8)]


def test_two_hundred_characters_are_enough() -> None:
    segmenter = Segmenter("zh")
    words = [
        Word(char, at * 0.05, at * 0.05 + 0.05) for at, char in enumerate("你" * 120 + "，" + "好" * 100)
    ]
    assert len(segmenter.feed(words, (), 11.0)) == 1


def test_languages_without_spaces_are_cut_and_joined_without_them() -> None:
    segmenter = Segmenter("zh")
    words = [
        Word(char, at * 0.2, at * 0.2 + 0.2) for at, char in enumerate(["你", "好", "世", "界。", "今", "天"])
    ]
    assert texts(segmenter.feed(words, (), 1.2)) == ["你好世界。"]
    assert segmenter.rest == "今天"


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("hi", "यह है। वह है।", 1),
        ("ja", "こんにちは。世界です。", 1),
        ("xx", "Saluton mondo. Kiel vi fartas?", 1),
        ("th", "สวัสดีครับ", 0),
    ],
)
def test_every_language_has_some_rule(language: str, text: str, count: int) -> None:
    assert len(sentence_ends(text, language)) == count


def test_sentences_have_exact_times_that_never_overlap() -> None:
    segmenter = Segmenter("en")
    words = [Word(" Yes.", 1.0, 1.5), Word(" No.", 1.4, 1.9), Word(" Why", 2.0, 2.2)]
    sentences = segmenter.feed(words, (), 2.2)
    assert [(sentence.start, sentence.end) for sentence in sentences] == [(1.0, 1.5), (1.5, 1.9)]


def test_finish_writes_what_is_left() -> None:
    segmenter = Segmenter("en")
    segmenter.feed(said("and so on"), said("maybe", start=1.0), 1.3)
    assert texts(segmenter.finish()) == ["and so on"]
    assert segmenter.rest == ""
    assert segmenter.finish() == []


def test_resumed_line_goes_on_where_it_was() -> None:
    segmenter = Segmenter("en", first_line=3, first_sentence=2, previous_end=40.0, line_start=35.0)
    sentences = segmenter.feed(said("We go on. Then more", start=40.5), (), 42.0)
    assert numbers(sentences) == [(3, 2)]


def test_resume_after_a_long_pause_begins_a_line() -> None:
    segmenter = Segmenter("en", first_line=3, first_sentence=2, previous_end=40.0)
    assert numbers(segmenter.feed(said("We go on. Then more", start=42.5), (), 44.0)) == [(4, 0)]


def test_written_counts_the_words_of_finished_sentences() -> None:
    segmenter = Segmenter("en")
    segmenter.feed(said("We go on. Then more"), (), 2.0)
    assert segmenter.written == 3
