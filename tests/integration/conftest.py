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
def postgresql_url(postgresql: PostgresqlServer) -> Iterator[str]:
    """The address of an empty database, without a schema."""
    url = postgresql.new_database()
    yield url
    # Two hundred of them would be two gigabytes, and their removal a minute of a slow disk.
    postgresql.drop_database(url)
