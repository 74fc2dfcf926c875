"""The pages: what each address shows or does. Every form works without the script; the script adds the keys."""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isnan
from typing import Any, get_args

from mintza.records import Message, Objection
from mintza.review.decisions import DECIDED
from mintza.review.desk import Candidate
from mintza.review.marking import differ
from mintza.review.showing import flags_of, time_left, turns_of
from mintza.review.visit import INTERFACE, ROOM, Answer, Refused, Room, Visit, redirect, words_in, worn
from mintza.review.wording import (
    BAD_FORM,
    BAD_NAME,
    DECISIONS,
    EMPTY_TURN,
    NO_KEY,
    NO_REASON,
    NOT_THERE,
    OBJECTIONS,
    ODD_PIECES,
    SAVED,
    UNDECIDED,
)
from mintza.text.normal import nfc
from mintza.web.templates import StaticFile, environment, static_files

NAME = re.compile(r"[\w][\w .\-]{0,29}")
NOTE_MOST = 2000


@lru_cache(maxsize=1)
def statics() -> dict[str, StaticFile]:
    """The room's static files."""
    return static_files(ROOM / "static")


@lru_cache(maxsize=16)
def _templates(tag: str) -> Any:
    return environment(ROOM / "templates", words_in(tag).translations)


def page(room: Room, visit: Visit, template: str, status: int = 200, **values: Any) -> Answer:
    """A page in the reader's language."""
    standing = room.desk.standing(visit.reviewer) if visit.reviewer else None
    text = (
        _templates(visit.words.tag)
        .get_template(f"{template}.html.j2")
        .render(
            room=room,
            words=visit.words,
            interfaces=[words_in(tag) for tag in INTERFACE],
            csrf=visit.csrf,
            reviewer=visit.reviewer,
            standing=standing,
            left=time_left(standing, visit.words) if standing else "",
            asset=lambda name: f"/static/{name}?v={statics()[name].digest}",
            **values,
        )
    )
    return Answer(text.encode(), status)


def home(room: Room, visit: Visit) -> Answer:
    """The next conversation of this reviewer; what is said of the last decision goes with it."""
    if visit.reviewer is None:
        return page(room, visit, "name", problem=None, name="")
    said = SAVED.get(visit.query.get("done", ""))
    number = room.desk.next(visit.reviewer, skipped=bool(visit.query.get("skipped")))
    if number is None:
        return page(room, visit, "done", said=visit.words(said) if said else "")
    return _record(room, visit, number, said=said)


def one(room: Room, visit: Visit) -> Answer:
    """One conversation by its number, from 1."""
    return _record(room, visit, _number(room, visit), said=SAVED.get(visit.query.get("done", "")))


def decide(room: Room, visit: Visit) -> Answer:
    """Save a decision, and go on. What was typed comes back where it cannot be saved as it is."""
    number = _number(room, visit)
    reviewer = visit.reviewer or ""
    candidate = room.desk.candidates[number]
    decision = visit.form.get("decision", "")
    note = visit.form.get("note", "")[:NOTE_MOST].strip()
    if decision in ("accepted", "skipped"):
        room.desk.decide(number, reviewer, "accepted" if decision == "accepted" else "skipped")
    elif decision == "rejected":
        objection = visit.form.get("objection", "")
        if objection not in get_args(Objection):
            return _record(room, visit, number, problem=NO_REASON, open_form="reject", note=note, status=422)
        chosen: Any = objection
        room.desk.decide(number, reviewer, "rejected", objection=chosen, note=note)
    elif decision == "edited":
        turns = _typed(candidate, visit.form)
        problem = _problem(candidate, turns, sure=visit.form.get("sure") == "yes")
        if problem is not None:
            return _record(room, visit, number, problem=problem, open_form="edit", typed=turns, note=note, status=422)
        same = turns == tuple(message.content for message in candidate.conversation.messages)
        decision = "accepted" if same else "edited"
        if same:
            room.desk.decide(number, reviewer, "accepted", note=note)
        else:
            room.desk.decide(number, reviewer, "edited", note=note, turns=turns)
    else:
        return _record(room, visit, number, problem=UNDECIDED, note=note, status=422)
    skipped = "&skipped=yes" if visit.form.get("skipped") else ""
    return redirect(f"/?done={decision}{skipped}")


def undo(room: Room, visit: Visit) -> Answer:
    """Take the last decision back and show its conversation."""
    number = room.desk.undo(visit.reviewer or "")
    return redirect("/?done=nothing" if number is None else f"/at/{number + 1}?done=undone")


