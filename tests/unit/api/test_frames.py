"""Frames as clients in use read them: shape, grouping by line, close reasons that fit."""

import json

import pytest

from dolmetsch_api.sockets.frames import REASON_BYTES, CaptionSentence, Tail, chunk, close_reason, info
from dolmetsch_core.wire.feed import Sentence


def said(n: int, line: int, sent: int, text: str, *, speaker: int = -1) -> Sentence:
    return Sentence(n=n, line=line, sent=sent, start=n, end=n + 1, lang="en", text=text, speaker=speaker)


def caption(
    sentence: Sentence, translation: str | None = None, start: float = 0.0, end: float = 1.0
) -> CaptionSentence:
    return CaptionSentence(sentence, translation, start, end)


def test_a_chunk_without_sentences_still_holds_the_tail() -> None:
    assert json.loads(chunk([], "de", Tail("and so", 1.234, 0.5))) == {
        "last_n_sents": [],
        "incomplete_sentence": "and so",
        "transcription_delay": 1.23,
        "translation_delay": 0.5,
    }


def test_a_chunk_has_the_shape_that_clients_rely_on() -> None:
    frame = chunk([caption(said(0, 0, 0, "Hello."), "Hallo.", 0.9, 13.9)], "de", Tail("", 1.2, 0.3))
    assert frame == (
        '{"last_n_sents":[{"line_idx":0,"beg":0,"end":13,"speaker":-1,'
        '"sentences":[{"sent_idx":0,"content":{"en":"Hello.","de":"Hallo."}}]}],'
        '"incomplete_sentence":"","transcription_delay":1.2,"translation_delay":0.3}'
    )


def test_sentences_are_grouped_by_line_in_order() -> None:
    sentences = [
        caption(said(3, 1, 2, "c"), None, 4.0, 9.0),
        caption(said(4, 1, 3, "d"), None, 4.0, 9.0),
        caption(said(5, 2, 0, "e"), None, 12.0, 14.0),
    ]
    lines = json.loads(chunk(sentences, "en", Tail()))["last_n_sents"]
    assert [(line["line_idx"], line["beg"], line["end"]) for line in lines] == [(1, 4, 9), (2, 12, 14)]
    assert [[each["sent_idx"] for each in line["sentences"]] for line in lines] == [[2, 3], [0]]


@pytest.mark.parametrize(
    ("translation", "lang", "content"),
    [
        (None, "de", {"en": "Hello."}),
        (None, "en", {"en": "Hello."}),
        ("Hallo.", "de", {"en": "Hello.", "de": "Hallo."}),
        ("", "de", {"en": "Hello.", "de": ""}),
    ],
)
def test_a_sentence_always_holds_its_source_and_what_is_known_of_it(
    translation: str | None, lang: str, content: dict[str, str]
) -> None:
    frame = json.loads(chunk([caption(said(0, 0, 0, "Hello."), translation)], lang, Tail()))
    assert frame["last_n_sents"][0]["sentences"][0]["content"] == content


def test_a_known_speaker_is_told() -> None:
    frame = json.loads(chunk([caption(said(0, 0, 0, "Hello.", speaker=0))], "en", Tail()))
    assert frame["last_n_sents"][0]["speaker"] == 0


@pytest.mark.parametrize("text", ["Zürich", "你好。", "שלום", 'he said "<b>"', "line\nbreak", "🎤"])
def test_any_script_goes_over_the_socket_as_it_is(text: str) -> None:
    frame = chunk([caption(said(0, 0, 0, text))], "en", Tail(text))
    assert json.loads(frame)["incomplete_sentence"] == text
    assert "\\u" not in frame


def test_info_is_an_object_of_its_own() -> None:
    assert info(ready_to_recieve_audio=True) == '{"info":{"ready_to_recieve_audio":true}}'
    assert info(connection_id="c1") == '{"info":{"connection_id":"c1"}}'


@pytest.mark.parametrize("text", ["", "Room closed", "x" * 123])
def test_a_reason_that_fits_is_left_alone(text: str) -> None:
    assert close_reason(text) == text


@pytest.mark.parametrize("letter", ["x", "ü", "语", "🎤"])
@pytest.mark.parametrize("shift", range(4))
def test_a_long_reason_is_cut_at_a_characters_edge(letter: str, shift: int) -> None:
    text = "x" * shift + letter * 200
    cut = close_reason(text)
    assert text.startswith(cut)
    size = len(cut.encode())
    assert REASON_BYTES - len(letter.encode()) < size <= REASON_BYTES
