"""What is due in one session, and in which order."""

import pytest

from dolmetsch_core.wire.feed import FeedGap, Sentence
from dolmetsch_worker.due import Due, Job


def sentence(n: int, lang: str = "en") -> Sentence:
    return Sentence(n=n, line=0, sent=n, start=n, end=n + 1, lang=lang, text=f"Sentence {n}.")


def due(count: int, *wanted: str, backlog_size: int = 2, lang: str = "en") -> Due:
    result = Due(backlog_size)
    result.want(set(wanted), 50.0)
    result.add([sentence(n, lang) for n in range(count)], 100.0)
    return result


def drain(state: Due, now: float = 0.0) -> list[Job]:
    """Takes all there is, as one pair's worker would."""
    jobs = []
    while heads := list(state.heads(now)):
        jobs.append(state.take(heads[0]))
    return jobs


def test_newest_goes_first() -> None:
    assert [job.n for job in drain(due(3, "de"))] == [2, 1, 0]


def test_the_last_sentences_are_recent_and_older_ones_are_not() -> None:
    state = due(4, "de")
    recent = {}
    while heads := list(state.heads(0.0)):
        recent[heads[0].n] = heads[0].recent
        state.take(heads[0])
    assert recent == {3: True, 2: True, 1: False, 0: False}


def test_each_language_has_a_head_of_its_own() -> None:
    assert {(head.target, head.n) for head in due(2, "de", "pt").heads(0.0)} == {("de", 1), ("pt", 1)}


def test_a_sentences_own_language_is_never_due() -> None:
    assert list(due(2, "en").heads(0.0)) == []


def test_a_language_that_changes_in_mid_talk_makes_two_pairs() -> None:
    state = due(1, "de", "en")
    state.add([sentence(1, "de")], 101.0)
    assert {(head.source, head.target, head.n) for head in state.heads(0.0)} == {
        ("en", "de", 0),
        ("de", "en", 1),
    }


def test_what_is_written_already_is_not_due() -> None:
    state = due(3, "de")
    state.settle("de", 2)
    state.settle("de", 0)
    assert [job.n for job in drain(state)] == [1]


def test_sentences_told_twice_are_due_once() -> None:
    state = due(2, "de")
    state.add([sentence(0), sentence(1), sentence(2)], 105.0)
    assert [job.n for job in drain(state)] == [2, 1, 0]


def test_a_missed_sentence_is_a_gap() -> None:
    with pytest.raises(FeedGap):
        due(2, "de").add([sentence(3)], 100.0)


def test_a_newly_wanted_language_makes_all_sentences_due_since_then() -> None:
    state = due(2)
    state.want({"de"}, 200.0)
    assert [(job.n, job.due) for job in drain(state)] == [(1, 200.0), (0, 200.0)]


def test_a_sentence_is_due_since_its_writing() -> None:
    assert drain(due(1, "de"))[0].due == 100.0


def test_a_language_nobody_reads_is_not_due() -> None:
    state = due(2, "de", "pt")
    state.want({"pt"}, 60.0)
    assert {job.target for job in drain(state)} == {"pt"}


def test_a_language_wanted_again_does_not_repeat_what_runs() -> None:
    state = due(2, "de")
    [head] = state.heads(0.0)
    state.take(head)
    state.want(set(), 60.0)
    state.want({"de"}, 61.0)
    assert [job.n for job in drain(state)] == [0]


def test_what_is_put_off_waits_and_counts_its_attempt() -> None:
    state = due(1, "de")
    [job] = drain(state)
    state.put_off(job, 5.0)
    assert list(state.heads(4.9)) == []
    assert state.next_try() == 5.0
    assert [(again.n, again.attempt) for again in drain(state, 5.0)] == [(0, 1)]
    assert state.next_try() is None


def test_a_breakers_refusal_is_no_attempt() -> None:
    state = due(1, "de")
    [job] = drain(state)
    state.put_off(job, 0.0, counts=False)
    assert drain(state)[0].attempt == 0


def test_what_is_put_off_when_nobody_wants_it_any_more_is_dropped() -> None:
    state = due(1, "de")
    [job] = drain(state)
    state.want(set(), 60.0)
    state.put_off(job, 0.0)
    assert state.pending() == 0


def test_what_another_worker_wrote_while_it_was_put_off_is_dropped() -> None:
    state = due(1, "de")
    [job] = drain(state)
    state.settle("de", 0)
    state.put_off(job, 0.0)
    assert list(state.heads(1.0)) == []


def test_a_job_does_not_show_its_text() -> None:
    assert "Sentence" not in repr(drain(due(1, "de"))[0])
