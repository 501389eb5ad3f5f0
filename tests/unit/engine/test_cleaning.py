"""What is taken out of a pass because nobody said it, and what stays."""

import pytest

from dolmetsch_engine.segmenter import Segmenter
from dolmetsch_engine.whisper.cleaning import clean, too_fast, unloop
from dolmetsch_engine.words import Word, join

LIFE = 0.3
"""Seconds of a word that somebody says."""


def said(text: str, step: float = LIFE) -> list[Word]:
    """Words one after the other."""
    return heard(*(f" {word}" for word in text.split()), step=step)


def heard(*texts: str, step: float = LIFE) -> list[Word]:
    return [Word(text, round(at * step, 3), round((at + 1) * step, 3)) for at, text in enumerate(texts)]


@pytest.mark.parametrize(
    "text",
    [
        "zero zero zero zero seven",
        "Nein, nein, nein, nein",
        "no no no no no",
        "bla bla bla bla bla und so weiter",
        "very very very very very good",
        "thank you thank you thank you thank you",
        "I have a dream I have a dream I have a dream today",
        "one two one two one two one two",
        "हाँ हाँ हाँ हाँ",
        "네 네 네 네 네",
    ],
)
def test_people_repeat_themselves(text: str) -> None:
    assert join(unloop(said(text)), "en") == text


@pytest.mark.parametrize(("text", "language"), [("谢谢谢谢大家", "zh"), ("ครับครับครับครับ", "th")])
def test_people_repeat_themselves_in_scripts_without_spaces(text: str, language: str) -> None:
    assert join(unloop(heard(*text, step=0.12)), language) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("no no no no no", "no"),
        ("no no no", "no no no"),
        ("thank you thank you thank you thank you", "thank you"),
        ("it is so it is so it is so we go", "it is so we go"),
        ("it was the best it was the worst", "it was the best it was the worst"),
        ("a b c d e f a b c d e f a b c d e f g", "a b c d e f g"),
        ("Well, well. WELL! well", "Well,"),
        ("ja ja ja ja ja", "ja"),
    ],
)
def test_a_loop_is_faster_than_anybody_speaks_and_keeps_its_first_round(text: str, kept: str) -> None:
    assert join(unloop(said(text, step=0.08)), "en") == kept


def test_a_loop_without_spaces_is_told_by_its_time_too() -> None:
    assert join(unloop(heard(*"谢谢谢谢谢谢", step=0.03)), "zh") == "谢"


def test_a_loop_whose_words_have_no_audio_is_one_though_it_lasts() -> None:
    words = [Word(" so", 0.0, 0.3), *(Word(" so", 2.0 + at, 2.0 + at) for at in range(4))]
    assert join(unloop(words), "en") == "so"


@pytest.mark.parametrize(
    ("phrase", "rounds"),
    [("you", 12), ("thank you", 12), ("thanks for watching", 6), ("I am in the room", 6)],
)
def test_a_loop_is_told_by_its_number_too(phrase: str, rounds: int) -> None:
    assert join(unloop(said(f"{phrase} " * rounds)), "en") == phrase
    fewer = f"{phrase} " * (rounds - 1)
    assert join(unloop(said(fewer)), "en") == fewer.strip()


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ([" Hello", " ...", " ♪", " there"], [" Hello", " there"]),
        ([" 30", " -", " 40"], [" 30", " 40"]),
        (["...", " yes"], [" yes"]),
        ([" …", " –", " —", " ."], []),
        ([" 🎵", " la", " 🎶"], [" la"]),
        ([" *", " so", ' "'], [" so"]),
        (["\ufffd", " so"], [" so"]),
        ([" ♪♪", " so"], [" so"]),
        ([" ❤️", " so", " ☺", " ✨"], [" so"]),
        ([" 👏🏽👏🏽", " so", " 👩‍💻"], [" so"]),
        ([" ★★★", " so", " ■"], [" so"]),
        ([" ?"], []),
    ],
)
def test_what_nobody_says_goes(words: list[str], kept: list[str]) -> None:
    assert [word.text for word in clean(heard(*words))] == kept


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ([" 50", " %", " des", " gens"], [" 50", " %", " des", " gens"]),
        ([" 5", " €"], [" 5", " €"]),
        ([" Johnson", " &", " Johnson"], [" Johnson", " &", " Johnson"]),
        ([" 2", " +", " 2", " =", " 4"], [" 2", " +", " 2", " =", " 4"]),
        ([" §", " 5"], [" §", " 5"]),
        ([" $", " 5"], [" $", " 5"]),
        ([" 20", " °", " warm"], [" 20", " °", " warm"]),
        ([" A", " @", " B", " #", " 3"], [" A", " @", " B", " #", " 3"]),
        ([" 7", " ×", " 8", " ÷", " 2", " −", " 1"], [" 7", " ×", " 8", " ÷", " 2", " −", " 1"]),
        ([" ₹", " 500", " £", " 3"], [" ₹", " 500", " £", " 3"]),
        ([" ~", " 20", " kg"], [" ~", " 20", " kg"]),
        ([" 2", " ^", " 8"], [" 2", " ^", " 8"]),
        ([" A", " |", " B", " \\", " C", " _", " D"], [" A", " |", " B", " \\", " C", " _", " D"]),
        ([" x", " →", " y", " ≥", " 3", " ℃"], [" x", " →", " y", " ≥", " 3", " ℃"]),
    ],
)
def test_signs_that_are_read_out_stay(words: list[str], kept: list[str]) -> None:
    assert [word.text for word in clean(heard(*words))] == kept


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ([" यह", " है", "।"], [" यह", " है।"]),
        ([" Ça", " va", " ?", " Oui", " !"], [" Ça", " va ?", " Oui !"]),
        ([" Il", " dit", " :", " «", " oui", " »", " ."], [" Il", " dit :", " « oui »"]),
        ([" ¿", " Qué", "?"], [" ¿ Qué?"]),
        (["“", "Ja", "“"], ["“Ja“"]),
        ([" C", "+", "+"], [" C++"]),
        ([" 100", "%", "."], [" 100%."]),
        ([" (", "so", ")", ";"], [" (so);"]),
        (["你好", "，", "世界", "。"], ["你好，", "世界。"]),
        (["「", "はい", "」"], ["「はい」"]),
        ([" مرحبا", "؟", " نعم", "،"], [" مرحبا؟", " نعم،"]),
        (["ดี", " ", "ครับ"], ["ดี ", "ครับ"]),
        (["ส", "วั", "ส", "ดี"], ["ส", "วั", "ส", "ดี"]),
    ],
)
def test_marks_go_to_their_words_as_written(words: list[str], kept: list[str]) -> None:
    assert [word.text for word in clean(heard(*words))] == kept


