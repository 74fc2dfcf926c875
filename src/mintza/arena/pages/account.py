"""Being there: consent, the question before the first vote, what we hold of somebody, and its end."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mintza.arena.accounts import people
from mintza.arena.accounts.people import Agreed
from mintza.arena.database.engine import Connection, Row
from mintza.arena.pages.joining import sealed_email
from mintza.arena.pages.labels import EDUCATION, LEVELS, called
from mintza.arena.pages.markdown import rendered
from mintza.arena.pages.messages import message
from mintza.arena.pages.rendering import page
from mintza.arena.refusals import Refused
from mintza.arena.thanks import progress, raffle
from mintza.arena.visit import JSON, Answer, Visit, redirect

if TYPE_CHECKING:
    from mintza.arena.app import Arena


async def consent_page(arena: Arena, visit: Visit) -> Answer:
    """The text, for everybody; the button for whoever has not agreed to this version."""
    text, tag, _ = arena.consent(visit.words.tag)
    agreed = visit.person is not None and visit.person.consent == arena.settings.consent.version
    withdrawn = visit.person is not None and visit.person.consent is None and "withdrawn" in visit.query
    shown = rendered(text, breaks=False)
    return page(arena, visit, "consent", consent=shown, consent_language=tag, agreed=agreed, withdrawn=withdrawn)


async def agree(arena: Arena, visit: Visit) -> Answer:
    """They agree to the version that they were shown."""
    _, tag, digest = arena.consent(visit.words.tag)
    version = arena.settings.consent.version
    if visit.text("agree") != "yes" or visit.text("version") != version:
        raise Refused("consent_needed", 422)
    person, now = visit.someone.id, arena.now()
    await arena.database.write(lambda connection: people.agree(connection, person, Agreed(version, digest, tag), now))
    return redirect("/battle")


async def question_page(arena: Arena, visit: Visit) -> Answer:
    """The question, in the language."""
    return _question(arena, visit, "")


async def answer_question(arena: Arena, visit: Visit) -> Answer:
    """One try."""
    asked = arena.settings.participation.qualification
    if asked is None:
        return redirect("/battle")
    given = visit.text("choice")
    if given not in {str(index) for index in range(len(asked.choices))}:
        return _question(arena, visit, visit.words(message("level_unknown")))
    person, right = visit.someone.id, int(given) == asked.right
    result = await arena.database.write(lambda connection: people.answered(connection, person, right, asked.tries))
    if result is None:
        return _question(arena, visit, visit.words(message("try_again")))
    return redirect("/battle")


def _question(arena: Arena, visit: Visit, problem: str) -> Answer:
    asked = arena.settings.participation.qualification
    if asked is None or visit.someone.qualified == "yes":
        return redirect("/battle")
    if visit.someone.qualified == "no":
        raise Refused("not_qualified", 403)
    return page(arena, visit, "qualification", 422 if problem else 200, asked=asked, problem=problem)


async def me(arena: Arena, visit: Visit) -> Answer:
    """What we hold of them, and the ways out."""
    return await _me(arena, visit)


async def set_email(arena: Arena, visit: Visit) -> Answer:
    """Another address, or none; guests have none."""
    if arena.sealer is None or visit.someone.name is None:
        raise Refused("not_found", 404)
    person = visit.someone.id
    try:
        sealed = sealed_email(arena, visit)
    except Refused as refused:
        if refused.code != "mail_form":
            raise
        return await _me(arena, visit, problem=visit.words(message(refused.code)))
    await arena.database.write(lambda connection: people.set_email(connection, person, sealed))
    return redirect("/me")


async def _me(arena: Arena, visit: Visit, problem: str = "") -> Answer:
    person = visit.someone

    def work(connection: Connection) -> dict[str, Any]:
        return {
            "row": _person(connection, person.id),
            "counts": _counts(connection, person.id),
            "done": progress.own(connection, person.id),
            "latest": progress.latest(connection, person.id),
            "won": raffle.won_by(connection, person.voter),
        }

    found = await arena.database.read(work)
    return page(
        arena,
        visit,
        "me",
        422 if problem else 200,
        **found,
        problem=problem,
        email=_opened(arena, found["row"]["email_sealed"]),
        levels=LEVELS,
        education=EDUCATION,
        called=lambda model: called(visit.words, model),
    )


def _opened(arena: Arena, sealed: str | None) -> str | None:
    return arena.sealer.open(sealed) if sealed and arena.sealer else None


async def data(arena: Arena, visit: Visit) -> Answer:
    """Everything we hold of them, as JSON."""
    person = visit.someone.id
    reveal = arena.settings.voting.reveal
    found = await arena.database.read(lambda connection: _everything(connection, person, reveal=reveal))
    found["person"]["email"] = _opened(arena, found["person"].pop("email_sealed"))
    body = json.dumps(found, ensure_ascii=False, indent=1).encode()
    return Answer(body, kind=JSON, headers={"Content-Disposition": 'attachment; filename="my-data.json"'})


async def withdraw(arena: Arena, visit: Visit) -> Answer:
    """They agree no longer."""
    person, now = visit.someone.id, arena.now()
    await arena.database.write(lambda connection: people.withdraw(connection, person, now))
    return redirect("/consent?withdrawn=yes")


async def erase(arena: Arena, visit: Visit) -> Answer:
    """They are gone; a box was ticked, so that no single touch does it."""
    if visit.text("sure") != "yes":
        return redirect("/me")
    person = visit.someone.id
    arena.live.stop_of(person)
    await arena.database.write(lambda connection: people.erase(connection, person))
    return page(arena, _nobody(visit), "erased")


def _nobody(visit: Visit) -> Visit:
    return replace(visit, person=None, session="")


def _person(connection: Connection, person: str) -> dict[str, Any]:
    row = connection.one("SELECT * FROM people WHERE id = :person", person=person)
    if row is None:
        raise Refused("not_logged_in", 401)
    return dict(row)


def _counts(connection: Connection, person: str) -> Row:
    found = connection.one(
        "SELECT COUNT(*) AS battles, COUNT(v.battle_id) AS votes FROM battles b LEFT JOIN votes v ON v.battle_id = b.id "
        "WHERE b.person_id = :person",
        person=person,
    )
    return found or {"battles": 0, "votes": 0}


def _everything(connection: Connection, person: str, *, reveal: bool) -> dict[str, Any]:
    """All rows that are theirs, without secrets, and without models that they have not judged yet or are never told of."""
    row = _person(connection, person)
    for secret in ("password", "name_key", "tries", "staff"):
        del row[secret]
    battles = [
        dict(b) for b in connection.all("SELECT * FROM battles WHERE person_id = :p ORDER BY started_at", p=person)
    ]
    out = {each["battle_id"] for each in _of_battles(connection, "exclusions", person)}
    # Whether, and not why: a check that says what it found helps to pass it.
    votes = {
        v["battle_id"]: {**v, "in_ranking": v["battle_id"] not in out} for v in _of_battles(connection, "votes", person)
    }
    answers: dict[tuple[str, int], dict[str, str]] = {}
    for answer in _of_battles(connection, "answers", person):
        answers.setdefault((answer["battle_id"], answer["number"]), {})[answer["side"]] = answer["text"]
    turns: dict[str, list[dict[str, Any]]] = {}
    for turn in _of_battles(connection, "turns", person):
        told = {name: turn[name] for name in ("prompt", "state", "started_at")}
        said = answers.get((turn["battle_id"], turn["number"]), {})
        turns.setdefault(turn["battle_id"], []).append({**told, "answers": said})
    for each in battles:
        judged = reveal and each["id"] in votes
        for name in ("person_id", "request_key", *(() if judged else ("model_a", "model_b", "asked_a", "asked_b"))):
            del each[name]
        each |= {name: json.loads(each[name]) for name in ("asked_a", "asked_b") if name in each}
        each["vote"] = votes.get(each["id"])
        each["turns"] = turns.get(each["id"], [])
    consents = connection.all(
        "SELECT version, interface, given_at, withdrawn_at FROM consents WHERE person_id = :p", p=person
    )
    sessions = connection.all("SELECT created_at, expires_at FROM sessions WHERE person_id = :p", p=person)
    return {
        "person": row,
        "consents": consents,
        "sessions": sessions,
        "battles": battles,
        "reports": _of_battles(connection, "reports", person),
        "prizes": raffle.won_by(connection, row["voter"]),
        "checks_overruled": _overruled(connection, person),
    }


def _overruled(connection: Connection, person: str) -> list[Row]:
    """When staff overruled a check for them, or let it hold again; which check it was is told to nobody who votes."""
    rows = connection.all(
        "SELECT l.at, o.holds FROM overrulings o JOIN staff_log l ON l.id = o.act "
        "WHERE o.voter IN (SELECT b.voter FROM battles b WHERE b.person_id = :p) ORDER BY o.number",
        p=person,
    )
    return [{"at": row["at"], "overruled": bool(row["holds"])} for row in rows]


def _of_battles(connection: Connection, table: str, person: str) -> list[Row]:
    order = "battle_id, number" if table in ("turns", "answers") else "battle_id"
    return connection.all(
        f"SELECT * FROM {table} WHERE battle_id IN (SELECT id FROM battles WHERE person_id = :person) ORDER BY {order}",
        person=person,
    )
