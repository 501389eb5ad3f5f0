"""Streams a recording through the engine's Transcriber or WhisperLiveKit's own AudioProcessor.

    python -m bench.speech --engine ours --model FOLDER --audio FILE --reference FILE --language en [--json]
    python -m bench.speech --clock virtual --model FOLDER --talk archive --seconds 120

Prints the word error rate against the reference text, also that of one pass of the same model over the whole
file, the stretches that only the latter has, erasure, the delay of words, the CPU seconds per second of audio
and the passes of the model. A word's delay is the time from its end in the audio to the moment from which on
it is displayed between the same words as at the end, committed or not; the words' times are those of the pass
over the whole file, or for a `--talk` of bench/talks the synthesiser's. The definitions are the same for both
engines.

In real time, or with `--clock virtual` in as much time as the passes cost (`ours` only): for trying settings
on hours of speech.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.resampler import AudioResampler

from bench import talks
from bench.longyaal import Timed, longyaal
from bench.transcripts import delays, erasure, lost_stretches, split, standing, word_error_rate
from bench.virtual_clock import run as run_virtually
from dolmetsch_engine.settings import EngineSettings
from dolmetsch_engine.transcriber import Transcriber
from dolmetsch_engine.words import UNSPACED

RATE = 16_000
MESSAGE_SECONDS = 0.25
DRAIN_SECONDS = 120.0
EVERYTHING = 1e6
"""Seconds: more than any recording has."""


def now() -> float:
    """Seconds on the clock that the running loop goes by."""
    return asyncio.get_running_loop().time()


@dataclass
class Display:
    """What a reader saw: the whole text at each change, with its time since the first byte was due."""

    began: float = 0.0
    events: list[tuple[float, str]] = field(default_factory=list)

    def show(self, text: str) -> None:
        self.events.append((now() - self.began, text))


@dataclass(frozen=True)
class Figures:
    """What a reader got of a talk. Seconds; shares of 1."""

    wer: float
    wer_whole_file: float
    lost: list[str]
    """Stretches of three words or more that the pass over the whole file has, and the reader never saw."""
    erasure: float
    """Words that were shown and taken back, per final word."""
    delay_p50: float | None
    delay_p95: float | None
    words_timed: int
    longyaal: float | None
    """Of a `--talk`: see bench/longyaal.py."""
    text: str


@dataclass(frozen=True)
class Result(Figures):
    """One run's figures."""

    engine: str
    audio_seconds: float
    cpu_per_second: float
    wall_seconds: float
    passes: int


@dataclass(frozen=True)
class Spoken:
    """What was said."""

    pcm: bytes
    language: str
    words: Sequence[Timed]
    """By the synthesiser; empty for other recordings, of which `text` is known."""
    seconds: float
    text: str = ""


def read_pcm(path: Path) -> bytes:
    """Decode any audio file to s16le, mono, 16 kHz."""
    resampler = AudioResampler("s16", "mono", RATE)
    pcm: list[bytes] = []
    with av.open(str(path)) as source:
        frames: list[av.AudioFrame | None] = [*source.decode(audio=0), None]
        for frame in frames:
            pcm += [bytes(out.planes[0])[: out.samples * 2] for out in resampler.resample(frame)]
    return b"".join(pcm)


async def in_real_time(pcm: bytes, began: float) -> AsyncIterator[bytes]:
    """Yield each message when a microphone would have recorded it."""
    size = int(MESSAGE_SECONDS * RATE) * 2
    for at in range(0, len(pcm), size):
        due = began + min(at + size, len(pcm)) / 2 / RATE
        await asyncio.sleep(max(0.0, due - now()))
        yield pcm[at : at + size]


async def run_ours(
    pcm: bytes, settings: EngineSettings, language: str, display: Display
) -> tuple[int, float]:
    """Stream through the Transcriber; passes and CPU seconds."""
    transcriber = Transcriber(settings)
    transcriber.load()
    stream = transcriber.stream(language)
    await stream.start()
    joint = "" if language in UNSPACED else " "

    async def watch() -> None:
        written: list[str] = []
        async for update in stream.updates():
            written += [sentence.text for sentence in update.sentences]
            display.show(joint.join([*written, update.rest]))

    watching = asyncio.create_task(watch())
    display.began, cpu = now(), time.process_time()
    async for message in in_real_time(pcm, display.began):
        await stream.feed(message)
    await stream.finish()
    await watching
    return stream.passes, time.process_time() - cpu


async def run_plain(pcm: bytes, model: Path, language: str, display: Display) -> tuple[int, float]:
    """Stream through WhisperLiveKit as it comes (LocalAgreement, for simulstreaming needs other weights)."""
    from whisperlivekit import AudioProcessor, TranscriptionEngine  # noqa: PLC0415

    engine: Any = TranscriptionEngine(  # type: ignore[no-untyped-call]
        model_path=str(model),
        backend="faster-whisper",
        backend_policy="localagreement",
        lan=language,
        pcm_input=True,
        warmup_file="",
    )
    engine.asr.transcribe(np.zeros(RATE, dtype=np.float32))
    processor = AudioProcessor(transcription_engine=engine)
    results = await processor.create_tasks()

    async def watch() -> None:
        async for front in results:
            lines = " ".join(line.text or "" for line in front.lines)
            display.show(f"{lines} {front.buffer_transcription}")

    watching = asyncio.create_task(watch())
    display.began, cpu = now(), time.process_time()
    async for message in in_real_time(pcm, display.began):
        await processor.process_audio(message)
    await processor.process_audio(b"")
    await asyncio.wait([watching], timeout=DRAIN_SECONDS)
    await processor.cleanup()
    return processor.metrics.n_transcription_calls, time.process_time() - cpu


