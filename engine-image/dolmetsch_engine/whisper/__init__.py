"""The seam to WhisperLiveKit 0.2.26 and faster-whisper 1.2.1: the only place that knows their insides.

PCM goes in, `Heard` comes out: newly committed words, the unfinished rest, how far the audio is understood.
- `quiet`: imports them without their logging of spoken text;
- `asr`: the model and its options per stream;
- `cleaning`: what is no word is taken out of a pass (pure);
- `hypothesis`: which words two passes agree on (pure);
- `online`: audio buffer, commits at pauses, trimming;
- `pauses`: what the voice activity detector heard (pure);
- `processor`: WhisperLiveKit's AudioProcessor with all of these.
Every assumption about their insides has a test in tests/unit/engine/test_whisperlivekit_assumptions.py.
"""
