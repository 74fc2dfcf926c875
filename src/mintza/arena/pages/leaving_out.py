"""What does not count, before those who run the arena: votes taken out and let back, checks overruled and let hold again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from mintza.arena.database.engine import Connection
from mintza.arena.pages.labels import ACTS, STEPS, called
from mintza.arena.pages.messages import message
from mintza.arena.pages.rendering import page
from mintza.arena.pages.staff import act
from mintza.arena.refusals import Refused
from mintza.arena.staff import moderating, overruling
from mintza.arena.visit import Answer, Visit, redirect

if TYPE_CHECKING:
    from mintza.arena.app import Arena


async def votes_page(arena: Arena, visit: Visit) -> Answer:
    """What does not count, and why; a voter's votes, to see whether they read; what staff took out themselves."""
    return await _votes(arena, visit)


async def leave_out(arena: Arena, visit: Visit) -> Answer:
    """All votes of a voter so far, or one battle, are left out, or are let back."""
    of, wish, now = visit.text("of").strip(), visit.text("act"), arena.now()
    if wish not in ("out", "back"):
        raise Refused("bad_form", 422)
    out = wish == "out"

    def one(connection: Connection) -> None:
        moderating.hide(connection, of, moderating.REPORTED if out else None, now)

    def every(connection: Connection) -> None:
        moderating.hide_voter(connection, of, out, now)

    is_battle = await arena.database.read(
        lambda connection: connection.one("SELECT id FROM battles WHERE id = :id", id=of) is not None
    )
    what, work = ("", one) if is_battle else (" voter", every)
    try:
        await act(arena, visit, ("hide" if out else "show") + what, of, work)
    except Refused as refused:
        if refused.code != "not_found":
            raise
        return await _votes(arena, visit, problem=visit.words(message("no_such_votes")))
    return redirect("/staff/votes")


async def overrule(arena: Arena, visit: Visit) -> Answer:
    """A check's finding on one voter is overruled, for a reason; or the check holds for them again."""
    voter, step, wish, now = visit.text("voter"), visit.text("step"), visit.text("act"), arena.now()
    why, who = visit.text("why", overruling.LONGEST_WHY), visit.someone.name or ""
    change = {"overrule": overruling.overrule, "uphold": overruling.uphold}.get(wish)
    if change is None:
        raise Refused("bad_form", 422)
    try:
        await arena.database.write(lambda connection: change(connection, who, voter, step, why, now))
    except Refused as refused:
        if refused.code not in ("why_missing", "no_such_finding", "no_such_overruling"):
            raise
        said = visit.words(message(refused.code))
        return await _votes(arena, visit, problem=said, status=refused.status, voter=voter)
    return redirect(f"/staff/votes?voter={quote(voter)}")


async def _votes(arena: Arena, visit: Visit, *, problem: str = "", status: int = 404, voter: str = "") -> Answer:
    """The page; with a problem, of that status. voter: whose votes are shown, "" for those of the address."""
    step, voter = visit.query.get("step", ""), voter or visit.query.get("voter", "")
    excluded, hidden, votes, counts, found, overruled = await arena.database.read(
        lambda connection: (
            moderating.excluded(connection, step),
            moderating.hidden(connection),
            moderating.votes_of(connection, voter) if voter else [],
            moderating.excluded_counts(connection),
            overruling.findings(connection, voter) if voter else [],
            overruling.overrulings(connection, voter),
        )
    )
    decided = {(row["voter"], row["step"]) for row in overruled if row["stands"]}
    return page(
        arena,
        visit,
        "staff_votes",
        status if problem else 200,
        problem=problem,
        excluded=excluded,
        hidden=hidden,
        votes=[{**row, "seconds": moderating.seconds(row["ended_at"], row["cast_at"])} for row in votes],
        counts=counts,
        findings=[row for row in found if (row["voter"], row["step"]) not in decided],
        overruled=overruled,
        acts_called=ACTS,
        longest_why=overruling.LONGEST_WHY,
        step=step,
        voter=voter,
        steps=STEPS,
        called=lambda model: called(visit.words, model),
    )
