"""The stateless tier: sockets of hosts and viewers, logins, rooms, transcripts, votes, the page.

`app` wires it, `platform` holds what a process has of everything. `sockets`, `rooms`, `auth`, `schedule`,
`transcripts`, `votes` and `cluster` say in their first lines what is in them; `web` is the page.
`answers`, `refusing` and `body_limit` are what routes have in common, `serving` is how uvicorn serves them.
May import dolmetsch_core, nothing else of ours.
"""

import os

# Read when `websockets` is imported. A browser sends all cookies in one line: the key, consents and votes for
# many rooms are more than the 8192 bytes that a line may have by default.
os.environ.setdefault("WEBSOCKETS_MAX_LINE_LENGTH", "65536")
