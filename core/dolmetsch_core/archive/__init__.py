"""The archive: SQL for what stays. SQLite on one machine, PostgreSQL on a cluster, one set of statements.

`database`  opening it, reading and writing transactions, what it raises while it is away.
`migrate`   bringing the schema to this release; `migrations` holds one file per revision.
`opening`   an archive that is not there yet.
`cleaning`  leaving nothing of what was deleted in SQLite's files.
`sqlite_file`  what the file of an SQLite archive needs.
`tables`    the tables.
`writing`   what the scribe copies.             Writer: worker.
`deleting`  what is taken out, and never copied again.  Writer: worker (withdrawn, expired), api (deleted).
`reviews`   whether a person reviewed a transcript.  Writer: api.
`reading`   transcripts, by who may see them.   Reader: api.
`votes`, `rooms`, `schedules`  votes for talks, rooms made by hand, the last good schedule.  Writer: api.

Imports wire, and nothing of core that calls anybody else. Engine and operator may not import it.
"""
