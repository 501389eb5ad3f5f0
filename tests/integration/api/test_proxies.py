"""Whose address failed logins are counted by: a connection's, or what a proxy that is trusted says of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from websockets.asyncio.client import connect as dial

from tests.integration.api.api_process import Client, running, settings

LIMIT = 3
ME, YOU = "192.0.2.1", "192.0.2.2"
Behind = Callable[[str], AbstractAsyncContextManager[Client]]


@pytest.fixture
def behind(store_url: str) -> Behind:
    """An api that trusts these proxies; the test connects to it as one of 127.0.0.1."""

    @asynccontextmanager
    async def started(proxies: str) -> AsyncIterator[Client]:
        of = settings(store_url, trusted_proxies=proxies, login_failures_per_minute=LIMIT)
        async with running(of) as client:
            yield client

    return started


def forwarded(*addresses: str) -> dict[str, str]:
    return {"X-Forwarded-For": ", ".join(addresses)} if addresses else {}


async def lets_in(client: Client, *addresses: str) -> bool:
    """Whether the right password is taken from there."""
    answer = await client.http.post("/login", json={"password": "host"}, headers=forwarded(*addresses))
    return answer.is_success


async def guess(client: Client, *addresses: str) -> None:
    answer = await client.http.post("/login", json={"password": "wrong"}, headers=forwarded(*addresses))
    assert answer.status_code == 503


async def test_without_a_trusted_proxy_nobody_chooses_the_address_that_counts(behind: Behind) -> None:
    async with behind("") as client:
        for number in range(LIMIT):
            await guess(client, f"198.51.100.{number}")
        assert not await lets_in(client, "198.51.100.77")
        assert not await lets_in(client)


async def test_a_proxy_that_is_not_trusted_is_not_believed(behind: Behind) -> None:
    async with behind("10.0.0.0/8") as client:
        for number in range(LIMIT):
            await guess(client, f"198.51.100.{number}")
        assert not await lets_in(client, "198.51.100.77")


async def test_behind_a_trusted_proxy_the_client_s_address_counts(behind: Behind) -> None:
    async with behind("127.0.0.1") as client:
        for number in range(LIMIT):
            # What the client claims stands before what the proxy saw.
            await guess(client, f"198.51.100.{number}", ME)
        assert not await lets_in(client, "198.51.100.77", ME)
        assert await lets_in(client, YOU)


async def test_behind_two_proxies_the_client_s_address_counts(behind: Behind) -> None:
    async with behind("127.0.0.1, 10.0.0.0/8") as client:
        for number in range(LIMIT):
            await guess(client, f"198.51.100.{number}", ME, f"10.1.2.{number}")
        assert not await lets_in(client, ME, "10.1.2.77")
        assert await lets_in(client, YOU, "10.1.2.3")


async def test_a_proxy_before_the_trusted_one_counts_as_the_client(behind: Behind) -> None:
    async with behind("127.0.0.1") as client:
        for number in range(LIMIT):
            await guess(client, f"198.51.100.{number}", "10.1.2.3")
        assert not await lets_in(client, ME, "10.1.2.3")
        assert await lets_in(client, YOU, "10.1.2.4")


async def refused(client: Client, password: str, address: str) -> str:
    """Why a host's socket is closed that has this password in its cookie."""
    url = f"{client.url.replace('http', 'ws')}/room/DEMO1/host/en/en"
    headers = {"Cookie": f"authenticated={password}", **forwarded(address)}
    async with dial(url, proxy=None, additional_headers=headers) as socket:
        await socket.wait_closed()
    return socket.close_reason or ""


async def test_sockets_are_counted_alike(behind: Behind) -> None:
    async with behind("127.0.0.1") as client:
        for number in range(LIMIT):
            assert (await refused(client, f"wrong{number}", ME)).startswith("Authentification failed")
        assert (await refused(client, "host", ME)).startswith("Authentification failed")
        assert await refused(client, "host", YOU) == "Required room config cookies not found"
