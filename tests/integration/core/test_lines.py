"""Pen, lines, feed and translations on a real store."""

import pytest
from redis.asyncio import Redis

from dolmetsch_core.live import keys, lease, translations, wanted
from dolmetsch_core.live.feed import Follower
from dolmetsch_core.live.pen import SESSION_TTL_S, WORDS_TTL_S, Fenced, Pen, StoreLost
from dolmetsch_core.live.wanted import Wanted
from dolmetsch_core.wire.feed import LinesWritten, Live, Position, Sentence, SessionClosed, Translated

ROOM, SESSION = "R1", "s.1"


def sentence(n: int) -> Sentence:
    return Sentence(n=n, line=0, sent=n, start=float(n), end=n + 0.5, lang="en", text=f"Sentence {n}.")


async def write(pen: Pen, *numbers: int) -> None:
    sentences = tuple(sentence(n) for n in numbers)
    position = Position(turn=1, message=numbers[-1], start=0, cut=numbers[-1])
    entry = LinesWritten(sentences=sentences, rest="and", position=position)
    await pen.write(sentences, entry, Live(after=numbers[-1] + 1, rest="and", position=position))


async def test_what_is_written_is_in_snapshot_and_feed_once(store: Redis) -> None:
    pen = Pen(store, ROOM, SESSION, 1)
    assert (await pen.take()).sentences == ()
    follower = Follower(store, ROOM, SESSION)
    assert (await follower.snapshot()).sentences == ()
    await write(pen, 0, 1)
    await write(pen, 0, 1)
    (entry,) = await follower.read(10)
    assert isinstance(entry, LinesWritten)
    assert [each.n for each in entry.sentences] == [0, 1]
    snapshot = await Follower(store, ROOM, SESSION).snapshot()
    assert snapshot.sentences == (sentence(0), sentence(1))
    assert snapshot.position is not None
    assert snapshot.position.cut == 1


async def test_a_snapshot_and_what_follows_leave_no_gap_and_no_duplicate(store: Redis) -> None:
    pen = Pen(store, ROOM, SESSION, 1)
    await pen.take()
    await write(pen, 0)
    follower = Follower(store, ROOM, SESSION)
    assert len((await follower.snapshot()).sentences) == 1
    await write(pen, 1)
    await translations.write(store, ROOM, SESSION, Translated(n=0, lang="de", text="Satz 0."))
    await pen.close(2)
    kinds = [type(entry) for entry in await follower.read(10)]
    assert kinds == [LinesWritten, Translated, SessionClosed]


async def test_who_joins_in_mid_sentence_has_its_words_in_the_snapshot(store: Redis) -> None:
    pen = Pen(store, ROOM, SESSION, 1)
    await pen.take()
    follower = Follower(store, ROOM, SESSION)
    assert (await follower.snapshot()).live is None
    await write(pen, 0)
    said = Live(after=1, rest="and so", sounds_like="de")
    await pen.say(said)
    assert (await follower.snapshot()).live == said
    # Words that no engine says any more are not kept, nor those of a session that is over.
    assert 0 < await store.ttl(keys.words(ROOM, SESSION)) <= WORDS_TTL_S
    await pen.close(1)
    assert (await follower.snapshot()).live is None


async def test_a_heartbeat_renews_all_that_is_stored_of_a_session(store: Redis) -> None:
    pen = Pen(store, ROOM, SESSION, 1)
    await pen.take()
    await write(pen, 0)
    await translations.write(store, ROOM, SESSION, Translated(n=0, lang="de", text="Satz 0."))
    names = [of(ROOM, SESSION) for of in (keys.pen, keys.lines, keys.position, keys.feed, keys.translations)]
    for name in names:
        assert await store.expire(name, 60)
    # A long break: nobody says a word.
    await pen.say(Live(after=1))
    assert min([await store.ttl(name) for name in names]) > SESSION_TTL_S - 60


