"""A new stream joined to what was written: nothing doubled, nothing lost."""

import pytest

from dolmetsch_engine.seam import Joiner, Resume
from dolmetsch_engine.words import Word, join

WRITTEN = "Welcome to the room. My name is Julia and I come from Paris."


def said(text: str, start: float, step: float = 0.3) -> list[Word]:
    return [
        Word(f" {word}", round(start + at * step, 3), round(start + (at + 1) * step, 3))
        for at, word in enumerate(text.split())
    ]


def joined(joiner: Joiner, words: list[Word], now: float) -> str:
    return join([*joiner.feed(words, now), *joiner.finish()], "en")


def test_start_behind_the_written_end_passes_everything_at_once() -> None:
    joiner = Joiner(Resume(0, 2, WRITTEN, end=10.0), start=10.2, language="en")
    assert join(joiner.feed(said("Paris is large", 10.3), 11.0), "en") == "Paris is large"
    assert joiner.dropped == 0


@pytest.mark.parametrize(
    ("heard", "start", "new"),
    [
        ("I come from Paris. Today I want to talk", 8.8, "Today I want to talk"),
        ("i come from paris today", 8.8, "today"),
        ("and I come from Paris. Paris is large", 8.5, "Paris is large"),
        ("I came from Paris. Today we", 8.8, "Today we"),
        ("Today I want to talk", 10.1, "Today I want to talk"),
        ("Today I want to talk", 9.9, "Today I want to talk"),
    ],
)
def test_words_that_were_written_are_dropped(heard: str, start: float, new: str) -> None:
    joiner = Joiner(Resume(0, 2, WRITTEN, end=10.0), start=8.4, language="en")
    assert joined(joiner, said(heard, start), 14.0) == new


def test_words_are_held_until_it_is_clear() -> None:
    joiner = Joiner(Resume(0, 2, WRITTEN, end=10.0), start=8.4, language="en")
    assert joiner.feed(said("I come from", 8.8), 9.8) == []
    assert not joiner.joined
    assert join(joiner.feed(said("Paris. Today I want", 9.75), 11.0), "en") == "Today I want"
    assert joiner.joined
    assert joiner.dropped == 4


def test_silence_after_the_seam_makes_it_clear_too() -> None:
    joiner = Joiner(Resume(0, 2, WRITTEN, end=10.0), start=8.4, language="en")
    assert joiner.feed(said("I come from Paris.", 8.8), 12.0) == []
    assert joiner.joined
    assert joiner.finish() == []
    assert joiner.dropped == 4


def test_characters_are_compared_in_languages_without_spaces() -> None:
    joiner = Joiner(Resume(0, 1, "今天天气很好。", end=10.0), start=9.0, language="zh")
    heard = [Word(char, 9.2 + at * 0.2, 9.4 + at * 0.2) for at, char in enumerate("很好。明天")]
    words = [word for word in heard if word.text != "。"]
    assert join([*joiner.feed(words, 14.0), *joiner.finish()], "zh") == "明天"


@pytest.mark.parametrize(
    ("language", "written", "heard", "new"),
    [
        ("zh", "你好。我叫朱莉亚。", ["我", "叫", "朱莉", "亚。", "今", "天"], "今天"),
        ("ja", "こんにちは。私は花子です。", ["私", "は", "花子", "です。", "今日", "は"], "今日は"),
        ("th", "สวัสดีครับ ผมชื่อสมชาย", ["ผม", "ชื่", "อ", "สม", "ชาย", "วันนี้"], "วันนี้"),
        ("th", "สวัสดีครับ ผมชื่อสมชาย", ["ผ", "ม", "ชื่อ", "สมช", "าย ", "วันนี้", "เรา"], "วันนี้เรา"),
        ("my", "မင်္ဂလာပါ", ["မင်", "္ဂ", "လာ", "ပါ", "ဒီနေ့"], "ဒီနေ့"),
    ],
)
def test_scripts_without_spaces_are_joined_wherever_the_model_cuts_them(
    language: str, written: str, heard: list[str], new: str
) -> None:
    joiner = Joiner(Resume(0, 2, written, end=10.0), start=8.4, language=language)
    count = len(heard) - (2 if language in {"zh", "ja"} or new == "วันนี้เรา" else 1)
    words = [
        Word(text, round(9.9 - 0.2 * (count - at), 3), round(10.1 - 0.2 * (count - at), 3))
        for at, text in enumerate(heard)
    ]
    assert join([*joiner.feed(words, 14.0), *joiner.finish()], language) == new
    assert joiner.dropped == count
