"""People in the database: joining, sessions, consent, what they can have and have erased."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from mintza.arena.accounts.names import cleaned, key_of
from mintza.arena.accounts.sealing import digest, new_token
from mintza.arena.database.engine import Connection, Row
from mintza.arena.refusals import Conflict, Refused

SESSION = timedelta(days=30)
RESET = timedelta(hours=1)
RESETS_AT_ONCE = 3
"""Links that wait at a time: nobody fills another's letter-box by asking again and again."""


class Person(NamedTuple):
    """Who is there. voter: the pseudonym that votes carry.  consent: version agreed to, None for none that holds."""

    id: str
    voter: str
    kind: str
    name: str | None
    qualified: str | None
    tries: int
    staff: bool
    consent: str | None


class Joining(NamedTuple):
    """What somebody joins with. password: hashed.  email: sealed."""

    name: str | None = None
    password: str | None = None
    email: str | None = None
    level: str | None = None
    education: str | None = None


class Agreed(NamedTuple):
    """What was agreed to, and in which language it was read."""

    version: str
    text_sha256: str
    interface: str


def stamp(at: datetime) -> str:
    """ISO 8601, UTC, to the millisecond: it sorts as it reads."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def join(connection: Connection, joining: Joining, agreed: Agreed, now: datetime) -> str:
    """A new person, who has agreed; their id. Raises Refused when the name is taken or cannot be one."""
    person = secrets.token_hex(8)
    name = None if joining.name is None else cleaned(joining.name)
    try:
        connection.insert(
            "people",
            id=person,
            voter=new_voter(),
            kind="guest" if name is None else "account",
            name=name,
            name_key=None if name is None else key_of(name),
            password=joining.password,
            email_sealed=joining.email,
            level=joining.level,
            education=joining.education,
            joined_at=stamp(now),
        )
    except Conflict:
        raise Refused("name_taken", 409) from None
    agree(connection, person, agreed, now)
    return person


def new_voter() -> str:
    """A pseudonym that says nothing."""
    return "v" + secrets.token_hex(6)


def agree(connection: Connection, person: str, agreed: Agreed, now: datetime) -> None:
    """Keep that they agreed, to what, and when."""
    connection.insert(
        "consents",
        id=secrets.token_hex(8),
        person_id=person,
        given_at=stamp(now),
        **agreed._asdict(),
        withdrawn_at=None,
    )


def withdraw(connection: Connection, person: str, now: datetime) -> None:
    """They no longer agree: what they wrote is published no more; their votes stay, under a name that leads nowhere."""
    at = stamp(now)
    connection.run(
        "UPDATE consents SET withdrawn_at = :at WHERE person_id = :person AND withdrawn_at IS NULL",
        at=at,
        person=person,
    )
    connection.run(
        "UPDATE battles SET withdrawn_at = :at WHERE person_id = :person AND withdrawn_at IS NULL", at=at, person=person
    )
    connection.run("UPDATE people SET listed = 0 WHERE id = :person", person=person)
    _part(connection, person)


def erase(connection: Connection, person: str) -> None:
    """The person is gone, with every word they wrote; their votes stay, under a name that leads nowhere."""
    mine = "battle_id IN (SELECT id FROM battles WHERE person_id = :person)"
    _unnamed(connection, person)
    _part(connection, person)
    for table, texts in (("turns", "prompt = ''"), ("answers", "text = ''"), ("reports", "note = ''")):
        connection.run(f"UPDATE {table} SET {texts} WHERE {mine}", person=person)
    connection.run(f"UPDATE votes SET reason = NULL WHERE {mine}", person=person)
    unjudged = "SELECT b.id FROM battles b LEFT JOIN votes v ON v.battle_id = b.id WHERE b.person_id = :person AND v.battle_id IS NULL"
    connection.run(f"DELETE FROM battles WHERE id IN ({unjudged})", person=person)
    connection.run("UPDATE battles SET person_id = NULL, request_key = id WHERE person_id = :person", person=person)
    connection.run("DELETE FROM people WHERE id = :person", person=person)


def _unnamed(connection: Connection, person: str) -> None:
    """What staff did for somebody stays on record, without the name for which they did it, and without what they wrote of them."""
    mine = "voter IN (SELECT voter FROM battles WHERE person_id = :person)"
    connection.run(f"UPDATE overrulings SET why = '' WHERE {mine}", person=person)
    row = connection.one("SELECT name_key FROM people WHERE id = :person", person=person)
    if row is None or not row["name_key"]:
        return
    for act in connection.all("SELECT id, about FROM staff_log WHERE what = 'reset link'"):
        if key_of(act["about"]) == row["name_key"]:
            connection.run("UPDATE staff_log SET about = '' WHERE id = :id", id=act["id"])


def _part(connection: Connection, person: str) -> None:
    """Battles and votes so far get another voter than the person's: together still, and nobody's."""
    voter = new_voter()
    mine = "battle_id IN (SELECT id FROM battles WHERE person_id = :person)"
    connection.run(f"UPDATE votes SET voter = :voter WHERE {mine}", voter=voter, person=person)
    # What staff overruled is said of these votes, and goes on being true of them.
    moved = "voter IN (SELECT voter FROM battles WHERE person_id = :person)"
    connection.run(f"UPDATE overrulings SET voter = :voter WHERE {moved}", voter=voter, person=person)
    connection.run("UPDATE battles SET voter = :voter WHERE person_id = :person", voter=voter, person=person)
    connection.run("UPDATE people SET voter = :voter WHERE id = :person", voter=new_voter(), person=person)


def by_name(connection: Connection, name: str) -> Row | None:
    """id, password, email_sealed of an account, by anything that the eye takes for its name."""
    key = key_of(name)
    return (
        connection.one("SELECT id, password, email_sealed FROM people WHERE name_key = :key", key=key) if key else None
    )


def set_email(connection: Connection, person: str, sealed: str | None) -> None:
    """Another address, or none."""
    connection.run("UPDATE people SET email_sealed = :sealed WHERE id = :person", sealed=sealed, person=person)


def begin_session(connection: Connection, person: str, now: datetime, old: str | None = None) -> str:
    """A new token, never one that was there before the login; the old one is worth nothing any more."""
    token = new_token()
    if old:
        end_session(connection, old)
    connection.run("DELETE FROM sessions WHERE expires_at < :now", now=stamp(now))
    connection.insert(
        "sessions", token_sha256=digest(token), person_id=person, created_at=stamp(now), expires_at=stamp(now + SESSION)
    )
    return token


def end_session(connection: Connection, token: str) -> None:
    """It ends here and now, on the server."""
    connection.run("DELETE FROM sessions WHERE token_sha256 = :hash", hash=digest(token))


def of_session(connection: Connection, token: str, now: datetime) -> Person | None:
    """Who holds a token that is still good."""
    row = connection.one(
        "SELECT p.id, p.voter, p.kind, p.name, p.qualified, p.tries, p.staff, "
        "(SELECT c.version FROM consents c WHERE c.person_id = p.id AND c.withdrawn_at IS NULL "
        "ORDER BY c.given_at DESC LIMIT 1) AS consent "
        "FROM sessions s JOIN people p ON p.id = s.person_id WHERE s.token_sha256 = :hash AND s.expires_at > :now",
        hash=digest(token),
        now=stamp(now),
    )
    return None if row is None else Person(**{**row, "staff": bool(row["staff"])})


def resets_waiting(connection: Connection, person: str, now: datetime) -> int:
    """Links of somebody that can still be used."""
    row = connection.one(
        "SELECT COUNT(*) AS n FROM resets WHERE person_id = :person AND used_at IS NULL AND expires_at > :now",
        person=person,
        now=stamp(now),
    )
    return int(row["n"]) if row else 0


def begin_reset(connection: Connection, person: str, token: str, sealed: str, now: datetime) -> None:
    """A token by which the password can be set once, within the hour."""
    connection.insert(
        "resets",
        token_sha256=digest(token),
        person_id=person,
        token_sealed=sealed,
        created_at=stamp(now),
        expires_at=stamp(now + RESET),
    )


def reset(connection: Connection, token: str, password: str, now: datetime) -> str:
    """Set the password by a token; every session ends. The person's id. Raises Refused for a token that is not good."""
    at = stamp(now)
    used = connection.run(
        "UPDATE resets SET used_at = :at WHERE token_sha256 = :hash AND used_at IS NULL AND expires_at > :at",
        at=at,
        hash=digest(token),
    )
    if used != 1:
        raise Refused("reset_not_good", 410)
    row = connection.one("SELECT person_id FROM resets WHERE token_sha256 = :hash", hash=digest(token))
    person = str(row["person_id"]) if row else ""
    connection.run("UPDATE people SET password = :password WHERE id = :person", password=password, person=person)
    connection.run("DELETE FROM sessions WHERE person_id = :person", person=person)
    return person


def answered(connection: Connection, person: str, right: bool, tries: int) -> Literal["yes", "no"] | None:
    """Keep one answer to the qualification question: passed, out of tries, or None for another try."""
    connection.run("UPDATE people SET tries = tries + 1 WHERE id = :person AND qualified IS NULL", person=person)
    row = connection.one("SELECT tries, qualified FROM people WHERE id = :person", person=person)
    if row is None or row["qualified"] is not None:
        return "yes" if row is not None and row["qualified"] == "yes" else "no"
    result: Literal["yes", "no"] | None = "yes" if right else "no" if row["tries"] >= tries else None
    if result is not None:
        connection.run("UPDATE people SET qualified = :result WHERE id = :person", result=result, person=person)
    return result
