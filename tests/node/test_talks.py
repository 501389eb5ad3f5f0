"""`helm install` on two real nodes: captions come out of real pods, as many rooms as there are GPUs."""

import asyncio

import pytest

from tests.node.release import ROOMS, Release
from tests.node.speaking import ACTIVE_S, HEARD_S, assert_all_read, hold, spoken
from tests.platform_process import viewing
from tests.scoring import talk
from tests.waiting import until

pytestmark = [pytest.mark.audio, pytest.mark.timeout(900)]


async def test_a_talk_is_read_in_both_languages(release: Release) -> None:
    of = talk("de")
    async with viewing(release.address.url, "HALLB", "de", "en", stay=True) as (german, translated):
        await spoken(release.address, of, "HALLB", german)
        await until(
            lambda: all("en" in each for each in translated.in_order), "English of all sentences", HEARD_S
        )
    assert_all_read(of, german, "one room")
    translated.assert_no_gaps()


async def test_four_rooms_are_live_at_once_and_the_fifth_is_refused(release: Release) -> None:
    rooms, talks = ROOMS[:4], [talk(name) for name in ("en2", "de2", "en2", "de2")]
    url = release.address.url
    async with (
        viewing(url, rooms[0], "en", "de", stay=True) as of_first,
        viewing(url, rooms[1], "de", "en", stay=True) as of_second,
        viewing(url, rooms[2], "en", "de", stay=True) as of_third,
        viewing(url, rooms[3], "de", "en", stay=True) as of_fourth,
    ):
        viewers = [each[0] for each in (of_first, of_second, of_third, of_fourth)]
        speaking = asyncio.gather(
            *(
                spoken(release.address, of, room, viewer)
                for of, room, viewer in zip(talks, rooms, viewers, strict=True)
            )
        )
        try:
            await until(lambda: all(each.sentences for each in viewers), "words in four rooms", ACTIVE_S)
            nodes = [await asyncio.to_thread(release.node_of, room) for room in rooms]
            assert sorted(nodes.count(node) for node in set(nodes)) == [2, 2], "two on each node"
            async with asyncio.timeout(ACTIVE_S):
                refused = await hold(release.address, ROOMS[4], asyncio.Event())
            assert refused.endswith("Maximum capacity of 4 instances reached")
            await speaking
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)
        for each in (of_first, of_second, of_third, of_fourth):
            await until(
                lambda each=each: all(each[1].lang in texts for texts in each[1].in_order),
                f"{each[1].lang} of all sentences",
                HEARD_S,
            )
    for of, room, viewer in zip(talks, rooms, viewers, strict=True):
        assert_all_read(of, viewer, room)
