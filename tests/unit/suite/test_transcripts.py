"""What bench says of two transcripts of one talk."""

import pytest
from bench.transcripts import delays, erasure, lost_stretches, split, standing, word_error_rate

SAID = split("We began in November 1994 and ended in January 1996.", "en")


def test_words_are_compared_without_case_and_punctuation() -> None:
    assert SAID == ["we", "began", "in", "november", "1994", "and", "ended", "in", "january", "1996"]
    assert split("C'est 50 % des gens !", "fr") == ["cest", "50", "des", "gens"]
    assert split("你好。", "zh") == ["你", "好"]
    assert word_error_rate(SAID, split("we began in november 19 94 and ended in january", "en")) == 0.3


@pytest.mark.parametrize(
    ("whole", "streamed", "lost"),
    [
        (
            "We began in November 1994 and ended in January 1996",
            "We began in January 1996",
            ["1994 and ended"],
        ),
        ("We began in November 1994 and ended in January 1996", "We began in November 1994 ended 1996", []),
        ("We began in January 1996", "We began in January 1996", []),
        # Other words in the place of the right ones are wrong, but not lost.
        ("We began in November 1994 and ended in January 1996", "We began in a b c d e January 1996", []),
        ("We began in November 1994", "ended in January 1996", ["we began in november 1994"]),
    ],
)
def test_a_stretch_is_lost_if_only_the_pass_over_the_whole_file_has_it(
    whole: str, streamed: str, lost: list[str]
) -> None:
    found = lost_stretches(SAID, split(whole, "en"), split(streamed, "en"))
    assert len(found) == len(lost)
    for stretch, words in zip(found, lost, strict=True):
        assert set(words.split()) <= set(stretch.split())


def test_erasure_counts_what_was_shown_and_taken_back() -> None:
    shown = ["The", "The large hole", "The large hall is", "The large hall is."]
    assert erasure(shown, "en") == 1 / 4
    assert erasure([], "en") == 0


def test_a_word_counts_from_when_it_stands_where_it_stays() -> None:
    shown = [(1.0, "the large"), (2.0, "the large hole"), (3.0, "the large hall")]
    ends = [("the", 0.5), ("large", 0.8), ("hall", 1.5)]
    assert delays(standing(shown, "en"), ends) == [0.5, pytest.approx(0.2), 1.5]


@pytest.mark.parametrize(
    ("shown", "stands"),
    [
        # What is put in before a word moves it; who reads it has it all the same.
        ([(1.0, "large hall"), (2.0, "the large hall")], [("the", 2.0), ("large", 1.0), ("hall", 1.0)]),
        ([(1.0, "the the hall"), (2.0, "the hall")], [("the", 1.0), ("hall", 1.0)]),
        # Taken back, it counts from when it is there again.
        ([(1.0, "the hall"), (2.0, "the"), (3.0, "the hall")], [("the", 1.0), ("hall", 3.0)]),
        (
            [(1.0, "the hole"), (2.0, "the hall"), (3.0, "the hall is")],
            [("the", 1.0), ("hall", 2.0), ("is", 3.0)],
        ),
        ([], []),
        ([(1.0, "")], []),
    ],
)
def test_since_when_a_word_stands(shown: list[tuple[float, str]], stands: list[tuple[str, float]]) -> None:
    assert standing(shown, "en") == stands
