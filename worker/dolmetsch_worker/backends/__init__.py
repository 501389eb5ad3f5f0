"""Translation backends behind one small protocol, chosen per language pair.

`protocol` says what a backend is and how it fails; `libretranslate` speaks HTTP through a `breaker`,
`fast_translate` runs in the process, `routing` chooses. Nothing here knows rooms or the live store, and
nothing here logs what was said.
"""
