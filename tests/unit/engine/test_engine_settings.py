"""The engine's settings: what is contradictory or without effect is refused, with a remedy."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from dolmetsch_engine.settings import EngineSettings

MODEL = Path(__file__).parents[3] / "local/dolmetsch_local/demo/speech-model"


def test_defaults_are_valid_and_frozen() -> None:
    settings = EngineSettings(model=MODEL)
    with pytest.raises(ValidationError):
        setattr(settings, "trim", 5.0)  # noqa: B010 (mypy knows that it is frozen)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOLMETSCH_ENGINE_MODEL", str(MODEL))
    monkeypatch.setenv("DOLMETSCH_ENGINE_LANGUAGES", '["en","de"]')
    monkeypatch.setenv("DOLMETSCH_ENGINE_BEAM_SIZE", "2")
    settings = EngineSettings()
    assert (settings.model, settings.languages, settings.beam_size) == (MODEL, ("en", "de"), 2)


def test_every_setting_has_a_docstring() -> None:
    assert all(field.description for field in EngineSettings.model_fields.values())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"diarization": True}, "Remedy: leave DOLMETSCH_ENGINE_DIARIZATION unset"),
        ({"vac": False}, "Remedy: leave vac on, or give up replacement"),
        ({"phrase": 9.0}, "Remedy: set DOLMETSCH_ENGINE_PHRASE below"),
        ({"second_look": False, "second_look_beam": 3}, "leave DOLMETSCH_ENGINE_SECOND_LOOK_BEAM unset"),
        ({"short_encode": False, "encode_padding": 6.0}, "no effect"),
        ({"coalesce": 4.0}, "under half of trim"),
        ({"punctuation_spilt": True}, "Extra inputs"),
        ({"trimming": "word"}, "'segment' or 'sentence'"),
        ({"beam_size": 0}, "greater than or equal to 1"),
    ],
)
def test_ineffective_combinations_are_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        EngineSettings.model_validate({"model": MODEL, **values})


def test_model_that_is_not_there_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(
        ValidationError, match=r"model\.bin, config\.json, tokenizer\.json not found\. Remedy"
    ):
        EngineSettings(model=tmp_path)


def test_voice_activity_control_can_be_given_up_on_purpose() -> None:
    assert not EngineSettings(model=MODEL, vac=False, replaceable=False).vac
