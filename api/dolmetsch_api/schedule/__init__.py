"""The conference's schedule: a pretalx export, read from an address or a file and kept while it is away.

`pretalx` turns an export into talks and does nothing else; `fetching` gets it; `source` keeps the last good
one; `now` is the clock that the schedule goes by. Who may be listed or activated says `programme`, one floor
up. Only `routes` knows the rest of the api.
"""
