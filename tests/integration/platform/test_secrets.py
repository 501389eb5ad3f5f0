"""No secret is in any log of a platform that is logged in to, spoken in and guessed at."""

import json
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from websockets.exceptions import InvalidStatus

from dolmetsch_local.processes import free_port
from tests.integration.platform.hosts import closing, host_of, hosting, opened
from tests.platform_process import PlatformProcess

HOST_PASSWORD, ADMIN_PASSWORD = "secret-of-all-hosts", "secret-of-all-admins"
GUESSED = "secret-of-nobody"


def post(platform: PlatformProcess, path: str, body: Any, key: str = "") -> httpx.Response:
    """A request with whatever body, and with a key in the header."""
    content = body if isinstance(body, str) else json.dumps(body)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    return platform.request("POST", path, content=content, headers=headers)


def log_in(platform: PlatformProcess) -> list[str]:
    """Keys of a host and an admin, and of a host who comes back."""
    made = [
        post(platform, "/login", body).json()["key"]
        for body in ({"password": HOST_PASSWORD}, {"password": ADMIN_PASSWORD, "role": "admin"})
    ]
    again = post(platform, "/login", {"password": HOST_PASSWORD, "key": made[0]}).json()["key"]
    return [*made, again]


def show_everywhere(platform: PlatformProcess, secret: str) -> None:
    """In the place of a password and of a key, at every route that takes one, well formed and not."""
    for path in ("/login", "/auth", "/validate", "/transcript_list", "/room/DEMO1/close"):
        for body in (
            {"password": secret, "key": secret},
            {"key": secret},
            {"password": [secret]},
            {"key": secret.ljust(70_000)},
            f'{{"password": "{secret}", "key": "{secret}',
        ):
            post(platform, path, body)
    post(platform, "/room/DEMO1/transcript/en", {"key": secret})
    post(platform, "/api/v1/rooms", {"title": "t", "password": secret}, secret)
    for path in ("/api/v1/rooms", "/api/v1/transcripts", f"/nowhere?key={secret}", f"/login/{secret}"):
        platform.request("GET", path, headers={"Authorization": f"Bearer {secret}"})


async def open_sockets(platform: PlatformProcess, secret: str) -> None:
    """Refused ones: no consent, a bad room, bad headers."""
    for path in ("DEMO1/host/en/en", f"{secret}/host/en/en", f"DEMO1/host/en/en?key={secret}"):
        async with opened(platform, path, {"authenticated": secret}) as socket:
            await closing(socket)
    with pytest.raises(InvalidStatus, match="431"):
        async with opened(platform, "DEMO1/host/en/en", {"authenticated": secret, "long": "x" * 70_000}):
            pass


def logs(platform: PlatformProcess) -> dict[str, str]:
    """All that the platform and its parts have written, by file."""
    files: list[Path] = [platform.log, *(platform.state / "logs").glob("*.log")]
    return {file.name: file.read_text(errors="replace") for file in files}


async def test_no_password_and_no_key_is_in_any_log(tmp_path: Path) -> None:
    platform = PlatformProcess(
        tmp_path / "state",
        free_port(),
        DOLMETSCH_MODEL="demo",
        DOLMETSCH_HOST_PASSWORD=HOST_PASSWORD,
        DOLMETSCH_ADMIN_PASSWORD=ADMIN_PASSWORD,
        DOLMETSCH_LOGIN_FAILURES_PER_MINUTE="10000",
    )
    try:
        platform.start()
        keys = log_in(platform)
        forged = jwt.encode({"sub": "a", "role": "admin", "exp": 2**40}, "x" * 32, algorithm="HS256")
        secrets = [HOST_PASSWORD, ADMIN_PASSWORD, GUESSED, forged, *keys]
        for each in secrets:
            show_everywhere(platform, each)
            await open_sockets(platform, each)
        for credential in (HOST_PASSWORD, keys[0], keys[1]):
            cookies = host_of("DEMO1") | {"authenticated": credential, "connection_id": GUESSED}
            async with hosting(platform, cookies) as (host, _):
                await host.send(json.dumps({"signal": credential}))
                await closing(host)
        made = json.loads((platform.state / "secrets.json").read_text())
        secrets += [made["signing_key"], *(key.rpartition(".")[2] for key in keys)]
    finally:
        platform.stop()
    written = logs(platform)
    assert {"run.log", "api.log", "worker.log"} <= set(written)
    assert sum(map(len, written.values())) > 1000, "there is something to look at"
    found = [(name, secret) for name, text in written.items() for secret in secrets if secret in text]
    assert found == []
