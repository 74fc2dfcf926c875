"""Votes and battles out of the arena: one row a judged battle, as the reference publishes its own, and the records of them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from mintza.arena.database.engine import Connection, Row
from mintza.arena.publishing.card import card
from mintza.arena.publishing.cleaning import Masks
from mintza.arena.ranking.judged import judged
from mintza.arena.ranking.screening import screened
from mintza.arena.settings import ArenaSettings
from mintza.errors import BadInput
from mintza.records import Battle, Criterion, Message, Reply, Verdict, Vote

State = Literal["published", "withdrawn", "erased", "hidden"]
SIDES = ("a", "b")


@dataclass(frozen=True)
class ExportRow:
    """One judged battle as it is published. masked: kind -> how often.  verdicts: why it does not count, empty where it does."""

    fields: Mapping[str, Any]
    masked: Mapping[str, int]
    verdicts: Sequence[Verdict]

    @property
    def line(self) -> str:
        """As a line of JSON."""
        return json.dumps(self.fields, ensure_ascii=False)


_VOTES = """
SELECT b.id, b.language AS battle_language, b.model_a, b.model_b, b.asked_a, b.asked_b, b.drawn_by, b.started_at,
 b.withdrawn_at, b.hidden_at, b.consent_version, v.voter, v.content, v.language, v.overall, v.overall_asked, v.both_bad, v.reason,
 v.cast_at, p.level, p.education, p.name
FROM votes v JOIN battles b ON b.id = v.battle_id LEFT JOIN people p ON p.voter = v.voter ORDER BY v.cast_at, b.id
"""
_TURNS = "SELECT t.battle_id, t.number, t.prompt FROM turns t JOIN votes v ON v.battle_id = t.battle_id ORDER BY t.battle_id, t.number"
_ANSWERS = (
    "SELECT a.battle_id, a.number, a.side, a.text, a.state, a.names_model FROM answers a JOIN votes v ON v.battle_id = a.battle_id "
    "ORDER BY a.battle_id, a.number"
)


def rows_of(connection: Connection, settings: ArenaSettings, masks: Masks) -> list[ExportRow]:
    """Every judged battle, the oldest vote first. Whoever withdrew is under a pseudonym of nobody, and without their words."""
    battles = judged(connection)
    verdicts: dict[str, list[Verdict]] = {}
    for verdict in screened(battles, settings.fair):
        verdicts.setdefault(verdict.record_id, []).append(verdict)
    overruled = {battle.battle: battle.overruled for battle in battles}
    turns, answers = _by_battle(connection.all(_TURNS)), _by_battle(connection.all(_ANSWERS))
    return [
        _row(
            {**row, "overruled": overruled[row["id"]]},
            turns.get(row["id"], []),
            answers.get(row["id"], []),
            masks,
            verdicts.get(row["id"], []),
        )
        for row in connection.all(_VOTES)
    ]


def _by_battle(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["battle_id"], []).append(row)
    return found


def _row(
    row: Row, turns: Sequence[Row], answers: Sequence[Row], masks: Masks, verdicts: Sequence[Verdict]
) -> ExportRow:
    state = _state(row, turns)
    asked = {side: json.loads(row[f"asked_{side}"]) for side in SIDES}
    masked: dict[str, int] = {}

    def clean(text: str) -> str:
        text, found = masks.cleaned(text, [row["name"]] if row["name"] else [])
        for kind, count in found.items():
            masked[kind] = masked.get(kind, 0) + count
        return text

    prompts = {turn["number"]: clean(turn["prompt"]) for turn in turns} if state == "published" else {}
    conversations = {side: [{"role": "system", "content": asked[side].pop("system_prompt")}] for side in SIDES}
    for answer in answers:
        if answer["number"] in prompts:
            said = {"user": prompts[answer["number"]], "assistant": clean(answer["text"])}
            conversations[answer["side"]] += [{"role": role, "content": text} for role, text in said.items()]
    fields = {
        **_who_and_what(row),
        "reason": clean(row["reason"]) if row["reason"] and state == "published" else None,
        "names_model": any(answer["names_model"] for answer in answers),
        "cut": [side for side in SIDES if any(a["side"] == side and a["state"] == "cut" for a in answers)],
        "words": state,
        "left_out": [verdict.step for verdict in verdicts],
        "overruled": [*row["overruled"]],
        **{f"asked_{side}": asked[side] for side in SIDES},
        **{f"conversation_{side}": conversations[side] for side in SIDES},
    }
    return ExportRow(fields, masked, verdicts)


def _who_and_what(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "voter": row["voter"],
        "level": row["level"],
        "education": row["education"],
        "time": row["cast_at"],
        "started_at": row["started_at"],
        "language": row["battle_language"],
        "model_a": row["model_a"],
        "model_b": row["model_b"],
        "winner_content": row["content"],
        "winner_language": row["language"],
        "winner_overall": row["overall"],
        "overall_asked": bool(row["overall_asked"]),
        "both_bad": bool(row["both_bad"]),
        "drawn_by": row["drawn_by"],
        "consent_version": row["consent_version"],
    }


def _state(row: Row, turns: Sequence[Row]) -> State:
    if row["withdrawn_at"] is not None:
        return "withdrawn"
    if row["hidden_at"] is not None:
        return "hidden"
    return "published" if any(turn["prompt"] for turn in turns) else "erased"


def records_of(row: ExportRow) -> list[Battle | Vote]:
    """The battle, and a vote for each criterion."""
    fields = row.fields
    battle = Battle(
        id=fields["id"],
        language=fields["language"],
        a=_reply(fields, "a"),
        b=_reply(fields, "b"),
        started_at=fields["started_at"],
    )
    votes = [
        Vote(
            battle_id=fields["id"],
            voter=fields["voter"],
            criterion=criterion,
            winner=fields[f"winner_{criterion}"],
            cast_at=fields["time"],
            overruled=tuple(fields["overruled"]),
        )
        for criterion in get_args(Criterion)
    ]
    return [battle, *votes]


def _reply(fields: Mapping[str, Any], side: str) -> Reply:
    system, *said = fields[f"conversation_{side}"]
    return Reply(
        model=fields[f"model_{side}"],
        messages=tuple(Message(role=turn["role"], content=turn["content"]) for turn in said),
        system_prompt=system["content"],
        # A record has numbers; zero tokens are nobody's setting.
        **{name: value or 0 for name, value in fields[f"asked_{side}"].items()},
    )


def files_of(rows: Sequence[ExportRow], settings: ArenaSettings, made_at: str) -> dict[str, Iterator[str]]:
    """Lines of each file: votes.jsonl has the rows that count, excluded.jsonl and verdicts.jsonl the others, and why."""
    counted = [row for row in rows if not row.verdicts]
    excluded = [row for row in rows if row.verdicts]
    return {
        "votes.jsonl": (row.line for row in counted),
        "excluded.jsonl": (row.line for row in excluded),
        "verdicts.jsonl": (_json(verdict) for row in excluded for verdict in row.verdicts),
        "records.jsonl": (_json(record) for row in counted for record in records_of(row)),
        "README.md": iter([card(rows, settings, made_at)]),
    }


def archive(rows: Sequence[ExportRow], settings: ArenaSettings, made_at: str) -> bytes:
    """The same files in one, for whoever has no place to write to."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, lines in files_of(rows, settings, made_at).items():
            with file.open(name, "w") as part:
                for line in lines:
                    part.write(f"{line}\n".encode())
    return packed.getvalue()


