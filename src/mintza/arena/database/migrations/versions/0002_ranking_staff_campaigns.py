"""What is left out of the ranking and why; the ranking; campaigns, pauses, draws; what staff did."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

COLUMNS = {"battles": ("campaign", "hidden_at", "hidden_why"), "reports": ("resolved_at",)}
TABLES = ("staff_log", "draws", "model_states", "campaigns", "boards", "exclusions")


def text(name: str, *, null: bool = False, **options: Any) -> sa.Column[str]:
    """A column of text."""
    return sa.Column(name, sa.Text, nullable=null, **options)


def upgrade() -> None:
    """Make the tables, and the columns on those that are there."""
    for table, names in COLUMNS.items():
        for name in names:
            op.add_column(table, text(name, null=True))
    op.add_column("people", sa.Column("listed", sa.Integer, nullable=False, server_default="0"))
    op.create_index("reports_of_battle", "reports", ["battle_id"])
    op.create_table(
        "exclusions",
        sa.Column("battle_id", sa.Text, sa.ForeignKey("battles.id", ondelete="CASCADE"), primary_key=True),
        text("step", primary_key=True),
        text("reason"),
        sa.Column("value", sa.Float, nullable=True),
        sa.Column("threshold", sa.Float, nullable=True),
        text("at"),
    )
    op.create_table("boards", text("id", primary_key=True), text("made_at"), text("body"))
    op.create_table(
        "campaigns",
        text("id", primary_key=True),
        text("title"),
        text("opens_at"),
        text("closes_at"),
        text("models", null=True),
        sa.Column("goal", sa.Integer, nullable=True),
        text("words"),
        text("made_at"),
    )
    op.create_table(
        "model_states",
        text("model", primary_key=True),
        sa.Column("paused", sa.Integer, nullable=False),
        text("at"),
    )
    op.create_table(
        "draws",
        text("id", primary_key=True),
        text("at"),
        text("seed"),
        text("entries_sha256"),
        text("entries"),
        text("winners"),
    )
    op.create_table("staff_log", text("id", primary_key=True), text("at"), text("who"), text("what"), text("about"))


def downgrade() -> None:
    """Take them away again; people, battles and votes stay."""
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("reports_of_battle", "reports")
    op.drop_column("people", "listed")
    for table, names in COLUMNS.items():
        for name in names:
            op.drop_column(table, name)
