"""Judging a battle, and saying that something is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintza.arena.battles import storing
from mintza.arena.battles.judging import judgement
from mintza.arena.battles.pacing import SIDES
from mintza.arena.pages.labels import REPORTS, called
from mintza.arena.refusals import Refused
from mintza.arena.visit import Answer, Visit, as_json

if TYPE_CHECKING:
    from mintza.arena.app import Arena

KINDS = tuple(REPORTS)
LONGEST_NOTE = 2000


async def vote(arena: Arena, visit: Visit) -> Answer:
    """Keep the vote; it is told only when it is on the disk. The same vote again is told the same."""
    battle = arena.tokens.read(visit.params["token"], visit.someone.id, arena.now())
    cast, now = judgement(visit.form, arena.settings.voting), arena.now()
    found = await arena.database.write_unless_there(lambda connection: storing.vote(connection, battle, cast, now))
    told: dict[str, object] = {"saved": True, "overall": cast.overall}
    if arena.settings.voting.reveal:
        told["models"] = {side: called(visit.words, found.model(side)) for side in SIDES}
    return as_json(told)


async def report(arena: Arena, visit: Visit) -> Answer:
    """Keep a report."""
    battle = arena.tokens.read(visit.params["token"], visit.someone.id, arena.now())
    kind, note = visit.text("kind"), visit.text("note", LONGEST_NOTE)
    if kind not in KINDS:
        raise Refused("bad_form", 422)
    now = arena.now()
    await arena.database.write(lambda connection: storing.report(connection, battle, kind, note, now))
    return as_json({"saved": True}, 201)
