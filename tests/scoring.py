"""How well a talk was understood: words, sentences, translations, against a stream's reference."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jiwer

DEMO = Path(__file__).parent.parent / "local" / "dolmetsch_local" / "demo"
TALKS = DEMO / "talks"


def words(text: str) -> list[str]:
    """Words without case and punctuation."""
    return re.sub(r"[^\w' ]", " ", text.lower()).split()


def plain(text: str) -> str:
    """A text as its words."""
    return " ".join(words(text))


@dataclass(frozen=True)
class Talk:
    """A bundled talk: its recording, its sentences with times and translations."""

    name: str
    recording: Path
    sentences: list[dict[str, Any]]

    @property
    def lang(self) -> str:
        """The language that is spoken."""
        return "de" if self.name.startswith("de") else "en"

    @property
    def texts(self) -> list[str]:
        return [each["text"] for each in self.sentences]


def talk(name: str) -> Talk:
    """Read the bundled talk `str_NAME`."""
    reference = json.loads((TALKS / f"str_{name}.json").read_text())
    return Talk(name, TALKS / f"str_{name}.webm", reference)


@dataclass(frozen=True)
class Heard:
    """Word errors of a hypothesis, and which reference sentences it holds."""

    errors: int
    count: int
    missing: list[str]
    """Reference sentences of which less than half of the words are there."""
    doubled: list[str]
    """Sentences that stand there more often than they were said."""

    @property
    def wer(self) -> float:
        return self.errors / self.count


def score(reference: list[str], heard: list[str]) -> Heard:
    """Compare sentences: aligned word by word over the whole talk, so that order counts."""
    wanted = [words(each) for each in reference]
    output = jiwer.process_words(
        " ".join(word for each in wanted for word in each), plain(" ".join(heard)) or "-"
    )
    errors = output.substitutions + output.deletions + output.insertions
    matched: set[int] = set()
    for piece in output.alignments[0]:
        if piece.type == "equal":
            matched.update(range(piece.ref_start_idx, piece.ref_end_idx))
    missing, at = [], 0
    for text, parts in zip(reference, wanted, strict=True):
        hits = sum(1 for index in range(at, at + len(parts)) if index in matched)
        if hits * 2 < len(parts):
            missing.append(text)
        at += len(parts)
    said = Counter(plain(each) for each in reference)
    shown = Counter(plain(each) for each in heard)
    doubled = [text for text, count in shown.items() if text in said and count > said[text]]
    return Heard(errors, at, missing, doubled)


def exact_translations(of: Talk, captions: list[dict[str, str]], source: str, target: str) -> tuple[int, int]:
    """(exact, heard correctly): translations of correctly heard sentences, case and punctuation aside."""
    wanted = {plain(each["text"]): plain(each[target]) for each in of.sentences}
    right = [each for each in captions if plain(each[source]) in wanted]
    exact = [each for each in right if plain(each.get(target, "")) == wanted[plain(each[source])]]
    return len(exact), len(right)


def cues(subtitles: str) -> dict[str, tuple[float, float]]:
    """Begin and end of each cue of SubRip or WebVTT, in seconds, by its words."""
    found = {}
    for begin, end, text in re.findall(r"(?m)^(\S+) --> (\S+)\n((?:.+\n?)+)", subtitles):
        found[plain(text)] = (_seconds(begin), _seconds(end))
    return found


def _seconds(stamp: str) -> float:
    hours, minutes, seconds = stamp.replace(",", ".").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def off_by(of: Talk, subtitles: str) -> list[float]:
    """How far begin and end of the cues lie from those of their sentences in the recording, in seconds."""
    shown = cues(subtitles)
    return [
        abs(cue - said)
        for each in of.sentences
        for cue, said in zip(shown.get(plain(each["text"]), ()), (each["start"], each["end"]), strict=False)
    ]
