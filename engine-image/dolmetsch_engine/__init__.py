"""The engine: a host's audio in, sentences in the live store out. It knows nothing of Kubernetes.

`server` is its interface, `session` one room's session (pen, stream, ingest), `writer` the way to the store.
`decoder`, `transcriber`, `captions`, `segmenter`, `positions`, `seam` turn bytes into sentences; `whisper` is
the only package that touches WhisperLiveKit. May import dolmetsch_core, nothing else of ours.
"""
