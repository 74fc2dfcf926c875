"""A check's finding on one voter, overruled by staff for a reason, and let hold again. Every act is added; none is changed."""

from __future__ import annotations

from datetime import datetime

from mintza.arena.database.engine import Connection, Row
from mintza.arena.ranking.judged import STANDS
from mintza.arena.ranking.screening import OF_VOTER
from mintza.arena.refusals import Refused
from mintza.arena.staff.moderating import SHOWN, log

OVERRULE, UPHOLD, BROUGHT = "overrule", "uphold", "overrule import"
"""Acts. BROUGHT: it was overruled in the arena that exported the votes."""
LONGEST_WHY = 500
_CHECKS = ", ".join(f"'{step}'" for step in OF_VOTER)


def findings(connection: Connection, voter: str = "") -> list[Row]:
    """What checks find in voters' votes, and so leave out: voter, step, votes, value, threshold. voter: one alone, "" for all."""
    return connection.all(
        "SELECT v.voter, e.step, COUNT(*) AS votes, MAX(e.value) AS value, MAX(e.threshold) AS threshold FROM exclusions e "
        f"JOIN votes v ON v.battle_id = e.battle_id WHERE e.step IN ({_CHECKS}) {'AND v.voter = :voter' if voter else ''} "
        "GROUP BY v.voter, e.step ORDER BY v.voter, e.step LIMIT :most",
        **({"voter": voter} if voter else {}),
        most=SHOWN,
    )


def overrule(connection: Connection, who: str, voter: str, step: str, why: str, now: datetime) -> None:
    """From the next look on, all votes of a voter count whatever this check finds, until it is upheld.

    who: a name of the staff, or `command line`. Raises Refused without a reason, or for one that is too long (422), and where the
    check finds nothing (404).
    """
    why = " ".join(why.split())
    if not why:
        raise Refused("why_missing", 422)
    if len(why) > LONGEST_WHY:
        raise Refused("reason_length", 422)
    found = next((row for row in findings(connection, voter) if row["step"] == step), None) if voter else None
    if found is None or stands(connection, voter, step):
        raise Refused("no_such_finding", 404)
    _add(connection, (who, OVERRULE, now), voter, step, why, found)


def uphold(connection: Connection, who: str, voter: str, step: str, why: str, now: datetime) -> None:
    """The check holds for the voter again. why: may be "". Raises Refused (404) where it is not overruled."""
    if not stands(connection, voter, step):
        raise Refused("no_such_overruling", 404)
    _add(connection, (who, UPHOLD, now), voter, step, " ".join(why.split()), {})


def bring(connection: Connection, who: str, voter: str, step: str, now: datetime) -> None:
    """Take over what was overruled where votes come from; where anything was decided here already, that stays."""
    if not connection.one("SELECT act FROM overrulings WHERE voter = :voter AND step = :step", voter=voter, step=step):
        _add(connection, (who, BROUGHT, now), voter, step, "", {})


def stands(connection: Connection, voter: str, step: str) -> bool:
    """Whether a check is overruled for a voter now."""
    sql = f"SELECT o.act FROM overrulings o WHERE o.voter = :voter AND o.step = :step AND {STANDS}"
    return connection.one(sql, voter=voter, step=step) is not None


def overrulings(connection: Connection, voter: str = "") -> list[Row]:
    """Acts, the newest first: at, who, what, voter, step, why, value and threshold (as found then), stands (1 while it does).

    voter: one alone, "" for all.
    """
    return connection.all(
        f"SELECT l.at, l.who, l.what, o.voter, o.step, o.why, o.value, o.threshold, CASE WHEN {STANDS} THEN 1 ELSE 0 END AS stands "
        f"FROM overrulings o JOIN staff_log l ON l.id = o.act {'WHERE o.voter = :voter' if voter else ''} "
        "ORDER BY o.number DESC LIMIT :most",
        **({"voter": voter} if voter else {}),
        most=SHOWN,
    )


def _add(connection: Connection, act: tuple[str, str, datetime], voter: str, step: str, why: str, found: Row) -> None:
    who, what, now = act
    connection.insert(
        "overrulings",
        act=log(connection, who, what, voter, now),
        voter=voter,
        step=step,
        holds=int(what != UPHOLD),
        why=why,
        value=found.get("value"),
        threshold=found.get("threshold"),
    )
