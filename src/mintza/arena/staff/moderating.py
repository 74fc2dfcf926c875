"""What staff do with reports and battles, and the record of what they did; staff accounts."""

from __future__ import annotations

import secrets
from datetime import datetime

from mintza.arena.accounts.names import cleaned, key_of
from mintza.arena.accounts.people import RESET, by_name, new_voter, stamp
from mintza.arena.accounts.sealing import digest, new_token
from mintza.arena.database.engine import Connection, Row
from mintza.arena.refusals import Refused

SHOWN = 200
REPORTED, OF_A_VOTER = "reported", "voter"
"""Why staff took a battle out: for itself, or as one of all those of a voter."""


def log(connection: Connection, who: str, what: str, about: str, now: datetime) -> str:
    """Keep that somebody did something; the id of the record. who: a name of the staff, or `command line`."""
    act = secrets.token_hex(8)
    connection.insert("staff_log", id=act, at=stamp(now), who=who, what=what, about=about)
    return act


def acts(connection: Connection) -> list[Row]:
    """What was done, the newest first: at, who, what, about; step and why of a check that was overruled or upheld, else None."""
    return connection.all(
        "SELECT l.at, l.who, l.what, l.about, o.step, o.why FROM staff_log l LEFT JOIN overrulings o ON o.act = l.id "
        "ORDER BY l.at DESC, o.number DESC LIMIT :most",
        most=SHOWN,
    )


def reports(connection: Connection, *, resolved: bool = False) -> list[Row]:
    """Reports that wait (or all), the newest first: id, battle_id, kind, note, at, resolved_at, hidden_at, turns.

    turns: prompt, a, b of each; none where they were erased.
    """
    rows = connection.all(
        "SELECT r.id, r.battle_id, r.kind, r.note, r.at, r.resolved_at, b.hidden_at FROM reports r "
        "JOIN battles b ON b.id = r.battle_id "
        f"{'' if resolved else 'WHERE r.resolved_at IS NULL'} ORDER BY r.at DESC LIMIT :most",
        most=SHOWN,
    )
    return [{**row, "turns": _written(connection, row["battle_id"])} for row in rows]


def _written(connection: Connection, battle: str) -> list[Row]:
    answer = (
        "(SELECT x.text FROM answers x WHERE x.battle_id = t.battle_id AND x.number = t.number AND x.side = '{side}')"
    )
    return connection.all(
        f"SELECT t.prompt, {answer.format(side='a')} AS a, {answer.format(side='b')} AS b FROM turns t "
        "WHERE t.battle_id = :battle AND t.prompt <> '' ORDER BY t.number",
        battle=battle,
    )


def resolve(connection: Connection, report: str, now: datetime) -> None:
    """It was looked at. Raises Refused (404)."""
    if not connection.run("UPDATE reports SET resolved_at = :at WHERE id = :id", at=stamp(now), id=report):
        raise Refused("not_found", 404)


def hide(connection: Connection, battle: str, why: str | None, now: datetime) -> None:
    """A battle is neither ranked nor published any more; None for why lets it back. Raises Refused (404)."""
    at = None if why is None else stamp(now)
    if not connection.run(
        "UPDATE battles SET hidden_at = :at, hidden_why = :why WHERE id = :id", at=at, why=why, id=battle
    ):
        raise Refused("not_found", 404)


def hide_voter(connection: Connection, voter: str, out: bool, now: datetime) -> int:
    """All battles of a voter so far are neither ranked nor published, or are again; how many. Those taken out for themselves stay out.

    Raises Refused (404) where there is none.
    """
    if out:
        changed = connection.run(
            "UPDATE battles SET hidden_at = :at, hidden_why = :why WHERE voter = :voter AND hidden_at IS NULL",
            at=stamp(now),
            why=OF_A_VOTER,
            voter=voter,
        )
    else:
        changed = connection.run(
            "UPDATE battles SET hidden_at = NULL, hidden_why = NULL WHERE voter = :voter AND hidden_why = :why",
            why=OF_A_VOTER,
            voter=voter,
        )
    if not changed:
        raise Refused("not_found", 404)
    return changed


