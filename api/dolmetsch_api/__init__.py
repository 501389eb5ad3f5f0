"""The stateless tier: sockets of hosts and viewers, logins, rooms, transcripts, votes, the page.

`app` wires it, `platform` holds what a process has of everything. `sockets`, `rooms`, `auth`, `schedule`,
`transcripts`, `votes` and `cluster` say in their first lines what is in them; `web` is the page.
`answers` and `refusing` are what routes have in common.
May import dolmetsch_core, nothing else of ours.
"""
