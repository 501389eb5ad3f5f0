"""The server under test, by what everybody can see of it."""

from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

OK = (200, {"status": "ok"})
FAIL = {"status": "fail"}
PATIENCE_S = 120.0
"""No promise of a server: what a busy machine may take for an answer."""


class Server:
    """Its address with the base path, its passwords, and a login of each role. Close it after use."""

    def __init__(self, url: str, host_password: str, admin_password: str) -> None:
        self.url = url.rstrip("/")
        self.host_password = host_password
        self.admin_password = admin_password
        # No connection is kept: a test that takes its time would meet the server closing it.
        limits = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(base_url=self.url, trust_env=False, limits=limits, timeout=PATIENCE_S)
        self.host_key: str = self.login(host_password)["key"]
        self.admin_key: str = self.login(admin_password, role="admin")["key"]
        listed = self.room_list()
        self._targets = [lang for lang in listed["available_target_langs"] if lang != self.source]
        if self.source not in listed["available_source_langs"] or not self._targets:
            pytest.exit(f"The suite speaks English and reads a translation: {self.url} knows no such pair", 4)

    source = "en"
    """What the suite's talks are spoken in."""

    @property
    def target(self) -> str:
        """A language that they are translated to."""
        return "de" if "de" in self._targets else self._targets[0]

    @property
    def origin(self) -> str:
        """The same server without the base path."""
        return self.url.removesuffix(urlsplit(self.url).path)

    def close(self) -> None:
        self.http.close()

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.http.get(path, **more)

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        return self.http.post(path, json=body, **more)

    def login(self, password: str, **more: str) -> dict[str, Any]:
        """Log in; more of the body as keywords."""
        answer = self.post("/login", {"password": password, **more})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def new_host(self) -> str:
        """The key of a host that nobody has seen before."""
        key: str = self.login(self.host_password, role="host")["key"]
        return key

    def room_list(self) -> dict[str, Any]:
        answer = self.get(
            "/room_list", headers={"ngrok-skip-browser-warning": "1", "Cache-Control": "no-cache"}
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def listed(self, room: str) -> dict[str, Any] | None:
        """The room as listed."""
        return next((each for each in self.room_list()["rooms"] if each["id"] == room), None)

    def connection_id(self, room: str) -> str:
        """`host_connection_id`; '' also when the room is not listed."""
        found = self.listed(room)
        return found["host_connection_id"] if found else ""

    def close_room(self, room: str, key: str | None = None) -> httpx.Response:
        return self.post(
            f"/room/{quote(room, safe='')}/close", {"key": self.admin_key if key is None else key}
        )

    def transcript(self, room: str, lang: str, key: str | None = None) -> httpx.Response:
        body = {} if key is None else {"key": key}
        return self.post(f"/room/{quote(room, safe='')}/transcript/{lang}", body)

    def transcripts(self, room: str, key: str | None = None) -> list[dict[str, Any]]:
        """The room's items in the list."""
        answer = self.post("/transcript_list", {} if key is None else {"key": key})
        assert answer.status_code == 200, answer.text
        return [each for each in answer.json() if each["code"] == room]

    def no_room_active(self) -> bool:
        """Close what is active; whether nothing was."""
        active = [each["id"] for each in self.room_list()["rooms"] if each["host_connection_id"]]
        for room in active:
            self.close_room(room)
        return not active


def said(answer: httpx.Response) -> tuple[int, Any]:
    """Status and JSON."""
    return answer.status_code, answer.json()


def refused(answer: httpx.Response) -> bool:
    """Whether the answer is what clients in use take for no: 503 and {"status":"fail"}, nothing else."""
    with suppress(ValueError):
        return answer.status_code == 503 and answer.json() == FAIL
    return False


class Rooms:
    """Hands out rooms that are listed and not active, each once as long as there are more."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._used: list[str] = []

    def some(self, count: int) -> list[str]:
        """That many; skips where there are not enough."""
        listed = [each["id"] for each in self._server.room_list()["rooms"] if not each["host_connection_id"]]
        listed.sort(key=lambda room: self._used.index(room) + 1 if room in self._used else 0)
        if len(listed) < count:
            pytest.skip(f"needs {count} rooms that are listed and not active: there are {len(listed)}")
        taken = listed[:count]
        self._used = [room for room in self._used if room not in taken] + taken
        return taken

    def unwritten(self, count: int, *, first: str = "") -> list[str]:
        """That many without a transcript; `first` before all others, if it is one of them."""
        found = [
            room
            for room in self.some(len(self._server.room_list()["rooms"]))
            if not self._server.transcripts(room, self._server.admin_key)
        ]
        found.sort(key=lambda room: room != first)
        if len(found) < count:
            pytest.skip(f"needs {count} rooms without a transcript: there are {len(found)}")
        return found[:count]