def hidden(connection: Connection) -> list[Row]:
    """What staff have taken out, the newest first: hidden_at, voter, battles, and battle_id of one taken out for itself (else None)."""
    return connection.all(
        "SELECT MAX(hidden_at) AS hidden_at, voter, COUNT(*) AS battles, CASE WHEN hidden_why = :why THEN NULL ELSE id END AS battle_id "
        "FROM battles WHERE hidden_at IS NOT NULL GROUP BY voter, 4 ORDER BY 1 DESC LIMIT :most",
        why=OF_A_VOTER,
        most=SHOWN,
    )


def excluded(connection: Connection, step: str) -> list[Row]:
    """Votes that do not count, the newest first: battle_id, cast_at, voter, model_a, model_b, step, reason, value, threshold.

    step: "" for all.
    """
    return connection.all(
        "SELECT e.battle_id, e.step, e.reason, e.value, e.threshold, v.cast_at, v.voter, b.model_a, b.model_b FROM exclusions e "
        "JOIN votes v ON v.battle_id = e.battle_id JOIN battles b ON b.id = e.battle_id "
        f"{'WHERE e.step = :step' if step else ''} ORDER BY v.cast_at DESC, e.battle_id, e.step LIMIT :most",
        **({"step": step} if step else {}),
        most=SHOWN,
    )


def excluded_counts(connection: Connection) -> dict[str, int]:
    """step -> votes that it leaves out."""
    rows = connection.all("SELECT step, COUNT(*) AS n FROM exclusions GROUP BY step ORDER BY step")
    return {row["step"]: row["n"] for row in rows}


def votes_of(connection: Connection, voter: str) -> list[Row]:
    """A voter's votes, the newest first: battle_id, cast_at, prompt (the first), ended_at (of the answers), model_a, model_b, content,
    language, overall, reason."""
    return connection.all(
        "SELECT v.battle_id, v.cast_at, v.content, v.language, v.overall, v.reason, b.model_a, b.model_b, "
        "(SELECT t.prompt FROM turns t WHERE t.battle_id = b.id AND t.number = 1) AS prompt, "
        "(SELECT MAX(t.ended_at) FROM turns t WHERE t.battle_id = b.id) AS ended_at "
        "FROM votes v JOIN battles b ON b.id = v.battle_id WHERE v.voter = :voter ORDER BY v.cast_at DESC LIMIT :most",
        voter=voter,
        most=SHOWN,
    )


def seconds(ended: str | None, cast: str) -> int | None:
    """Whole seconds from the answers' end to the vote; None where the end is not known."""
    if not ended:
        return None
    return round((datetime.fromisoformat(cast) - datetime.fromisoformat(ended)).total_seconds())


def resets(connection: Connection, now: datetime) -> list[Row]:
    """Links by which a password can still be set: name, token_sealed, created_at."""
    return connection.all(
        "SELECT p.name, r.token_sealed, r.created_at, r.expires_at FROM resets r JOIN people p ON p.id = r.person_id "
        "WHERE r.used_at IS NULL AND r.expires_at > :now ORDER BY r.created_at DESC LIMIT :most",
        now=stamp(now),
        most=SHOWN,
    )


def make_staff(connection: Connection, name: str, now: datetime) -> str:
    """An account that may do all this, made where there is none; a token by which its password is set within the hour.

    Raises Refused when the name cannot be one.
    """
    name = cleaned(name)
    there = by_name(connection, name)
    person = secrets.token_hex(8) if there is None else str(there["id"])
    if there is None:
        connection.insert(
            "people",
            id=person,
            voter=new_voter(),
            kind="account",
            name=name,
            name_key=key_of(name),
            staff=1,
            joined_at=stamp(now),
        )
    connection.run("UPDATE people SET staff = 1 WHERE id = :id", id=person)
    token = new_token()
    connection.insert(
        "resets",
        token_sha256=digest(token),
        person_id=person,
        token_sealed="",
        created_at=stamp(now),
        expires_at=stamp(now + RESET),
    )
    return token


def unmake_staff(connection: Connection, name: str) -> bool:
    """An account like any other again, its sessions ended; whether there was such staff."""
    there = by_name(connection, name)
    if there is None:
        return False
    connection.run("DELETE FROM sessions WHERE person_id = :id", id=there["id"])
    return connection.run("UPDATE people SET staff = 0 WHERE id = :id AND staff = 1", id=there["id"]) == 1


def staff(connection: Connection) -> list[Row]:
    """Everybody who is: name, joined_at."""
    return connection.all("SELECT name, joined_at FROM people WHERE staff = 1 ORDER BY name")
