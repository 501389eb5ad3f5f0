"""The one table of languages."""

import pytest

from dolmetsch_core.wire.languages import LANGUAGES, from_libretranslate, to_libretranslate
from dolmetsch_core.wire.translation import Languages


def test_every_whisper_language_is_there_under_whispers_code() -> None:
    tokenizer = pytest.importorskip("faster_whisper.tokenizer")
    assert set(LANGUAGES) == set(tokenizer._LANGUAGE_CODES)


def test_every_code_comes_back_from_libretranslates() -> None:
    assert [code for code in LANGUAGES if from_libretranslate(to_libretranslate(code)) != code] == []


@pytest.mark.parametrize(
    ("ours", "theirs"), [("zh", "zh-Hans"), ("no", "nb"), ("jw", "jv"), ("de", "de"), ("haw", "haw")]
)
def test_codes_that_differ_are_mapped(ours: str, theirs: str) -> None:
    assert to_libretranslate(ours) == theirs
    assert LANGUAGES[ours].libretranslate == theirs


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("ZH-hans", "zh"),
        ("zh", "zh"),
        ("pt-BR", "pt"),
        ("pb", "pt"),
        ("nb", "no"),
        ("zh-Hant", None),
        ("eo", None),
    ],
)
def test_what_libretranslate_says_is_understood(theirs: str, ours: str | None) -> None:
    assert from_libretranslate(theirs) == ours


def test_an_unknown_code_is_left_as_it_is() -> None:
    assert to_libretranslate("tlh") == "tlh"


def test_every_language_has_names_and_a_tag() -> None:
    assert all(each.english and each.native and each.tag for each in LANGUAGES.values())
    assert LANGUAGES["ar"].rtl
    assert not LANGUAGES["de"].rtl


def test_a_room_can_always_be_read_in_its_own_language() -> None:
    languages = Languages(pairs={"en": ("de", "pt")})
    assert languages.targets("en") == ("de", "en", "pt")
    assert languages.targets("fi") == ("fi",)


def test_pairs_of_two_are_put_together_and_the_note_stays() -> None:
    told, known = (
        Languages(pairs={"en": ("pt",)}, note="new"),
        Languages(pairs={"de": ("en",), "en": ("de",)}),
    )
    both = {"de": ("en",), "en": ("de", "pt")}
    assert told.with_those_of(known) == Languages(pairs=both, note="new")
    assert told.with_those_of(Languages(pairs={})) == told
