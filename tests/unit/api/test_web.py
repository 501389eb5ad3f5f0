"""The page's code: words of a schedule are text there, never markup."""

from pathlib import Path

import pytest

import dolmetsch_api

WEB = Path(dolmetsch_api.__file__).parent / "web"
MARKUP = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "createContextualFragment",
    "srcdoc",
)


@pytest.mark.parametrize("file", sorted(WEB.glob("*.js")), ids=lambda file: file.name)
def test_no_script_of_the_page_makes_markup_of_text(file: Path) -> None:
    code = file.read_text(encoding="utf-8")
    assert [word for word in MARKUP if word in code] == []


def test_there_are_scripts_to_look_at() -> None:
    assert len(list(WEB.glob("*.js"))) > 5
