"""The scribe copies what may be kept from the live store into the archive.

`scribe`   which sessions: those whose consent says so, as long as it does.
`copying`  one session: snapshot, then the feed, a few seconds behind at most.
"""
