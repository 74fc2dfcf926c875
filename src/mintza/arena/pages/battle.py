"""A battle: its pages, its turns, and the one stream on which both answers come."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mintza.arena.accounts.people import Person, stamp
from mintza.arena.battles import storing
from mintza.arena.battles.live import LiveTurn
from mintza.arena.battles.pacing import SIDES
from mintza.arena.battles.storing import BattleRow, Beginning, TurnRow
from mintza.arena.database.engine import Connection, Row
from mintza.arena.pages.labels import REPORTS, called
from mintza.arena.pages.markdown import rendered_aside
from mintza.arena.pages.messages import message
from mintza.arena.pages.rendering import page
from mintza.arena.refusals import DatabaseDown, Refused
from mintza.arena.visit import Answer, Visit, as_json

if TYPE_CHECKING:
    from mintza.arena.app import Arena

EXAMPLES_SHOWN = 4
ABANDONED = timedelta(seconds=10)


async def new_page(arena: Arena, visit: Visit) -> Answer:
    """An empty battle, with prompts to start from; the one under way is offered first."""
    person, now = visit.someone.id, arena.now()
    since = stamp(now - timedelta(hours=arena.settings.battle.hours))
    row = await arena.database.read(lambda connection: storing.under_way(connection, person, since))
    token = None if row is None else _token(arena, visit.someone, row)
    examples = list(arena.settings.examples)
    arena.luck.shuffle(examples)
    return page(
        arena,
        visit,
        "battle",
        state=json.dumps(None),
        battle=None,
        turns=[],
        examples=examples[:EXAMPLES_SHOWN],
        under_way=token,
        token="",
        reports=REPORTS,
        said=_said(arena, visit),
    )


async def page_of(arena: Arena, visit: Visit) -> Answer:
    """A battle that has begun, from the server's own record: one goes on where one was."""
    found = await _found(arena, visit)
    turns = [await _shown(turn) for turn in found.turns]
    return page(
        arena,
        visit,
        "battle",
        state=json.dumps({**_state(arena, found), **_revealed(arena, visit, found)}, ensure_ascii=False),
        battle=found,
        turns=turns,
        examples=[],
        under_way=None,
        token=visit.params["token"],
        reports=REPORTS,
        said=_said(arena, visit),
    )


async def begin(arena: Arena, visit: Visit) -> Answer:
    """Draw two models and put the prompt to them. The same key again gives the same battle."""
    person = visit.someone
    prompt, key = _prompt(arena, visit), visit.text("key", 64)
    if len(key) < 8:
        raise Refused("bad_form", 422)
    now = arena.now()
    if arena.running.closed(now):
        raise Refused("arena_closed", 403)
    models, campaign = arena.asking.drawable(), arena.running.campaign(now)
    if len(models) < 2:
        raise Refused("models_missing", 503)
    _take_turn(arena, visit)
    pair = arena.drawing.pair(models, arena.luck)
    asked = {name: arena.asking.how(name) for name in pair[:2]}
    beginning = Beginning(pair, asked, arena.language.code, prompt, key, campaign.id if campaign else None)

    found, new = await arena.database.write_unless_there(lambda c: storing.begin(c, person, beginning, now))
    if new:
        arena.live.start(found, person.id, 1)
    token = _token(arena, person, found.row)
    return as_json({"battle": token, "turn": 1}, 201 if new else 200)


async def turn(arena: Arena, visit: Visit) -> Answer:
    """One more turn with the same pair."""
    battle, person = _battle(arena, visit), visit.someone
    prompt, number = _prompt(arena, visit), visit.form.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or not 2 <= number <= 1000:
        raise Refused("bad_form", 422)
    if number > arena.settings.battle.turns:
        raise Refused("too_many_turns", 409)
    _take_turn(arena, visit)
    now = arena.now()

    def work(connection: Connection) -> tuple[BattleRow, bool]:
        new = storing.add_turn(connection, battle, number, prompt, now)
        return storing.load(connection, battle), new

    found, new = await arena.database.write_unless_there(work)
    if new:
        arena.live.start(found, person.id, number)
    return as_json({"battle": visit.params["token"], "turn": number}, 201 if new else 200)


async def retry(arena: Arena, visit: Visit) -> Answer:
    """Ask the last turn again of the same models, after it failed or was cut."""
    battle, person = _battle(arena, visit), visit.someone
    _take_turn(arena, visit)
    most, now = arena.settings.battle.retries, arena.now()

    def work(connection: Connection) -> BattleRow:
        last = storing.load(connection, battle).turns[-1].number
        storing.retry(connection, battle, last, most, now)
        return storing.load(connection, battle)

    found = await arena.database.write(work)
    last = found.turns[-1].number
    arena.live.start(found, person.id, last)
    return as_json({"battle": visit.params["token"], "turn": last})


async def stop(arena: Arena, visit: Visit) -> Answer:
    """Stop both answers where they are."""
    battle = _battle(arena, visit)
    arena.live.stop_battle(battle)
    return as_json({"battle": visit.params["token"]})


async def events(arena: Arena, visit: Visit) -> Answer:
    """Both answers of a turn on one stream; a connection that was lost goes on after the last event it had."""
    battle = _battle(arena, visit)
    try:
        number = int(visit.params["number"])
        after = int(visit.headers.get("last-event-id") or visit.query.get("after") or 0)
    except ValueError:
        raise Refused("bad_form", 422) from None
    if not 0 < number < 1001 or after < 0:
        raise Refused("not_found", 404)
    live = arena.live.get(battle, number)
    if live is None:
        found = await arena.database.read(lambda connection: storing.load(connection, battle))
        if not 0 < number <= len(found.turns):
            raise Refused("not_found", 404)
        if found.turns[number - 1].state == "running":
            now = arena.now()
            before = stamp(now - ABANDONED)
            await arena.database.write(lambda c: storing.interrupt(c, battle, number, before, now))
    return Answer(stream=_stream(arena, visit, battle, number, live, after))


