"""The demonstration's settings."""

import pytest

from dolmetsch_local import showing
from dolmetsch_local.settings import LocalSettings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests reaches them."""
    for name in LocalSettings.model_fields:
        monkeypatch.delenv(f"DOLMETSCH_{name.upper()}", raising=False)


def test_the_demonstration_shows_its_own_talk_whatever_the_conference_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOLMETSCH_SCHEDULE", "https://pretalx.example/schedule.json")
    monkeypatch.setenv("DOLMETSCH_ROOMS_FILE", "/srv/rooms.yaml")
    monkeypatch.setenv("DOLMETSCH_PORT", "4321")
    found = showing.settings_of(LocalSettings())
    assert (found.schedule, found.rooms_file, found.port) == ("", None, 4321)
    assert found.languages == (showing.SPOKEN, showing.READ)


def test_a_model_that_was_asked_for_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert showing.settings_of(LocalSettings()).model == showing.MODEL
    monkeypatch.setenv("DOLMETSCH_MODEL", "base")
    assert showing.settings_of(LocalSettings()).model == "base"
