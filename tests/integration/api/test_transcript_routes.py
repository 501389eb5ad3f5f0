"""Our own routes of transcripts: who may read, in which form, review and delete."""

import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from redis.asyncio import Redis

from dolmetsch_core.archive import cleaning, writing
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.migrate import migrate
from dolmetsch_core.wire.consent import Consent, TalkFacts
from dolmetsch_core.wire.feed import Sentence, Translated
from dolmetsch_core.wire.room import Phase
from tests.integration.api.api_process import Client, activate, running, settings
from tests.waiting import looks, until

BEGAN = 1_755_518_580.0
MARK = (
    f"Made by a machine: Dolmetsch {version('dolmetsch')}, speech model base, translated by libretranslate,"
    " 2025-08-18, not reviewed by a person."
)
"""Of the German text."""


@pytest.fixture
async def archive(archive_url: str) -> AsyncIterator[Archive]:
    await migrate(archive_url)
    opened = Archive.open(archive_url)
    yield opened
    await opened.close()


@pytest.fixture
async def client(store_url: str, archive: Archive) -> AsyncIterator[Client]:
    async with running(settings(store_url)) as found:
        yield found


async def stored(archive: Archive, room: str, *, owner: str = "ann", public: bool = False) -> None:
    """A transcript of two sentences, both in English and German."""
    consent = Consent(
        room=room, session=f"{room}.1", store=True, public=public, owner=owner, source_lang="en",
        talk=TalkFacts(title=f"<b>{room}</b>", code=room, persons=("Ann",)),
    )  # fmt: skip
    made = await writing.keep(archive, consent, BEGAN)
    assert made is not None
    said = [
        Sentence(n=n, line=0, sent=n, start=2.0 * n, end=2.0 * n + 1.5, lang="en", text=text, model="base")
        for n, text in enumerate((f"Hello {room}.", "Bye."))
    ]
    german = [
        Translated(n=n, lang="de", text=text, by="libretranslate")
        for n, text in enumerate((f"Hallo {room}.", "Tschüss."))
    ]
    await writing.append(archive, made, said, german)


def key(subject: str, role: str = "host") -> dict[str, str]:
    claims = {"sub": subject, "role": role, "exp": 4_000_000_000}
    return {"Authorization": f"Bearer {jwt.encode(claims, 'k' * 32, algorithm='HS256')}"}


ANN, BEN, ADMIN = key("ann"), key("ben"), key("boss", "admin")


async def test_the_list_holds_what_the_caller_may_read(client: Client, archive: Archive) -> None:
    await stored(archive, "PRIVATE")
    await stored(archive, "PUBLIC", public=True)
    for who, rooms in ((None, {"PUBLIC"}), (BEN, {"PUBLIC"}), (ANN, {"PUBLIC", "PRIVATE"}),
                       (ADMIN, {"PUBLIC", "PRIVATE"})):  # fmt: skip
        answer = await client.http.get("/api/v1/transcripts", headers=who)
        assert {item["room"] for item in answer.json()} == rooms
        mine = {item["room"] for item in answer.json() if item["mine"]}
        assert mine == (rooms if who in (ANN, ADMIN) else set())


