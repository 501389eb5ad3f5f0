"""How long a speaker stays after the last word."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from dolmetsch_local import speak
from dolmetsch_local.speak import Captions

QUIET_S = 0.2
DELAYED, LIVE = ({"info": {"state": state}} for state in ("captions_delayed", "live"))
WORDS = {"last_n_sents": []}


async def coming(*frames: dict[str, Any] | float) -> AsyncIterator[str]:
    """Frames, and seconds without any."""
    for each in frames:
        if isinstance(each, float):
            await asyncio.sleep(each)
        else:
            yield json.dumps(each)
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("frames", "seen"),
    [
        ((WORDS,), 1),
        # An engine that takes another's place is waited for.
        ((DELAYED, 5 * QUIET_S, LIVE, WORDS), 3),
        ((DELAYED, WORDS, 5 * QUIET_S, WORDS, LIVE), 4),
        # Nothing is expected any more.
        ((DELAYED, LIVE, 5 * QUIET_S, WORDS), 2),
    ],
)
async def test_a_speaker_stays_while_captions_are_delayed(
    frames: tuple[Any, ...], seen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speak, "QUIET_S", QUIET_S)
    came = 0

    async def counted() -> AsyncIterator[str]:
        nonlocal came
        async for frame in coming(*frames):
            came += 1
            yield frame

    captions = Captions()
    hearing = asyncio.create_task(captions.hear(counted()))
    await captions.until_quiet(speak.LONGEST_S)
    assert came == seen
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)


async def test_nobody_is_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speak, "QUIET_S", 0.05)
    captions = Captions()
    hearing = asyncio.create_task(captions.hear(coming(DELAYED)))
    await captions.until_quiet(0.5)
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)
