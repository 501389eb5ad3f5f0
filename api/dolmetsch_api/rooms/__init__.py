"""Which rooms there are, and what is done to them over HTTP.

`programme`  all of them: of the YAML file (`talks`), by hand (`adhoc_rooms`), of the schedule, active ones.
`listing`, `closing`, `making_rooms`  routes.
`known_languages`  what engines hear and the worker translates.    `consents`  what hosts allow to be stored.
"""
