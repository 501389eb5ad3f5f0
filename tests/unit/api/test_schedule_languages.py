"""A talk's language as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dolmetsch_api.schedule.languages import _THREE_LETTERS, whisper_code
from dolmetsch_core.wire.languages import LANGUAGES


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("de", "de"),
        ("DE", "de"),
        (" de-DE ", "de"),
        ("de-formal", "de"),
        ("pt_BR", "pt"),
        ("zh-hant", "zh"),
        ("deu", "de"),
        ("ger", "de"),
        ("eng", "en"),
        ("spa", "es"),
        ("yue", "yue"),
        ("haw", "haw"),
        ("nb", "no"),
        ("nb-NO", "no"),
        ("German", "de"),
        ("Deutsch", "de"),
        ("formal German", "de"),
        ("Deutsch (informell)", "de"),
        ("Haitian Creole", "ht"),
        ("日本語", "ja"),
        ("", ""),
        ("-", ""),
        ("tlh", ""),
        ("xx", ""),
        ("Klingon", ""),
        ("signs", ""),
    ],
)
def test_a_tag_or_a_name_becomes_whispers_code(written: str, code: str) -> None:
    assert whisper_code(written) == code


def test_three_letters_name_languages_that_whisper_has() -> None:
    assert set(_THREE_LETTERS.values()) <= set(LANGUAGES)
    assert not set(_THREE_LETTERS) & set(LANGUAGES)


@given(st.text())
def test_any_text_is_a_known_code_or_none(written: str) -> None:
    assert whisper_code(written) in {"", *LANGUAGES}
