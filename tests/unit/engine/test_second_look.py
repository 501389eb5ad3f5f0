"""Whether the second look has skipped what was heard."""

import math

import pytest

from dolmetsch_engine.whisper.second_look import lacks, surer, without_afterthoughts
from dolmetsch_engine.words import Word


def said(text: str) -> list[Word]:
    """Words of half a second; "_" is half a second without one."""
    return [Word(f" {word}", at / 2, at / 2 + 0.5) for at, word in enumerate(text.split()) if word != "_"]


@pytest.mark.parametrize(
    ("second", "agreed", "skipped"),
    [
        ("We had nothing before us.", "we had nothing before us", False),
        # Read otherwise, shorter by a word or two, or more than was heard before: that is what it is for.
        ("in November 1974", "in november 19 74", False),
        ("he wrote a unix like system", "he row the unique slike system", False),
        ("a cup full of punch cards", "cup", False),
        ("we were _ _ going to heaven", "we were all going direct to heaven", False),
        # Words that the quick passes have twice.
        ("El bellos murcia Lago", "El belloz murcia El belos murcia Lago", False),
        # Stretches that are missing.
        ("", "one two three", True),
        ("we had _ _ _ _ before us", "we had everything that there was before us", True),
        ("_ _ _ going direct to heaven", "we were all going direct to heaven", True),
        ("and all", "and all three words more", True),
        ("Danke", "Danke für die schöne Einführung", True),
    ],
)
def test_a_second_look_that_skips_a_stretch_is_not_believed(second: str, agreed: str, skipped: bool) -> None:
    assert lacks(said(second), said(agreed)) is skipped


def test_a_word_that_is_stretched_over_what_was_skipped_is_not_in_its_place() -> None:
    agreed = said("Wir haben zwölf Gäste. Der Arzt spricht Tschechisch und Englisch.")
    stretched = [*said("Wir haben zwölf"), Word(" Gäste.", 1.5, 5.0)]
    assert lacks(stretched, agreed)


def test_a_second_look_that_ends_with_another_sentence_lacks_this_one() -> None:
    """As it was heard: Whisper put one word in place of six, at the end of their time."""
    quick = ["Wir", "haben", "zwölf", "Gäste.", "Der", "Arzt", "spricht", "Tschechisch", "und", "Englisch."]
    ends = (0.3, 0.6, 0.9, 1.5, 2.0, 2.3, 2.7, 3.3, 3.5, 4.2)
    agreed = [
        Word(f" {text}", start, end) for text, start, end in zip(quick, (0.1, *ends), ends, strict=False)
    ]
    second = [*agreed[:3], Word(" Gäste.", 0.9, 1.5), Word(" Ich", 4.0, 4.1)]
    assert lacks(second, agreed)


def test_words_that_quick_passes_have_twice_in_one_moment_are_not_lacking() -> None:
    """As heard in Spanish: the second time lies before the end of the first."""
    at = [
        (" El", 0.0, 0.14), (" belos", 0.14, 0.42), (" murcia", 0.42, 0.78), (" El", 0.78, 0.9),
        (" Belós", 0.14, 0.4), (" Murcia", 0.4, 0.78), (" Lago,", 0.78, 1.08), (" feliz", 1.94, 2.16),
    ]  # fmt: skip
    quick = [Word(*each) for each in at]
    second = [*quick[:3], *quick[-2:]]
    assert not lacks(second, quick)


def sure(*probabilities: float | None) -> list[Word]:
    return [Word(" word", at, at + 0.5, probability) for at, probability in enumerate(probabilities)]


@pytest.mark.parametrize(
    ("quick", "second", "expected"),
    [
        # A greeting of a second in Whisper's window of 30: as heard in Chinese, with another last word.
        (sure(0.9, 0.8), sure(0.6, 0.5), True),
        (sure(0.9, 0.9), sure(0.85, 0.8), False),
        (sure(0.6, 0.5), sure(0.9, 0.9), False),
        (sure(0.9, None), sure(0.5, 0.5, None), True),
        # Nothing is known of one.
        (sure(None), sure(0.5), False),
        (sure(0.9), sure(None), False),
        # In noise: the second look has decided that nobody spoke.
        (sure(0.9), [], False),
        ([], [], False),
        ([], sure(0.1), False),
    ],
)
def test_quick_passes_that_are_far_surer_are_believed(
    quick: list[Word], second: list[Word], expected: bool
) -> None:
    assert surer(quick, second) is expected


@pytest.mark.parametrize(
    ("words", "twice", "speech_end", "kept"),
    [
        # Words of half a second each: the third begins at 1.0.
        ("room fifty the", "room fifty", 0.6, "room fifty"),
        ("room fifty the", "", 0.6, "room fifty"),
        ("und Englisch you know", "und Englisch", 0.7, "und Englisch"),
        # A last word that is placed late: another pass has it.
        ("Tschechisch und Englisch", "Tschechisch und Englisch", 0.6, "Tschechisch und Englisch"),
        ("Tschechisch und Englisch", "und englisch", 0.4, "Tschechisch und Englisch"),
        ("Tschechisch und Englisch", "Tschechisch", 0.8, "Tschechisch und Englisch"),
        # Both passes invent it.
        ("room fifty thank you", "room fifty thank you", 0.2, "room fifty"),
        # Said before, and invented again.
        ("you know that it is so you", "you know that it is so", 2.6, "you know that it is so"),
        ("room fifty", "room fifty", 0.9, "room fifty"),
        ("the", "", -9.0, ""),
        ("", "", 1.0, ""),
    ],
)
def test_words_after_the_end_of_speech_are_dropped(
    words: str, twice: str, speech_end: float, kept: str
) -> None:
    found = without_afterthoughts(said(words), said(twice), speech_end)
    assert [word.text for word in found] == [word.text for word in said(kept)]


def test_without_an_end_of_speech_all_words_stay() -> None:
    assert without_afterthoughts(said("a b c"), (), math.inf) == said("a b c")
