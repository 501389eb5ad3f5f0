"""Talks to store."""

from collections.abc import Sequence

from dolmetsch_core.archive import reading, writing
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.reading import Viewer
from dolmetsch_core.wire.consent import Consent, TalkFacts
from dolmetsch_core.wire.feed import Sentence, Translated

ADMIN = Viewer(admin=True)
ANN = Viewer("ann")
BOB = Viewer("bob")
NOBODY = Viewer()
STARTED = 1_700_000_000.0


def consent(room: str = "hall", session: str = "s1", **facts: object) -> Consent:
    given = {"store": True, "public": True, "owner": "ann", "source_lang": "en", **facts}
    return Consent.model_validate({"room": room, "session": session, **given})


def talk(title: str) -> TalkFacts:
    return TalkFacts(title=title, code="ABC", persons=("Ä. Müller", "王芳"), location="Saal 1", track="T")


def said(n: int, text: str = "", lang: str = "en", model: str = "") -> Sentence:
    """Sentence `n`, ten seconds after the one before, five long."""
    text = text or f"Said {n}."
    return Sentence(n=n, line=n, sent=0, start=n * 10.0, end=n * 10.0 + 5, lang=lang, text=text, model=model)


def known(n: int, lang: str = "de", text: str = "", by: str = "") -> Translated:
    return Translated(n=n, lang=lang, text=text or f"{lang} {n}.", by=by)


async def stored(
    archive: Archive,
    room: str = "hall",
    session: str = "s1",
    *,
    sentences: Sequence[Sentence] = (said(0), said(1)),
    translations: Sequence[Translated] = (),
    started: float = STARTED,
    **facts: object,
) -> int:
    """Store a session; return its transcript's id."""
    made = await writing.keep(archive, consent(room, session, **facts), started)
    assert made is not None
    await writing.append(archive, made, sentences, translations)
    return made


async def texts(archive: Archive, room: str = "hall") -> list[str]:
    """All that an admin may read of a room."""
    found = await reading.parts(archive, room, ADMIN)
    return [line.sentence.text for part in found for line in part.lines]
