"""The live store (Redis protocol, no persistence): everything in it expires but rooms and `store:born`.

`keys`    the only place where key names are made; a room's keys share one hash tag.
`store`   connecting, scripts, and `store:born`, which tells the rooms' writer that the store is new.
`audio`   kept header and time of a host's recording.  Writer: api, reader of the time: scribe.
`rooms`   rooms of one machine.       Writer: api (spec), local (status).
`claim`   who is the host.            Writer: api.
`pen`     who may write lines, and the writing of sentences and partials.  Writer: engine.
`feed`    reading a session: snapshot, then entries from that position without a gap. Reader: api, worker.
`translations` what the translator writes, first writer wins.
`wanted`  languages being read.       Writer: api, reader: translator.
`consents` what may be kept of each session.   Writer: api, reader: scribe.
`lease`   one worker per room.
`languages` what can be translated, as the translator says.
`directory` rooms on one machine: the local implementation of `dolmetsch_core.directory.Directory`.
"""
