"""Agreement of passes, and what is dropped because nobody said it."""

import pytest

from dolmetsch_engine.whisper.hypothesis import Hypothesis, clean, hurried, unloop
from dolmetsch_engine.words import Word, join, normal


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


@pytest.mark.parametrize(
    ("heard", "kept"),
    [
        ("no no no no no", "no"),
        ("no no no", "no no no"),
        ("thank you thank you thank you thank you", "thank you"),
        ("it is so it is so it is so we go", "it is so we go"),
        ("it was the best it was the worst", "it was the best it was the worst"),
        ("a b c d e f a b c d e f a b c d e f g", "a b c d e f g"),
        ("Well, well. WELL! well", "Well,"),
    ],
)
def test_loops_keep_their_first_round(heard: str, kept: str) -> None:
    assert texts(unloop(said(heard))) == kept


@pytest.mark.parametrize(
    ("heard", "kept"),
    [
        ([" Hello", " ...", " ♪", " there"], [" Hello", " there"]),
        ([" यह", " है", "।"], [" यह", " है।"]),
        ([" 30", " -", " 40"], [" 30", " 40"]),
        (["ส", "วั", "ส", "ดี"], ["ส", "วั", "ส", "ดี"]),
        (["...", " yes"], [" yes"]),
    ],
)
def test_tokens_without_letter_or_digit_are_dropped(heard: list[str], kept: list[str]) -> None:
    words = [Word(text, at * 0.3, at * 0.3 + 0.3) for at, text in enumerate(heard)]
    assert [word.text for word in clean(words)] == kept


def test_sentence_in_no_time_is_invented() -> None:
    assert hurried(said("Können Sie mich hören?", step=0.07))
    assert not hurried(said("Können Sie mich hören?", step=0.2))
    assert not hurried(said("Ja bitte", step=0.01))


@pytest.mark.parametrize(
    ("text", "plain"),
    [(" Hall,", "hall"), (" don't", "dont"), ("है।", "है"), (" ...", ""), (" STRASSE", "strasse")],
)
def test_normal_form_is_letters_and_digits(text: str, plain: str) -> None:
    assert normal(text) == plain


def test_words_are_joined_as_the_language_writes_them() -> None:
    assert join([Word("你", 0, 1), Word("好。", 1, 2), Word("世", 2, 3)], "zh") == "你好。世"
    assert join([Word(" the", 0, 1), Word(" well", 1, 2), Word("-known", 2, 3)], "en") == "the well-known"
    assert join([Word(" the", 0, 1), Word("end", 1, 2)], "en") == "the end"
