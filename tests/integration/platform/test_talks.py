"""Spoken talks become captions in two languages: the bundled streams, two rooms at once."""

import asyncio
from dataclasses import dataclass, field

import pytest
from websockets.asyncio.client import ClientConnection

from dolmetsch_core.tasks import end_tasks
from dolmetsch_local.client import frames, host_socket, login, until_ready
from dolmetsch_local.recorder import Slice, record
from dolmetsch_local.speak import speak
from tests.integration.platform.reading import CATCH_UP_S, until_all_is_read
from tests.platform_process import PlatformProcess, Viewer, viewing
from tests.scoring import Heard, Talk, exact_translations, score, talk
from tests.waiting import until

pytestmark = pytest.mark.audio
ROOM = {"en": "DEMO1", "de": "DEMO2"}
OTHER = {"en": "de", "de": "en"}


async def spoken(platform: PlatformProcess, of: Talk, lang: str) -> tuple[Viewer, Viewer]:
    """Speak a talk into its language's room; what viewers of both languages saw in the end."""
    async with viewing(platform.url, ROOM[lang], lang, OTHER[lang]) as (own, other):
        await speak(platform.address, ROOM[lang], of.recording, lang, lambda _done, _total: None)
        await until_all_is_read(of, lang, own, other)
        await platform.end_grace_time(ROOM[lang])
        await until(lambda: own.closed and other.closed, "the room closes after its host left", CATCH_UP_S)
    assert (own.closed, other.closed) == ("Room closed", "Room closed")
    return own, other


def check(of: Talk, lang: str, own: Viewer, other: Viewer) -> tuple[Heard, tuple[int, int]]:
    heard = score(of.texts, own.texts(lang))
    print(f"{of.name}: WER {heard.wer:.1%}, missing {heard.missing}")
    assert heard.wer <= 0.15, own.texts(lang)
    assert not heard.missing
    assert not heard.doubled
    for viewer in (own, other):
        viewer.assert_no_gaps()
        assert viewer.repeated == 0
    assert own.texts(lang) == other.texts(lang)
    return heard, exact_translations(of, other.in_order, lang, OTHER[lang])


async def test_four_talks_in_two_rooms_at_once_are_understood_and_translated(
    platform: PlatformProcess,
) -> None:
    errors = count = exact = right = 0
    for english, german in (("en", "de"), ("en2", "de2")):
        talks = {"en": talk(english), "de": talk(german)}
        results = await asyncio.gather(*(spoken(platform, talks[lang], lang) for lang in talks))
        for (lang, of), (own, other) in zip(talks.items(), results, strict=True):
            heard, (exactly, correctly) = check(of, lang, own, other)
            errors, count = errors + heard.errors, count + heard.count
            exact, right = exact + exactly, right + correctly
    print(f"together: WER {errors / count:.1%}, translations exact {exact} of {right}")
    assert errors / count <= 0.10
    assert right >= 20
    assert exact >= 0.9 * right


async def test_a_pause_ends_a_line_and_loses_no_sentence(platform: PlatformProcess) -> None:
    of = talk("pause")
    own, other = await spoken(platform, of, "en")
    check(of, "en", own, other)
    gaps = [
        after["start"] - before["end"] for before, after in zip(of.sentences, of.sentences[1:], strict=False)
    ]
    before_pause = max(range(len(gaps)), key=gaps.__getitem__)
    # The sentence after the pause begins a line of its own: none goes on across it.
    starts = {line: own.sentences[line, 0]["en"] for line, sent in own.sentences if sent == 0}
    first_after = score([of.texts[before_pause + 1]], list(starts.values()))
    assert not first_after.missing, starts


async def test_a_host_who_speaks_another_language_is_told_and_changes_it_in_mid_talk(
    platform: PlatformProcess,
) -> None:
    """German in an English room, for as long as it takes; then the same recording goes on as German."""
    of = talk("de")
    key, slices = await login(platform.address), record(of.recording)
    async with viewing(platform.url, "DEMO1", "en", "de") as (english, german):
        began = asyncio.get_running_loop().time()
        async with host_socket(key, "DEMO1", "en", "en") as host:
            told = await _speak_until_told(host, slices)
        assert told.info == {"sounds_like": "de"}
        assert told.audio <= 30
        before = dict(english.sentences)
        sent = next(at for at, piece in enumerate(slices) if piece.until > told.audio)
        async with host_socket(key, "DEMO1", "de", "de") as host:
            await until_ready(host)
            begun = asyncio.get_running_loop().time() - slices[sent].until
            for piece in slices[sent:]:
                await asyncio.sleep(max(0.0, begun + piece.until - asyncio.get_running_loop().time()))
                await host.send(piece.data)
            last = [of.texts[-1]]
            await until(
                lambda: not score(last, german.texts("de")).missing, "the end of the talk", CATCH_UP_S
            )
        assert before.items() <= english.sentences.items(), "what was said before stays"
        await platform.end_grace_time("DEMO1")
        await until(lambda: english.closed and german.closed, "the room closes", CATCH_UP_S)
    print(f"told after {told.audio:.0f} s of audio, {asyncio.get_running_loop().time() - began:.0f} s in all")


@dataclass
class Told:
    """What a host was told of the language, and how many seconds it had spoken by then."""

    info: dict[str, str] = field(default_factory=dict)
    audio: float = 0.0


async def _speak_until_told(host: ClientConnection, slices: list[Slice]) -> Told:
    told = Told()
    await until_ready(host)

    async def listen() -> None:
        async for frame in frames(host):
            if "sounds_like" in frame.get("info", {}):
                told.info = frame["info"]
                return

    listening = asyncio.create_task(listen())
    begun = asyncio.get_running_loop().time()
    try:
        for piece in slices:
            await asyncio.sleep(max(0.0, begun + piece.until - asyncio.get_running_loop().time()))
            if listening.done():
                break
            await host.send(piece.data)
            told.audio = piece.until
        await asyncio.wait_for(listening, CATCH_UP_S)
    finally:
        await end_tasks(listening)
    return told
