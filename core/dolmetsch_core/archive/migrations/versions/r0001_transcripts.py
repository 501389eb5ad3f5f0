"""Transcripts with their sentences, translations and owners; what was deleted; votes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "transcript",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("public", sa.Boolean, nullable=False),
        sa.Column("source_lang", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("persons", sa.JSON, nullable=False),
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("track", sa.Text, nullable=False),
        sa.Column("track_color", sa.Text, nullable=False),
        sa.Column("started", sa.Double, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("updated", sa.Double, nullable=False),
        sa.Column("ended", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_transcript"),
        sa.UniqueConstraint("room", "session", name="uq_transcript_room_session"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "transcript_owner",
        sa.Column("transcript_id", sa.Integer, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("transcript_id", "subject", name="pk_transcript_owner"),
        sa.ForeignKeyConstraint(
            ["transcript_id"],
            ["transcript.id"],
            name="fk_transcript_owner_transcript_id_transcript",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "sentence",
        sa.Column("transcript_id", sa.Integer, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("start", sa.Double, nullable=False),
        sa.Column("end", sa.Double, nullable=False),
        sa.Column("speaker", sa.Integer, nullable=False),
        sa.Column("lang", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("transcript_id", "n", name="pk_sentence"),
        sa.ForeignKeyConstraint(
            ["transcript_id"],
            ["transcript.id"],
            name="fk_sentence_transcript_id_transcript",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "translation",
        sa.Column("transcript_id", sa.Integer, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("lang", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("transcript_id", "n", "lang", name="pk_translation"),
        sa.ForeignKeyConstraint(
            ["transcript_id", "n"],
            ["sentence.transcript_id", "sentence.n"],
            name="fk_translation_transcript_id_n_sentence",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "deleted_session",
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("room", "session", name="pk_deleted_session"),
    )
    op.create_table(
        "vote",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_vote"),
    )
