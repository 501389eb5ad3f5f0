"""The stateless tier: sockets of hosts and viewers, login, the room list, the page.

`app` wires it; `room_socket` is the route with its checks, `host` and `viewer` the two lives of a socket,
`relay` carries a host's audio to the engine, `captions` holds a room's view and `frames` encodes it.
May import dolmetsch_core, nothing else of ours.
"""
