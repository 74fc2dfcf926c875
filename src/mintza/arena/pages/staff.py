"""The rooms of those who run the arena. Every act is written down with the name of who did it."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING

from mintza.arena.accounts import people
from mintza.arena.accounts.limits import networks
from mintza.arena.accounts.sealing import new_token
from mintza.arena.database.engine import Connection
from mintza.arena.pages.labels import ACTS, REPORTS, STEPS, failure
from mintza.arena.pages.messages import message
from mintza.arena.pages.rendering import page
from mintza.arena.publishing.exporting import archive, rows_of
from mintza.arena.refusals import Refused
from mintza.arena.staff import campaigns, moderating
from mintza.arena.staff.health import health, prometheus
from mintza.arena.thanks import raffle
from mintza.arena.visit import Answer, Visit, redirect

if TYPE_CHECKING:
    from mintza.arena.app import Arena


async def overview(arena: Arena, visit: Visit) -> Answer:
    """Health, models, what was done."""
    models, now = [*arena.settings.models], arena.now()
    found, acts = await arena.database.read(
        lambda connection: (health(connection, models, now), moderating.acts(connection))
    )
    drawable = arena.asking.drawable()
    paused = arena.running.paused
    board = arena.keeper.board
    return page(
        arena,
        visit,
        "staff",
        health=found,
        acts=acts,
        drawable=drawable,
        paused=paused,
        steps=STEPS,
        acts_called=ACTS,
        failure=lambda why: failure(visit.words, why),
        apart=board.apart if board is not None else [],
    )


async def pause(arena: Arena, visit: Visit) -> Answer:
    """A model is drawn no more, or again."""
    model, paused = visit.text("model"), visit.text("paused") == "yes"
    if model not in arena.settings.models:
        raise Refused("not_found", 404)
    now = arena.now()
    await act(arena, visit, "pause" if paused else "resume", model, lambda c: campaigns.pause(c, model, paused, now))
    return redirect("/staff")


async def campaigns_page(arena: Arena, visit: Visit) -> Answer:
    """Campaigns, and the form for another."""
    return _campaigns(arena, visit, "")


async def new_campaign(arena: Arena, visit: Visit) -> Answer:
    """Make one; or the form again, with what is wrong."""
    form = {name: visit.text(name, campaigns.LONGEST_WORDS) for name in _FIELDS}
    try:
        made = campaigns.campaign_of(form, arena.settings.models)
    except Refused as refused:
        return _campaigns(arena, visit, visit.words(message(refused.code)))
    now = arena.now()
    await act(arena, visit, "campaign", made.title, lambda connection: campaigns.add(connection, made, now))
    return redirect("/staff/campaigns")


async def close_campaign(arena: Arena, visit: Visit) -> Answer:
    """End one now."""
    campaign, now = visit.text("id"), arena.now()
    title = next((each.title for each in arena.running.campaigns if each.id == campaign), campaign)
    await act(arena, visit, "close campaign", title, lambda c: campaigns.close(c, campaign, now))
    return redirect("/staff/campaigns")


_FIELDS = ("title", "opens", "closes", "models", "goal", "words")


def _campaigns(arena: Arena, visit: Visit, problem: str) -> Answer:
    given = {name: str(visit.form.get(name, "")) for name in _FIELDS}
    now = people.stamp(arena.now())
    return page(
        arena,
        visit,
        "staff_campaigns",
        422 if problem else 200,
        problem=problem,
        given=given,
        running=arena.running,
        now=now,
    )


async def reports_page(arena: Arena, visit: Visit) -> Answer:
    """What people reported, and has not been looked at."""
    rows = await arena.database.read(moderating.reports)
    return page(arena, visit, "staff_reports", rows=rows, kinds=REPORTS)


async def moderate(arena: Arena, visit: Visit) -> Answer:
    """Hide a battle or let it back, and lay the report aside."""
    report, battle, wish, now = visit.text("report"), visit.text("battle"), visit.text("act"), arena.now()
    if wish not in ("hide", "show", "resolve"):
        raise Refused("bad_form", 422)

    def work(connection: Connection) -> None:
        if wish != "resolve":
            moderating.hide(connection, battle, moderating.REPORTED if wish == "hide" else None, now)
        if report:
            moderating.resolve(connection, report, now)

    await act(arena, visit, wish, battle, work)
    return redirect("/staff/reports")


async def people_page(arena: Arena, visit: Visit) -> Answer:
    """Links for new passwords that wait, and draws."""
    return await _people(arena, visit)


async def make_reset(arena: Arena, visit: Visit) -> Answer:
    """A link for a new password, shown once, for who asked staff for it. Never for staff: theirs are made on the machine."""
    name, now, token = visit.text("name", 200), arena.now(), new_token()

    def work(connection: Connection) -> None:
        account = people.by_name(connection, name)
        if account is None or _is_staff(connection, str(account["id"])):
            raise Refused("no_such_account", 404)
        people.begin_reset(connection, str(account["id"]), token, "", now)

    try:
        await act(arena, visit, "reset link", name, work)
    except Refused as refused:
        if refused.code != "no_such_account":
            raise
        return await _people(arena, visit, problem=visit.words(message(refused.code)))
    return await _people(arena, visit, link=_link(arena, token))


def _is_staff(connection: Connection, person: str) -> bool:
    return connection.one("SELECT id FROM people WHERE id = :id AND staff = 1", id=person) is not None


def _link(arena: Arena, token: str) -> str:
    return f"{arena.settings.execution.address or ''}/reset/{token}"


async def _people(arena: Arena, visit: Visit, *, problem: str = "", link: str = "") -> Answer:
    now = arena.now()
    rows, drawn = await arena.database.read(
        lambda connection: (moderating.resets(connection, now), raffle.draws(connection))
    )
    opened = [
        {"name": row["name"], "created_at": row["created_at"], "link": _link(arena, token)}
        for row in rows
        if row["token_sealed"] and (token := _unsealed(arena, row["token_sealed"]))
    ]
    for each in (each for draw in drawn for each in draw["winners"]):
        each["email"] = _unsealed(arena, each["email_sealed"])
    status = 404 if problem else 200
    return page(arena, visit, "staff_people", status, resets=opened, draws=drawn, problem=problem, link=link)


def _unsealed(arena: Arena, sealed: str) -> str:
    return (arena.sealer.open(sealed) or "") if sealed and arena.sealer is not None else ""


async def export(arena: Arena, visit: Visit) -> Answer:
    """All files of an export, as they would be published, in one."""
    settings, masks, now = arena.settings, arena.masks, people.stamp(arena.now())
    rows = await arena.database.read(lambda connection: rows_of(connection, settings, masks))
    # Thousands of rows take a while; what streams goes on meanwhile.
    body = await asyncio.to_thread(archive, rows, settings, now)
    await act(arena, visit, "export", f"{len(rows)}", lambda _: None)
    headers = {"Content-Disposition": f'attachment; filename="arena-{now[:10]}.zip"'}
    return Answer(body, kind="application/zip", headers=headers)


async def metrics(arena: Arena, visit: Visit) -> Answer:
    """For Prometheus, from the networks that settings name."""
    # Behind a proxy that is not trusted everybody seems to come from the proxy.
    unknown = "x-forwarded-for" in visit.headers and not arena.doors.trusted
    if unknown or not _within(visit.address, arena.settings.execution.metrics_from):
        raise Refused("not_found", 404)
    models, now = [*arena.settings.models], arena.now()
    found = await arena.database.read(lambda connection: health(connection, models, now))
    text = prometheus(found, len(arena.live), arena.keeper.age_s())
    return Answer(text.encode(), kind="text/plain; version=0.0.4; charset=utf-8")


def _within(address: str, allowed: tuple[str, ...]) -> bool:
    try:
        own = ipaddress.ip_network(address)
    except ValueError:
        return False
    return any(own.version == network.version and own.overlaps(network) for network in networks(allowed))


async def act(arena: Arena, visit: Visit, what: str, about: str, work: Callable[[Connection], object]) -> None:
    """Do something and write it down, both or neither; what is held in memory follows."""
    who, now = visit.someone.name or "", arena.now()

    def both(connection: Connection) -> None:
        work(connection)
        moderating.log(connection, who, what, about, now)

    await arena.database.write(both)
    await arena.reload()
