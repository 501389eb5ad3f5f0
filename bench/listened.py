"""Figures of a talk that was spoken and read through a running platform, from the log of both.

    dolmetsch speak DEMO1 TALK.wav --log talk.jsonl     # and, beside it
    dolmetsch listen DEMO1 --lang en --log talk.jsonl
    python -m bench.listened talk.jsonl --model FOLDER --talk archive

The same figures as bench/speech.py, but for CPU and passes, which a viewer does not see.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import talks
from bench.speech import RATE, Spoken, compare, read_pcm

Frame = dict[str, Any]


def texts(frames: Iterable[tuple[float, Frame]], language: str) -> list[tuple[float, str]]:
    """Return what a viewer's page shows after each frame, in the language that is spoken."""
    shown: list[tuple[float, str]] = []
    sentences: dict[tuple[int, int], str] = {}
    for moment, frame in frames:
        for line in frame["last_n_sents"]:
            for sentence in line["sentences"]:
                sentences[line["line_idx"], sentence["sent_idx"]] = sentence["content"][language]
        text = " ".join([*(sentences[at] for at in sorted(sentences)), frame["incomplete_sentence"]])
        shown.append((moment, text))
    return shown


def read(log: Path) -> tuple[float, list[tuple[float, Frame]]]:
    """Return when the talk began (Unix seconds) and its captions' frames. Raises ValueError."""
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    began = [entry["began"] for entry in entries if "began" in entry]
    if len(began) != 1:
        raise ValueError(f"{log} tells of {len(began)} talks: give `speak` and `listen` a new file for each")
    came = [(entry["at"], entry["frame"]) for entry in entries if "frame" in entry]
    return began[0], [(at, frame) for at, frame in came if "info" not in frame]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("log", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="the model that was used")
    parser.add_argument("--talk", choices=sorted(talks.KINDS), required=True)
    parser.add_argument("--language", default="en")
    options = parser.parse_args()
    talk = talks.make(options.talk)
    pcm = read_pcm(talk.audio)
    began, frames = read(options.log)
    shown = [(moment - began, text) for moment, text in texts(frames, options.language)]
    spoken = Spoken(pcm, options.language, talk.words, len(pcm) / 2 / RATE)
    for name, value in asdict(compare(shown, spoken, options.model)).items():
        sys.stdout.write(f"{name:>16}: {value}\n")


if __name__ == "__main__":
    main()
