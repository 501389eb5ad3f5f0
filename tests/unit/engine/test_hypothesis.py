"""Agreement of passes."""

from dataclasses import replace

import pytest

from dolmetsch_engine.whisper.hypothesis import Hypothesis
from dolmetsch_engine.words import Word, join


def said(text: str, start: float = 0.0, step: float = 0.3) -> list[Word]:
    """Words of 0.3 s, one after the other."""
    return [
        Word(f" {word}", round(start + at * step, 2), round(start + (at + 1) * step, 2))
        for at, word in enumerate(text.split())
    ]


def texts(words: list[Word]) -> str:
    return join(words, "en")


def test_only_what_two_passes_agree_on_is_committed() -> None:
    hypothesis = Hypothesis()
    assert hypothesis.passed(said("the large hole")) == []
    assert texts(hypothesis.passed(said("the large hall is"))) == "the large"
    assert texts(hypothesis.rest) == "hall is"
    assert texts(hypothesis.passed(said("the large hall is next"))) == "hall is"


def test_case_and_punctuation_do_not_keep_words_from_agreeing() -> None:
    hypothesis = Hypothesis()
    hypothesis.passed(said("the student speaks. czech"))
    assert texts(hypothesis.passed(said("The student speaks Czech and"))) == "The student speaks Czech"


def test_later_pass_corrects_the_punctuation_of_committed_words() -> None:
    hypothesis = Hypothesis()
    hypothesis.passed(said("she speaks."))
    hypothesis.passed(said("she speaks."))
    hypothesis.passed(said("she speaks Czech"))
    assert [word.text for word in hypothesis.known] == [" she", " speaks"]


def test_repeated_phrase_is_found_again_at_its_own_time() -> None:
    hypothesis = Hypothesis()
    for text in ("it was the best of times it was", "it was the best of times it was the worst"):
        hypothesis.passed(said(text))
    assert texts(hypothesis.passed(said("it was the best of times it was the worst of times"))) == "the worst"


def test_pass_that_begins_after_a_cut_goes_on_behind_what_is_committed() -> None:
    hypothesis = Hypothesis()
    for text in ("we had nothing before", "we had nothing before us"):
        hypothesis.passed(said(text))
    hypothesis.forget(0.5)
    hypothesis.passed(said("nothing before us we were", start=0.6))
    assert texts(hypothesis.rest) == "we were"


def test_last_word_stretched_over_a_pause_is_not_new() -> None:
    hypothesis = Hypothesis()
    hypothesis.passed(said("of free software"))
    hypothesis.passed(said("of free software"))
    stretched = [*said("of free"), Word(" software", 3.5, 4.0)]
    assert hypothesis.passed(stretched) == []
    assert hypothesis.rest == []


@pytest.mark.parametrize(
    ("agreed", "otherwise", "known"),
    [
        # As Whisper base heard "El veloz murciélago hindú": what was agreed on came twice.
        ("El belos murcia el", "El Belós Murcia Lago Indúcoma", "El belos murcia el Indúcoma"),
        ("die alte Frau die", "Die Alten vor allem kamen", "die alte Frau die kamen"),
        ("of the sea of the", "Of the C off a ship", "of the sea of the ship"),
        ("na na nada na", "Na nana da no fim", "na na nada na fim"),
    ],
)
def test_a_word_that_comes_again_is_not_taken_for_the_first_one(
    agreed: str, otherwise: str, known: str
) -> None:
    """Read otherwise between the two, with the last one as part of another word."""
    hypothesis = Hypothesis()
    for text in (f"{agreed} one", f"{agreed} two"):
        hypothesis.passed(said(text, step=0.2))
    for _ in range(2):
        hypothesis.passed(said(otherwise, step=0.2))
    assert texts(hypothesis.known) == known


def test_a_word_that_comes_later_too_leaves_out_nothing_before_it() -> None:
    hypothesis = Hypothesis()
    for text in ("we saw the big", "we saw the bad"):
        hypothesis.passed(said(text, step=0.2))
    for _ in range(2):
        hypothesis.passed(said("we saw a big house the", step=0.2))
    assert texts(hypothesis.known) == "we saw the big house the"


def test_a_last_word_that_is_placed_later_is_the_same_one() -> None:
    hypothesis = Hypothesis()
    for _ in range(2):
        hypothesis.passed(said("we bought cars"))
    hypothesis.passed([*said("we brought"), *said("cars from Spain", start=1.2)])
    assert texts(hypothesis.rest) == "from Spain"


