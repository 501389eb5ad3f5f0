"""The last good schedule of each source."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add their table."""
    op.create_table(
        "schedule",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("fetched", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_schedule"),
    )
