"""The tables. The schema in a database comes from `migrations`; a test holds both to be the same."""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Dialect,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)


def storable(text: str) -> str:
    """Return `text` as both databases take it: NUL, and halves of a character, become a replacement mark."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")


class Words(TypeDecorator[str]):
    """Text of any origin, stored alike by both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Make it storable on its way into a statement."""
        return None if value is None else storable(value)


class WordList(TypeDecorator[tuple[str, ...]]):
    """A list of texts, as JSON."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> list[str]:
        """Make each storable."""
        return [storable(each) for each in value]

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...]:
        """Return it as the frozen models have it."""
        return tuple(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

transcript = Table(
    "transcript",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("room", Words, nullable=False),
    Column("session", Words, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("source_lang", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("code", Words, nullable=False),
    Column("persons", WordList, nullable=False),
    Column("location", Words, nullable=False),
    Column("track", Words, nullable=False),
    Column("track_color", Words, nullable=False),
    # Unix seconds, all of them; `started` is when the session's audio began.
    Column("started", Double, nullable=False),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Column("ended", Double),
    Column("keep_days", Integer),
    # Empty: not known. The first one counts.
    Column("speech_model", Words, nullable=False, server_default=""),
    # Whether a person has read it since its last sentence came, and says so.
    Column("reviewed", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("room", "session"),
    # An id is never given again: the scribe may still hold that of a deleted transcript.
    sqlite_autoincrement=True,
)

transcript_owner = Table(
    "transcript_owner",
    metadata,
    Column("transcript_id", ForeignKey("transcript.id", ondelete="CASCADE"), primary_key=True),
    Column("subject", Words, primary_key=True),
)

sentence = Table(
    "sentence",
    metadata,
    Column("transcript_id", ForeignKey("transcript.id", ondelete="CASCADE"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("line", Integer, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("start", Double, nullable=False),
    Column("end", Double, nullable=False),
    Column("speaker", Integer, nullable=False),
    Column("lang", Words, nullable=False),
    Column("text", Words, nullable=False),
)

translation = Table(
    "translation",
    metadata,
    Column("transcript_id", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("lang", Words, primary_key=True),
    Column("text", Words, nullable=False),
    ForeignKeyConstraint(
        ["transcript_id", "n"], ["sentence.transcript_id", "sentence.n"], ondelete="CASCADE"
    ),
)

# What sentences and translations say too; asked by everybody who lists transcripts.
transcript_language = Table(
    "transcript_language",
    metadata,
    Column("transcript_id", ForeignKey("transcript.id", ondelete="CASCADE"), primary_key=True),
    Column("lang", Words, primary_key=True),
    # Empty: it is the spoken language, or not known. The first one counts.
    Column("translator", Words, nullable=False, server_default=""),
)

deleted_session = Table(
    "deleted_session",
    metadata,
    Column("room", Words, primary_key=True),
    Column("session", Words, primary_key=True),
    Column("at", Double, nullable=False),
)

vote = Table(
    "vote",
    metadata,
    Column("code", Words, primary_key=True),
    Column("count", Integer, nullable=False),
)

adhoc_room = Table(
    "adhoc_room",
    metadata,
    Column("id", Words, primary_key=True),
    Column("title", Words, nullable=False),
    Column("description", Words, nullable=False),
    Column("presenter", Words, nullable=False),
    Column("location", Words, nullable=False),
    Column("source_lang", Words, nullable=False),
    Column("track", Words, nullable=False),
    Column("track_color", Words, nullable=False),
    Column("vocabulary", WordList, nullable=False),
    Column("keep_days", Integer),
    Column("created", Double, nullable=False),
)

schedule = Table(
    "schedule",
    metadata,
    Column("source", Words, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("fetched", Double, nullable=False),
)
