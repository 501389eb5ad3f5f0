"""Which language a reader gets, and keeps."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opening, choose, look

pytestmark = pytest.mark.browser


async def test_a_language_chosen_in_another_tab_leaves_this_one_alone(opened: Opening) -> None:
    page = await opened("#/room/DEMO1")
    await choose(page, "Read in", "de")
    other = await page.context.new_page()
    await other.goto(page.url)
    mine, others = (each.get_by_label("Read in", exact=True) for each in (page, other))
    await expect(others).to_have_value("de")
    await choose(other, "Read in", "en")
    await look(page)
    await expect(mine).to_have_value("de")
    await page.reload()
    await expect(mine).to_have_value("en")


@pytest.mark.parametrize(
    ("speaks", "wish", "reads"),
    [
        (["nb-NO", "en"], "", "no"),
        (["nn"], "", "no"),
        (["de-AT"], "", "de"),
        (["de-AT"], "en", "en"),
        (["de-AT"], "fr", "de"),
        (["fr"], "", "en"),
    ],
)
async def test_a_reader_gets_a_language_of_their_browser(
    opened: Opening, speaks: list[str], wish: str, reads: str
) -> None:
    page = await opened("")
    found = await page.evaluate(
        """async ([speaks, wish]) => {
          Object.defineProperty(navigator, 'languages', {value: speaks});
          const {languageFor} = await import('./languages.js');
          return languageFor(wish, ['de', 'en', 'no'], 'en');
        }""",
        [speaks, wish],
    )
    assert found == reads
