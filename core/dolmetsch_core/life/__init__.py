"""A room's life as pure functions: facts and the time in, a plan out. Tables of cases test them.

`observed` the facts, `plan` the actions, `decide` one room (`serve` once it has an engine,
`drain` at its end), `pool` all rooms and warm engines together.
The Kubernetes operator drives these with pods, one machine (`dolmetsch_local`) with processes.
"""
