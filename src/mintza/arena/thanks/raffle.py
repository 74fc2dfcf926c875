"""The raffle: a draw that anybody with the same seed and the same entries comes to again, and that is recorded."""

from __future__ import annotations

import hashlib
import json
import random
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from mintza.arena.accounts.people import stamp
from mintza.arena.database.engine import Connection, Row
from mintza.arena.settings import Encouraging, Prize
from mintza.arena.thanks.progress import VALID


class Won(NamedTuple):
    """One prize. voter: pseudonym."""

    prize: str
    voter: str


def entries(connection: Connection, *, addresses: bool) -> dict[str, int]:
    """Valid votes by pseudonym, of accounts that agree still; neither guests nor staff.

    addresses: only of those who gave an e-mail address, in an arena that asks for one; in others a prize is told on one's own page alone.
    """
    reached = "p.email_sealed IS NOT NULL AND " if addresses else ""
    rows = connection.all(
        "SELECT p.voter, COUNT(*) AS votes FROM people p JOIN battles b ON b.person_id = p.id JOIN votes v ON v.battle_id = b.id "
        f"WHERE p.kind = 'account' AND p.staff = 0 AND {reached}"
        f"EXISTS (SELECT 1 FROM consents c WHERE c.person_id = p.id AND c.withdrawn_at IS NULL) AND {VALID} "
        "GROUP BY p.voter ORDER BY p.voter"
    )
    return {str(row["voter"]): int(row["votes"]) for row in rows}


def digest(found: Mapping[str, int]) -> str:
    """sha256 of the entries: published before the seed is known, it shows that nobody was added afterwards."""
    return hashlib.sha256(json.dumps(sorted(found.items())).encode()).hexdigest()


def winners(found: Mapping[str, int], prizes: Sequence[Prize], votes_a_ticket: int, seed: str) -> list[Won]:
    """Who wins what. Nobody wins two prizes of a kind; of equal numbers of votes the draw decides who has more."""
    luck = random.Random(f"{seed}|{digest(found)}")
    ordered = sorted(found)
    luck.shuffle(ordered)
    won: list[Won] = []
    busiest = sorted(ordered, key=lambda voter: -found[voter])
    tickets = [voter for voter in sorted(found) for _ in range(found[voter] // votes_a_ticket)]
    for prize in prizes:
        for _ in range(prize.winners):
            if prize.by == "most" and busiest:
                won.append(Won(prize.text, busiest.pop(0)))
            elif prize.by == "raffle" and tickets:
                voter = luck.choice(tickets)
                tickets = [ticket for ticket in tickets if ticket != voter]
                won.append(Won(prize.text, voter))
    return won


def draw(connection: Connection, settings: Encouraging, seed: str, now: datetime, *, addresses: bool) -> list[Row]:
    """Draw and record: the winners, as `named` gives them."""
    found = entries(connection, addresses=addresses)
    won = winners(found, settings.prizes, settings.votes_a_ticket, seed)
    connection.insert(
        "draws",
        id=secrets.token_hex(8),
        at=stamp(now),
        seed=seed,
        entries_sha256=digest(found),
        entries=json.dumps(found, sort_keys=True),
        winners=json.dumps([each._asdict() for each in won], ensure_ascii=False),
    )
    return named(connection, won)


def named(connection: Connection, won: Sequence[Won]) -> list[Row]:
    """prize, voter, name and email_sealed of each winner, for staff; "" for who has left since."""
    told: list[Row] = []
    for each in won:
        row = connection.one("SELECT name, email_sealed FROM people WHERE voter = :voter", voter=each.voter) or {}
        told.append(each._asdict() | {name: row.get(name) or "" for name in ("name", "email_sealed")})
    return told


def draws(connection: Connection) -> list[Row]:
    """Every draw, the newest first: at, seed, entries_sha256, and winners as `named` gives them."""
    rows = connection.all("SELECT at, seed, entries_sha256, winners FROM draws ORDER BY at DESC")
    return [{**row, "winners": named(connection, [Won(**each) for each in json.loads(row["winners"])])} for row in rows]


def won_by(connection: Connection, voter: str) -> list[str]:
    """Prizes that somebody has won."""
    rows = connection.all("SELECT winners FROM draws ORDER BY at")
    return [each["prize"] for row in rows for each in json.loads(row["winners"]) if each["voter"] == voter]
