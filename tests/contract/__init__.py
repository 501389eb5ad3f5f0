"""What clients in use depend on, against any server: it gets a base URL and two passwords and knows no more.

A test's docstring quotes the row of the contract that it proves. `client` plays the existing browser client,
`server` is the server's public side, `setup` and `schedule` are what the suite starts a platform of its own
with. `conftest` says which server is used and what is left out against one that others started.
"""
