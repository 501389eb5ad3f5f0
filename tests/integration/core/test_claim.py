"""The host claim on a real store."""

import pytest
from redis.asyncio import Redis

from dolmetsch_core.live import claim as claims
from dolmetsch_core.live import keys

ROOM = "talk/Ü{1}"


@pytest.fixture(autouse=True)
def no_claim_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody renews one here, however long a test takes."""
    monkeypatch.setattr(claims, "CLAIM_TTL_MS", 3_600_000)


async def take(store: Redis, subject: str, known: str = "", new: str = "new") -> claims.Claim | None:
    return await claims.take(store, ROOM, subject, known_id=known, new_id=new)


async def test_one_host_at_a_time_until_it_lets_go(store: Redis) -> None:
    first = await take(store, "ann", new="c1")
    assert first is not None
    assert (first.turn, first.connection_id) == (1, "c1")
    assert await take(store, "ben") is None
    await claims.release(store, first)
    second = await take(store, "ben", new="c2")
    assert second is not None
    assert (second.turn, second.connection_id) == (2, "c2")


async def test_the_same_subject_takes_the_next_turn_and_the_old_one_is_lost(store: Redis) -> None:
    old = await take(store, "ann")
    new = await take(store, "ann")
    assert old is not None
    assert new is not None
    assert new.turn == old.turn + 1
    assert not await claims.renew(store, old)
    assert await claims.renew(store, new)
    await claims.release(store, old)
    assert await take(store, "ben") is None, "releasing an old turn must not free the room"


async def test_a_host_who_shows_the_connection_id_is_the_same_host_and_keeps_it(store: Redis) -> None:
    await take(store, "ann", new="c1")
    assert await take(store, "fresh subject", known="wrong") is None
    again = await take(store, "fresh subject", known="c1", new="c9")
    assert again is not None
    assert again.connection_id == "c1"


async def test_the_connection_id_stays_known_after_the_host_left(store: Redis) -> None:
    first = await take(store, "ann", new="c1")
    assert first is not None
    await claims.release(store, first)
    assert await claims.connection_id(store, ROOM) == "c1"
    assert await claims.connection_id(store, "another") == ""


async def test_a_claim_expires_by_itself(store: Redis) -> None:
    await take(store, "ann")
    left = await store.pttl(keys.host(ROOM))
    assert 0 < left <= claims.CLAIM_TTL_MS


async def test_renewing_puts_a_claim_back_into_a_store_that_lost_it(store: Redis) -> None:
    first = await take(store, "ann", new="c1")
    assert first is not None
    await store.flushall()
    assert await claims.renew(store, first)
    assert await claims.connection_id(store, ROOM) == "c1"
    second = await take(store, "ann")
    assert second is not None
    assert second.turn == 2


async def test_only_the_holder_may_raise_its_turn(store: Redis) -> None:
    first = await take(store, "ann")
    assert first is not None
    raised = await claims.raise_turn(store, first, above=7)
    assert raised is not None
    assert raised.turn == 8
    assert await claims.raise_turn(store, first, above=20) is None
