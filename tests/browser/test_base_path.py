"""The page under a base path, beside another client's cookies for the whole host."""

import pytest
from playwright.async_api import expect

from dolmetsch_core.archive import reading
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.reading import Viewer
from tests.browser.conference import BASE_PATH
from tests.browser.conftest import Opening, choose, log_in
from tests.platform_process import PlatformProcess

pytestmark = pytest.mark.browser
OTHERS = {"authenticated": "nonsense", "OPEN11-allow_store": "true", "OPEN11-allow_client_download": "true"}


@pytest.mark.audio
async def test_a_talk_is_spoken_and_read_and_kept_by_nobody(
    visited: Opening, archive: Archive, conference_platform: PlatformProcess
) -> None:
    host = await visited(f"{BASE_PATH[1:]}/#/host/OPEN11")
    cookies = [
        {"name": name, "value": value, "url": conference_platform.url} for name, value in OTHERS.items()
    ]
    await host.context.add_cookies(cookies)  # type: ignore[arg-type]
    await log_in(host)
    await choose(host, "Spoken", "en")
    await host.get_by_role("button", name="Start speaking").click()
    await expect(host.locator(".state")).to_have_text("Live")
    reader = await visited(f"{BASE_PATH[1:]}/#/room/OPEN11")
    await expect(reader.locator(".state")).to_have_text("Live")
    await choose(reader, "Read in", "de")
    await expect(reader.locator(".sentence[lang=de]").nth(1)).to_be_visible()
    assert await reading.listed(archive, Viewer(admin=True)) == []
