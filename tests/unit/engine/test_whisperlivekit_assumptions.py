"""What the engine assumes about the insides of WhisperLiveKit 0.2.26 and faster-whisper 1.2.1, one by one.

When one of these fails after an upgrade, the module named in it must be looked at again.
"""

import importlib.metadata
import inspect
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dolmetsch_engine.settings import EngineSettings
from dolmetsch_engine.whisper.asr import StreamAsr, load_model
from dolmetsch_engine.whisper.online import Online
from dolmetsch_engine.whisper.processor import LoadedEngine, Processor
from tests.waiting import until

MODEL = Path(__file__).parents[3] / "local/dolmetsch_local/demo/speech-model"
SETTINGS = EngineSettings(model=MODEL)
RATE = 16_000


class Recorded:
    """Stands in for the online processor: notes in which order WhisperLiveKit calls it."""

    SAMPLING_RATE = RATE

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.audio_buffer = np.zeros(0, dtype=np.float32)
        self.fail = False

    def insert_audio_chunk(self, audio: Any, _end: float) -> None:
        self.calls.append(f"insert {len(audio)}")

    def process_iter(self) -> tuple[list[Any], float]:
        self.calls.append("pass")
        if self.fail:
            raise RuntimeError("a failing pass")
        return [], 0.0

    def start_silence(self) -> tuple[list[Any], float]:
        self.calls.append("silence")
        return [], 0.0

    def end_silence(self, duration: float, _offset: float) -> None:
        self.calls.append(f"after {duration:.1f}")

    def get_buffer(self) -> Any:
        return type("Rest", (), {"text": "", "start": None, "end": None})()


@pytest.fixture(scope="module")
def asr() -> StreamAsr:
    return StreamAsr(load_model(SETTINGS), SETTINGS, "en")


@pytest.fixture(scope="module")
def engine(asr: StreamAsr) -> LoadedEngine:
    return LoadedEngine(SETTINGS, asr)


@pytest.fixture
async def processor(engine: LoadedEngine, asr: StreamAsr) -> AsyncIterator[Processor]:
    made = Processor(engine, asr, SETTINGS)
    yield made
    await made.cleanup()


async def drained(processor: Processor) -> None:
    await until(lambda: processor.task.done() or processor.queue.empty(), "all audio is taken")


def test_versions_are_the_ones_that_were_read() -> None:
    assert importlib.metadata.version("whisperlivekit") == "0.2.26"
    assert importlib.metadata.version("faster-whisper") == "1.2.1"


def test_engine_is_no_process_wide_singleton_here(engine: LoadedEngine, asr: StreamAsr) -> None:
    assert LoadedEngine(SETTINGS, asr) is not engine


async def test_processor_takes_our_engine_instead_of_loading_one(
    engine: LoadedEngine, processor: Processor
) -> None:
    assert processor.args is engine.args
    assert processor.args.asr_coalesce_min_s == SETTINGS.coalesce
    assert processor.translation is None
    assert processor.diarization is None


async def test_history_is_bounded(processor: Processor) -> None:
    assert processor.tokens_alignment._retention_seconds == 300.0


async def test_audio_is_deferred_until_enough_is_there(processor: Processor) -> None:
    online: Any = Recorded()
    processor.transcription = online
    await processor.create_tasks()
    processor.beg_loop = 1.0
    for _ in range(2):
        await processor.queue.put(np.zeros(4000, dtype=np.float32))
        await drained(processor)
    await until(lambda: "pass" in online.calls, "a pass")
    assert online.calls == ["insert 4000", "insert 4000", "pass"]


async def test_pause_runs_the_deferred_pass_first_then_start_silence(processor: Processor) -> None:
    online: Any = Recorded()
    processor.transcription = online
    await processor.create_tasks()
    processor.beg_loop = 1.0
    await processor.queue.put(np.zeros(4000, dtype=np.float32))
    await processor._begin_silence(at_sample=4000)
    processor.total_pcm_samples = 20_000
    processor._recent, processor._recent_end = np.zeros(20_000, dtype=np.float32), 20_000
    await processor._end_silence(at_sample=20_000)
    await until(lambda: "after 1.0" in online.calls, "the end of the pause")
    assert online.calls == ["insert 4000", "pass", "silence", "after 1.0"]


async def test_exception_in_a_pass_would_kill_the_task(processor: Processor) -> None:
    # Online._pass therefore never raises.
    online: Any = Recorded()
    online.fail = True
    processor.transcription = online
    await processor.create_tasks()
    processor.beg_loop = 1.0
    await processor.queue.put(np.zeros(RATE, dtype=np.float32))
    await until(processor.task.done, "the end of the task")
    assert isinstance(processor.task.exception(), ValueError)


async def test_first_message_begins_in_silence_without_an_event(processor: Processor) -> None:
    processor.transcription = Recorded()
    await processor.process_audio(bytes(2 * RATE))
    assert processor.current_silence is not None
    assert processor.current_silence.start == 0.0
    assert processor.queue.empty()


async def test_voice_activity_model_is_asked_window_by_window(processor: Processor) -> None:
    await processor.process_audio(bytes(2 * 10 * 512))
    assert processor.meter._at == 10 * 512
    assert processor.vac is not None
    assert processor.vac.min_silence_samples == round(SETTINGS.min_silence * RATE)


async def test_process_audio_takes_at_most_five_seconds(processor: Processor) -> None:
    await processor.process_audio(bytes(2 * 6 * RATE))
    assert processor.total_pcm_samples == 5 * RATE


def test_end_of_stream_drains_deferred_audio_and_then_finishes() -> None:
    source = inspect.getsource(Processor.transcription_processor)
    drain = source.index("drained_tokens, _ = await self._run_counted_process_iter()")
    assert drain < source.index("await self._finish_transcription(pending_tokens=drained_tokens)")


def test_features_beyond_the_audio_are_exact_zeros() -> None:
    # ShortWhisperModel.encode tells the audio's length by them.
    from faster_whisper.audio import pad_or_trim
    from faster_whisper.feature_extractor import FeatureExtractor

    extractor: Any = FeatureExtractor
    silent = extractor()(np.zeros(RATE, dtype=np.float32))
    padded = pad_or_trim(silent)
    assert padded.shape[-1] == 3000
    assert silent.any(axis=0).all()
    assert not padded[:, silent.shape[-1] :].any()


def test_short_window_is_understood_like_the_long_one() -> None:
    model = load_model(SETTINGS)
    shapes: list[tuple[int, ...]] = []
    audio = np.random.default_rng(0).normal(0, 0.01, 12 * RATE).astype(np.float32)
    features = model.feature_extractor(audio)
    from faster_whisper.audio import pad_or_trim

    for padding in (5.0, None):
        model.padding = padding
        shapes.append(tuple(model.encode(pad_or_trim(features)).shape))
    assert shapes[0][1] == pytest.approx(50 * 17, abs=2)
    assert shapes[1][1] == 1500


def test_transcribe_knows_our_options() -> None:
    from faster_whisper import WhisperModel

    known = inspect.signature(WhisperModel.transcribe).parameters
    assert {"beam_size", "temperature", "max_new_tokens", "hotwords", "word_timestamps"} <= set(known)


def test_online_processor_is_not_reset_to_zero_after_a_long_pause(asr: StreamAsr) -> None:
    online = Online(asr, SETTINGS)
    online.init(offset=70.0)
    assert online.time_of_last_asr_output == 70.0
    assert online.get_audio_buffer_end_time() == 70.0
