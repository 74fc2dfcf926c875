"""Coming in: the landing page, an account or none, logging in and out, a new password."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mintza.arena.accounts import people
from mintza.arena.accounts.names import cleaned, key_of
from mintza.arena.accounts.passwords import MAXIMUM, acceptable
from mintza.arena.accounts.people import Agreed, Joining
from mintza.arena.accounts.post import send_reset
from mintza.arena.accounts.sealing import new_token
from mintza.arena.database.engine import Connection
from mintza.arena.pages.labels import EDUCATION, LEVELS
from mintza.arena.pages.markdown import rendered
from mintza.arena.pages.messages import message
from mintza.arena.pages.rendering import page
from mintza.arena.refusals import Conflict, Refused
from mintza.arena.visit import Answer, Visit, redirect

if TYPE_CHECKING:
    from mintza.arena.app import Arena

_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}\.[^@\s,;<>\"]{2,60}")


async def join_page(arena: Arena, visit: Visit) -> Answer:
    """The form for a new account."""
    return _join_page(arena, visit)


async def join(arena: Arena, visit: Visit) -> Answer:
    """A new account, agreed and logged in; or the form again, with what was wrong."""
    arena.doors.signs.take(visit.address)
    try:
        agreed = _agreed(arena, visit)
        name = cleaned(visit.text("name", 200))
        if not acceptable(visit.text("password", 10_000), name):
            raise Refused("password_weak", 422)
        joining = Joining(
            name,
            None,
            sealed_email(arena, visit),
            _of(visit, "level", LEVELS, asked=arena.settings.participation.level),
            _of(visit, "education", EDUCATION, asked=arena.settings.participation.education),
        )
        joining = joining._replace(password=await arena.passwords.hash(visit.text("password", MAXIMUM)))
        return await _enter(arena, visit, joining, agreed)
    except Refused as refused:
        if refused.status not in (409, 422):
            raise
        return _join_page(arena, visit, refused)


async def guest(arena: Arena, visit: Visit) -> Answer:
    """In without an account, agreed all the same."""
    if not arena.settings.participation.guests:
        raise Refused("no_guests", 403)
    arena.doors.signs.take(visit.address)
    return await _enter(arena, visit, Joining(), _agreed(arena, visit))


async def login_page(arena: Arena, visit: Visit) -> Answer:
    """The form."""
    return page(arena, visit, "login", problem="", name="")


async def login(arena: Arena, visit: Visit) -> Answer:
    """Log in. A wrong name and a wrong password are answered alike, and take as long."""
    arena.doors.logins.take(visit.address)
    name, password = visit.text("name", 200), visit.text("password", 10_000)
    key = f"{key_of(name)}|{visit.address}"
    arena.doors.failures.check(key)
    account = await arena.database.read(lambda connection: people.by_name(connection, name))
    if not await arena.passwords.fits(password, account["password"] if account else None) or account is None:
        arena.doors.failures.add(key)
        problem = visit.words(message("bad_login"))
        return page(arena, visit, "login", 403, problem=problem, name=name)
    arena.doors.failures.forget(key)
    now, person, old = arena.now(), str(account["id"]), visit.session
    token = await arena.database.write(lambda connection: people.begin_session(connection, person, now, old))
    return redirect("/battle", session=token, visitor=new_token())


async def logout(arena: Arena, visit: Visit) -> Answer:
    """The session ends on the server, not in the browser alone."""
    session = visit.session
    if session:
        await arena.database.write(lambda connection: people.end_session(connection, session))
    return redirect("/", session=None, visitor=None)


async def forgotten_page(arena: Arena, visit: Visit) -> Answer:
    """The form for a new password."""
    return page(arena, visit, "forgotten", done=False)


async def forgotten(arena: Arena, visit: Visit) -> Answer:
    """The same is said whether there is such an account, with an address, or not; what is done is done afterwards."""
    arena.doors.logins.take(visit.address)
    name = visit.text("name", 200)
    arena.keep(_begin_reset(arena, name, visit.words.tag))
    return page(arena, visit, "forgotten", done=True)


async def reset_page(arena: Arena, visit: Visit) -> Answer:
    """The form; whether the token is good shows when it is used."""
    return page(arena, visit, "reset", problem="", token=visit.params["token"])


async def reset(arena: Arena, visit: Visit) -> Answer:
    """Set a new password, once, and log in anew everywhere."""
    arena.doors.logins.take(visit.address)
    token, password = visit.params["token"], visit.text("password", 10_000)
    if not acceptable(password, ""):
        problem = visit.words(message("password_weak"))
        return page(arena, visit, "reset", 422, problem=problem, token=token)
    hashed, now = await arena.passwords.hash(password), arena.now()
    await arena.database.write(lambda connection: people.reset(connection, token, hashed, now))
    return redirect("/login", session=None)


async def _begin_reset(arena: Arena, name: str, interface: str) -> None:
    account = await arena.database.read(lambda connection: people.by_name(connection, name))
    if account is None or arena.sealer is None or not account["email_sealed"]:
        return
    email = arena.sealer.open(account["email_sealed"])
    token, now, person = new_token(), arena.now(), str(account["id"])
    sealed = arena.sealer.seal(token)

    def work(connection: Connection) -> bool:
        if people.resets_waiting(connection, person, now) >= people.RESETS_AT_ONCE:
            return False
        people.begin_reset(connection, person, token, sealed, now)
        return True

    if not await arena.database.write(work):
        return
    mail = arena.settings.execution.mail
    if mail is not None and email is not None:
        await send_reset(mail, email, arena.title, f"{arena.settings.execution.address or ''}/reset/{token}", interface)


async def _enter(arena: Arena, visit: Visit, joining: Joining, agreed: Agreed) -> Answer:
    """Somebody new, with a session that nobody knew before."""
    now, old = arena.now(), visit.session

    def work(connection: Connection) -> str:
        person = people.join(connection, joining, agreed, now)
        return people.begin_session(connection, person, now, old)

    try:
        token = await arena.database.write(work)
    except Conflict:
        raise Refused("name_taken", 409) from None
    return redirect("/battle", session=token, visitor=new_token())


def _agreed(arena: Arena, visit: Visit) -> Agreed:
    """What was agreed to. Raises Refused when it was not, or when the text has changed since the form was shown."""
    _, tag, digest = arena.consent(visit.words.tag)
    if visit.text("agree") != "yes" or visit.text("version") != arena.settings.consent.version:
        raise Refused("consent_needed", 422)
    return Agreed(arena.settings.consent.version, digest, tag)


def _of(visit: Visit, field: str, labels: dict[str, str], *, asked: bool) -> str | None:
    """A code among those that have labels; None when it was not asked or not answered."""
    value = visit.text(field)
    if not asked or not value:
        return None
    if value not in labels:
        raise Refused("level_unknown", 422)
    return value


def sealed_email(arena: Arena, visit: Visit) -> str | None:
    """The address of a form, sealed; None when none was given or none is asked for. Raises Refused (422)."""
    email = visit.text("email").strip()
    if not email or arena.sealer is None:
        return None
    if not _EMAIL.fullmatch(email):
        raise Refused("mail_form", 422)
    return arena.sealer.seal(email)


def _join_page(arena: Arena, visit: Visit, refused: Refused | None = None) -> Answer:
    text, tag, _ = arena.consent(visit.words.tag)
    return page(
        arena,
        visit,
        "join",
        200 if refused is None else refused.status,
        problem="" if refused is None else visit.words(message(refused.code)),
        given={name: visit.text(name) for name in ("name", "email", "level", "education")},
        levels=LEVELS,
        education=EDUCATION,
        consent=rendered(text, breaks=False),
        consent_language=tag,
    )
