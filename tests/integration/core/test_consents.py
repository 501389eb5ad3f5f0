"""Consents on a real store, as told by several api processes that do not know the same yet."""

import pytest
from redis.asyncio import Redis

from dolmetsch_core.live import consents, keys
from dolmetsch_core.live.pen import SESSION_TTL_S
from dolmetsch_core.wire.consent import Consent, TalkFacts

ROOM, SESSION = "talk/Ü{1}", "u.1"


async def tell(store: Redis, *, allowed: bool, generation: int = 1, title: str = "") -> None:
    told = Consent(
        room=ROOM, session=SESSION, store=allowed, public=False, owner="ann", source_lang="en",
        generation=generation, talk=TalkFacts(title=title),
    )  # fmt: skip
    await consents.tell(store, [told])


async def known(store: Redis) -> Consent:
    (found,) = await consents.all_consents(store)
    return found


async def test_of_one_generation_no_wins_whoever_speaks_last(store: Redis) -> None:
    await tell(store, allowed=True)
    await tell(store, allowed=False)
    # Its process has not got the schedule yet that bars the talk.
    await tell(store, allowed=True)
    assert not (await known(store)).store


async def test_a_later_generation_counts_whatever_it_says(store: Redis) -> None:
    await tell(store, allowed=False, generation=1)
    await tell(store, allowed=True, generation=2)
    await tell(store, allowed=False, generation=1)
    assert (await known(store)).store


async def test_of_one_generation_the_last_word_on_the_talk_counts(store: Redis) -> None:
    for title in ("Old", "New"):
        await tell(store, allowed=True, title=title)
    assert (await known(store)).talk.title == "New"


@pytest.mark.parametrize("generation", [1, 2])
async def test_what_overrules_lives_as_long_as_anybody_tells_of_the_session(
    store: Redis, generation: int
) -> None:
    await tell(store, allowed=False, generation=generation)
    # Who told it has ended, an hour ago.
    names = [keys.consent(ROOM, SESSION), keys.consents()]
    for name in names:
        await store.expire(name, 60)
    await tell(store, allowed=True)
    for name in names:
        assert await store.ttl(name) > SESSION_TTL_S - 60
    assert not (await known(store)).store


async def test_only_news_is_announced(store: Redis) -> None:
    async with store.pubsub() as channel:
        await channel.subscribe(keys.consents_changed())
        for allowed in (True, True, False, False, True):
            await tell(store, allowed=allowed)
        await store.publish(keys.consents_changed(), b"the end")
        heard = 0
        while (message := await channel.get_message(timeout=60)) and message["data"] != b"the end":
            heard += message["type"] == "message"
    assert heard == 2
