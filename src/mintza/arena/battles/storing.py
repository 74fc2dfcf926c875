"""Battles in the database: begun, answered as they stream, judged once."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from mintza.arena.accounts.people import Person, stamp
from mintza.arena.battles.drawing import Pair
from mintza.arena.battles.judging import Judgement
from mintza.arena.database.engine import Connection, Row
from mintza.arena.endpoints.client import Asked
from mintza.arena.refusals import Refused
from mintza.arena.settings import Side

WHOLE = ("complete", "cut")
"""States of an answer that its model brought to an end, its own or that of `max_tokens`. Both can be judged."""


class Beginning(NamedTuple):
    """A battle that is about to begin."""

    pair: Pair
    asked: dict[str, Asked]
    language: str
    prompt: str
    request_key: str
    campaign: str | None = None


class TurnRow(NamedTuple):
    """One turn as it is kept. answers: side -> row."""

    number: int
    prompt: str
    state: str
    attempt: int
    answers: dict[str, Row]


class BattleRow(NamedTuple):
    """One battle as it is kept, with its turns and its vote, if any."""

    row: Row
    turns: tuple[TurnRow, ...]
    vote: Row | None

    def model(self, side: Side) -> str:
        """Who stands on a side."""
        return str(self.row[f"model_{side}"])

    def asked(self, side: Side) -> Asked:
        """How the side is asked."""
        return Asked(**json.loads(self.row[f"asked_{side}"]))

    @property
    def votable(self) -> bool:
        """Whether both conversations go to the end of their last answer, and nobody has judged yet."""
        return self.vote is None and bool(self.turns) and all(_good(turn) for turn in self.turns)

    def history(self, side: Side, before: int) -> list[dict[str, str]]:
        """What was said before a turn, as a model is told; the server's own record, never a browser's."""
        said = []
        for turn in self.turns:
            if turn.number < before:
                said += [
                    {"role": "user", "content": turn.prompt},
                    {"role": "assistant", "content": str(turn.answers[side]["text"])},
                ]
        return said


def _good(turn: TurnRow) -> bool:
    return turn.state in WHOLE and all(
        turn.answers[side]["state"] in WHOLE and str(turn.answers[side]["text"]).strip() for side in ("a", "b")
    )


def begin(connection: Connection, person: Person, beginning: Beginning, now: datetime) -> tuple[BattleRow, bool]:
    """Keep a battle and its first turn before any model is asked: the battle, and whether it is new.

    The same request again, after an answer that was lost on the way, gives the same battle.
    """
    same = "SELECT id FROM battles WHERE person_id = :person AND request_key = :key"
    if there := connection.one(same, person=person.id, key=beginning.request_key):
        return load(connection, str(there["id"])), False
    row = {
        "id": secrets.token_urlsafe(12),
        "person_id": person.id,
        "voter": person.voter,
        "language": beginning.language,
        "request_key": beginning.request_key,
        "model_a": beginning.pair.a,
        "model_b": beginning.pair.b,
        "asked_a": json.dumps(beginning.asked[beginning.pair.a]._asdict(), ensure_ascii=False),
        "asked_b": json.dumps(beginning.asked[beginning.pair.b]._asdict(), ensure_ascii=False),
        "drawn_by": beginning.pair.drawn_by,
        "consent_version": person.consent or "",
        "campaign": beginning.campaign,
        "started_at": stamp(now),
    }
    connection.insert("battles", **row)
    models = {"a": beginning.pair.a, "b": beginning.pair.b}
    turn = _new_turn(connection, str(row["id"]), 1, beginning.prompt, models, now)
    return BattleRow(row, (turn,), None), True


def add_turn(connection: Connection, battle: str, number: int, prompt: str, now: datetime) -> bool:
    """Keep one more turn; False when the very same is there already. Raises Refused when it cannot follow."""
    found = load(connection, battle, hold=True)
    there = next((turn for turn in found.turns if turn.number == number), None)
    if there is not None:
        if there.prompt == prompt:
            return False
        raise Refused("turn_is_there", 409)
    if found.vote is not None:
        raise Refused("already_voted", 409)
    if number != len(found.turns) + 1 or not all(_good(turn) for turn in found.turns):
        raise Refused("turn_not_complete", 409)
    _new_turn(connection, battle, number, prompt, {"a": found.model("a"), "b": found.model("b")}, now)
    return True


def retry(connection: Connection, battle: str, number: int, most: int, now: datetime) -> None:
    """Ask the last turn again, of the same models. Raises Refused when it went well, is under way, or was asked too often."""
    connection.held(_BATTLE, battle=battle)
    changed = connection.run(
        "UPDATE turns SET state = 'running', attempt = attempt + 1, started_at = :at, ended_at = NULL "
        "WHERE battle_id = :battle AND number = :number AND state NOT IN ('running', 'complete') AND attempt <= :most "
        "AND NOT EXISTS (SELECT 1 FROM votes WHERE votes.battle_id = turns.battle_id)",
        at=stamp(now),
        battle=battle,
        number=number,
        most=most,
    )
    if changed != 1:
        raise Refused("cannot_retry", 409)
    connection.run(
        "UPDATE answers SET text = '', state = 'running', why = NULL, names_model = 0 WHERE battle_id = :battle AND number = :number",
        battle=battle,
        number=number,
    )


def _new_turn(
    connection: Connection, battle: str, number: int, prompt: str, models: dict[str, str], now: datetime
) -> TurnRow:
    connection.insert(
        "turns", battle_id=battle, number=number, prompt=prompt, state="running", attempt=1, started_at=stamp(now)
    )
    answers: dict[str, Row] = {
        side: {"battle_id": battle, "number": number, "side": side, "model": model, "text": "", "state": "running"}
        for side, model in models.items()
    }
    connection.run(
        "INSERT INTO answers (battle_id, number, side, model, text, state) VALUES (:battle, :number, 'a', :a, '', 'running'), "
        "(:battle, :number, 'b', :b, '', 'running')",
        battle=battle,
        number=number,
        **models,
    )
    return TurnRow(number, prompt, "running", 1, answers)


_BATTLE = "SELECT * FROM battles WHERE id = :battle"


def load(connection: Connection, battle: str, *, hold: bool = False) -> BattleRow:
    """A battle with all that belongs to it. Raises Refused (404).

    hold: nobody else changes it until we are done: two requests may look at the same time, and only one may go first.
    """
    row = (connection.held if hold else connection.one)(_BATTLE, battle=battle)
    if row is None:
        raise Refused("no_such_battle", 404)
    answers = connection.all("SELECT * FROM answers WHERE battle_id = :battle", battle=battle)
    turns = tuple(
        TurnRow(
            number=turn["number"],
            prompt=turn["prompt"],
            state=turn["state"],
            attempt=turn["attempt"],
            answers={answer["side"]: answer for answer in answers if answer["number"] == turn["number"]},
        )
        for turn in connection.all("SELECT * FROM turns WHERE battle_id = :battle ORDER BY number", battle=battle)
    )
    return BattleRow(row, turns, connection.one("SELECT * FROM votes WHERE battle_id = :battle", battle=battle))


_SAVE = (
    "UPDATE answers SET text = :text, state = :state, why = :why, names_model = :names_model, first_ms = :first_ms, "
    "total_ms = :total_ms WHERE battle_id = :battle_id AND number = :number AND side = :side"
)

_SAVE_ALL = (
    "UPDATE answers SET text = n.text, state = n.state, why = n.why, names_model = n.names_model, first_ms = n.first_ms, "
    "total_ms = n.total_ms FROM {rows} AS n WHERE answers.battle_id = n.battle_id AND answers.number = n.number "
    "AND answers.side = n.side AND answers.state = 'running'"
)
_COLUMNS = {"battle_id": "text", "number": "int", "side": "text", "text": "text", "state": "text", "why": "text"}
_COLUMNS |= {"names_model": "int", "first_ms": "int", "total_ms": "int"}


def save_answers(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """What answers hold at the end: rows of battle_id, number, side, text, state, why, names_model, first_ms, total_ms."""
    connection.many(_SAVE, rows)


def save_pieces(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """What answers hold by now; one that has ended meanwhile is left as it is. Nobody is told that it is kept."""
    if rows:
        connection.unhurried()
        connection.run_with(_SAVE_ALL, _COLUMNS, rows)


def end_turn(connection: Connection, battle: str, number: int, state: str, now: datetime) -> None:
    """The turn is over, and how."""
    connection.run(
        "UPDATE turns SET state = :state, ended_at = :at WHERE battle_id = :battle AND number = :number",
        state=state,
        at=stamp(now),
        battle=battle,
        number=number,
    )


def swap(connection: Connection, battle: str, side: Side, to: tuple[str, Asked], why: str, now: datetime) -> None:
    """Another model takes a side on the first turn; who failed, and how, is kept."""
    row = connection.one("SELECT model_a, model_b FROM battles WHERE id = :battle", battle=battle)
    if row is None:
        raise Refused("no_such_battle", 404)
    model, asked = to
    connection.insert(
        "swaps",
        id=secrets.token_hex(8),
        battle_id=battle,
        side=side,
        model_from=row[f"model_{side}"],
        model_to=model,
        why=why,
        at=stamp(now),
    )
    connection.run(
        f"UPDATE battles SET model_{side} = :model, asked_{side} = :asked WHERE id = :battle",
        model=model,
        asked=json.dumps(asked._asdict(), ensure_ascii=False),
        battle=battle,
    )
    connection.run(
        "UPDATE answers SET model = :model WHERE battle_id = :battle AND number = 1 AND side = :side",
        model=model,
        battle=battle,
        side=side,
    )


def vote(connection: Connection, battle: str, judgement: Judgement, now: datetime) -> BattleRow:
    """Keep a vote, once. The same again is the same vote; another one is refused. The battle as it then stands.

    Raises Refused: 409 `already_voted`, 409 `not_votable` for answers that are not both whole.
    """
    found = load(connection, battle, hold=True)
    if found.vote is None:
        if not found.votable:
            raise Refused("not_votable", 409)
        row = {
            "battle_id": battle,
            "voter": found.row["voter"],
            "content": judgement.content,
            "language": judgement.language,
            "overall": judgement.overall,
            "overall_asked": int(judgement.overall_asked),
            "both_bad": int(judgement.both_bad),
            "reason": judgement.reason,
            "cast_at": stamp(now),
        }
        connection.insert("votes", **row)
        return found._replace(vote=row)
    if not _same(found.vote, judgement):
        raise Refused("already_voted", 409)
    return found


def _same(row: Row, judgement: Judgement) -> bool:
    return all(row[name] == value for name, value in judgement._asdict().items())


def report(connection: Connection, battle: str, kind: str, note: str, now: datetime) -> None:
    """Somebody says that something is wrong with a battle."""
    connection.insert("reports", id=secrets.token_hex(8), battle_id=battle, kind=kind, note=note, at=stamp(now))


def under_way(connection: Connection, person: str, since: str) -> Row | None:
    """The person's newest battle that can still be judged: id, started_at."""
    return connection.one(
        "SELECT b.id, b.started_at FROM battles b LEFT JOIN votes v ON v.battle_id = b.id "
        "WHERE b.person_id = :person AND v.battle_id IS NULL AND b.started_at > :since ORDER BY b.started_at DESC LIMIT 1",
        person=person,
        since=since,
    )


def interrupt(connection: Connection, battle: str, number: int, begun_before: str, now: datetime) -> None:
    """A turn that nobody answers, though it says so, can be asked again."""
    connection.run(
        "UPDATE turns SET state = 'interrupted', ended_at = :at WHERE battle_id = :battle AND number = :number "
        "AND state = 'running' AND started_at < :before",
        at=stamp(now),
        battle=battle,
        number=number,
        before=begun_before,
    )


def recover(connection: Connection, now: datetime) -> int:
    """After a stop of whatever kind: turns that nobody answers any more are interrupted, and can be asked again. How many."""
    at = stamp(now)
    ended = "(SELECT COUNT(*) FROM answers a WHERE a.battle_id = turns.battle_id AND a.number = turns.number AND a.state IN {})"
    for state, states in (("complete", "('complete')"), ("cut", "('complete', 'cut')")):
        connection.run(
            f"UPDATE turns SET state = :state, ended_at = :at WHERE state = 'running' AND {ended.format(states)} = 2",
            state=state,
            at=at,
        )
    count = connection.run("UPDATE turns SET state = 'interrupted', ended_at = :at WHERE state = 'running'", at=at)
    connection.run("UPDATE answers SET state = 'interrupted' WHERE state = 'running'")
    return count
