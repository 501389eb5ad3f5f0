"""What operations people do while somebody speaks: drain a node, upgrade everything."""

import asyncio
from pathlib import Path

import pytest

from dolmetsch_core.tasks import end_tasks
from tests.node.images import NEXT_TAG
from tests.node.release import COMPONENTS, ROOMS, Release
from tests.node.speaking import ACTIVE_S, Speaker, assert_all_read, joined, spoken
from tests.platform_process import Viewer, viewing
from tests.scoring import talk
from tests.waiting import until

pytestmark = [pytest.mark.audio, pytest.mark.timeout(900)]
ROOM = ROOMS[2]
FEW = 2


async def _begun(speaking: "asyncio.Task[Speaker]", viewer: Viewer) -> None:
    """Wait until some sentences are there."""
    await until(lambda: len(viewer.sentences) >= FEW or speaking.done(), f"{FEW} sentences", ACTIVE_S)
    if speaking.done():
        speaking.result()


def _told(speaker: Speaker, viewer: Viewer) -> None:
    away = ", ".join(f"{each:.1f}" for each in viewer.away) or "never"
    print(f"the host could not send for {speaker.longest_silence:.1f} s; its reader was away for {away} s")


@pytest.mark.parametrize("beside", ["store", "archive"])
async def test_a_drained_node_s_room_goes_on_on_the_other_one(
    release: Release, beside: str, tmp_path: Path
) -> None:
    """With the engine, the node loses the live store, or the archive, and all else that runs there."""
    of = joined([talk("en2"), talk("en")], tmp_path)
    component = {"store": "valkey", "archive": "postgresql"}[beside]
    node = await asyncio.to_thread(release.put_engine_beside, component)
    async with viewing(release.address.url, ROOM, "en", stay=True) as (viewer,):
        speaking = asyncio.create_task(spoken(release.address, of, ROOM, viewer))
        try:
            await _begun(speaking, viewer)
            before = dict(viewer.sentences)
            assert await asyncio.to_thread(release.node_of, ROOM) == node
            drain = ("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=180s")
            await asyncio.to_thread(release.kubectl, *drain, timeout=240)
            speaker = await speaking
            assert await asyncio.to_thread(release.node_of, ROOM) != node
        finally:
            await end_tasks(speaking)
            await asyncio.to_thread(release.kubectl, "uncordon", node)
    _told(speaker, viewer)
    assert before.items() <= viewer.sentences.items(), "what was read stays, and line numbers go on"
    assert_all_read(of, viewer, f"drained, beside the {beside}")


async def test_an_upgrade_of_everything_loses_no_sentence(release: Release, tmp_path: Path) -> None:
    # Where "pause" and "en2" are joined, the model misreads a sentence at some cuts, upgraded or not.
    of = joined([talk(name) for name in ("en2", "en", "en2", "en")], tmp_path)
    before_pods = await asyncio.to_thread(release.pods)
    async with viewing(release.address.url, ROOM, "en", "de", stay=True) as (viewer, german):
        speaking = asyncio.create_task(spoken(release.address, of, ROOM, viewer))
        try:
            await _begun(speaking, viewer)
            before = dict(viewer.sentences)
            tags = {component: {"image": {"tag": NEXT_TAG}} for component in COMPONENTS}
            await asyncio.to_thread(release.upgrade, tags)
            assert not speaking.done(), "the talk outlasts the upgrade"
            speaker = await speaking
        finally:
            await end_tasks(speaking)
        await until(
            lambda: all("de" in each for each in german.in_order), "German of all sentences", ACTIVE_S
        )
    _told(speaker, viewer)
    after_pods = await asyncio.to_thread(release.pods)
    assert not before_pods & after_pods, "all were replaced, but for engines"
    assert before.items() <= viewer.sentences.items(), "what was read stays, and line numbers go on"
    assert_all_read(of, viewer, "upgraded")
