"""Settings of the schedule: how they are written, and what is refused with which words."""

import pytest
from pydantic import ValidationError

from dolmetsch_api.schedule.fetching import without_secrets
from dolmetsch_api.schedule.settings import ScheduleSettings
from dolmetsch_local.parts import _schedule_variables
from tests.unit.api.export import at


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests reaches them."""
    for name in ScheduleSettings.model_fields:
        monkeypatch.delenv(f"DOLMETSCH_{name.upper()}", raising=False)


def test_without_any_setting_there_is_no_schedule() -> None:
    settings = ScheduleSettings()
    assert (settings.schedule, settings.schedule_hide_tracks, settings.fake_now) == ("", (), None)
    assert (settings.schedule_refresh, settings.schedule_lead_minutes) == (60, 30)


@pytest.mark.parametrize(
    ("written", "tracks"),
    [
        ("", ()),
        ("Plenary", ("Plenary",)),
        ("Plenary, Work shops ,", ("Plenary", "Work shops")),
        ('["Plenary", "Law, politics"]', ("Plenary", "Law, politics")),
    ],
)
def test_tracks_are_separated_by_commas_or_a_json_list(
    written: str, tracks: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOLMETSCH_SCHEDULE_HIDE_TRACKS", written)
    assert ScheduleSettings().schedule_hide_tracks == tracks


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("SCHEDULE", "ftp://example.org/schedule.json", "use an address such as https://"),
        ("SCHEDULE", "file:///tmp/schedule.json", "or the path of a file"),
        ("SCHEDULE", "https://", "use an address such as https://"),
        ("SCHEDULE", "http://[::1/schedule.json", "use an address such as https://"),
        ("SCHEDULE_REFRESH", "0", "greater than 0"),
        ("SCHEDULE_TIMEOUT", "-1", "greater than 0"),
        ("SCHEDULE_LEAD_MINUTES", "-1", "greater than or equal to 0"),
        ("SCHEDULE_HIDE_TRACKS", '["Plenary"', "separated by commas, or a JSON list"),
        ("SCHEDULE_HIDE_TRACKS", "[1]", "valid string"),
        ("FAKE_NOW", "2026-08-20T09:45", "add the time zone"),
        ("FAKE_NOW", "tomorrow", "valid datetime"),
        ("DEFAULT_LANGUAGE", "German", "Whisper's codes"),
    ],
)
def test_a_wrong_value_is_refused_with_the_remedy(
    name: str, value: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"DOLMETSCH_{name}", value)
    with pytest.raises(ValidationError) as caught:
        ScheduleSettings()
    assert remedy in str(caught.value)
    assert name.lower() in str(caught.value)


@pytest.mark.parametrize(
    "name", [f"DOLMETSCH_{name}" for name in ("SCHEDULE", "FAKE_NOW", "SCHEDULE_HIDE_TRACKS")]
)
def test_an_empty_variable_is_as_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "")
    assert ScheduleSettings() == ScheduleSettings.model_construct(**ScheduleSettings().model_dump())


def test_the_api_reads_what_the_platform_of_one_machine_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told = ScheduleSettings(
        schedule="https://pretalx.example.org/x/schedule.json",
        schedule_refresh=5.0,
        schedule_hide_tracks=("Law, politics", "Übung"),
        fake_now=at("2026-08-20T09:45"),
        default_language="en",
    )
    for name, value in _schedule_variables(told).items():
        monkeypatch.setenv(name, value)
    assert ScheduleSettings() == told


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/srv/schedule.json", "/srv/schedule.json"),
        ("https://example.org:8443/a/schedule.json", "https://example.org:8443/a/schedule.json"),
        ("https://ann:secret@example.org/a?token=secret#x", "https://example.org/a"),
    ],
)
def test_logs_show_no_secret_of_an_address(location: str, shown: str) -> None:
    assert without_secrets(location) == shown
