"""Brings a database to the schema that this version knows, step by step, or back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mintza.arena.database.engine import Database, translated
from mintza.arena.refusals import DatabaseDown
from mintza.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(database: Database, to: str = "head") -> None:
    """Bring the schema up to a step. Raises StoreError when the database cannot be reached or has a step unknown here."""
    from alembic import command

    _carry_out(database, lambda config: command.upgrade(config, to))


def downgrade(database: Database, to: str) -> None:
    """Bring the schema back to a step, `base` for an empty database: what only later steps can hold is lost."""
    from alembic import command

    _carry_out(database, lambda config: command.downgrade(config, to))


def _carry_out(database: Database, command: Callable[[Config], None]) -> None:
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    # Alembic reads its options with configparser, to which a per cent sign means something.
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    try:
        with translated(), database.engine.connect() as connection:
            config.attributes["connection"] = connection
            command(config)
            connection.commit()
    except (CommandError, DatabaseDown) as error:
        why = error.why if isinstance(error, DatabaseDown) else str(error)
        message = f"the arena's database cannot be brought to its schema: {why.splitlines()[0]}"
        raise StoreError(
            message, remedy="see that DATABASE_URL is right, the server runs and the folder can be written"
        ) from None
