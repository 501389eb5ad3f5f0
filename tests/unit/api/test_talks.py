"""The rooms file: what a talk needs, and errors that name the place."""

from pathlib import Path

import pytest

from dolmetsch_api.rooms.talks import SAMPLE, RoomsFileInvalid, Talk, load_talks


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rooms.yaml"


def test_without_a_file_there_are_the_sample_talks() -> None:
    talks = load_talks()
    assert list(talks) == ["DEMO1", "DEMO2"]
    assert talks["DEMO1"].source_lang == "en"


def test_a_talk_needs_an_id_and_a_title_only(file: Path) -> None:
    file.write_text("rooms: [{id: A, title: Hello}]")
    talk = load_talks(file)["A"]
    assert talk == Talk(id="A", title="Hello")
    assert (talk.presenter, talk.location, talk.source_lang) == ("Unknown", "", "")
    assert (talk.track.name, talk.track.color) == ("", "#888888")


def test_the_presenter_is_the_persons_where_only_they_are_named(file: Path) -> None:
    file.write_text("rooms: [{id: A, title: a, persons: [Ann, Bob]}, {id: B, title: b, presenter: Carl}]")
    talks = load_talks(file)
    assert (talks["A"].presenter, talks["A"].speakers) == ("Ann, Bob", ("Ann", "Bob"))
    assert (talks["B"].presenter, talks["B"].speakers) == ("Carl", ("Carl",))


def test_a_room_of_the_file_may_say_how_long_its_transcripts_are_kept(file: Path) -> None:
    file.write_text("rooms: [{id: A, title: a, keep_days: 7, do_not_record: true}]")
    assert (load_talks(file)["A"].keep_days, load_talks(file)["A"].do_not_record) == (7, True)


def test_talks_keep_the_order_of_the_file(file: Path) -> None:
    file.write_text("rooms: [{id: B, title: b}, {id: A, title: a}, {id: ä/1, title: c}]")
    assert list(load_talks(file)) == ["B", "A", "ä/1"]


def test_a_file_may_list_no_rooms(file: Path) -> None:
    file.write_text("rooms: []")
    assert load_talks(file) == {}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("", "rooms.yaml"),
        ("rooms", "rooms.yaml"),
        ("rooms: [", "line 1"),
        ("talks: []", "talks"),
        ("rooms: {id: A}", "rooms"),
        ("rooms: [{title: Hello}]", "rooms.0.id"),
        ("rooms: [{id: A}]", "rooms.0.title"),
        ("rooms: [{id: '', title: Hello}]", "rooms.0.id"),
        (f"rooms: [{{id: {'A' * 201}, title: Hello}}]", "rooms.0.id"),
        ("rooms: [{id: A, title: Hello, source: en}]", "rooms.0.source"),
        ("rooms: [{id: A, title: Hello, track: Plenary}]", "rooms.0.track"),
        ("rooms: [{id: 5, title: Hello}]", "rooms.0.id"),
        ("rooms: [{id: A, title: Hello, keep_days: -1}]", "rooms.0.keep_days"),
        ("rooms: [{id: A, title: Hello, keep_days: 36501}]", "rooms.0.keep_days"),
        ("rooms: [{id: A, title: Hello, persons: Ann}]", "rooms.0.persons"),
        ("rooms: [{id: A, title: Hello, start: 2026-08-20 10:00:00}]", "rooms.0.start"),
        ("rooms: [{id: A, title: a}, {id: A, title: b}]", "two rooms of the same id"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(content: str, place: str, file: Path) -> None:
    file.write_text(content)
    with pytest.raises(RoomsFileInvalid) as caught:
        load_talks(file)
    assert str(file) in str(caught.value)
    assert place in str(caught.value)


def test_a_file_that_is_not_there_is_refused_with_an_example(file: Path) -> None:
    with pytest.raises(RoomsFileInvalid, match="Compare it with") as caught:
        load_talks(file)
    assert str(SAMPLE) in str(caught.value)
