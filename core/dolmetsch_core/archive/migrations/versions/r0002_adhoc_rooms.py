"""Rooms made by hand; after how many days a transcript is deleted; in which languages it is."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add them; transcripts from before are kept until somebody deletes them."""
    op.add_column("transcript", sa.Column("keep_days", sa.Integer))
    op.create_table(
        "transcript_language",
        sa.Column("transcript_id", sa.Integer, nullable=False),
        sa.Column("lang", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("transcript_id", "lang", name="pk_transcript_language"),
        sa.ForeignKeyConstraint(
            ["transcript_id"],
            ["transcript.id"],
            name="fk_transcript_language_transcript_id_transcript",
            ondelete="CASCADE",
        ),
    )
    op.execute(
        "INSERT INTO transcript_language (transcript_id, lang)"
        " SELECT transcript_id, lang FROM sentence UNION SELECT transcript_id, lang FROM translation"
    )
    op.create_table(
        "adhoc_room",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("presenter", sa.Text, nullable=False),
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("source_lang", sa.Text, nullable=False),
        sa.Column("track", sa.Text, nullable=False),
        sa.Column("track_color", sa.Text, nullable=False),
        sa.Column("vocabulary", sa.JSON, nullable=False),
        sa.Column("keep_days", sa.Integer),
        sa.Column("created", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_adhoc_room"),
    )
