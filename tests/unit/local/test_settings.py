"""Settings of the platform on one machine: what is refused, and with which words."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from dolmetsch_local.settings import LocalSettings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests reaches them."""
    for name in LocalSettings.model_fields:
        monkeypatch.delenv(f"DOLMETSCH_{name.upper()}", raising=False)


def refused(monkeypatch: pytest.MonkeyPatch, **env: str) -> str:
    """The words with which this environment is refused."""
    for name, value in env.items():
        monkeypatch.setenv(f"DOLMETSCH_{name}", value)
    with pytest.raises(ValidationError) as caught:
        LocalSettings()
    return str(caught.value)


def test_without_any_setting_it_listens_on_loopback_only() -> None:
    settings = LocalSettings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.host_password is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_loopback_needs_no_passwords(host: str) -> None:
    assert LocalSettings(host=host).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "talks.example.org"])
@pytest.mark.parametrize(
    "passwords",
    [{}, {"HOST_PASSWORD": "a"}, {"ADMIN_PASSWORD": "b"}, {"HOST_PASSWORD": "a", "ADMIN_PASSWORD": ""}],
)
def test_another_address_without_both_passwords_is_refused(
    host: str, passwords: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = refused(monkeypatch, HOST=host, **passwords)
    assert f"HOST={host}" in said
    assert "DOLMETSCH_HOST_PASSWORD and DOLMETSCH_ADMIN_PASSWORD" in said


def test_another_address_with_both_passwords_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOST": "0.0.0.0", "HOST_PASSWORD": "a", "ADMIN_PASSWORD": "b"}.items():
        monkeypatch.setenv(f"DOLMETSCH_{name}", value)
    assert LocalSettings().host == "0.0.0.0"


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("en,de,pt", ("en", "de", "pt")),
        (" en , de ", ("en", "de")),
        ("yue", ("yue",)),
        ("en,,de,", ("en", "de")),
    ],
)
def test_languages_are_read_from_one_line(
    text: str, languages: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOLMETSCH_LANGUAGES", text)
    assert LocalSettings().languages == languages


@pytest.mark.parametrize(("text", "unknown"), [("en,xx", "xx"), ("german", "german"), ("en,DE,qq", "DE, qq")])
def test_an_unknown_language_is_refused_by_name(
    text: str, unknown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"unknown language {unknown}: use Whisper's codes" in refused(monkeypatch, LANGUAGES=text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("PORT", "0"),
            ("PORT", "65536"),
            ("PORT", "http"),
            ("MAX_ACTIVE_ROOMS", "0"),
            ("WARM_ENGINES", "-1"),
        ),
        *(("TRANSCRIPT_KEEP_DAYS", "0"), ("TRANSCRIPT_KEEP_DAYS", "36501")),
    ],
)
def test_a_number_out_of_range_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert name.lower() in refused(monkeypatch, **{name: value})


def test_passwords_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOLMETSCH_HOST_PASSWORD", "sesame")
    assert "sesame" not in repr(LocalSettings())


def test_folders_lie_in_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    settings = LocalSettings()
    assert settings.state_dir == tmp_path / ".local" / "state" / "dolmetsch"
    assert settings.cache_dir == tmp_path / ".cache" / "dolmetsch"
