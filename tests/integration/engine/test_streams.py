"""A stream's life: replaced in mid-talk, paced, beside another, cancelled, failing, dead, refused."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dolmetsch_core.media import Container, HeaderCutter, seam
from dolmetsch_engine.settings import EngineSettings
from dolmetsch_engine.transcriber import (
    ModelUnavailable,
    Resume,
    Sentence,
    StreamFailed,
    Transcriber,
    UnknownLanguage,
)
from tests.integration.engine.conftest import DEMO, HearTalk
from tests.integration.engine.listening import (
    DEADLINE,
    MESSAGE,
    assert_numbered,
    decode,
    errors,
    expected,
    hear,
)
from tests.scoring import score
from tests.webm import recorded

pytestmark = pytest.mark.timeout(2 * DEADLINE)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.62, 0.8])
async def test_replaced_stream_loses_and_doubles_nothing(
    demo: Transcriber, talks: Path, hear_talk: HearTalk, share: float
) -> None:
    """Killed after a share of the talk: a new stream goes on from the last update's committed position."""
    messages = recorded(talks / "str_en.webm")
    header = HeaderCutter().feed(messages[0])
    assert header is not None
    pcm = await decode(messages)
    starts = np.cumsum([0, *[len(part) // 2 for part in pcm]])
    whole = await hear_talk("str_en")
    killed = [update for fed, update in whole.updates if fed <= share * whole.samples]
    written = [sentence for update in killed for sentence in update.sentences]
    cut = killed[-1].committed

    first = max(0, int(np.searchsorted(starts, cut, side="right")) - 2)
    prefix = [seam(Container.WEBM, header, messages[first - 1])] if first else []
    replayed = b"".join(await decode([*prefix, *messages[first:]]))[2 * (cut - int(starts[first])) :]
    last = written[-1]
    resume = Resume(last.line, last.sent + 1, last.text, last.end)
    rest = await hear(demo, replayed, "en", cut, resume)

    assert_numbered(written + rest.sentences)
    assert len(written + rest.sentences) == len(whole.sentences)
    said = " ".join(str(one["text"]) for one in expected(talks, "str_en"))
    assert errors(said, " ".join(sentence.text for sentence in [*written, *rest.sentences])) <= 0.06
    for one, other in zip(whole.sentences, [*written, *rest.sentences], strict=True):
        assert other.start == pytest.approx(one.start, abs=0.4)


async def test_backlog_fed_at_once_is_paced(demo: Transcriber, talks: Path) -> None:
    pcm = b"".join(await decode(recorded(talks / "str_en.webm")))
    stream = demo.stream("en")
    await stream.start()
    sentences: list[Sentence] = []

    async def watch() -> None:
        async for update in stream.updates():
            sentences.extend(update.sentences)

    async with asyncio.timeout(DEADLINE):
        watching = asyncio.create_task(watch())
        await stream.feed(pcm)
        await stream.finish()
        await watching
    assert (
        errors(
            " ".join(str(one["text"]) for one in expected(talks, "str_en")),
            " ".join(one.text for one in sentences),
        )
        <= 0.15
    )


async def test_two_streams_on_one_model_do_not_disturb_each_other(demo: Transcriber, talks: Path) -> None:
    english, german = await asyncio.gather(
        *[
            hear(
                demo,
                b"".join((await decode(recorded(talks / f"str_{language}.webm")))[:35]),
                language,
            )
            for language in ("en", "de")
        ]
    )
    assert "next to the entrance" in english.text
    assert "neben dem Eingang" in german.text


def slowed(read: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    def slowly(*given: Any) -> Any:
        time.sleep(seconds)
        return read(*given)

    return slowly


@pytest.mark.parametrize(
    ("name", "start", "slower"),
    [("str_de2", 42.5, 0.8), ("str_de2", 47.5, 1.5), ("str_en2", 49.6, 0.8), ("str_de", 16.4, 0.4)],
)
async def test_an_engine_that_is_behind_loses_no_last_words(
    *,
    demo: Transcriber,
    talks: Path,
    name: str,
    start: float,
    slower: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The end of a talk, spoken in real time to a machine on which each pass takes so many seconds more."""
    stream = demo.stream("de" if "de" in name else "en")
    asr = stream._processor.online.asr
    for how in ("quick", "thorough"):
        monkeypatch.setattr(asr, how, slowed(getattr(asr, how), slower))
    pcm = b"".join(await decode(recorded(talks / f"{name}.webm")))[round(start * 16_000) * 2 :]
    sentences: list[Sentence] = []

    async def read() -> None:
        async for update in stream.updates():
            sentences.extend(update.sentences)

    await stream.start()
    reading = asyncio.create_task(read())
    for at in range(0, len(pcm), MESSAGE):
        await asyncio.sleep(MESSAGE / 2 / 16_000)
        await stream.feed(pcm[at : at + MESSAGE])
    await stream.finish()
    await reading
    said = [str(each["text"]) for each in expected(talks, name) if float(str(each["start"])) > start]
    assert not score(said, [sentence.text for sentence in sentences]).missing, sentences


async def test_without_voice_activity_control_a_talk_is_heard_to_its_end(talks: Path) -> None:
    settings = EngineSettings(
        model=DEMO / "speech-model", languages=("en", "de"), vac=False, replaceable=False
    )
    transcriber = Transcriber(settings)
    transcriber.load()
    pcm = b"".join(await decode(recorded(talks / "str_en.webm")))
    result = await hear(transcriber, pcm, "en")
    assert_numbered(result.sentences)
    said = " ".join(str(sentence["text"]) for sentence in expected(talks, "str_en"))
    assert errors(said, result.text) <= 0.15
    assert "fifty students" in result.text


async def test_a_stereo_recording_of_which_one_channel_is_upside_down_is_heard(
    demo: Transcriber, talks: Path, tmp_path: Path
) -> None:
    mono = np.frombuffer(b"".join(await decode(recorded(talks / "str_en.webm"))), dtype=np.int16)[
        : 6 * 16_000
    ]
    path = tmp_path / "stereo.webm"
    with av.open(str(path), "w", format="webm") as file:
        stream = file.add_stream("libopus", rate=48_000, layout="stereo")
        both = np.repeat(np.stack([mono, -mono]), 3, axis=1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(both.T.reshape(1, -1)), "s16", "stereo")
        frame.sample_rate = 48_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    result = await hear(demo, b"".join(await decode([path.read_bytes()])), "en")
    assert "The large hall is next to the entrance." in result.text


async def test_cancelled_stream_ends_at_once(demo: Transcriber) -> None:
    stream = demo.stream("en")
    await stream.start()
    await stream.feed(bytes(MESSAGE))
    await stream.cancel()
    _ = [update async for update in stream.updates()]
    await stream.cancel()


async def test_dead_transcription_is_said(demo: Transcriber, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = demo.stream("en")
    monkeypatch.setattr(stream._processor.online, "process_iter", None)
    await stream.start()
    monkeypatch.setattr(stream._processor, "vac", lambda _: [{"start": 0}])
    with pytest.raises(StreamFailed):
        while True:
            await stream.feed(bytes(MESSAGE))
    assert stream.failing is not None
    with pytest.raises(StreamFailed):
        _ = [update async for update in stream.updates()]
    await stream.cancel()


async def test_failing_passes_are_counted_and_survived(
    demo: Transcriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = demo.stream("en")
    stream.patience = 0
    online = stream._processor.online

    def broken(_audio: object) -> list[object]:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(online.asr, "transcribe", broken)
    monkeypatch.setattr(stream._processor, "vac", lambda _: [{"start": 0}])
    await stream.start()
    while stream.failing is None:
        await stream.feed(bytes(MESSAGE))
    assert "transcription passes failed" in stream.failing
    monkeypatch.setattr(online.asr, "transcribe", lambda _: [])
    while stream.failing is not None:
        await stream.feed(bytes(MESSAGE))
    await stream.cancel()


def test_unknown_language_is_refused_with_what_is_known(demo: Transcriber) -> None:
    assert demo.languages == ("de", "en")
    with pytest.raises(UnknownLanguage, match=r"<fr>\. Remedy: choose one of de, en"):
        demo.stream("fr")


def test_model_that_is_not_loaded_says_so() -> None:
    with pytest.raises(ModelUnavailable, match=r"Remedy: call load\(\) first"):
        Transcriber(EngineSettings(model=DEMO / "speech-model")).stream("en")


def test_broken_model_is_named_with_a_remedy(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(ModelUnavailable, match=r"Remedy: check DOLMETSCH_ENGINE_MODEL"):
        Transcriber(EngineSettings(model=tmp_path)).load()


def test_vocabulary_is_at_most_sixty_tokens_of_whole_terms(demo: Transcriber) -> None:
    from dolmetsch_engine.whisper.asr import hotwords

    model = demo._model
    assert model is not None
    chosen = hotwords(model, ["Ada  Lovelace", "", *[f"term{number}" for number in range(100)]])
    assert chosen is not None
    assert chosen.startswith("Ada Lovelace, term0, term1")
    assert len(model.hf_tokenizer.encode(" " + chosen, add_special_tokens=False).ids) <= 60
    assert hotwords(model, []) is None
