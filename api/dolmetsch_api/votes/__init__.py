"""What the audience wants to see transcribed of the next day's talks.

`models`  what is answered.  `routes`  `/vote`, as clients in use call it. Which talks: `rooms.programme`.
"""
