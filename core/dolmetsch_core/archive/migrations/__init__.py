"""The schema's revisions, run by Alembic by their path. A new one is a copy of the last, numbered on."""
