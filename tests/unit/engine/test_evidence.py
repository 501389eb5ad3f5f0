"""What was not said stays out: by the model's own evidence, and by whether a voice was heard."""

import pytest

from dolmetsch_engine.whisper.evidence import Evidence, was_said
from dolmetsch_engine.whisper.pauses import PauseMeter

RATE = 16_000


@pytest.mark.parametrize(
    "segment",
    [
        # No voice in it, whatever the model thinks of it.
        Evidence("And so on.", no_speech=0.1, confidence=-0.2, voice=0.0),
        Evidence("La la la.", no_speech=0.0, confidence=-0.3, voice=0.05),
        # Hardly a voice, and the model guesses.
        Evidence("Ja, ja.", no_speech=0.2, confidence=-1.1, voice=0.3),
        Evidence("El público aplaude.", no_speech=0.5, confidence=-0.9, voice=0.2),
        # The model itself says that it is no speech.
        Evidence("The hall is large.", no_speech=0.95, confidence=-0.2, voice=0.9),
        Evidence("and", no_speech=0.4, confidence=-1.2, voice=None, appended=True),
        # Many people at once, as base has read them in five languages.
        Evidence("Es ist alles, es ist alles", no_speech=0.67, confidence=-0.66, voice=0.9, repetition=3.9),
        Evidence("Είσαι, ειναι, ειναι", no_speech=0.67, confidence=-0.67, voice=0.9, repetition=2.2),
        Evidence("Det er noe som vi har gjort.", no_speech=0.43, confidence=-1.38, voice=1.0, repetition=0.8),
        Evidence("O que é o que é o que é", no_speech=0.64, confidence=-0.33, voice=1.0, repetition=6.8),
        Evidence("It's about the same size.", no_speech=0.64, confidence=-0.87, voice=1.0, repetition=1.8),
        # What it says to noise, in the languages of its subtitles.
        Evidence("Thank you for watching.", no_speech=0.5, confidence=-0.3, voice=0.9),
        Evidence(" Thanks for watching!", no_speech=0.1, confidence=-0.3, voice=0.3),
        Evidence("Untertitel der Amara.org-Community", no_speech=0.1, confidence=-0.7, voice=0.8),
        Evidence("Untertitelung des ZDF, 2020", no_speech=0.6, confidence=-0.2, voice=0.5),
        Evidence("Sous-titrage Société Radio-Canada", no_speech=0.4, confidence=-0.3, voice=0.7),
        Evidence("Subtítulos por la comunidad de Amara.org", no_speech=0.4, confidence=-0.1, voice=1.0),
        Evidence("Legendas pela comunidade Amara.org", no_speech=0.1, confidence=-0.9, voice=0.9),
        Evidence("Υπότιτλοι AUTHORWAVE", no_speech=0.4, confidence=-0.4, voice=0.6),
        Evidence("Undertekster av Ai-Media", no_speech=0.35, confidence=-0.1, voice=None),
        Evidence("ご視聴ありがとうございました", no_speech=0.5, confidence=-0.2, voice=0.9),
        Evidence("شكرا للمشاهدة", no_speech=0.1, confidence=-0.8, voice=0.9),
        Evidence("Продолжение следует...", no_speech=0.1, confidence=-0.2, voice=0.2),
    ],
)
def test_what_nobody_said_is_left_out(segment: Evidence) -> None:
    assert not was_said(segment)


@pytest.mark.parametrize(
    "segment",
    [
        Evidence("The hall is large.", no_speech=0.1, confidence=-0.3, voice=0.8),
        # A bad microphone: the model is not confident, but somebody spoke.
        Evidence("The hall is large.", no_speech=0.4, confidence=-1.1, voice=0.9),
        Evidence("A program from 1968 has no name.", no_speech=0.66, confidence=-0.34, voice=0.9),
        Evidence(
            "Yeah, yeah, yeah, yeah, yeah, yeah", no_speech=0.1, confidence=-0.4, voice=0.9, repetition=3.0
        ),
        # A word between two pauses: the segment's times reach into them.
        Evidence("Genau.", no_speech=0.1, confidence=-0.4, voice=0.3),
        # Without voice activity control, the model alone decides.
        Evidence("The hall is large.", no_speech=0.3, confidence=-0.9, voice=None),
        # People say thank you.
        Evidence("Thank you.", no_speech=0.05, confidence=-0.3, voice=0.8),
        Evidence("Vielen Dank.", no_speech=0.1, confidence=-0.4, voice=0.7),
        Evidence("Gracias.", no_speech=0.2, confidence=-0.5, voice=0.9),
        Evidence("धन्यवाद", no_speech=0.1, confidence=-0.3, voice=0.6),
        Evidence("감사합니다.", no_speech=0.0, confidence=-0.2, voice=0.9),
        Evidence("Thank you for watching over my children.", no_speech=0.4, confidence=-0.7, voice=0.9),
        Evidence("and so on", no_speech=0.4, confidence=-0.5, voice=0.9, appended=True),
    ],
)
def test_what_somebody_said_stays(segment: Evidence) -> None:
    assert was_said(segment)


@pytest.mark.parametrize(
    ("start", "end", "share"),
    [(0.0, 4.0, 0.5), (1.0, 3.0, 1.0), (3.0, 4.0, 0.0), (0.5, 1.5, 0.5), (3.5, 3.5, 0.0), (9.0, 9.5, None)],
)
def test_meter_knows_how_much_of_a_time_was_a_voice(start: float, end: float, share: float | None) -> None:
    meter = PauseMeter(shortest=RATE)
    for window in range(40):
        meter.window(0.9 if 10 <= window < 30 else 0.1, RATE // 10)
    assert meter.voice(start, end) == share
