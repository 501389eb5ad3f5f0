"""`make bench`: all figures of this release in one run, as dated tables and a picture in docs/bench."""

from __future__ import annotations

import argparse
import asyncio
import datetime
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.platform_process import PlatformProcess
from tests.scoring import TALKS
from tests.spawn import popen

from bench import latency, talks
from bench.chart import bars
from bench.cluster import rows as cluster
from bench.latency import p
from dolmetsch_local import models
from dolmetsch_local.processes import free_port

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "bench"
PAIRS = 3
TALK_S = 180
"""Of each long talk."""
SPOKEN_S = 10
"""Of a talk, before the platform is told to end."""
Row = tuple[str, str, str]


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def speech(engine: str, model: Path, recording: Path) -> dict[str, float]:
    """One run of bench/speech.py in a process of its own."""
    argv = [sys.executable, "-m", "bench.speech", "--engine", engine, "--model", str(model), "--json"]
    argv += ["--audio", str(recording), "--reference", str(ROOT / "bench" / "two_cities.txt")]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    delay, cpu = found["delay_p95"], found["cpu_per_second"]
    say(f"  {engine}: WER {found['wer']:.1%}, word delay p95 {delay} s, CPU {cpu} s per second")
    return found


def against_plain(model: Path, recording: Path) -> tuple[list[Row], dict[str, tuple[float, float]]]:
    """Three pairs, in turn: our engine and WhisperLiveKit's AudioProcessor as it comes."""
    say(f"Engine beside WhisperLiveKit's own AudioProcessor: {PAIRS} pairs of {recording.name}, in real time")
    pairs = [(speech("ours", model, recording), speech("plain", model, recording)) for _ in range(PAIRS)]
    rows: list[Row] = []
    medians = {}
    for name, key, goal in (
        ("CPU seconds per second of audio", "cpu_per_second", "at most half"),
        ("word delay p50, s", "delay_p50", ""),
        ("word delay p95, s", "delay_p95", "at most half"),
        ("word error rate", "wer", "no worse"),
    ):
        ours = statistics.median(pair[0][key] for pair in pairs)
        plain = statistics.median(pair[1][key] for pair in pairs)
        ratios = [pair[0][key] / pair[1][key] for pair in pairs if pair[1][key]]
        ratio = (
            f"; ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            if ratios
            else ""
        )
        rows.append((name, f"{ours:.3g} beside {plain:.3g}{ratio}", goal))
        medians[name] = (ours, plain)
    return rows, medians


def spoken_talks(model: Path) -> list[Row]:
    """The long talks of bench/talks, from their starts, beside one pass of the model over the same audio."""
    say(f"Long talks, {TALK_S} s of each, in real time")
    rows: list[Row] = []
    for name in talks.KINDS:
        argv = [sys.executable, "-m", "bench.speech", "--model", str(model), "--talk", name]
        argv += ["--seconds", str(TALK_S), "--json"]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.strip().splitlines()[-1])
        errors = f"{found['wer']:.1%} beside {found['wer_whole_file']:.1%}"
        rows += [
            (f"{name}: word error rate beside the whole file's", errors, "at most one point more"),
            (f"{name}: stretches lost that the whole file has", str(len(found["lost"])), "0"),
            (f"{name}: word delay p50, p95, s", f"{found['delay_p50']}, {found['delay_p95']}", "0.7, 1.5"),
            (f"{name}: LongYAAL, s", str(found["longyaal"]), ""),
            (f"{name}: words taken back, per final word", str(found["erasure"]), "0.35"),
            (f"{name}: CPU seconds per second of audio", str(found["cpu_per_second"]), "0.6"),
        ]
    return rows