def test_other_reading_of_committed_words_is_not_new_either() -> None:
    hypothesis = Hypothesis()
    hypothesis.passed(said("we have thirty"))
    hypothesis.passed(said("we have thirty"))
    hypothesis.passed(said("we have 30 seats"))
    assert texts(hypothesis.rest) == "seats"


def test_end_of_a_phrase_takes_what_was_heard_before_it_agreed_on_or_not() -> None:
    hypothesis = Hypothesis()
    for text in ("one two", "one two three four"):
        hypothesis.passed(said(text))
    assert texts(hypothesis.before(1.0)) == "one two three"
    assert texts(hypothesis.agreed_before(1.0)) == "one two"
    hypothesis.forget(1.0)
    assert texts(hypothesis.shown) == "four"


@pytest.mark.parametrize(
    ("passes", "shown"),
    [
        # The last word is still being spoken, as is a number: "19" becomes "1974".
        ([("in november 19", 1.0)], "in november"),
        ([("in november 19", 1.0), ("in november 1974 it", 1.25)], "in november 1974"),
        ([("in november 19", 1.0), ("in november 19", 9.0)], "in november"),
        ([("it costs 2 400", 9.0)], "it costs"),
        ([("costs 2 400 euros", 9.0)], "costs"),
        ([("2 euros", 9.0)], "2 euros"),
        ([("den 3.", 9.0)], "den"),
        ([("version 3.11 of", 1.0)], "version 3.11"),
        ([("version 3.11", 1.0)], "version"),
        ([("वर्ष १९", 9.0)], "वर्ष"),
        # A whole word later nothing changes any more.
        ([("it stood", 9.0)], "it stood"),
    ],
)
def test_what_is_still_being_spoken_is_not_shown(passes: list[tuple[str, float]], shown: str) -> None:
    hypothesis = Hypothesis()
    for text, end in passes:
        hypothesis.passed(said(text), end)
    assert texts(hypothesis.shown) == shown


@pytest.mark.parametrize(
    ("first", "second", "agreed"),
    [
        ("with asia römann i run the network", "with asia ramen i run the", "with asia römann i run the"),
        ("with schu römann i run", "with schuramen i run the", "with schu römann i run"),
        ("led to us by a provider", "lent to us by a", "led to us by a"),
        # Numbers as words and as digits.
        ("it took nine people two days", "it took 9 people two days", "it took nine people two days"),
        ("we run it well", "we have run it well", "we run it well"),
        # One word after it is no proof, and three that differ are no name.
        ("with römann i run", "with ramen i walk", "with"),
        ("with a b c we run it", "with d e f we run it", "with"),
    ],
)
def test_a_word_that_each_pass_reads_otherwise_keeps_nothing_from_being_agreed_on(
    first: str, second: str, agreed: str
) -> None:
    hypothesis = Hypothesis()
    hypothesis.passed(said(first))
    assert texts(hypothesis.passed(said(second))) == agreed


def test_what_is_not_shown_is_part_of_the_phrase() -> None:
    hypothesis = Hypothesis()
    hypothesis.passed(said("in november 19"), 1.0)
    assert texts(hypothesis.before(1.0)) == "in november 19"


def test_a_pass_that_ends_early_takes_nothing_back_the_first_time() -> None:
    hypothesis = Hypothesis()
    hypothesis.passed(said("we had nothing before us"))
    assert hypothesis.passed(said("we")) == []
    assert texts(hypothesis.before(9.0)) == "we had nothing before us"
    hypothesis.passed(said("we"))
    assert texts(hypothesis.before(9.0)) == "we"


def test_few_words_are_shown_that_no_other_pass_agrees_on() -> None:
    hypothesis = Hypothesis()
    hypothesis.passed(said("we had nothing before us we were"))
    assert texts(hypothesis.shown) == "we had"
    hypothesis.passed(said("we had nothing before us we were all"))
    assert texts(hypothesis.shown) == "we had nothing before us we were all"


def test_probable_words_are_committed_at_once_if_wanted() -> None:
    word = Word(" Yes.", 0.0, 0.4, probability=0.99)
    assert Hypothesis(confident=True).passed([word]) == [word]
    assert Hypothesis().passed([word]) == []


def test_a_sure_word_takes_the_place_of_the_one_that_it_corrects() -> None:
    hypothesis = Hypothesis(confident=True)
    hypothesis.passed([*said("a b c")])
    word, *others = said("x b c d")
    assert texts(hypothesis.passed([replace(word, probability=0.99), *others])) == "x b c"