def progress(room: Room, visit: Visit) -> Answer:
    """Who did how much, and how far they agree."""
    names = {decision: visit.words(DECISIONS[decision]) for decision in (*DECIDED, "skipped")}
    agreement = [(one, other, kappa, not isnan(kappa.value)) for one, other, kappa in room.desk.agreement()]
    return page(room, visit, "progress", people=room.desk.by_reviewer(), decisions=names, agreement=agreement)


def name(room: Room, visit: Visit) -> Answer:
    """Take a pseudonym."""
    given = " ".join(unicodedata.normalize("NFC", visit.form.get("name", "")).split())
    if not NAME.fullmatch(given):
        return page(room, visit, "name", 422, problem=visit.words(BAD_NAME), name=given)
    return redirect("/", reviewer=given)


def leave(room: Room, visit: Visit) -> Answer:
    """Another person sits down."""
    return redirect("/", reviewer=None)


def knock(room: Room, visit: Visit) -> Answer:
    """Give the key. It goes into a cookie that no script reads."""
    given = visit.form.get("key", "")
    if room.key is None or hmac.compare_digest(given.encode(), room.key.encode()):
        return redirect("/", key=worn(given))
    return page(room, visit, "key", 403, problem=visit.words(NO_KEY))


def _number(room: Room, visit: Visit) -> int:
    found = re.fullmatch(r"/at/([1-9][0-9]{0,8})", visit.path)
    if found is None or int(found.group(1)) > len(room.desk.candidates):
        raise Refused(NOT_THERE, 404)
    return int(found.group(1)) - 1


def _record(
    room: Room,
    visit: Visit,
    number: int,
    *,
    said: str | None = None,
    problem: str | None = None,
    open_form: str = "",
    typed: tuple[str, ...] = (),
    note: str = "",
    status: int = 200,
) -> Answer:
    reviewer = visit.reviewer or ""
    candidate = room.desk.show(number, reviewer)
    before = room.desk.decided(number, reviewer)
    if not typed and before is not None:
        typed = before.turns
    return page(
        room,
        visit,
        "record",
        status,
        number=number + 1,
        candidate=candidate,
        turns=turns_of(candidate, visit.words),
        flags=flags_of(candidate, visit.words),
        objections={code: visit.words(text) for code, text in OBJECTIONS.items()},
        said=visit.words(said) if said else "",
        problem=visit.words(problem) if problem else "",
        sure=problem == ODD_PIECES,
        open_form=open_form,
        typed=typed,
        note=note or (before.note if before else ""),
        before=visit.words(DECISIONS[before.decision]) if before else "",
        skipped=bool(visit.query.get("skipped") or visit.form.get("skipped")),
    )


def _typed(candidate: Candidate, form: Mapping[str, str]) -> tuple[str, ...]:
    """The turns of an edit; browsers send a carriage return before each line end, which nobody typed."""
    turns = []
    for number, message in enumerate(candidate.conversation.messages, start=1):
        given = form.get(f"turn{number}")
        if given is None:
            raise Refused(BAD_FORM, 422)
        text = nfc(given.replace("\r\n", "\n").replace("\r", "\n"))
        # A browser drops a line end right after the opening of a text area; an untouched turn is the same to the letter.
        turns.append(message.content if _shown(message) == text else text)
    return tuple(turns)


def _shown(message: Message) -> str:
    return nfc(message.content.replace("\r\n", "\n").replace("\r", "\n"))


def _problem(candidate: Candidate, turns: tuple[str, ...], *, sure: bool) -> str | None:
    beside = candidate.original.messages if candidate.original is not None else ()
    for number, (message, text) in enumerate(zip(candidate.conversation.messages, turns, strict=True)):
        original = beside[number].content if number < len(beside) else message.content
        if original.strip() and not text.strip():
            return EMPTY_TURN
        if not sure and candidate.original is not None and text != message.content and differ(original, text):
            return ODD_PIECES
    return None


Handler = Callable[[Room, Visit], Answer]
# needs: nobody yet, or a reviewer with a pseudonym.
ROUTES: tuple[tuple[str, str, Handler, bool], ...] = (
    ("GET", "/", home, False),
    ("GET", "/at/{number}", one, True),
    ("POST", "/at/{number}", decide, True),
    ("POST", "/undo", undo, True),
    ("GET", "/progress", progress, True),
    ("POST", "/name", name, False),
    ("POST", "/leave", leave, False),
    ("POST", "/key", knock, False),
)