def invented(model: Path) -> list[Row]:
    """Words written where nobody speaks: ten minutes of a hall's noises, on a simulated clock."""
    say("Ten minutes in which nobody speaks")
    argv = [sys.executable, "-m", "bench.invented", "--model", str(model)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    return [("words written in ten minutes of noises", done.stdout.strip().splitlines()[-1], "0")]


def platform(folder: Path, model: str) -> PlatformProcess:
    return PlatformProcess(folder / model, free_port(), DOLMETSCH_MODEL=model, DOLMETSCH_LANGUAGES="en,de,pt")


def spread(seconds: list[float], unit: str = "ms") -> str:
    """p50 and p95."""
    scale, digits = (1e3, 1) if unit == "ms" else (1.0, 2)
    return f"p50 {p(seconds, 50) * scale:.{digits}f}, p95 {p(seconds, 95) * scale:.{digits}f}"


@contextmanager
def timed(seconds: list[float]) -> Iterator[None]:
    """Adds how long it took."""
    began = time.monotonic()
    yield
    seconds.append(time.monotonic() - began)


def start_and_end(folder: Path) -> list[Row]:
    """The platform as a person starts it, and ends it while somebody speaks."""
    say(f"Start and end of the platform (demonstration models): {PAIRS} times")
    speak = [sys.executable, "-m", "dolmetsch_local", "speak", "DEMO1", str(TALKS / "str_en2.webm")]
    starts: list[float] = []
    ends: list[float] = []
    for n in range(PAIRS):
        running = platform(folder / str(n), "demo")
        try:
            with timed(starts):
                running.start()
            with popen(speak, env=running.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
                time.sleep(SPOKEN_S)
                with timed(ends):
                    running.stop(signal.SIGINT)
        finally:
            running.stop()
    return [
        ("start of the platform, until it takes hosts, s", spread(starts, "s"), ""),
        ("Ctrl-C in mid-talk to the end of the platform, s", spread(ends, "s"), "p95 5"),
    ]


def through_platform(model: Path, recording: Path, folder: Path) -> list[Row]:
    """A real recording through the whole platform."""
    say("A word to a viewer, through the whole platform (tiny.en)")
    running = platform(folder, "tiny.en")
    try:
        running.start()
        watched = asyncio.run(latency.watch_talk(running, recording, "en"))
    finally:
        running.stop()
    words = latency.word_to_viewer(watched, model, recording)
    results = latency.result_to_socket(watched)
    return [
        ("end of a spoken word to a viewer's frame, s", spread(words, "s"), ""),
        (
            "WhisperLiveKit's result to a viewer's socket, ms",
            f"{spread(results)} ({len(results)} results)",
            "p95 50",
        ),
    ]


def translated(folder: Path) -> list[Row]:
    """A bundled talk through the whole platform, with LibreTranslate."""
    say("A committed sentence to its translation (demonstration models, LibreTranslate)")
    running = platform(folder, "demo")
    try:
        running.start()
        watched = asyncio.run(latency.watch_talk(running, TALKS / "str_en2.webm", "de"))
        worker = latency.environment(running.pids("dolmetsch_worker")[0])
        url = worker["DOLMETSCH_WORKER_LIBRETRANSLATE_URL"]
        whole, own = asyncio.run(latency.sentence_to_translation(watched, url))
    finally:
        running.stop()
    return [
        (
            "committed sentence to translated frame beyond LibreTranslate's own time, ms",
            f"{spread(own)} ({len(own)} sentences)",
            "p95 50",
        ),
        ("the same with LibreTranslate's own time, ms", spread(whole), ""),
    ]


def today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def write(name: str, rows: list[Row], how: str, picture: str = "") -> None:
    """A dated table, told and kept."""
    for row in rows:
        sys.stdout.write(f"{row[0]}: {row[1]}{f'  (goal: {row[2]})' if row[2] else ''}\n")
    OUT.mkdir(parents=True, exist_ok=True)
    table = ["| figure | measured | goal |", "|---|---|---|", *(f"| {a} | {b} | {c} |" for a, b, c in rows)]
    text = f"# Measured on {today()}\n{how}, {os.cpu_count()} cores, no GPU; {PAIRS} pairs.\n\n"
    path = OUT / f"{name}.md"
    path.write_text(text + "\n".join([*table, *(["", picture] if picture else [])]) + "\n")
    sys.stdout.write(f"written to {path.relative_to(ROOT)}\n")


def measure_captions() -> None:
    """The way of a word, from the speaker to the reader."""
    recording = models.recordings(models.default_cache(), say) / "two_cities.wav"
    model = models.resolve_model("tiny.en", cache=models.default_cache(), progress=say)
    with tempfile.TemporaryDirectory() as folder:
        rows, medians = against_plain(model, recording)
        rows += spoken_talks(model)
        rows += invented(models.resolve_model("base", cache=models.default_cache(), progress=say))
        rows += start_and_end(Path(folder))
        rows += through_platform(model, recording, Path(folder))
        rows += translated(Path(folder))
    (OUT / f"{today()}.svg").write_text(bars(medians, ("Dolmetsch", "WhisperLiveKit as it comes")))
    picture = f"![The engine beside WhisperLiveKit as it comes]({today()}.svg)"
    write(today(), rows, "`make bench`, `two_cities` with tiny.en", picture)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.bench", description=__doc__)
    parser.add_argument("--operator", action="store_true", help="only the operator's figures")
    if not parser.parse_args().operator:
        measure_captions()
    how = "`make bench`, or `.venv/bin/python -m bench.bench --operator`; hollow pods"
    write(f"{today()}-operator", cluster.rows(PAIRS), how)


if __name__ == "__main__":
    main()
