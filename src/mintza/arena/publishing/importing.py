"""Judged battles from a file into the arena: rows as `export` writes them, or as the reference publishes its own."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from mintza.arena.battles.controls import is_control
from mintza.arena.battles.judging import implied, opposite
from mintza.arena.database.engine import Connection
from mintza.arena.ranking.screening import OF_VOTER
from mintza.arena.settings import Choice
from mintza.arena.staff.overruling import bring
from mintza.errors import BadInput
from mintza.records import Verdict

AT_ONCE = 500
LONGEST_NAME = 200
NAMES = {
    "id": ("id", "battle_id"),
    "voter": ("voter", "username"),
    "level": ("level", "user_language"),
    "education": ("education", "user_education"),
    "time": ("time", "timestamp"),
    "content": ("winner_content",),
    "language": ("winner_language",),
    "overall": ("winner_overall", "winner"),
    "a": ("conversation_a", "conv_a"),
    "b": ("conversation_b", "conv_b"),
}
"""What a field may be called; the last are the reference's names."""
WINNERS: dict[str, Choice] = {
    "a": "a",
    "model_a": "a",
    "b": "b",
    "model_b": "b",
    "tie": "tie",
    "tie (bothbad)": "tie",
    "bothbad": "tie",
}
TELLABLE = ("names_model", "empty", "cut", "hidden")
"""Why a vote may have been left out elsewhere, and is here, by what stands in its row."""


class Unusable(ValueError):
    """A row that cannot become a battle; the message says why, the same for the same cause."""


@dataclass
class Imported:
    """new: battles that came in.  there: that were there already.  refused: a verdict for each row that could not be used."""

    new: int = 0
    there: int = 0
    refused: list[Verdict] = field(default_factory=list)


def read(path: Path) -> Iterable[str]:
    """Lines of a `.jsonl` file. Raises BadInput when it cannot be read."""
    try:
        with path.open(encoding="utf-8") as file:
            yield from (line for line in file if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(error), place=str(path), remedy="give a file of JSON lines in UTF-8") from None


def take(connection: Connection, lines: Iterable[str], language: str, who: str, now: datetime) -> Imported:
    """Take rows in; one that is there already, by its id, stays as it is. language: of rows that do not say.  who: brings them.

    What was overruled for their voters is taken over too, but for somebody who takes part here: no file decides on them.
    """
    done = Imported()
    known = {row["id"] for row in connection.all("SELECT id FROM battles")}
    people = {row["voter"]: row["id"] for row in connection.all("SELECT voter, id FROM people WHERE kind = 'imported'")}
    taken = {row["voter"] for row in connection.all("SELECT voter FROM people WHERE kind <> 'imported'")}
    numbered = enumerate(lines, 1)
    overruled: set[tuple[str, str]] = set()
    while portion := list(islice(numbered, AT_ONCE)):
        tables: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("people", "battles", "turns", "answers", "votes")
        }
        for place, line in portion:
            try:
                row = _fields(line)
                if row["id"] in known:
                    done.there += 1
                    continue
                battle = _battle(row, language)
                steps = _overruled(row)
            except Unusable as error:
                done.refused.append(_refused(place, str(error)))
                continue
            known.add(row["id"])
            done.new += 1
            voter = row["voter"]
            if voter not in people and voter not in taken:
                people[voter] = secrets.token_hex(8)
                tables["people"].append(_person(people[voter], row, battle["battles"][0]["started_at"]))
            battle["battles"][0]["person_id"] = people.get(voter)
            overruled |= {(voter, step) for step in steps if voter in people}
            for name, made in battle.items():
                tables[name] += made
        for name, made in tables.items():
            _insert(connection, name, made)
    for voter, step in sorted(overruled):
        bring(connection, who, voter, step, now)
    return done