def test_a_sentence_in_no_time_is_invented() -> None:
    assert too_fast(said("Können Sie mich hören?", step=0.07))
    assert not too_fast(said("Können Sie mich hören?", step=0.2))
    assert not too_fast(said("Ja bitte", step=0.01))


@pytest.mark.parametrize(
    ("language", "words", "sentences"),
    [
        ("fr", " Ça va ? Oui ! Et 50 % des gens .", ["Ça va ?", "Oui !", "Et 50 % des gens"]),
        ("fr", " Il a dit : « oui » . Bon", ["Il a dit : « oui » Bon"]),
        ("en", " He owes 5 $ . Johnson & Johnson pay.", ["He owes 5 $ Johnson & Johnson pay."]),
        ("en", " So 2 + 2 = 4. Yes.", ["So 2 + 2 = 4.", "Yes."]),
        ("de", " Siehe § 5. Und dann ?", ["Siehe § 5.", "Und dann ?"]),
        ("es", " ¿ Qué tal ? ¡ Bien !", ["¿ Qué tal ?", "¡ Bien !"]),
        ("it", " Come va ? Bene !", ["Come va ?", "Bene !"]),
        ("pt", " Tudo bem ? Sim.", ["Tudo bem ?", "Sim."]),
        ("pl", " Czy to prawda ? Tak.", ["Czy to prawda ?", "Tak."]),
        ("hi", " क्या यह सच है ? हाँ ।", ["क्या यह सच है ?", "हाँ ।"]),
        ("ar", " هل هذا صحيح ؟ نعم.", ["هل هذا صحيح ؟", "نعم."]),
        ("he", " מה שלומך ? טוב.", ["מה שלומך ?", "טוב."]),
        ("ko", " 괜찮아요 ? 네.", ["괜찮아요 ?", "네."]),
    ],
)
def test_marks_and_signs_reach_the_reader(language: str, words: str, sentences: list[str]) -> None:
    segmenter = Segmenter(language)
    finished = segmenter.feed(clean(said(words)), (), 0.0) + segmenter.finish()
    assert [each.text for each in finished] == sentences


@pytest.mark.parametrize(
    ("language", "text", "sentences"),
    [
        ("zh", "你好吗？很好。", ["你好吗？", "很好。"]),
        ("ja", "元気ですか？はい。", ["元気ですか？", "はい。"]),
        ("th", "สวัสดีครับ วันนี้ดี", ["สวัสดีครับ วันนี้ดี"]),
    ],
)
def test_scripts_without_spaces_reach_the_reader(language: str, text: str, sentences: list[str]) -> None:
    segmenter = Segmenter(language)
    finished = segmenter.feed(clean(heard(*text, step=0.12)), (), 0.0) + segmenter.finish()
    assert [each.text for each in finished] == sentences
