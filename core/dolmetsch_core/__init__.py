"""What every component shares: wire models, room life, live store, media headers, engine client.

`wire`  frozen models of everything that crosses a process; imports nothing but itself.
`life`  pure decisions on rooms and engines; imports wire only; no I/O, no clock.
`live`  the live store (Redis protocol): key names, scripts, claims, lines, feed, the local Directory.
`directory` the protocol by which the api finds rooms and engines, `errors` why a room can't be had.
`media` container headers of browser recordings, pure.
`version` of all components.
`tasks`, `supervise` running, ending and restarting asyncio tasks.
`engine_client` calls an engine's control interface over HTTP.
"""
