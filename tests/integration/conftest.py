"""What several folders of real things share: a PostgreSQL of the tests' own."""

from collections.abc import Iterator

import pytest

from tests.integration.archive.postgresql_server import PostgresqlServer


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """One server for the whole run."""
    server = PostgresqlServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgresql_url(postgresql: PostgresqlServer) -> str:
    """The address of an empty database, without a schema."""
    return postgresql.new_database()
