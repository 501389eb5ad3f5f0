"""What `speak` and `listen` share: finding the platform, logging in, the room's socket."""

import contextlib
import json
import ssl
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from dolmetsch_local.state import Address


class Refused(Exception):
    """The platform closed the socket; the message is its reason. `later`: another try may help."""

    def __init__(self, reason: str, *, later: bool = False) -> None:
        super().__init__(reason)
        self.later = later


GOING_AWAY = (1001, 1012)
"""How a server closes that ends while the room goes on."""
FOR_GOOD = (1003, 1008)
"""How it closes where another try would not help."""
ANSWER_S = 30.0
"""What a platform on a busy machine may take."""


@dataclass(frozen=True)
class Login:
    """A host's key for a running platform."""

    address: Address
    key: str


def _http(url: str) -> httpx.AsyncClient:
    """A client for a platform: no proxies, but the certificates that the machine trusts (SSL_CERT_FILE)."""
    trust = ssl.create_default_context() if url.startswith("https:") else True
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=ANSWER_S, verify=trust)


async def room_of(url: str, room: str) -> dict[str, Any]:
    """Return the room as listed. Raises Refused."""
    async with _http(url) as client:
        rooms = (await client.get("/room_list")).raise_for_status().json()["rooms"]
    known = {each["id"]: each for each in rooms}
    if room not in known:
        raise Refused(f"Room <{room}> not found. Rooms are {', '.join(known)}.")
    found: dict[str, Any] = known[room]
    return found


async def login(address: Address) -> Login:
    """Log in with the host password. Raises Refused."""
    async with _http(address.url) as client:
        answer = await client.post("/login", json={"password": address.host_password, "role": "host"})
    if _refused(answer):
        if "Retry-After" in answer.headers:
            raise Refused(f"Too many wrong passwords: try again in {answer.headers['Retry-After']} s")
        raise Refused(f"The host password is not that of {address.url}")
    answer.raise_for_status()
    return Login(address, answer.json()["key"])


def _refused(answer: httpx.Response) -> bool:
    """Whether the platform itself says no: clients in use know a 503 for it, which a gateway may also say."""
    if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
        return answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
    with contextlib.suppress(ValueError):
        return bool(answer.json() == {"status": "fail"})
    return False


def host_socket(
    login: Login, room: str, source: str, target: str, *, store: bool = False, public: bool = False
) -> connect:
    """Open a room as its host. `store`: the transcript may be kept; `public`: everybody may read it."""
    name = quote(room, safe="")
    cookies = {
        "authenticated": login.key,
        f"{name}-allow_store": str(store).lower(),
        f"{name}-allow_client_download": str(public).lower(),
    }
    headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in cookies.items())}
    return _socket(login.address.url, f"{name}/host/{source}/{target}", headers)


def viewer_socket(url: str, room: str, target: str) -> connect:
    """Open a room as a viewer."""
    return _socket(url, f"{quote(room, safe='')}/client/undefined/{target}", {})


def _socket(url: str, path: str, headers: dict[str, str]) -> connect:
    address = f"{url.replace('http', 'ws', 1)}/room/{path}?v=1"
    return connect(
        address,
        additional_headers=headers,
        max_size=None,
        proxy=None,
        compression=None,
        open_timeout=ANSWER_S,
    )


async def until_ready(socket: ClientConnection) -> None:
    """Wait until the room takes a host's audio. Raises Refused, ConnectionClosed."""
    async for frame in frames(socket):
        if frame.get("info", {}).get("ready_to_recieve_audio"):
            return
    await raise_why(socket)


async def raise_why(socket: ClientConnection) -> None:
    """Raise ConnectionClosed of a closed socket, whose frames just end where a server goes away."""
    await socket.recv()


async def frames(socket: AsyncIterable[str | bytes]) -> AsyncIterator[dict[str, Any]]:
    """Yield the socket's frames. Raises Refused when the server gave a reason, ConnectionClosed when lost."""
    try:
        async for message in socket:
            yield json.loads(message)
    except ConnectionClosed as closed:
        if closed.rcvd and closed.rcvd.reason and closed.rcvd.code not in GOING_AWAY:
            raise Refused(closed.rcvd.reason, later=closed.rcvd.code not in FOR_GOOD) from closed
        raise
