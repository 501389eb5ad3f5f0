"""What Alembic runs: the revisions, on the connection and in the transaction that `migrate` holds."""

from alembic import context

from dolmetsch_core.archive.tables import metadata

# Transactional also on SQLite: our connections begin their transactions themselves.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
