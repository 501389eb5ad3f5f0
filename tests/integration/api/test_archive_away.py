"""A PostgreSQL that takes every call and answers none, or can't be used: it counts as away."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
from psycopg import sql
from sqlalchemy import make_url

from dolmetsch_core.archive import database
from dolmetsch_core.archive.migrate import migrate
from tests.integration.api.api_process import Client, running, settings
from tests.integration.archive.postgresql_server import PostgresqlServer
from tests.unit.api.export import EXPORT

ADMIN = {"Authorization": "Bearer admin"}
TABLES = ("vote", "transcript", "adhoc_room")
LIMIT_MS = 200
"""What PostgreSQL waits for a lock, so that nobody here waits long."""


@pytest.fixture
async def archive_url(postgresql_url: str) -> str:
    await migrate(postgresql_url)
    return postgresql_url


@pytest.fixture
async def client(store_url: str, archive_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setitem(database._LIMITS_MS, "lock_timeout", LIMIT_MS)
    async with running(settings(store_url, archive_url=archive_url, schedule=str(EXPORT))) as found:
        yield found


@contextmanager
def locked(server: PostgresqlServer, url: str) -> Iterator[None]:
    """Somebody's transaction has all of it for itself."""
    with server.admin(make_url(url).database or "") as somebody, somebody.transaction():
        somebody.execute(sql.SQL("LOCK TABLE {}").format(sql.SQL(", ").join(map(sql.Identifier, TABLES))))
        yield


async def test_each_route_answers_as_if_the_archive_were_away(
    client: Client, postgresql: PostgresqlServer, archive_url: str
) -> None:
    assert (await client.http.get("/vote/MORN44/add")).text == "1"
    assert await _votes(client) == 1
    with locked(postgresql, archive_url):
        assert await _votes(client) == 1, "the last that is known"
        for path in ("/vote/MORN44/add", "/vote/MORN44/remove"):
            refused = await client.http.get(path)
            assert (refused.status_code, refused.json()) == (503, {"status": "fail"})
        assert (await client.http.post("/transcript_list", json={})).json() == []
        assert (await client.http.post("/room/R1/transcript/en", json={})).json() == {"status": "fail"}
        for method, path in (
            ("GET", "/api/v1/transcripts"),
            ("GET", "/api/v1/rooms/R1/transcript"),
            ("DELETE", "/api/v1/rooms/R1/transcript"),
            ("POST", "/api/v1/rooms"),
        ):
            answer = await client.http.request(
                method, path, headers=ADMIN, json={"title": "t"} if method == "POST" else None
            )
            assert (answer.status_code, answer.json()["detail"][:19]) == (503, "The archive is away"), path
    assert (await client.http.get("/vote/MORN44/add")).text == "2"


async def test_a_database_that_is_not_brought_up_to_date_is_an_archive_that_is_away(
    store_url: str, postgresql: PostgresqlServer, archive_url: str
) -> None:
    # Of a later release, which has no such table any more.
    with postgresql.admin(make_url(archive_url).database or "") as admin:
        admin.execute("UPDATE alembic_version SET version_num = '9999'")
        admin.execute("DROP TABLE adhoc_room")
    async with running(settings(store_url, archive_url=archive_url), archive=False) as client:
        for method, path in (("POST", "/api/v1/rooms"), ("GET", "/api/v1/transcripts")):
            answer = await client.http.request(
                method, path, headers=ADMIN, json={"title": "t"} if method == "POST" else None
            )
            assert (answer.status_code, answer.json()["detail"][:19]) == (503, "The archive is away"), path


async def _votes(client: Client) -> int:
    (votes,) = [each["votes"] for each in await client.get("/vote") if each["code"] == "MORN44"]
    return int(votes)
