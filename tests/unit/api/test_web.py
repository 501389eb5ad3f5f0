"""The page's code: words of a schedule are text there, never markup; its head says that a machine made it."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

import dolmetsch_api
from dolmetsch_api.transcripts.marks import SOURCE_TYPE

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


class Metas(HTMLParser):
    """Names and contents of a page's meta elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str | None, str | None] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "meta":
            said = dict(attrs)
            self.found[said.get("name")] = said.get("content")


def test_the_pages_head_says_as_transcripts_do_that_a_machine_made_what_is_shown() -> None:
    page = (WEB / "index.html").read_text(encoding="utf-8")
    assert Metas(page).found["digital-source-type"] == SOURCE_TYPE