def _insert(connection: Connection, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        names = list(rows[0])
        holes = ", ".join(f":{name}" for name in names)
        connection.many(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({holes})", rows)


def _refused(place: int, why: str) -> Verdict:
    return Verdict(record_id=f"row {place}", unit="line", step="import", kept=False, reason=why)


def _fields(line: str) -> dict[str, Any]:
    """The row under our own names. Raises Unusable."""
    try:
        row = json.loads(line)
    except ValueError:
        raise Unusable("a line that is no JSON") from None
    if not isinstance(row, dict):
        raise Unusable("a line that is no JSON object")
    found = {
        **row,
        **{
            name: next((row[key] for key in keys if row.get(key) not in (None, "")), None)
            for name, keys in NAMES.items()
        },
    }
    found["battle_language"] = row.get("language")
    for name in ("id", "voter", "model_a", "model_b"):
        value = found.get(name)
        if value is None or isinstance(value, dict | list) or not 0 < len(str(value)) <= LONGEST_NAME:
            raise Unusable(f"a row without {name}")
        found[name] = str(value)
    if found["model_a"] == found["model_b"] or is_control(found["model_a"]) or is_control(found["model_b"]):
        raise Unusable("a battle that is not between two models")
    return found


def _battle(row: Mapping[str, Any], language: str) -> dict[str, list[dict[str, Any]]]:
    """Rows of each table. Raises Unusable."""
    _still_tellable(row)
    sides = {side: _conversation(row[side]) for side in ("a", "b")}
    prompts = sides["a"][1]
    if [prompt for prompt, _ in prompts] != [prompt for prompt, _ in sides["b"][1]]:
        raise Unusable("two conversations with different prompts")
    vote = _vote(row)
    cut = row.get("cut") or ()
    if not isinstance(cut, list | tuple):
        raise Unusable("`cut` that is no list of sides")
    gone = not prompts
    if gone:
        # As erasing leaves it: a turn without a word, whose answers are still known to have been whole, cut, or to name a model.
        sides = {side: (system, [("", "")]) for side, (system, _) in sides.items()}
        prompts = sides["a"][1]
    battle = _head(row, language, {side: sides[side][0] for side in sides})
    of = {"battle_id": row["id"]}
    whole = {"state": "complete", "started_at": battle["started_at"], "ended_at": None}
    turns = [{**of, "number": k, "prompt": prompt, **whole} for k, (prompt, _) in enumerate(prompts, 1)]
    answers = [
        {
            **of,
            "number": k,
            "side": side,
            "model": row[f"model_{side}"],
            "text": text,
            "state": "empty" if not text.strip() and not gone else "cut" if side in cut else "complete",
            "names_model": int(bool(row.get("names_model"))),
        }
        for side in ("a", "b")
        for k, (_, text) in enumerate(sides[side][1], 1)
    ]
    return {"battles": [battle], "turns": turns, "answers": answers, "votes": [vote]}


def _still_tellable(row: Mapping[str, Any]) -> None:
    """A row that was left out for what its voter did cannot be told from others here. Raises Unusable for one."""
    steps = row.get("left_out") or ()
    if not isinstance(steps, list | tuple):
        raise Unusable("`left_out` that is no list of steps")
    for step in steps:
        if step not in TELLABLE:
            raise Unusable(f"a vote that was left out where it comes from ({str(step)[:40]})")


def _overruled(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Checks that staff overruled where the row comes from. Raises Unusable for what is none of the checks here."""
    steps = row.get("overruled") or ()
    if not isinstance(steps, list | tuple):
        raise Unusable("`overruled` that is no list of checks")
    for step in steps:
        if step not in OF_VOTER:
            raise Unusable(f"a check that is not known here ({str(step)[:40]})")
    return tuple(steps)


def _head(row: Mapping[str, Any], language: str, system: Mapping[str, str]) -> dict[str, Any]:
    cast, state = str(row["time"] or ""), str(row.get("words") or "published")
    return {
        "id": row["id"],
        "person_id": None,
        "voter": row["voter"],
        "language": str(row.get("battle_language") or language),
        "request_key": row["id"],
        "model_a": row["model_a"],
        "model_b": row["model_b"],
        "asked_a": _asked(row, "a", system["a"]),
        "asked_b": _asked(row, "b", system["b"]),
        "drawn_by": str(row.get("drawn_by") or "imported"),
        "consent_version": str(row.get("consent_version") or ""),
        "started_at": str(row.get("started_at") or cast),
        "withdrawn_at": cast if state == "withdrawn" else None,
        "hidden_at": cast if state == "hidden" else None,
    }


def _vote(row: Mapping[str, Any]) -> dict[str, Any]:
    content, language, overall = _winners(row)
    return {
        "battle_id": row["id"],
        "voter": row["voter"],
        "content": content,
        "language": language,
        "overall": overall,
        "overall_asked": int(opposite(content, language)),
        "both_bad": int(bool(row.get("both_bad"))),
        "reason": row.get("reason") if isinstance(row.get("reason"), str) else None,
        "cast_at": str(row["time"] or ""),
    }


def _winners(row: Mapping[str, Any]) -> tuple[Choice, Choice, Choice]:
    content, said = (WINNERS.get(str(row[name]).strip().lower()) for name in ("content", "language"))
    if content is None or said is None:
        raise Unusable("a winner that is neither a, b nor tie")
    overall = WINNERS.get(str(row["overall"]).strip().lower()) if row["overall"] else None
    if overall is None:
        if opposite(content, said):
            raise Unusable("content and language point apart, and nobody said overall")
        overall = implied(content, said)
    return content, said, overall


def _conversation(given: object) -> tuple[str, list[tuple[str, str]]]:
    """The system prompt, and prompt and answer of each turn. Raises Unusable for turns that do not take turns."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise Unusable("a conversation that cannot be read") from None
    try:
        said = [(str(turn["role"]), str(turn["content"])) for turn in (given or ())]  # type: ignore[attr-defined]
    except (KeyError, TypeError):
        raise Unusable("a conversation that cannot be read") from None
    system = said.pop(0)[1] if said and said[0][0] == "system" else ""
    if [role for role, _ in said] != ["user", "assistant"] * (len(said) // 2):
        raise Unusable("a conversation in which people and model do not take turns")
    return system, [(said[k][1], said[k + 1][1]) for k in range(0, len(said), 2)]


def _asked(row: Mapping[str, Any], side: str, system: str) -> str:
    given = row.get(f"asked_{side}")
    asked = given if isinstance(given, dict) else {}
    numbers = {name: asked.get(name) for name in ("temperature", "top_p", "max_tokens")}
    if not all(value is None or isinstance(value, int | float) for value in numbers.values()):
        raise Unusable("sampling settings that are no numbers")
    return json.dumps({"system_prompt": system, **numbers}, ensure_ascii=False)


def _person(person: str, row: Mapping[str, Any], joined: str) -> dict[str, Any]:
    return {
        "id": person,
        "voter": row["voter"],
        "kind": "imported",
        "level": None if row["level"] is None else str(row["level"])[:40],
        "education": None if row["education"] is None else str(row["education"])[:40],
        "joined_at": joined,
    }
