"""Stored transcripts: their forms, who may have them, and the routes that give them out.

`cues`    a room's parts in one language, joined on the time line of each recording.
`marks`   what made a transcript, and who reviewed it: for each of our own forms.
`forms`   text as clients in use read it; SRT, WebVTT, Markdown, JSON.
`legacy`  the routes of clients in use.  `routes`, `models`  ours, under /api/v1.
"""
