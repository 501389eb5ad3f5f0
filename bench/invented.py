"""Words that an engine writes where nobody speaks: the noises of a hall, minute by minute.

    python -m bench.invented --model FOLDER --languages de,el,es,no,pt --seconds 75

On a simulated clock. Prints each noise and language with what was written, then the sum of words.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from bench import noises, talks
from bench.speech import Display, run_ours
from bench.transcripts import split
from bench.virtual_clock import run
from dolmetsch_engine.settings import EngineSettings


def sound(kind: str, seconds: float) -> bytes:
    """Return a noise as s16le, mono, 16 kHz."""
    dice = np.random.default_rng(1)
    if kind == "babble":
        speech = talks.read(talks.make("archive").audio).astype(np.float64)
        made = noises.babble(seconds, dice, speech)
    else:
        made = noises.ALONE[kind](seconds, dice)
    return (made * 32767).astype(np.int16).tobytes()


def written(pcm: bytes, settings: EngineSettings, language: str, cores: float = 2.0) -> str:
    """Return the text that stays."""
    display = Display()
    run(run_ours(pcm, settings, language, display), cores)
    return display.events[-1][1] if display.events else ""


def main() -> None:
    """Command line."""
    kinds = [*noises.ALONE, "babble"]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--languages", default="en")
    parser.add_argument("--kinds", default=",".join(kinds), help=f"of {', '.join(kinds)}")
    parser.add_argument("--seconds", type=float, default=75.0, help="of each")
    options = parser.parse_args()
    total = 0
    for language in options.languages.split(","):
        for kind in options.kinds.split(","):
            text = written(sound(kind, options.seconds), EngineSettings(model=options.model), language)
            total += len(split(text, language))
            sys.stdout.write(f"{language} {kind}: {text or '-'}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{total} words\n")


if __name__ == "__main__":
    main()
