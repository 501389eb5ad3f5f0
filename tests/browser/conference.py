"""A conference with talks to vote for, and transcripts of talks that were held."""

import time
from datetime import datetime
from typing import Any
from urllib.parse import quote

import jwt
from sqlalchemy import delete

from dolmetsch_core.archive import tables, writing
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.wire.consent import Consent, TalkFacts
from dolmetsch_core.wire.feed import Sentence, Translated
from tests.platform_process import ADMIN_PASSWORD, PATIENCE_S, PlatformProcess
from tests.unit.api.export import export
from tests.waiting import until

NOW = "2026-08-20T09:45:00+02:00"
BASE_PATH = "/backend"
HOSTILE = "<img src=x onerror='window.broken=1'>"
HELD = datetime.fromisoformat("2026-08-19T14:03:00+02:00").timestamp()
SAID = [
    "The large hall is next to the entrance.",
    "My name is Julia.",
    "Today I talk about speech recognition.",
]
TRANSLATED = [
    "Der große Saal ist neben dem Eingang.",
    "Ich heiße Julia.",
    "Heute rede ich über Spracherkennung.",
]


def schedule() -> bytes:
    """The tests' export; the talk MORN44 has markup in its title.

    OPEN11 lasts all day: however long the tests take, it stays in the list.
    """

    def change(found: dict[str, Any]) -> None:
        for day in found["days"]:
            for talks in day["rooms"].values():
                for talk in talks or []:
                    if talk.get("code") == "MORN44":
                        talk["title"] = HOSTILE
                    if talk.get("code") == "OPEN11":
                        talk["duration"] = "13:00"

    return export(change)


async def clear(archive: Archive) -> None:
    """Leave nothing of the tests before."""
    async with archive.begin() as connection:
        for table in (
            tables.translation,
            tables.sentence,
            tables.transcript_owner,
            tables.transcript,
            tables.deleted_session,
            tables.vote,
            tables.adhoc_room,
        ):
            await connection.execute(delete(table))


async def hold(
    archive: Archive, room: str, title: str, *, owner: str = "", public: bool = True, ended: bool = True
) -> int:
    """Store a talk of three sentences, translated but for the last, as the scribe does; returns its id."""
    facts = TalkFacts(
        title=title, code=room, persons=("Ada Lovelace",), location="Großer Saal", track="Plenary",
        track_color="#2f6f4f",
    )  # fmt: skip
    consent = Consent(
        room=room, session=f"{room}-1", store=True, public=public, owner=owner, source_lang="en", talk=facts
    )
    made = await writing.keep(archive, consent, HELD)
    assert made is not None
    said = [
        Sentence(n=n, line=n // 2, sent=n % 2, start=n * 65.0, end=n * 65.0 + 5, lang="en", text=text)
        for n, text in enumerate(SAID)
    ]
    known = [Translated(n=n, lang="de", text=text) for n, text in enumerate(TRANSLATED[:2])]
    await writing.append(archive, made, said, known)
    if ended:
        await writing.end(archive, made, HELD + 140)
    return made


async def close_rooms(platform: PlatformProcess) -> None:
    """Leave no room open."""

    def closed() -> bool:
        rooms = platform.request("GET", "/room_list").json()["rooms"]
        open_ones = [room["id"] for room in rooms if room["host_connection_id"]]
        for room in open_ones:
            platform.request("POST", f"/room/{quote(room, safe='')}/close", json={"key": ADMIN_PASSWORD})
        return not open_ones

    await until(closed, "all rooms closed", timeout=2 * PATIENCE_S)


def key_and_subject(platform: PlatformProcess, password: str) -> tuple[str, str]:
    """A key, and the subject that owns what its holder says."""
    key: str = platform.request("POST", "/login", json={"password": password}).json()["key"]
    return key, jwt.decode(key, options={"verify_signature": False})["sub"]


def expired(platform: PlatformProcess, subject: str, role: str = "host") -> str:
    """A key of the platform's that was good until a minute ago."""
    now = int(time.time())
    claims = {"sub": subject, "role": role, "iat": now - 3600, "exp": now - 60}
    return jwt.encode(claims, platform.signing_key, algorithm="HS256")
