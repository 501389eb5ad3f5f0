"""Long talks of a synthetic voice, made at bench time from the texts beside this file, with exact word times.

Names, years, prices and version numbers are what conference talks are made of, and what streaming loses.
"""

from __future__ import annotations

import json
import subprocess
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dolmetsch_local.models import default_cache

ROOT = Path(__file__).parents[2]
VENV = ROOT / ".venv-bench"
RATE = 16_000


@dataclass(frozen=True)
class Kind:
    """How a talk is spoken, and where."""

    text: str
    speed: float = 1.0
    pauses: str = "0.25,0.4,0.6,1.2"
    hall: bool = False
    """With the reverberation and the noise of a hall."""


KINDS = {
    "archive": Kind("archive.txt"),
    "network-in-a-hall": Kind("network.txt", hall=True),
    "release-spoken-fast": Kind("release.txt", speed=1.25, pauses="0.05,0.1,0.15,0.4"),
}


@dataclass(frozen=True)
class Talk:
    """A talk as a file, and what is said in it."""

    name: str
    audio: Path
    words: tuple[tuple[str, float, float], ...]
    """Each word with its start and end in seconds."""


def make(name: str, folder: Path | None = None) -> Talk:
    """Return a talk, made anew if it or its text has changed. Some 20 s; the first one sets the voice up."""
    kind = KINDS[name]
    text = Path(__file__).parent / kind.text
    folder = folder or default_cache() / "talks"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{text.stem}.wav"
    times = made.with_suffix(".json")
    newest = max(
        path.stat().st_mtime for path in (text, Path(__file__), Path(__file__).parent / "synthesise.py")
    )
    if not times.exists() or times.stat().st_mtime < newest:
        # The times are named so when the talk is whole.
        dry, unnamed = made.with_suffix(".dry.wav"), made.with_suffix(".times")
        argv = [
            tools(),
            Path(__file__).parent / "synthesise.py",
            text,
            dry,
            unnamed,
            str(kind.speed),
            kind.pauses,
        ]
        subprocess.run(argv, check=True)
        write(made, in_a_hall(read(dry)) if kind.hall else read(dry))
        dry.unlink()
        unnamed.replace(times)
    words = tuple((word, begin, end) for word, begin, end in json.loads(times.read_text()))
    return Talk(name, made, words)


def tools() -> Path:
    """Return the Python of the environment of bench's tools, set up if need be: 250 MB."""
    python = VENV / "bin" / "python"
    if not (VENV / "ready").exists():
        uv = ROOT / ".venv" / "bin" / "uv"
        subprocess.run(
            [uv, "venv", "--quiet", "--clear", "--python", ROOT / ".venv/bin/python", VENV], check=True
        )
        pins = ROOT / "requirements" / "bench.txt"
        argv = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, pins]
        subprocess.run(argv, check=True)
        (VENV / "ready").touch()
    return python


def read(path: Path) -> np.ndarray:
    """Return samples at 16 kHz, between -1 and 1, of a file that is spoken at 22.05 kHz."""
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768
    # Band-limited to half of the lower rate, then read between the samples.
    spectrum = np.fft.rfft(samples)
    spectrum[int(len(spectrum) * RATE / rate) :] = 0
    samples = np.fft.irfft(spectrum, len(samples)).astype(np.float32)
    at = np.arange(int(len(samples) * RATE / rate)) * rate / RATE
    return np.interp(at, np.arange(len(samples)), samples).astype(np.float32)


def in_a_hall(dry: np.ndarray, decay: float = 0.9, wet: float = 0.35, noise_db: float = -22.0) -> np.ndarray:
    """Add reverberation (seconds to 60 dB less, share of the tail) and noise (dB below the speech)."""
    dice = np.random.default_rng(1)
    length = round(decay * RATE)
    tail = dice.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    tail[: round(0.02 * RATE)] = 0
    tail *= wet / np.sqrt(np.sum(tail**2))
    size = len(dry) + length
    heard = dry + np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(tail, size), size)[: len(dry)]
    # Air conditioning and shuffling: louder the lower it is.
    hiss = np.fft.rfft(dice.standard_normal(len(dry)))
    hiss /= np.sqrt(np.maximum(np.arange(len(hiss)), len(hiss) / 200))
    noise = np.fft.irfft(hiss, len(dry))
    loud = np.sqrt(np.mean(dry[np.abs(dry) > 0.01] ** 2))
    noise *= loud * 10 ** (noise_db / 20) / np.sqrt(np.mean(noise**2))
    heard += noise
    return (heard / max(1.0, float(np.max(np.abs(heard))))).astype(np.float32)


def write(path: Path, samples: np.ndarray) -> None:
    """Write them as 16-bit samples at 16 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes())
