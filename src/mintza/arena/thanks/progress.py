"""What somebody has done, what everybody has done, and who wishes to be named for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mintza.arena.database.engine import Connection, Row
from mintza.arena.ranking.screening import OF_VOTER
from mintza.arena.staff.moderating import OF_A_VOTER

LISTED = 100
LATEST = 20
_CHECKED = ", ".join(f"'{step}'" for step in OF_VOTER)
CARELESS = (
    f"(EXISTS (SELECT 1 FROM exclusions e WHERE e.battle_id = v.battle_id AND e.step IN ({_CHECKED})) "
    f"OR COALESCE(b.hidden_why, '') = '{OF_A_VOTER}')"
)
"""A vote that a check of its voter, or staff, left out for what the voter did."""
VALID = f"(b.withdrawn_at IS NULL AND NOT {CARELESS})"
"""A vote that counts for its voter: judging is work, too, where an answer was planted, cut or told its model (decision 0245)."""


class Own(NamedTuple):
    """One person's. votes: all.  valid: those that count for them.  days: day -> votes, the newest last.

    aside: of the valid, those outside the ranking for what an answer was, or for a report.  careless: left out for what the voter did.
    """

    votes: int
    valid: int
    aside: int
    careless: int
    days: Mapping[str, int]

    def tickets(self, votes_a_ticket: int) -> int:
        """Of the raffle."""
        return self.valid // votes_a_ticket


def own(connection: Connection, person: str) -> Own:
    """What a person has done."""
    out = "EXISTS (SELECT 1 FROM exclusions x WHERE x.battle_id = v.battle_id)"
    counts = {"valid": VALID, "aside": f"{VALID} AND {out}", "careless": f"b.withdrawn_at IS NULL AND {CARELESS}"}
    sums = ", ".join(f"SUM(CASE WHEN {which} THEN 1 ELSE 0 END) AS {name}" for name, which in counts.items())
    rows = connection.all(
        f"SELECT SUBSTR(v.cast_at, 1, 10) AS day, COUNT(*) AS votes, {sums} "
        "FROM votes v JOIN battles b ON b.id = v.battle_id WHERE b.person_id = :person GROUP BY 1 ORDER BY 1",
        person=person,
    )
    votes, valid, aside, careless = (sum(int(row[name]) for row in rows) for name in ("votes", *counts))
    return Own(votes, valid, aside, careless, {str(row["day"]): int(row["votes"]) for row in rows})


def latest(connection: Connection, person: str) -> list[Row]:
    """Their newest votes: cast_at, prompt (the first), content, language, overall, both_bad, reason, model_a, model_b."""
    return connection.all(
        "SELECT v.cast_at, t.prompt, v.content, v.language, v.overall, v.both_bad, v.reason, b.model_a, b.model_b "
        "FROM votes v JOIN battles b ON b.id = v.battle_id LEFT JOIN turns t ON t.battle_id = b.id AND t.number = 1 "
        "WHERE b.person_id = :person ORDER BY v.cast_at DESC LIMIT :most",
        person=person,
        most=LATEST,
    )


def since(connection: Connection, first: str) -> int:
    """Votes from a moment on."""
    row = connection.one("SELECT COUNT(*) AS votes FROM votes WHERE cast_at >= :first", first=first)
    return int(row["votes"]) if row else 0


def contributors(connection: Connection) -> list[Row]:
    """Those who wish to be named, and their valid votes, the busiest first: name, votes."""
    return connection.all(
        "SELECT p.name, COUNT(*) AS votes FROM people p JOIN battles b ON b.person_id = p.id JOIN votes v ON v.battle_id = b.id "
        f"WHERE p.listed = 1 AND p.name IS NOT NULL AND p.staff = 0 AND {VALID} "
        "GROUP BY p.id, p.name ORDER BY votes DESC, p.name LIMIT :most",
        most=LISTED,
    )


def list_me(connection: Connection, person: str, listed: bool) -> None:
    """To be named, or not any more."""
    connection.run("UPDATE people SET listed = :listed WHERE id = :person", listed=int(listed), person=person)
