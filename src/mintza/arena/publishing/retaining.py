"""What is not kept for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mintza.arena.accounts import people
from mintza.arena.accounts.people import stamp
from mintza.arena.database.engine import Connection
from mintza.arena.settings import Retention


@dataclass(frozen=True)
class Gone:
    """How much went: sessions and resets that are past, battles without a vote, guests and accounts without a visit."""

    sessions: int
    resets: int
    battles: int
    guests: int
    accounts: int


def retain(connection: Connection, settings: Retention, now: datetime) -> Gone:
    """Delete what is past its time."""
    at = stamp(now)
    battles = 0
    if settings.unjudged is not None:
        battles = connection.run(
            "DELETE FROM battles WHERE started_at < :before AND NOT EXISTS (SELECT 1 FROM votes v WHERE v.battle_id = battles.id)",
            before=stamp(now - timedelta(days=settings.unjudged)),
        )
    return Gone(
        sessions=connection.run("DELETE FROM sessions WHERE expires_at < :at", at=at),
        resets=connection.run("DELETE FROM resets WHERE expires_at < :at", at=at),
        battles=battles,
        guests=_erased(connection, "guest", settings.guests, now),
        accounts=_erased(connection, "account", settings.accounts, now),
    )


def _erased(connection: Connection, kind: str, days: int | None, now: datetime) -> int:
    if days is None:
        return 0
    before = stamp(now - timedelta(days=days))
    rows = connection.all(
        "SELECT p.id, p.joined_at, "
        "COALESCE((SELECT MAX(s.created_at) FROM sessions s WHERE s.person_id = p.id), '') AS visit, "
        "COALESCE((SELECT MAX(b.started_at) FROM battles b WHERE b.person_id = p.id), '') AS battle "
        "FROM people p WHERE p.kind = :kind AND p.staff = 0 AND p.joined_at < :before",
        kind=kind,
        before=before,
    )
    past = [row["id"] for row in rows if max(row["joined_at"], row["visit"], row["battle"]) < before]
    for person in past:
        people.erase(connection, person)
    return len(past)
