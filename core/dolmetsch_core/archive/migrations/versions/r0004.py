"""Who made a transcript: the speech model, each language's translator; whether a person reviewed it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add them; of transcripts from before, neither model nor translator is known."""
    # Defaults of the database: processes of the release before write on without these columns.
    op.add_column("transcript", sa.Column("speech_model", sa.Text, nullable=False, server_default=""))
    op.add_column("transcript", sa.Column("reviewed", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("transcript_language", sa.Column("translator", sa.Text, nullable=False, server_default=""))