@pytest.mark.parametrize(
    ("form", "media", "begins"),
    [
        (
            "txt",
            "text/plain; charset=utf-8",
            f"{MARK}\n[Transcription started on Monday, August 18, 2025 at ",
        ),
        ("srt", "application/x-subrip; charset=utf-8", "1\n00:00:00,000 --> 00:00:01,500\nHallo R1.\n\n2\n"),
        ("vtt", "text/vtt; charset=utf-8", f"WEBVTT\nKind: captions\nLanguage: de\n\nNOTE\n{MARK}\n"),
        ("md", "text/markdown; charset=utf-8", f"# &lt;b&gt;R1&lt;/b&gt;\n\n*{MARK}*\n\n<!-- made-by: {{"),
    ],
)
async def test_a_transcript_in_each_form(
    client: Client, archive: Archive, form: str, media: str, begins: str
) -> None:
    await stored(archive, "R1", public=True)
    answer = await client.http.get("/api/v1/rooms/R1/transcript", params={"format": form, "lang": "de"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''R1.de.{form}"
    assert answer.text.startswith(begins)
    assert "Hallo R1." in answer.text
    assert MARK in " ".join(answer.text.split()), "also where a subtitle breaks it into lines"


@pytest.mark.parametrize(("lang", "translator"), [("de", ", translated by libretranslate"), ("en", "")])
async def test_a_mark_names_the_translator_of_a_translation_alone(
    client: Client, archive: Archive, lang: str, translator: str
) -> None:
    await stored(archive, "R1", public=True)
    answer = await client.http.get("/api/v1/rooms/R1/transcript", params={"format": "txt", "lang": lang})
    (first, *_) = answer.text.splitlines()
    assert first == MARK.replace(", translated by libretranslate", translator)


@pytest.mark.parametrize(
    ("setting", "begins"), [("cue", "1\n00:00:00,000 --> "), ("note", f"NOTE\n{MARK}\n")]
)
async def test_srt_is_marked_as_the_setting_says(
    store_url: str, archive: Archive, setting: str, begins: str
) -> None:
    await stored(archive, "R1", public=True)
    async with running(settings(store_url, subtitle_mark=setting)) as client:
        answer = await client.http.get("/api/v1/rooms/R1/transcript", params={"format": "srt", "lang": "de"})
        assert answer.text.startswith(begins)
        assert "00:00:02,000 --> 00:00:03,500\nTschüss.\n" in answer.text


async def test_the_text_of_clients_in_use_is_not_marked(client: Client, archive: Archive) -> None:
    await stored(archive, "R1", public=True)
    answer = await client.http.post("/room/R1/transcript/de", json={})
    assert [line for line in answer.text.splitlines() if "Transcription started" not in line] == [
        "[00:00:00 - 00:00:03]",
        "Hallo R1. Tschüss.",
    ]


async def test_json_holds_all_languages_and_exact_times(client: Client, archive: Archive) -> None:
    await stored(archive, "R1", public=True)
    found = (await client.http.get("/api/v1/rooms/R1/transcript")).json()
    (part,) = found["parts"]
    assert part["started"] == "2025-08-18T12:03:00Z"
    assert part["reviewed"] is False
    assert found["made_by"] == {
        "program": "Dolmetsch",
        "version": version("dolmetsch"),
        "speech_models": ["base"],
        "translators": {"de": ["libretranslate"]},
        "day": "2025-08-18",
        "reviewed": False,
        "digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    }
    assert part["lines"][1] == {
        "start": 2.0, "end": 3.5, "line": 0, "speaker": -1, "lang": "en",
        "texts": {"en": "Bye.", "de": "Tschüss."},
    }  # fmt: skip
    assert found["talk"]["title"] == "<b>R1</b>", "text as it is: pages show it as text"


@pytest.mark.parametrize(
    ("who", "query", "status"),
    [
        (None, {}, 404),
        (BEN, {}, 404),
        (ANN, {}, 200),
        (ADMIN, {}, 200),
        (ANN, {"format": "srt"}, 422),
        (ANN, {"format": "srt", "lang": "pt"}, 404),
        (ANN, {"format": "pdf", "lang": "en"}, 422),
        ({"Authorization": "Bearer eyJ.nonsense.x"}, {}, 401),
    ],
    ids=["nobody", "another", "owner", "admin", "no language", "not in it", "no such form", "bad key"],
)
async def test_a_private_transcript_is_not_there_for_others(
    client: Client, archive: Archive, who: dict[str, str] | None, query: dict[str, Any], status: int
) -> None:
    await stored(archive, "R1")
    answer = await client.http.get("/api/v1/rooms/R1/transcript", params=query, headers=who)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert "Hello" not in answer.text


async def test_a_room_id_may_hold_anything(client: Client, archive: Archive) -> None:
    await stored(archive, "a/b ü?", public=True)
    answer = await client.http.get("/api/v1/rooms/a%2Fb%20%C3%BC%3F/transcript")
    assert answer.json()["room"] == "a/b ü?"
    assert (await client.http.get(f"/api/v1/rooms/{'x' * 10_000}/transcript")).status_code == 404


async def test_owner_and_admin_delete_and_nobody_else(client: Client, archive: Archive) -> None:
    await stored(archive, "R1", public=True)
    await stored(archive, "R2")
    delete = client.http.delete
    assert (await delete("/api/v1/rooms/R1/transcript")).status_code == 401
    assert (await delete("/api/v1/rooms/R1/transcript", headers=BEN)).status_code == 404
    assert (await delete("/api/v1/rooms/R1/transcript", headers=ANN)).json() == {"deleted": 1}
    assert (await delete("/api/v1/rooms/R1/transcript", headers=ANN)).status_code == 404
    assert (await delete("/api/v1/rooms/R2/transcript", headers=ADMIN)).json() == {"deleted": 1}
    assert (await client.http.get("/api/v1/transcripts", headers=ADMIN)).json() == []


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        (ANN, {"reviewed": True}, 200),
        (ADMIN, {"reviewed": True}, 200),
        (BEN, {"reviewed": True}, 404),
        (None, {"reviewed": True}, 401),
        ({"Authorization": "Bearer eyJ.nonsense.x"}, {"reviewed": True}, 401),
        (ANN, {}, 422),
        (ANN, {"reviewed": "yes"}, 422),
        (ANN, {"reviewed": None}, 422),
        (ANN, {"reviewed": True, "by": "Ann"}, 422),
    ],
    ids=["owner", "admin", "another", "nobody", "bad key", "nothing", "a word", "null", "more"],
)
async def test_owner_and_admin_review_and_nobody_else(
    client: Client, archive: Archive, who: dict[str, str] | None, body: dict[str, Any], status: int
) -> None:
    await stored(archive, "R1", public=True)
    path = "/api/v1/rooms/R1/transcript"
    said = await client.http.put(f"{path}/review", json=body, headers=who)
    assert said.status_code == status, said.text
    if status == 404:
        assert said.json() == {"detail": "There is no transcript of <R1> that you may change"}
    assert (await client.http.get(path)).json()["made_by"]["reviewed"] is (status == 200)
    text = (await client.http.get(path, params={"format": "txt", "lang": "de"})).text
    assert ("not reviewed by a person" in text.splitlines()[0]) is (status != 200)


@pytest.mark.parametrize("room", ["NOWHERE", "%00", "x" * 3000])
async def test_a_room_without_a_transcript_can_not_be_reviewed(client: Client, room: str) -> None:
    path = f"/api/v1/rooms/{room}/transcript/review"
    assert (await client.http.put(path, json={"reviewed": True}, headers=ADMIN)).status_code == 404


async def test_a_review_is_taken_back_by_who_gave_it_and_by_what_is_said_later(
    client: Client, archive: Archive
) -> None:
    await stored(archive, "a/b ü?", public=True)
    path = "/api/v1/rooms/a%2Fb%20%C3%BC%3F/transcript"

    async def reviewed() -> bool:
        found: bool = (await client.http.get(path)).json()["made_by"]["reviewed"]
        return found

    for wish in (True, True, False, True):
        answer = await client.http.put(f"{path}/review", json={"reviewed": wish}, headers=ANN)
        assert answer.json() == {"parts": 1}
        assert await reviewed() is wish
    later = Sentence(n=2, line=1, sent=0, start=9.0, end=9.5, lang="en", text="One thing more.")
    await writing.append(archive, 1, [later], [])
    assert await reviewed() is False


@pytest.mark.parametrize("phase", [Phase.ACTIVE, Phase.DRAINING])
async def test_a_talk_of_which_nothing_is_stored_yet_can_be_deleted_until_its_last_word(
    client: Client, archive: Archive, store: Redis, phase: Phase
) -> None:
    room = await activate(store, "R1", phase=phase, owner="ann")
    path = "/api/v1/rooms/R1/transcript"
    async for _ in looks("the room is known", 30):
        answer = await client.http.delete(path, headers=ANN)
        if answer.status_code == 200:
            break
    assert answer.json() == {"deleted": 0}
    assert (await client.http.delete(path, headers=BEN)).status_code == 404
    consent = Consent(room="R1", session=room.session, store=True, public=True, owner="ann", source_lang="en")
    assert await writing.keep(archive, consent, BEGAN) is None


@pytest.mark.parametrize("phase", [Phase.CLOSED, Phase.FAILED])
async def test_of_a_room_that_has_ended_there_is_nothing_more_to_delete(
    client: Client, store: Redis, phase: Phase
) -> None:
    await activate(store, "R1", phase=phase, owner="ann")
    await activate(store, "R2", owner="ann")
    await client.until(lambda ids: "R2" in ids, "both rooms")
    assert (await client.http.delete("/api/v1/rooms/R1/transcript", headers=ANN)).status_code == 404


async def test_what_somebody_kept_from_being_cleaned_is_cleaned_by_the_api_itself(
    store_url: str, archive: Archive, archive_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def left() -> int:
        return sum(each.read_bytes().count(b"Hello R1.") for each in tmp_path.iterdir())

    monkeypatch.setattr(cleaning, "AGAIN_S", 0.05)
    await stored(archive, "R1")
    async with running(settings(store_url, archive_url=f"{archive_url}?timeout=0.05")) as client:
        with closing(sqlite3.connect(tmp_path / "archive.db", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT text FROM sentence").fetchall()
            answer = await client.http.delete("/api/v1/rooms/R1/transcript", headers=ANN)
            assert answer.json() == {"deleted": 1}
            assert left() > 0
        await until(lambda: not left(), "nothing is left")


def rename(archive_url: str, table: str, name: str) -> None:
    with closing(sqlite3.connect(archive_url.removeprefix("sqlite:///"))) as database:
        database.execute(f"ALTER TABLE {table} RENAME TO {name}")


def said_of_the_archive(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.name.startswith("dolmetsch_api.")]


async def test_an_outage_of_the_archive_is_told_once_and_its_end_too(
    client: Client, archive_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(2):
        caplog.clear()
        rename(archive_url, "transcript", "elsewhere")
        for _ in range(3):
            assert (await client.http.post("/transcript_list")).json() == []
            assert (await client.http.get("/api/v1/transcripts")).status_code == 503
        assert said_of_the_archive(caplog) == ["the archive is away (OperationalError)"]
        rename(archive_url, "elsewhere", "transcript")
        for _ in range(3):
            assert (await client.http.get("/api/v1/transcripts")).status_code == 200
        assert said_of_the_archive(caplog)[1:] == ["the archive is back"]


async def test_without_an_archive_everything_starts_and_says_so(
    store_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    async with running(settings(store_url, archive_url=nowhere), archive=False) as client:
        assert (await client.http.get("/health")).json()["status"] == "ok"
        assert (await client.http.get("/room_list")).status_code == 200
        assert (await client.http.post("/transcript_list")).json() == []
        assert (await client.http.get("/vote")).status_code == 200
        for path in ("/api/v1/transcripts", "/api/v1/rooms/R1/transcript"):
            answer = await client.http.get(path)
            assert (answer.status_code, answer.json()["detail"][:19]) == (503, "The archive is away")
        answer = await client.http.put(
            "/api/v1/rooms/R1/transcript/review", json={"reviewed": True}, headers=ADMIN
        )
        assert (answer.status_code, answer.json()["detail"][:19]) == (503, "The archive is away")
        refused: httpx.Response = await client.http.post("/room/R1/transcript/en", json={})
        assert (refused.status_code, refused.json()) == (503, {"status": "fail"})
    told = [each.getMessage() for each in caplog.records if "archive" in each.getMessage()]
    assert len(told) == 1, told
    assert told[0].startswith("the archive is away, waiting for it: ")
