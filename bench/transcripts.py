"""Transcripts of one talk compared: error rate, stretches lost, words taken back, delays. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import jiwer

from dolmetsch_engine.words import UNSPACED, normal

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


def delays(
    shown: Sequence[tuple[float, str]], ends: Sequence[tuple[str, float]], language: str
) -> list[float]:
    """Seconds from the end of each word in the audio until it stands where it stands at the end.

    `shown`: times and texts; `ends`: words and where they end in the audio.
    """
    final = split(shown[-1][1], language) if shown else []
    stands: list[float | None] = [None] * len(final)
    for moment, text in shown:
        seen = split(text, language)
        for place, word in enumerate(final):
            if place < len(seen) and seen[place] == word:
                if stands[place] is None:
                    stands[place] = moment
            else:
                stands[place] = None
    matched = SequenceMatcher(None, final, [word for word, _ in ends], autojunk=False)
    found: list[float] = []
    for block in matched.get_matching_blocks():
        for step in range(block.size):
            since = stands[block.a + step]
            if since is not None:
                found.append(since - ends[block.b + step][1])
    return found
