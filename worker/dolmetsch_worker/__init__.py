"""The worker: fills in the languages that somebody is reading. Imports `dolmetsch_core` only."""