async def test_a_new_engine_takes_the_pen_and_the_old_one_is_fenced(store: Redis) -> None:
    old, new = Pen(store, ROOM, SESSION, 1), Pen(store, ROOM, SESSION, 2)
    await old.take()
    await write(old, 0)
    assert [each.n for each in (await new.take()).sentences] == [0]
    for late in (write(old, 1), old.say(Live(after=1)), old.close(1), old.take()):
        with pytest.raises(Fenced):
            await late
    await write(new, 1)
    assert await store.llen(keys.lines(ROOM, SESSION)) == 2


async def test_a_session_can_not_touch_another(store: Redis) -> None:
    old, new = Pen(store, ROOM, "s.1", 5), Pen(store, ROOM, "s.2", 1)
    await old.take()
    assert (await new.take()).sentences == ()
    await write(old, 0)
    assert await store.llen(keys.lines(ROOM, "s.2")) == 0


async def test_a_lost_store_is_noticed_and_filled_by_writing_again(store: Redis) -> None:
    pen = Pen(store, ROOM, SESSION, 1)
    await pen.take()
    await write(pen, 0, 1)
    await store.flushall()
    with pytest.raises(StoreLost) as lost:
        await write(pen, 2)
    assert lost.value.stored == 0
    await pen.take()
    await write(pen, 0, 1, 2)
    assert len((await Follower(store, ROOM, SESSION).snapshot()).sentences) == 3


async def test_the_heartbeat_notices_a_loss_too(store: Redis) -> None:
    pen = Pen(store, ROOM, SESSION, 1)
    await pen.take()
    await write(pen, 0)
    await store.flushall()
    with pytest.raises(StoreLost):
        await pen.say(Live(after=1))


async def test_the_first_translation_wins_and_one_of_a_sentence_that_is_not_there_is_dropped(
    store: Redis,
) -> None:
    pen = Pen(store, ROOM, SESSION, 1)
    await pen.take()
    await write(pen, 0)
    assert await translations.write(store, ROOM, SESSION, Translated(n=0, lang="de", text="Erster."))
    assert not await translations.write(store, ROOM, SESSION, Translated(n=0, lang="de", text="Zweiter."))
    assert not await translations.write(store, ROOM, SESSION, Translated(n=5, lang="de", text="Nie."))
    snapshot = await Follower(store, ROOM, SESSION).snapshot()
    assert [each.text for each in snapshot.translations] == ["Erster."]


async def test_everything_of_a_session_expires(store: Redis) -> None:
    pen = Pen(store, ROOM, SESSION, 1)
    await pen.take()
    await write(pen, 0)
    await translations.write(store, ROOM, SESSION, Translated(n=0, lang="de", text="Satz."))
    await wanted.want(store, [Wanted(ROOM, SESSION, "de")])
    ttls = {name: await store.ttl(name) for name in await store.keys("*")}
    assert len(ttls) == 7
    assert all(ttl > 0 for ttl in ttls.values()), ttls
    await pen.close(1)
    assert 0 < await store.ttl(keys.lines(ROOM, SESSION)) <= 600


async def test_a_language_nobody_says_again_is_not_wanted_any_more(
    store: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The other one is said again, as often as it takes.
    monkeypatch.setattr(wanted, "WANTED_TTL_S", 3600)
    await wanted.want(store, [Wanted(ROOM, SESSION, "de"), Wanted("Ü {x}", "s", "pt")])
    assert await wanted.all_wanted(store) == {Wanted(ROOM, SESSION, "de"), Wanted("Ü {x}", "s", "pt")}
    await store.zadd(keys.wanted(), {'["R1","s.1","de"]': 1})
    assert await wanted.all_wanted(store) == {Wanted("Ü {x}", "s", "pt")}


async def test_a_lease_has_one_holder(store: Redis) -> None:
    name, hour_ms = keys.translator(ROOM, SESSION), 3_600_000
    assert await lease.hold(store, name, "a", hour_ms)
    assert not await lease.hold(store, name, "b", hour_ms)
    await lease.let_go(store, name, "b")
    assert await lease.hold(store, name, "a", hour_ms)
    await lease.let_go(store, name, "a")
    assert await lease.hold(store, name, "b", hour_ms)
