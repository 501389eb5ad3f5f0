"""What of a room's status is written at once and what waits: nothing is lost by it, no epoch given twice."""

from datetime import datetime

from dolmetsch_core.life.decide import decide
from dolmetsch_core.life.observed import EngineState, Observation
from dolmetsch_core.life.plan import Create
from dolmetsch_core.life.report import changed
from dolmetsch_core.wire.room import Delay, Phase, Room, RoomStatus
from dolmetsch_operator.news import DELAY_TOLD_EVERY, START_UNTOLD, News
from tests.unit.core.rooms import NOW, after, at, engine, live, room, serving


def step(news: News, written: Room, seen: Observation, now: datetime) -> tuple[RoomStatus, datetime | None]:
    """What is decided with what is believed, and when it is to be written."""
    plan = decide(news.believed(written), seen, now)
    return plan.status, news.keep(written, plan.status, now)


def test_a_start_that_is_over_in_a_moment_is_never_written() -> None:
    news, new = News(), room()
    assert step(news, new, Observation(), NOW)[1] == NOW + START_UNTOLD
    assert news.believed(new).status.epoch == 1
    status, when = step(news, new, Observation((engine(),)), at(0.2))
    assert (status.phase, when) == (Phase.STARTING, NOW + START_UNTOLD)
    status, when = step(news, new, Observation((serving(new),)), at(0.3))
    assert (status.phase, status.epoch, when) == (Phase.READY, 1, at(0.3))


def test_a_longer_start_is_written_when_its_moment_is_over_with_the_deadline_it_had() -> None:
    news, new = News(), room()
    first, due = step(news, new, Observation(), NOW)
    assert due is not None
    starting = Observation((engine(state=EngineState.STARTING),))
    assert step(news, new, starting, due) == (first, due)
    news.written(new.status, first, due)
    written = new.model_copy(update={"status": first})
    assert step(news, written, starting, at(2)) == (first, None)


def test_a_second_epoch_is_written_before_its_engine_is_made() -> None:
    """The first one's engine never came to be seen: it may be there all the same."""
    news, new = News(), room()
    step(news, new, Observation(), NOW)
    plan = decide(news.believed(new), Observation(), at(0.1))
    assert plan.actions == (Create(2),)
    assert news.keep(new, plan.status, at(0.1)) == at(0.1)


def test_who_takes_over_gives_no_epoch_that_may_have_been_given() -> None:
    plan = decide(room(), Observation(untold_epochs=1), NOW)
    assert plan.actions == (Create(2),)
    assert News().keep(room(), plan.status, NOW) == NOW
    seen = Observation((engine(epoch=1),), untold_epochs=1)
    assert decide(room(), seen, NOW).status.epoch == 1


def test_only_a_first_start_waits_all_else_is_written_at_once() -> None:
    new = room()
    started = after(new, decide(new, Observation(), NOW))
    lost = Observation((engine(state=EngineState.LOST),))
    for written, seen in (
        (new, Observation(admitted=False)),
        (new, Observation(admitted=False, refused="no place")),
        (started, lost),
        (live(new), Observation()),
    ):
        assert step(News(), written, seen, at(1))[1] == at(1)


def test_the_delay_is_written_now_and_then_or_with_other_news() -> None:
    news, served = News(), live(room())

    def seen(delay: Delay, **says: object) -> Observation:
        return Observation((serving(served, delay=delay, **says),))

    status, when = step(news, served, seen(Delay.LATE), at(1))
    assert when is not None
    assert when <= at(1)
    news.written(served.status, status, at(1))
    served = served.model_copy(update={"status": status})
    status, when = step(news, served, seen(Delay.OK), at(2))
    assert (status.delay, when) == (Delay.OK, at(1) + DELAY_TOLD_EVERY)
    assert step(news, served, seen(Delay.LATE), at(3))[1] is None, "as it is written"
    status, when = step(news, served, seen(Delay.OK, failing="no sound"), at(4))
    assert (status.message, status.delay, when) == ("no sound", Delay.OK, at(4))


def test_what_somebody_else_wrote_or_another_room_of_the_name_ends_what_was_believed() -> None:
    new = room()
    for other in (
        new.model_copy(update={"uid": "another"}),
        new.model_copy(update={"status": changed(new.status, message="by hand")}),
    ):
        news = News()
        step(news, new, Observation(), NOW)
        assert news.believed(other) == other
        assert news.believed(new) == new


def test_what_could_not_be_written_is_decided_again_from_what_is_written() -> None:
    """However often a write fails: one loss is one failure, and nothing is believed that nobody was told."""
    news, served = News(), live(room(), host_connected=True)
    lost = Observation((engine(state=EngineState.LOST),))
    tries = [step(news, served, lost, at(seconds)) for seconds in range(8)]
    assert {status.failures for status, _ in tries} == {1}
    assert {status.epoch for status, _ in tries} == {2}
    assert [when for _, when in tries] == [at(seconds) for seconds in range(8)]


def test_a_start_that_could_not_be_written_keeps_the_epoch_that_was_given() -> None:
    news, new = News(), room()
    first, _ = step(news, new, Observation(), NOW)
    starting = Observation((engine(state=EngineState.STARTING),))
    for seconds in (1, 2):
        status, when = step(news, new, starting, at(seconds))
        assert (status.epoch, status.deadline) == (1, first.deadline)
        assert when is not None
        assert when <= at(seconds)
    assert decide(news.believed(new), Observation(), at(3)).actions == (Create(2),)


def test_who_was_told_to_wait_is_told_at_once_that_it_starts() -> None:
    new = room()
    waits = after(new, decide(new, Observation(admitted=False), NOW))
    assert step(News(), waits, Observation(), at(1))[1] == at(1)
