"""Whether the second look has skipped what was heard."""

import pytest

from dolmetsch_engine.whisper.second_look import lacks
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
