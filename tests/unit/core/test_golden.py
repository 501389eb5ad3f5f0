"""Wire messages byte for byte: what one release writes, the next one reads.

After a wanted change: `python -m tests.unit.core.test_golden` writes the files anew; raise `v` if a field
changed its meaning.
"""

from pathlib import Path

import pytest
from pydantic import BaseModel

from dolmetsch_core.wire.consent import Consent, TalkFacts
from dolmetsch_core.wire.engine import AudioAccepted, AudioStart, EngineStatus, SessionRequest
from dolmetsch_core.wire.feed import (
    FEED_ENTRY,
    LinesWritten,
    Live,
    Position,
    Sentence,
    SessionClosed,
    Translated,
)
from dolmetsch_core.wire.room import EnginePoolSpec, EnginePoolStatus
from dolmetsch_core.wire.translation import Languages
from tests.unit.core.rooms import live, room

GOLDEN = Path(__file__).parents[2] / "golden"
SENTENCE = Sentence(
    n=3, line=1, sent=0, start=12.5, end=14.25, lang="de", text="Guten Tag, “Zürich”.", model="base"
)
POSITION = Position(turn=2, message=17, start=81_600, cut=84_000)
MESSAGES: dict[str, BaseModel] = {
    "sentence": SENTENCE,
    "lines": LinesWritten(
        sentences=(SENTENCE,), rest="und", delay=1.25, position=POSITION, at=1_700_000_000.5
    ),
    "translated": Translated(n=3, lang="en", text="Hello.", delay=0.125, by="libretranslate"),
    "closed": SessionClosed(),
    "live": Live(after=4, rest="und jetzt", delay=0.5, position=POSITION),
    "languages": Languages(pairs={"en": ("de", "pt")}, note="Two packages."),
    "session-request": SessionRequest(
        room="R1", session="u.1", epoch=2, source_lang="de", vocabulary=("Dolmetsch",), restart=1
    ),
    "engine-status": EngineStatus(
        rev=7,
        ready=True,
        model="base",
        languages=("de", "en"),
        session="u.1",
        epoch=2,
        source_lang="de",
        host_connected=True,
    ),
    "consent": Consent(
        room="R1",
        session="u.1",
        store=True,
        public=False,
        owner="ann",
        source_lang="de",
        generation=3,
        keep_days=30,
        talk=TalkFacts(title="Über Untertitel", code="R1", persons=("Ada",), location="Saal 1", track="T"),
    ),
    "audio-accepted": AudioAccepted(next=12),
    "audio-start": AudioStart(container="webm", first=17, offset_ms=5100, start=81_600, cut=84_000),
    "room": live(room(), host_connected=True),
    "pool-spec": EnginePoolSpec(),
    "pool-status": EnginePoolStatus(capacity=2, active=1, warm=1, available=1),
}


def _bytes(message: BaseModel) -> bytes:
    return message.model_dump_json(indent=1).encode() + b"\n"


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_written_as_the_golden_file_has_it(name: str) -> None:
    assert _bytes(MESSAGES[name]) == (GOLDEN / f"{name}.json").read_bytes()


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_read_as_it_was_written_and_unknown_fields_are_ignored(name: str) -> None:
    message = MESSAGES[name]
    golden = (GOLDEN / f"{name}.json").read_text()
    with_more = golden.replace("{", '{"from_the_next_release":1,', 1)
    assert type(message).model_validate_json(with_more) == message


def test_what_earlier_releases_wrote_names_neither_model_nor_translator() -> None:
    said = Sentence.model_validate_json(
        '{"n":0,"line":0,"sent":0,"start":0,"end":1,"lang":"de","text":"Ja."}'
    )
    translated = FEED_ENTRY.validate_json('{"kind":"translated","n":0,"lang":"en","text":"Yes.","delay":0.5}')
    assert said.model == ""
    assert isinstance(translated, Translated)
    assert translated.by == ""


def test_a_feed_entry_is_told_by_its_kind() -> None:
    for name in ("lines", "translated", "closed"):
        assert FEED_ENTRY.validate_json((GOLDEN / f"{name}.json").read_bytes()) == MESSAGES[name]


def test_every_golden_file_has_its_message() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(MESSAGES)


if __name__ == "__main__":
    for each, said in MESSAGES.items():
        (GOLDEN / f"{each}.json").write_bytes(_bytes(said))