def word_ends(model: Path, pcm: bytes, language: str) -> list[tuple[str, float]]:
    """Words and where they end in the audio, by one pass over the whole file."""
    from faster_whisper import WhisperModel  # noqa: PLC0415

    whisper = WhisperModel(str(model), compute_type="int8", local_files_only=True)
    audio = np.frombuffer(pcm, dtype=np.int16).astype(np.float32) / 32768.0
    segments, _ = whisper.transcribe(
        audio,
        language=language,
        beam_size=1,
        temperature=0.0,
        word_timestamps=True,
        condition_on_previous_text=False,
    )
    words = [word for segment in segments for word in segment.words or ()]
    return [(text, word.end) for word in words for text in split(word.word, language)]


def measure(options: argparse.Namespace) -> Result:
    """Run one engine over one recording."""
    talk = talks.make(options.talk) if options.talk else None
    pcm = read_pcm(talk.audio if talk else options.audio)[: int(options.seconds * RATE) * 2]
    display = Display()
    began = time.perf_counter()
    if options.engine == "ours":
        settings = EngineSettings(model=options.model, **dict(options.set))
        job = run_ours(pcm, settings, options.language, display)
    else:
        job = run_plain(pcm, options.model, options.language, display)
    passes, cpu = run_virtually(job, options.cores) if options.clock == "virtual" else asyncio.run(job)
    wall = time.perf_counter() - began
    seconds = len(pcm) / 2 / RATE
    said = [each for each in talk.words if each[2] <= seconds] if talk else []
    text = "" if talk else options.reference.read_text(encoding="utf-8")
    figures = compare(display.events, Spoken(pcm, options.language, said, seconds, text), options.model)
    return Result(
        **asdict(figures),
        engine=options.engine,
        audio_seconds=round(seconds, 2),
        cpu_per_second=round(cpu / seconds, 3),
        wall_seconds=round(wall, 1),
        passes=passes,
    )


def compare(shown: Sequence[tuple[float, str]], spoken: Spoken, model: Path) -> Figures:
    """Compare what was shown when with what was said, and with one pass of the model over the whole file."""
    language, said = spoken.language, spoken.words
    whole = word_ends(model, spoken.pcm, language)
    ends = [(text, end) for word, _, end in said for text in split(word, language)] or whole
    stands = standing(shown, language)
    waits = sorted(delays(stands, ends))
    final = shown[-1][1] if shown else ""
    reference = split(" ".join(word for word, _, _ in said) or spoken.text, language)
    streamed, at_once = split(final, language), [word for word, _ in whole]
    return Figures(
        wer=round(word_error_rate(reference, streamed), 4),
        wer_whole_file=round(word_error_rate(reference, at_once), 4),
        lost=lost_stretches(reference, at_once, streamed),
        erasure=round(erasure([text for _, text in shown], language), 3),
        delay_p50=round(statistics.median(waits), 2) if waits else None,
        delay_p95=round(waits[min(len(waits) - 1, int(len(waits) * 0.95))], 2) if waits else None,
        words_timed=len(waits),
        longyaal=round(longyaal(said, stands, spoken.seconds), 2) if said and stands else None,
        text=final,
    )


def _setting(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def main(arguments: list[str] | None = None, write: Callable[[str], Any] = sys.stdout.write) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--engine", choices=("ours", "plain"), default="ours")
    parser.add_argument("--model", type=Path, required=True, help="folder of a CTranslate2 Whisper model")
    parser.add_argument("--audio", type=Path)
    parser.add_argument("--reference", type=Path, help="text file with what is said")
    parser.add_argument("--talk", choices=sorted(talks.KINDS), help="one of bench/talks in place of both")
    parser.add_argument("--language", default="en")
    parser.add_argument("--clock", choices=("real", "virtual"), default="real")
    parser.add_argument("--cores", type=float, default=2.0, help="of the virtual clock's machine")
    parser.add_argument("--seconds", type=float, default=EVERYTHING, help="of a talk, from its start")
    parser.add_argument(
        "--set", type=_setting, action="append", default=[], metavar="NAME=VALUE", help="a setting"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if options.talk is None and not (options.audio and options.reference):
        parser.error("name a --talk, or an --audio with its --reference")
    if options.talk is None and options.seconds < EVERYTHING:
        parser.error("--seconds needs a --talk, of which is known what is said when")
    if options.clock == "virtual" and options.engine != "ours":
        parser.error("the virtual clock is for --engine ours alone")
    result = asdict(measure(options))
    if options.json:
        write(json.dumps(result, ensure_ascii=False) + "\n")
        return
    for name, value in result.items():
        write(f"{name:>16}: {value}\n")


if __name__ == "__main__":
    main()
