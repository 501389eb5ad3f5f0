"""Transcripts of one talk compared: error rate, stretches lost, words taken back, delays. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import jiwer

from dolmetsch_engine.words import UNSPACED, normal

AHEAD = 20
"""Words by which an earlier text may differ in length from the last one."""
STRETCH = 3
"""Words in a row that count as a stretch."""


def split(text: str, language: str) -> list[str]:
    """Words without case and punctuation; characters in languages without spaces."""
    parts = list(text) if language in UNSPACED else text.replace("-", " ").split()
    return [word for word in map(normal, parts) if word and any(char.isalnum() for char in word)]


def word_error_rate(reference: Sequence[str], words: Sequence[str]) -> float:
    """Substitutions, deletions and insertions per word of the reference."""
    return float(jiwer.wer(" ".join(reference), " ".join(words)))


def heard_words(reference: Sequence[str], words: Sequence[str]) -> list[bool]:
    """For each word of the reference, whether these words have it, or another in its place."""
    heard = [False] * len(reference)
    [aligned] = jiwer.process_words(" ".join(reference), " ".join(words)).alignments
    for chunk in aligned:
        if chunk.type in {"equal", "substitute"}:
            heard[chunk.ref_start_idx : chunk.ref_end_idx] = [True] * (
                chunk.ref_end_idx - chunk.ref_start_idx
            )
    return heard


def lost_stretches(reference: Sequence[str], whole: Sequence[str], streamed: Sequence[str]) -> list[str]:
    """Stretches of the reference of three words or more that `whole` has heard and `streamed` has not."""
    by_whole, by_stream = heard_words(reference, whole), heard_words(reference, streamed)
    stretches: list[str] = []
    run: list[str] = []
    for word, there, here in zip([*reference, ""], [*by_whole, False], [*by_stream, True], strict=True):
        if there and not here:
            run.append(word)
            continue
        if len(run) >= STRETCH:
            stretches.append(" ".join(run))
        run = []
    return stretches


def erasure(shown: Sequence[str], language: str) -> float:
    """Words that were shown and taken back, per word of the last text (normalized erasure)."""
    taken_back, before = 0, list[str]()
    for text in shown:
        words = split(text, language)
        same = 0
        while same < min(len(before), len(words)) and before[same] == words[same]:
            same += 1
        taken_back += len(before) - same
        before = words
    return taken_back / max(1, len(before))


def standing(shown: Sequence[tuple[float, str]], language: str) -> list[tuple[str, float]]:
    """Words of the last text, each with the moment from which on every text has it, between the same others.

    A word that is put in or taken out before it moves it, and takes nothing away from who reads it.
    """
    final = split(shown[-1][1], language) if shown else []
    since: list[float] = [0.0] * len(final)
    before = [False] * len(final)
    for moment, text in shown:
        there = _found(final, split(text, language))
        for place in range(len(final)):
            if there[place] and not before[place]:
                since[place] = moment
        before = there
    return list(zip(final, since, strict=True))


def _found(final: Sequence[str], seen: Sequence[str]) -> list[bool]:
    """For each word of the last text, whether a text has it."""
    same = 0
    while same < min(len(final), len(seen)) and final[same] == seen[same]:
        same += 1
    found = [True] * same + [False] * (len(final) - same)
    # What is not said yet can't be found: no further than a text may run ahead of the last one.
    end = same + 2 * (len(seen) - same) + AHEAD
    matched = SequenceMatcher(None, final[same:end], seen[same:], autojunk=False)
    for block in matched.get_matching_blocks():
        for step in range(block.size):
            found[same + block.a + step] = True
    return found


def delays(stands: Sequence[tuple[str, float]], ends: Sequence[tuple[str, float]]) -> list[float]:
    """Seconds from the end of each word in the audio until it stands.

    `stands`: the last text's words, see `standing`; `ends`: words and where they end in the audio.
    """
    final, said = [word for word, _ in stands], [word for word, _ in ends]
    matched = SequenceMatcher(None, final, said, autojunk=False)
    return [
        stands[block.a + step][1] - ends[block.b + step][1]
        for block in matched.get_matching_blocks()
        for step in range(block.size)
    ]
