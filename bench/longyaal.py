"""LongYAAL, the latency that the field compares systems by, computed by its authors' tool (OmniSTEval).

Milliseconds by which words come later than they could, over a whole talk whose text is first cut into the
reference's sentences. A word's time is the moment from which on it stands (bench/transcripts.py).
"""

from __future__ import annotations

import csv
import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import talks

Timed = tuple[str, float, float]
"""A word with its start and end in seconds of the audio."""


def longyaal(said: Sequence[Timed], stands: Sequence[tuple[str, float]], seconds: float) -> float:
    """Return LongYAAL in seconds. `said`: the reference, `stands`: words and when they stood."""
    sentences = _sentences(said)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "segments.json").write_text(
            json.dumps(
                [
                    {"wav": "talk.wav", "offset": words[0][1], "duration": words[-1][2] - words[0][1]}
                    for words in sentences
                ]
            )
        )
        (folder / "reference.txt").write_text(
            "".join(" ".join(word for word, _, _ in words) + "\n" for words in sentences)
        )
        moments = [round(1000 * moment, 1) for _, moment in stands]
        (folder / "words.jsonl").write_text(
            json.dumps(
                {
                    "source": "talk.wav",
                    "prediction": " ".join(word for word, _ in stands),
                    # In real time, what was computed when and what was heard when are the same clock.
                    "delays": moments,
                    "elapsed": moments,
                    "source_length": round(1000 * seconds),
                }
            )
            + "\n"
        )
        _evaluate(folder)
        with (folder / "out" / "scores.tsv").open() as file:
            scores = dict(csv.reader(file, delimiter="\t"))
    return float(scores["LongYAAL (CU)"]) / 1000


def _evaluate(folder: Path) -> None:
    argv: list[str | Path] = [talks.tools().parent / "omnisteval", "longform", "--word_level", "--no_quality"]
    argv += ["--speech_segmentation", folder / "segments.json"]
    argv += ["--ref_sentences_file", folder / "reference.txt"]
    argv += ["--hypothesis_file", folder / "words.jsonl", "--output_folder", folder / "out"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"omnisteval failed: {done.stderr[-500:]}")


def _sentences(said: Sequence[Timed]) -> list[list[Timed]]:
    found: list[list[Timed]] = [[]]
    for word in said:
        found[-1].append(word)
        if word[0].endswith((".", "!", "?")):
            found.append([])
    return [words for words in found if words]
