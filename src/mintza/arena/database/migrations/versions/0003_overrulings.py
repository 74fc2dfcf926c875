"""What staff overruled of a check's findings on one voter; acts are added, none is changed or taken away."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table. act: who did it and when.  holds: 1 overrules, 0 lets the check hold again; the last of a voter and step decides."""
    op.create_table(
        "overrulings",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("act", sa.Text, sa.ForeignKey("staff_log.id"), nullable=False, unique=True),
        sa.Column("voter", sa.Text, nullable=False, index=True),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("holds", sa.Integer, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("value", sa.Float, nullable=True),
        sa.Column("threshold", sa.Float, nullable=True),
    )


def downgrade() -> None:
    """Take it away again: the checks hold, and what staff did stays in their log."""
    op.drop_table("overrulings")
