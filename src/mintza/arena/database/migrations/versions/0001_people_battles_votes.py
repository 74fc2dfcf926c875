"""People, consents, sessions; battles, turns, answers; votes, one row each, so that half a vote cannot be."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def text(name: str, *, null: bool = False, **options: Any) -> sa.Column[str]:
    """A column of text."""
    return sa.Column(name, sa.Text, nullable=null, **options)


def number(name: str, default: int = 0) -> sa.Column[int]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer, nullable=False, server_default=str(default))


def of_person() -> sa.Column[str]:
    """Gone with the person."""
    return sa.Column("person_id", sa.Text, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True)


def of_battle(*, primary_key: bool = False) -> sa.Column[str]:
    """Belongs to a battle."""
    return sa.Column(
        "battle_id", sa.Text, sa.ForeignKey("battles.id", ondelete="CASCADE"), primary_key=primary_key, nullable=False
    )


def upgrade() -> None:
    """Make the tables."""
    people()
    battles()
    after_battles()


def people() -> None:
    """Who takes part. `voter` is the pseudonym that leaves the arena; nothing else of this part does."""
    op.create_table(
        "people",
        text("id", primary_key=True),
        text("voter", unique=True),
        text("kind"),
        text("name", null=True),
        text("name_key", null=True, unique=True),
        text("password", null=True),
        text("email_sealed", null=True),
        text("level", null=True),
        text("education", null=True),
        text("qualified", null=True),
        number("tries"),
        number("staff"),
        text("joined_at"),
    )
    op.create_table(
        "consents",
        text("id", primary_key=True),
        of_person(),
        text("version"),
        text("text_sha256"),
        text("interface"),
        text("given_at"),
        text("withdrawn_at", null=True),
    )
    op.create_table(
        "sessions",
        text("token_sha256", primary_key=True),
        of_person(),
        text("created_at"),
        text("expires_at", index=True),
    )
    op.create_table(
        "resets",
        text("token_sha256", primary_key=True),
        of_person(),
        text("token_sealed"),
        text("created_at"),
        text("expires_at"),
        text("used_at", null=True),
    )


def battles() -> None:
    """What was asked, and what was answered."""
    op.create_table(
        "battles",
        text("id", primary_key=True),
        sa.Column("person_id", sa.Text, sa.ForeignKey("people.id", ondelete="SET NULL"), nullable=True, index=True),
        text("voter", index=True),
        text("language"),
        text("request_key"),
        text("model_a"),
        text("model_b"),
        text("asked_a"),
        text("asked_b"),
        text("drawn_by"),
        text("consent_version"),
        text("started_at"),
        text("withdrawn_at", null=True),
        sa.UniqueConstraint("person_id", "request_key"),
    )
    op.create_table(
        "turns",
        of_battle(primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        text("prompt"),
        text("state", index=True),
        number("attempt", 1),
        text("started_at"),
        text("ended_at", null=True),
    )
    op.create_table(
        "answers",
        of_battle(primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        text("side", primary_key=True),
        text("model"),
        text("text"),
        text("state"),
        text("why", null=True),
        number("names_model"),
        sa.Column("first_ms", sa.Integer, nullable=True),
        sa.Column("total_ms", sa.Integer, nullable=True),
    )


def after_battles() -> None:
    """What became of a battle."""
    op.create_table(
        "swaps",
        text("id", primary_key=True),
        of_battle(),
        text("side"),
        text("model_from"),
        text("model_to"),
        text("why"),
        text("at"),
    )
    op.create_table(
        "votes",
        of_battle(primary_key=True),
        text("voter", index=True),
        text("content"),
        text("language"),
        text("overall"),
        number("overall_asked"),
        number("both_bad"),
        text("reason", null=True),
        text("cast_at"),
        *(
            sa.CheckConstraint(f"{criterion} IN ('a', 'tie', 'b')", name=f"votes_{criterion}")
            for criterion in ("content", "language", "overall")
        ),
    )
    op.create_table(
        "reports",
        text("id", primary_key=True),
        of_battle(),
        text("kind"),
        text("note"),
        text("at"),
    )


def downgrade() -> None:
    """Take the tables away again."""
    for table in (
        "reports",
        "votes",
        "swaps",
        "answers",
        "turns",
        "battles",
        "resets",
        "sessions",
        "consents",
        "people",
    ):
        op.drop_table(table)
