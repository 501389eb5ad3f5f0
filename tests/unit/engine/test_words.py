"""How words of all scripts are compared and joined."""

import pytest

from dolmetsch_engine.words import Word, closes_sentence, join, normal


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (" Hall,", "hall"),
        (" don't", "dont"),
        ("है।", "है"),
        (" STRASSE", "strasse"),
        (" va ?", "va"),
        (" %", "%"),
        (" +", "+"),
        (" C++", "c"),
        (" สวัสดี", "สวัสดี"),
        ("한국어,", "한국어"),
    ],
)
def test_normal_form_is_letters_and_digits_and_of_a_sign_the_sign(text: str, plain: str) -> None:
    assert normal(text) == plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (" Straße", " STRASSE"),
        (" caf\u00e9", " cafe\u0301"),
        (" \u0661\u0669\u0669\u0664", " 1994"),
        (" \u0967\u096f\u096f\u096a", " 1994"),
        ("\uff11\uff19", "19"),
        (" \u0643\u0650\u062a\u064e\u0627\u0628", " \u0643\u062a\u0627\u0628"),
        (" \u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd", " \u05e9\u05dc\u05d5\u05dd"),
        (" \u0130stanbul", " istanbul"),
        ("\u1112\u1161\u11ab", "\ud55c"),
    ],
    ids=["ß", "é", "Arabic digits", "Hindi digits", "wide digits", "vowel points", "niqqud", "İ", "Hangul"],
)
def test_two_writings_of_one_word_are_the_same(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(("one", "other"), [(" का", " की"), (" กา", " กี"), (" %", " &"), (" sí", " si")])
def test_signs_vowels_and_accents_that_are_not_optional_tell_words_apart(one: str, other: str) -> None:
    assert normal(one) != normal(other)


@pytest.mark.parametrize(
    ("heard", "language", "text"),
    [
        (["你", "好。", "世"], "zh", "你好。世"),
        (["ส", "วั", "ส", "ดี ", "ค", "รับ"], "th", "สวัสดี ครับ"),
        ([" the", " well", "-known"], "en", "the well-known"),
        ([" the", "end"], "en", "the end"),
        ([" 50", " %", " des", " gens"], "fr", "50 % des gens"),
        ([" Ça", " va ?", " Oui"], "fr", "Ça va ? Oui"),
        ([" C++", "17"], "en", "C++ 17"),
        ([" مرحبا", " بكم؟"], "ar", "مرحبا بكم؟"),
        ([" שלום", " לכם."], "he", "שלום לכם."),
        ([" 안녕", " 하세요."], "ko", "안녕 하세요."),
        ([" a ", " b"], "en", "a b"),
        # Quoted in another language: each sign is a word.
        ([" called", " 你", "好", "，", "世", "界"], "en", "called 你好，世界"),
        ([" 第", "1", "章", " and"], "en", "第1章 and"),
        ([" 今日", "は", "3", "時", "。", "東", "京"], "en", "今日は3時。東京"),
        ([" 「", "東", "京", "」", "駅"], "en", "「東京」駅"),
        ([" 人", "々", "の", "国"], "en", "人々の国"),
        ([" 𠮷", "野"], "en", "𠮷野"),
        ([" 京", " Kyoto"], "en", "京 Kyoto"),
        ([" 19", "94"], "en", "19 94"),
    ],
)
def test_words_are_joined_as_the_language_writes_them(heard: list[str], language: str, text: str) -> None:
    assert join([Word(each, at, at + 1) for at, each in enumerate(heard)], language) == text


@pytest.mark.parametrize(
    "text", [" va ?", " fini !", " fin. »", "终于。", " ہے۔", " नहीं।", " نعم؟", " Ende.“"]
)
def test_sentences_close_in_any_script(text: str) -> None:
    assert closes_sentence(text)