def export(rows: Sequence[ExportRow], settings: ArenaSettings, folder: Path, made_at: str) -> None:
    """Write the files into a folder. Raises BadInput when it is there already and not empty, or cannot be written."""
    if folder.is_dir() and any(folder.iterdir()):
        raise BadInput("this folder is not empty", place=str(folder), remedy="name one that is not there yet")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, lines in files_of(rows, settings, made_at).items():
            with (folder / name).open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(line + "\n" for line in lines)
    except OSError as error:
        raise BadInput(error.strerror or str(error), place=str(folder), remedy="name a folder to write in") from None


def write_review(rows: Sequence[ExportRow], file: Path) -> int:
    """What people wrote, as it would be published, for somebody to read first; those with something masked come first. How many."""
    waiting = [row for row in rows if row.fields["words"] == "published"]
    waiting.sort(key=lambda row: -sum(row.masked.values()))
    with file.open("w", encoding="utf-8", newline="\n") as out:
        for row in waiting:
            prompts = [turn["content"] for turn in row.fields["conversation_a"] if turn["role"] == "user"]
            told = {
                "id": row.fields["id"],
                "masked": dict(row.masked),
                "prompts": prompts,
                "reason": row.fields["reason"],
            }
            out.write(json.dumps(told, ensure_ascii=False) + "\n")
    return len(waiting)


def _json(record: Any) -> str:
    return msgspec.json.encode(record).decode()
