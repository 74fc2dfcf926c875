"""Who is there, and whether they may ask for this."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mintza.arena.accounts import people
from mintza.arena.accounts.people import Person
from mintza.arena.refusals import Refused
from mintza.arena.visit import Route, Visit

if TYPE_CHECKING:
    from mintza.arena.app import Arena


async def who(arena: Arena, session: str) -> tuple[Person | None, str]:
    """The person of a session, and its token; nobody and "" for a token that is not good."""
    if not 20 <= len(session) <= 100:
        return None, ""
    now = arena.now()
    person = await arena.database.read(lambda connection: people.of_session(connection, session, now))
    return (person, session) if person is not None else (None, "")


def admit(arena: Arena, route: Route, visit: Visit) -> None:
    """Raises Refused when the request is forged, or the person may not."""
    if route.method == "POST":
        _from_our_page(arena, visit)
    if route.needs == "nothing":
        return
    person = visit.someone
    if route.needs == "person":
        return
    if route.needs == "staff":
        if not person.staff:
            raise Refused("not_staff", 403)
        return
    if person.consent != arena.settings.consent.version:
        raise Refused("consent_needed", 403)
    if route.needs == "voter" and arena.settings.participation.qualification is not None:
        if person.qualified == "no":
            raise Refused("not_qualified", 403)
        if person.qualified is None:
            raise Refused("qualification_needed", 403)


def _from_our_page(arena: Arena, visit: Visit) -> None:
    """The form's token belongs to the session (or, before a login, to the browser), and no other site sent it."""
    given = visit.headers.get("x-csrf-token") or visit.form.get("csrf") or ""
    if not isinstance(given, str) or not arena.signer.holds(given, "csrf", visit.session or visit.visitor):
        raise Refused("forged", 403)
    if visit.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused("forged", 403)
    origin = visit.headers.get("origin")
    if origin and urlsplit(origin).netloc != visit.headers.get("host") and origin != arena.settings.execution.address:
        raise Refused("forged", 403)
