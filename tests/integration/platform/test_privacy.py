"""What lies on the disk of talks that may be kept, may not, and were deleted, and how the first is read."""

import asyncio
from pathlib import Path

import httpx
import pytest

from dolmetsch_local.processes import free_port
from dolmetsch_local.speak import speak
from tests.integration.platform.reading import CATCH_UP_S
from tests.platform_process import ADMIN_PASSWORD, PlatformProcess
from tests.scoring import Talk, off_by, score, talk
from tests.waiting import until

OFF_S = 2.0
HALF = 0.5
"""Of a talk's sentences: other processors mishear others, and a misheard one can't be looked for."""
pytestmark = pytest.mark.audio


def found(folder: Path, of: Talk) -> set[str]:
    """Sentences of a talk, in either language, that any file holds; upper and lower case alike."""
    kept = b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    text = kept.decode(errors="ignore").casefold()
    said = [texts[lang] for texts in of.sentences for lang in ("en", "de")]
    return {sentence for sentence in said if sentence.casefold().rstrip(".?!") in text}


def call(platform: PlatformProcess, method: str, path: str, key: str) -> httpx.Response:
    return platform.request(method, path, headers={"Authorization": f"Bearer {key}"})


def subtitles(form: str) -> str:
    return f"/api/v1/rooms/DEMO1/transcript?lang=en&format={form}"


def assert_fits(of: Talk, text: str) -> None:
    """Subtitles fit the recording of the talk: said here, where one is spoken and stored anyway."""
    apart = off_by(of, text)
    print(f"{of.name}: subtitles are off by up to {max(apart, default=0):.2f} s")
    assert len(apart) >= 2 * HALF * len(of.sentences), text
    assert max(apart) <= OFF_S, text


async def test_no_sentence_of_an_unstored_or_deleted_talk_is_left_and_what_is_kept_fits_its_recording(
    tmp_path: Path,
) -> None:
    platform = PlatformProcess(
        tmp_path / "state", free_port(), DOLMETSCH_MODEL="demo", DOLMETSCH_CLOSE_ROOM_AFTER="2"
    )
    kept, deleted, unstored = talk("en"), talk("de"), talk("en2")

    def active(room: str) -> bool:
        rooms = platform.request("GET", "/room_list").json()["rooms"]
        return any(each["host_connection_id"] for each in rooms if each["id"] == room)

    def lines(room: str, lang: str) -> list[str]:
        answer = call(platform, "GET", f"/api/v1/rooms/{room}/transcript", ADMIN_PASSWORD)
        parts = answer.json()["parts"] if answer.status_code == 200 else []
        return [line["texts"][lang] for part in parts for line in part["lines"] if lang in line["texts"]]

    def is_stored(of: Talk, room: str, lang: str) -> bool:
        return not score(of.texts, lines(room, lang)).missing

    async def speaks(of: Talk, room: str, lang: str, *, store: bool) -> None:
        await speak(platform.address, room, of.recording, lang, lambda _done, _total: None, store=store)
        await until(lambda: not active(room), "the room closes", CATCH_UP_S)

    try:
        platform.start()
        async with asyncio.TaskGroup() as talks:
            talks.create_task(speaks(deleted, "DEMO2", "de", store=True))
            await speaks(unstored, "DEMO1", "en", store=False)
            await speaks(kept, "DEMO1", "en", store=True)
        await until(lambda: is_stored(kept, "DEMO1", "en"), "the transcript to keep", CATCH_UP_S)
        await until(lambda: is_stored(deleted, "DEMO2", "de"), "the transcript to delete", CATCH_UP_S)
        for form in ("srt", "vtt"):
            assert_fits(kept, call(platform, "GET", subtitles(form), ADMIN_PASSWORD).text)
        assert found(platform.state, deleted), "it was on the disk"
        answer = call(platform, "DELETE", "/api/v1/rooms/DEMO2/transcript", ADMIN_PASSWORD)
        assert answer.json() == {"deleted": 1}
        assert not found(platform.state, deleted) - found(platform.state, kept)
        assert lines("DEMO2", "de") == []
    finally:
        platform.stop()
    others = found(platform.state, kept)
    assert len(others) >= HALF * len(kept.texts), "a grep that finds nothing proves nothing"
    assert not found(platform.state, unstored) - others
    assert not found(platform.state, deleted) - others
