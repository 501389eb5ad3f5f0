"""A room's sockets: the host's audio in, captions out.

`room_socket`  what a socket asks for, checked before anything else.  `host`, `viewer`  its life after that.
`held_claim`   one host per room.    `kept_audio`  what an engine that died had not yet heard.
`relay`        audio to the engine that the room has now.
`hub`, `captions`  one reader of the live store per room and language, however many viewers.
`frames`, `sending`  what clients get, at the pace that each one takes it.
"""
