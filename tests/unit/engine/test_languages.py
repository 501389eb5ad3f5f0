"""Which language is spoken: several phrases decide, one phrase may be a quotation."""

import pytest

from dolmetsch_engine.languages import REMEMBERED, SpokenLanguage, quoted

Phrase = tuple[float, dict[str, float]]

GERMAN: Phrase = (5.0, {"de": 0.96, "en": 0.02, "nl": 0.02})
ENGLISH: Phrase = (5.0, {"en": 0.97, "de": 0.02})
UNSURE: Phrase = (5.0, {"de": 0.5, "en": 0.3, "nl": 0.2})


@pytest.mark.parametrize(
    ("room", "phrases", "expected"),
    [
        # The whole talk is in another language.
        ("en", [GERMAN, GERMAN], "de"),
        ("en", [GERMAN] * 6, "de"),
        ("de", [ENGLISH] * 3, "en"),
        ("ja", [(5.0, {"zh": 0.9, "ja": 0.08})] * 2, "zh"),
        ("es", [(5.0, {"pt": 0.85, "es": 0.1})] * 2, "pt"),
        ("ar", [(5.0, {"he": 0.9, "ar": 0.05})] * 2, "he"),
        # It is what was chosen, or one sentence of somebody else's, or not long enough to know.
        ("en", [ENGLISH] * 6, ""),
        ("en", [ENGLISH, GERMAN, ENGLISH, ENGLISH], ""),
        ("en", [GERMAN], ""),
        ("en", [(3.0, {"de": 0.99}), (3.0, {"de": 0.99})], ""),
        ("en", [], ""),
        # The model does not know.
        ("en", [UNSURE] * 6, ""),
        ("en", [(20.0, {})], ""),
        # Two names of what the model takes for one language.
        ("hi", [(5.0, {"ur": 0.95, "hi": 0.05})] * 4, ""),
        ("no", [(5.0, {"nn": 0.95, "no": 0.05})] * 4, ""),
        # Two names of another language are one as well.
        ("en", [(5.0, {"no": 0.5, "nn": 0.45})] * 2, "no"),
        # A word and a cough are no phrase.
        ("en", [(0.8, {"de": 0.99})] * 40, ""),
    ],
)
def test_language_of_a_talk(room: str, phrases: list[Phrase], expected: str) -> None:
    spoken = SpokenLanguage(room)
    for seconds, probabilities in phrases:
        spoken.take(probabilities, seconds)
    assert spoken.sounds_like == expected


def test_it_is_told_within_half_a_minute_of_a_change_and_taken_back_after_it() -> None:
    spoken = SpokenLanguage("en")
    for _ in range(100):
        spoken.take(ENGLISH[1], 5.0)
    changed = [spoken.take(GERMAN[1], 5.0) or spoken.sounds_like for _ in range(round(REMEMBERED / 5.0))]
    assert changed[0] == ""
    assert changed[-1] == "de"
    for _ in range(3):
        spoken.take(ENGLISH[1], 5.0)
    assert spoken.sounds_like == ""


@pytest.mark.parametrize(
    ("room", "seconds", "probabilities", "expected"),
    [
        ("en", 4.0, {"de": 0.97, "en": 0.02}, "de"),
        ("de", 2.5, {"fr": 0.95}, "fr"),
        ("ja", 6.0, {"en": 0.99}, "en"),
        ("en", 6.0, {"de": 0.7, "en": 0.2}, ""),
        ("en", 1.5, {"de": 0.99}, ""),
        ("en", 6.0, {"en": 0.99}, ""),
        ("en", 6.0, {}, ""),
        ("hi", 6.0, {"ur": 0.99}, ""),
        ("en", 6.0, {"zh": 0.5, "yue": 0.45}, "zh"),
        ("zh", 6.0, {"yue": 0.99}, ""),
    ],
)
def test_a_quotation_is_a_phrase_that_is_certainly_in_another_language(
    room: str, seconds: float, probabilities: dict[str, float], expected: str
) -> None:
    assert quoted(probabilities, seconds, room) == expected
