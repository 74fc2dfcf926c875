"""The ranking, and who gave their votes to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mintza.arena.accounts.people import stamp
from mintza.arena.endpoints.client import Asked
from mintza.arena.pages.labels import CRITERIA, EDUCATION, LEVELS, STEPS
from mintza.arena.pages.markdown import rendered
from mintza.arena.pages.rendering import page
from mintza.arena.refusals import Refused
from mintza.arena.thanks import progress
from mintza.arena.visit import Answer, Visit, redirect

if TYPE_CHECKING:
    from mintza.arena.app import Arena

EVERYTHING = "0"


async def leaderboard(arena: Arena, visit: Visit) -> Answer:
    """The ranking as it was last made; nothing is computed here."""
    staff = visit.person is not None and visit.person.staff
    if not arena.settings.leaderboard.public and not staff:
        raise Refused("ranking_closed", 403)
    board = arena.keeper.board
    bounds = {}
    for criterion, rows in (board.columns if board else {}).items():
        known = [value for row in rows for value in (row.low, row.high, row.score) if value is not None]
        bounds[criterion] = (min(known), max(known)) if known else (0.0, 1.0)
    return page(
        arena,
        visit,
        "leaderboard",
        board=board,
        criteria=CRITERIA,
        bounds=bounds,
        meetings=arena.keeper.meetings,
        levels=LEVELS,
        education=EDUCATION,
        steps=STEPS,
        asked=_asked(arena),
    )


def _asked(arena: Arena) -> dict[Asked, list[str]]:
    """How models are asked today -> those that are asked so."""
    found: dict[Asked, list[str]] = {}
    for name in arena.settings.models:
        found.setdefault(arena.asking.how(name), []).append(name)
    return found


async def contributors(arena: Arena, visit: Visit) -> Answer:
    """Those who wish to be named."""
    if not arena.settings.encouraging.contributors:
        raise Refused("not_found", 404)
    rows = await arena.database.read(progress.contributors)
    return page(arena, visit, "contributors", rows=rows)


async def list_me(arena: Arena, visit: Visit) -> Answer:
    """To be in that table, or not."""
    person, listed = visit.someone, visit.text("listed") == "yes"
    if person.name is None or not arena.settings.encouraging.contributors:
        raise Refused("not_found", 404)
    await arena.database.write(lambda connection: progress.list_me(connection, person.id, listed))
    return redirect("/me")


async def landing(arena: Arena, visit: Visit) -> Answer:
    """What this is, and how one takes part; the campaign that runs, and how far it is."""
    now = arena.now()
    campaign = arena.running.campaign(now)
    goal = campaign.goal if campaign is not None else arena.settings.encouraging.goal
    first = campaign.opens if campaign is not None else EVERYTHING
    votes = week = 0
    if goal:
        lately = stamp(now - timedelta(days=7))
        votes, week = await arena.database.read(lambda c: (progress.since(c, first), progress.since(c, lately)))
    return page(
        arena,
        visit,
        "landing",
        campaign=campaign,
        campaign_words=rendered(campaign.words) if campaign is not None else "",
        closed=arena.running.closed(now),
        goal=goal,
        votes=votes,
        week=week,
    )
