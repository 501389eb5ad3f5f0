"""Agreement of passes."""

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
    assert [word.text for word in hypothesis.reread] == [" she", " speaks"]


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


def test_other_reading_of_committed_words_is_not_new_either() -> None:
    hypothesis = Hypothesis()
    hypothesis.passed(said("we have thirty"))
    hypothesis.passed(said("we have thirty"))
    hypothesis.passed(said("we have 30 seats"))
    assert texts(hypothesis.rest) == "seats"


def test_settling_commits_the_rest_but_not_what_begins_after_the_speech() -> None:
    hypothesis = Hypothesis()
    hypothesis.passed([*said("room fifty"), *said("the", start=1.5)])
    assert texts(hypothesis.settle(before=1.0)) == "room fifty"
    assert hypothesis.rest == []


def test_giving_up_commits_only_what_is_not_at_the_edge() -> None:
    hypothesis = Hypothesis()
    hypothesis.passed(said("one two three four"))
    assert texts(hypothesis.give_up(before=0.7)) == "one two"
    assert texts(hypothesis.rest) == "three four"


def test_probable_words_are_committed_at_once_if_wanted() -> None:
    word = Word(" Yes.", 0.0, 0.4, probability=0.99)
    assert Hypothesis(confident=True).passed([word]) == [word]
    assert Hypothesis().passed([word]) == []