async def _stream(
    arena: Arena, visit: Visit, battle: str, number: int, live: LiveTurn | None, after: int
) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    last = after + 1
    if live is not None:
        while chunk := await live.more(after):
            after = len(live.events)
            yield chunk
        last = len(live.events) + 1
        if live.failed is not None:
            yield _event(last, "failure", _failure(visit, live.failed))
            return
    try:
        found = await arena.database.read(lambda connection: storing.load(connection, battle))
    except (DatabaseDown, Refused):
        yield _event(last, "failure", _failure(visit, "database_down"))
        return
    over = {**_state(arena, found), "turn": number}
    for side in SIDES:
        over[side] = (await _side(found.turns[number - 1], side))["html"]
    over["cut"] = [side for side in SIDES if _cut(found.turns[number - 1], side)]
    yield _event(last, "over", json.dumps(over, ensure_ascii=False))


def _event(number: int, name: str, data: str) -> bytes:
    return f"id: {number}\nevent: {name}\ndata: {data}\n\n".encode()


def _failure(visit: Visit, code: str) -> str:
    return json.dumps({"code": code, "message": visit.words(message(code))}, ensure_ascii=False)


def _battle(arena: Arena, visit: Visit) -> str:
    """The battle of the address, when it is this person's and can still be judged."""
    return arena.tokens.read(visit.params["token"], visit.someone.id, arena.now())


async def _found(arena: Arena, visit: Visit) -> BattleRow:
    battle = _battle(arena, visit)
    return await arena.database.read(lambda connection: storing.load(connection, battle))


def _token(arena: Arena, person: Person, row: Row) -> str:
    return arena.tokens.make(str(row["id"]), person.id, datetime.fromisoformat(str(row["started_at"])))


def _prompt(arena: Arena, visit: Visit) -> str:
    """What was written, NFC, without control characters. Raises Refused when there is nothing, or too much."""
    text = unicodedata.normalize("NFC", visit.text("prompt", 400_000))
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
    if not any(unicodedata.category(c)[0] in "LNPS" for c in text):
        raise Refused("prompt_empty", 422)
    if len(text) > arena.settings.battle.prompt_characters:
        raise Refused("prompt_long", 422)
    return text


def _take_turn(arena: Arena, visit: Visit) -> None:
    if arena.live.of_person(visit.someone.id) >= arena.settings.limits.live_battles:
        raise Refused("too_many_live", 429, retry_after_s=10)
    arena.doors.turns_session.take(visit.someone.id)
    arena.doors.turns_address.take(visit.address)


def _state(arena: Arena, found: BattleRow) -> dict[str, Any]:
    """What the page may do next. Nothing here tells of the models before the vote."""
    last = found.turns[-1]
    retry = last.state not in ("running", "complete") and last.attempt <= arena.settings.battle.retries
    more = found.votable and len(found.turns) < arena.settings.battle.turns
    return {
        "turn": last.number,
        "state": last.state,
        "votable": found.votable,
        "voted": found.vote is not None,
        "retry": retry and found.vote is None,
        "more": more,
    }


def _revealed(arena: Arena, visit: Visit, found: BattleRow) -> dict[str, Any]:
    """Who stood where, once that may be said."""
    if found.vote is None or not arena.settings.voting.reveal:
        return {}
    return {"models": {side: called(visit.words, found.model(side)) for side in SIDES}}


async def _shown(row: TurnRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "prompt": row.prompt,
        "state": row.state,
        **{side: await _side(row, side) for side in SIDES},
    }


async def _side(row: TurnRow, side: str) -> dict[str, Any]:
    """An answer as it is shown; of one that is being written, nothing: it comes on the stream."""
    text = "" if row.state == "running" else str(row.answers[side]["text"])
    return {"html": await rendered_aside(text), "cut": _cut(row, side)}


def _cut(row: TurnRow, side: str) -> bool:
    return row.state != "running" and bool(row.answers[side]["state"] == "cut")


def _said(arena: Arena, visit: Visit) -> str:
    """The few sentences that the script says, in the reader's language."""
    _ = visit.words
    return json.dumps(
        {
            "asking": _("Both models are answering."),
            "complete": _("Both answers are complete. You can judge them now."),
            "cut": _("An answer reached its limit and was cut. You can judge what is there, or ask again.")
            if arena.settings.fair.cut_answers == "count"
            else _(
                "An answer reached its limit and was cut. You can judge what is there, outside the ranking, or ask again."
            ),
            "empty": _("A model gave no answer. You can ask again."),
            "failed": _("A model did not answer. You can ask again."),
            "stopped": _("Stopped. What is not complete cannot be judged; you can ask again."),
            "interrupted": _("The answers were interrupted. You can ask again."),
            "lost": _("The connection was lost. Trying again."),
            "saving": _("Saving your vote."),
            "saved": _("Your vote is saved. Thank you."),
            "thanks": _("Thank you. Your report was sent."),
            "offline": _("We could not reach the arena. Your vote is not saved yet: please try again."),
            "unsent": _("We could not reach the arena. Please try again."),
            "more": _("Go on asking"),
            # The pages put the number in themselves; the script does, too.
            "turn": _("Turn %(number)s") % {"number": "{number}"},
        },
        ensure_ascii=False,
    )
