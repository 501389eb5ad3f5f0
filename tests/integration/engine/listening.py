"""Feeding a Transcriber and judging what it says.

Each message is taken up before the next is fed (`patience` 0): the same passes as in real time, only sooner.
"""

import asyncio
import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import jiwer
import numpy as np

from dolmetsch_core.media import Container
from dolmetsch_engine.decoder import Decoder
from dolmetsch_engine.transcriber import Resume, Sentence, Transcriber, Update
from dolmetsch_engine.words import UNSPACED, normal

RATE = 16_000
MESSAGE = RATE // 2  # bytes: 0.25 s
DEADLINE = 900.0
"""For half a minute of speech, on whatever machine."""


@dataclass(frozen=True)
class Heard:
    """All that a stream said, and which sample had been fed when."""

    sentences: list[Sentence]
    updates: list[tuple[int, Update]]
    samples: int

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)


async def hear(
    transcriber: Transcriber,
    pcm: bytes,
    language: str,
    offset: int = 0,
    resume: Resume | None = None,
) -> Heard:
    stream = transcriber.stream(language, (), offset, resume)
    stream.patience = 0
    updates: list[tuple[int, Update]] = []

    async def watch() -> None:
        async for update in stream.updates():
            updates.append((stream.samples, update))  # noqa: PERF401 (the position at each moment)

    async with asyncio.timeout(DEADLINE):
        await stream.start()
        watching = asyncio.create_task(watch())
        for at in range(0, len(pcm), MESSAGE):
            await stream.feed(pcm[at : at + MESSAGE])
        await stream.finish()
        await watching
    assert stream.failing is None
    return Heard(
        [sentence for _, update in updates for sentence in update.sentences], updates, stream.samples
    )


async def decode(messages: list[bytes]) -> list[bytes]:
    async with Decoder(Container.WEBM) as decoder:
        return [*[await decoder.decode(message) for message in messages], await decoder.close()]


def words(text: str, language: str = "en") -> list[str]:
    parts = list(text) if language in UNSPACED else text.replace("-", " ").split()
    return [word for word in map(normal, parts) if word]


def errors(said: str, heard: str, language: str = "en") -> float:
    return float(jiwer.wer(" ".join(words(said, language)), " ".join(words(heard, language))))


def expected(talks: Path, name: str) -> list[dict[str, object]]:
    sentences: list[dict[str, object]] = json.loads((talks / f"{name}.json").read_text(encoding="utf-8"))
    return sentences


def recording(path: Path) -> bytes:
    from faster_whisper.audio import decode_audio

    audio = np.asarray(decode_audio(str(path), sampling_rate=RATE))
    return (audio * 32767).astype(np.int16).tobytes()


def assert_numbered(sentences: list[Sentence], first: tuple[int, int] = (0, 0)) -> None:
    numbers = [(sentence.line, sentence.sent) for sentence in sentences]
    for last, following in zip([(first[0], first[1] - 1), *numbers], numbers, strict=False):
        assert following in {(last[0], last[1] + 1), (last[0] + 1, 0)}
    for before, after in pairwise(sentences):
        assert before.start <= before.end <= after.start
