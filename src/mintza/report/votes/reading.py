"""A file of votes becomes battles, votes and voters; what cannot be used is named, and the rest goes on."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec
import zstandard

from mintza.errors import BadInput
from mintza.records import Battle, Criterion, Message, Reply, Vote, Winner
from mintza.report.material import Arena, Voter
from mintza.report.votes.troubles import Troubles

NAMES = {
    "id": ("id", "battle_id"),
    "voter": ("voter", "username"),
    "level": ("level", "user_language"),
    "education": ("education", "user_education"),
    "time": ("time", "cast_at", "timestamp"),
    "content": ("winner_content", "content"),
    "language": ("winner_language", "language_winner"),
    "overall": ("winner_overall", "winner", "overall"),
    "a": ("conv_a", "conversation_a"),
    "b": ("conv_b", "conversation_b"),
}
"""What a column of a flat row may be called; the last of each are the names in the published data of Sainz et al."""
WINNERS: dict[str, Winner] = {
    **dict.fromkeys(("a", "model_a", "left"), "a"),
    **dict.fromkeys(("b", "model_b", "right"), "b"),
    **dict.fromkeys(("tie", "tie (bothbad)", "bothbad", "both_bad"), "tie"),
}
CRITERIA: tuple[Criterion, ...] = get_args(Criterion)
SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".csv", ".parquet")
UNKNOWN = float("nan")


def file_sha256(path: Path) -> str:
    """Of the file's bytes. Raises BadInput when it is not there."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(
            f"this file of votes cannot be read: {error.strerror}",
            place=str(path),
            remedy="correct `votes:` in the study",
        ) from None


def read_votes(path: Path, *, language: str) -> Arena:
    """Everything in a file of votes. language: of battles that do not say.

    Two shapes, also mixed: records, a line each, Battle or Vote; and flat rows, one a judged battle (`NAMES`), as the arena exports and
    as the reference publishes its own. By suffix: JSON lines (plain, gzip, zstd), CSV, Parquet.
    Raises BadInput when the file cannot be read at all, or has another suffix.
    """
    source = file_sha256(path)
    reader = _Reader(language)
    try:
        for place, row in enumerate(_rows(path), 1):
            reader.take(place, row)
    except (OSError, EOFError, zstandard.ZstdError, UnicodeDecodeError, csv.Error) as error:
        reader.troubles.add("the file ends or breaks off here", f"after row {reader.rows}: {error}")
    return reader.arena(source)


def _rows(path: Path) -> Iterator[Mapping[str, Any] | None]:
    """Rows as mappings; None for a line that is none."""
    name = path.name
    if name.endswith(".parquet"):
        from mintza.report.parquet import read_rows

        yield from read_rows(path)
    elif name.endswith(".csv"):
        with path.open(encoding="utf-8", newline="") as file:
            csv.field_size_limit(1 << 27)
            yield from csv.DictReader(file)
    elif name.endswith(SUFFIXES):
        for line in _lines(path):
            if line.strip():
                yield _mapping(line)
    else:
        raise BadInput(
            f"a file of votes ends in one of {', '.join(SUFFIXES)}", place=str(path), remedy="rename or export it"
        )


def _lines(path: Path) -> Iterator[str]:
    if path.name.endswith(".gz"):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from lines
    elif path.name.endswith(".zst"):
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as raw:
            yield from io.TextIOWrapper(raw, encoding="utf-8")
    else:
        with path.open(encoding="utf-8") as lines:
            yield from lines


def _mapping(line: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(line)
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


class _Reader:
    def __init__(self, language: str) -> None:
        self.language = language
        self.battles: dict[str, Battle] = {}
        self.votes: list[Vote] = []
        self.voters: dict[str, Voter] = {}
        self.seen: set[tuple[str, str, Criterion]] = set()
        self.troubles = Troubles()
        self.rows = 0

    def take(self, place: int, row: Mapping[str, Any] | None) -> None:
        self.rows = place
        if row is None:
            self.troubles.add("a line that is no JSON object", f"row {place}")
        elif "criterion" in row:
            self._record(place, row, Vote)
        elif isinstance(row.get("a"), dict):
            self._record(place, row, Battle)
        else:
            self._flat(place, row)

    def arena(self, source: str) -> Arena:
        known = [vote for vote in self.votes if vote.battle_id in self.battles]
        for vote in self.votes:
            if vote.battle_id not in self.battles:
                self.troubles.add("a vote for a battle that is not in the file", vote.battle_id)
        return Arena(self.battles, known, self.voters, tuple(self.troubles), source)

    def _record(self, place: int, row: Mapping[str, Any], kind: type[Vote] | type[Battle]) -> None:
        try:
            record = msgspec.convert(row, kind)
        except msgspec.ValidationError as error:
            self.troubles.add(f"a {kind.__name__.lower()} that lacks or misstates a field", f"row {place}: {error}")
            return
        if isinstance(record, Vote):
            self._vote(record)
        else:
            self._battle(record)

    def _battle(self, battle: Battle) -> None:
        if battle.a.model == battle.b.model:
            self.troubles.add("a battle of a model against itself", battle.id)
        elif battle.id in self.battles and _bytes(self.battles[battle.id]) != _bytes(battle):
            self.troubles.add("two different battles under one id; the first is kept", battle.id)
        else:
            self.battles[battle.id] = battle

    def _vote(self, vote: Vote) -> None:
        mark = (vote.battle_id, vote.voter, vote.criterion)
        if mark in self.seen:
            self.troubles.add(
                "a second vote of one voter on the same battle and criterion; the first is kept", vote.battle_id
            )
            return
        self.seen.add(mark)
        self.votes.append(vote)
        self.voters.setdefault(vote.voter, Voter(vote.voter))

    def _flat(self, place: int, row: Mapping[str, Any]) -> None:
        def of(name: str) -> str:
            return next((str(row[key]) for key in NAMES[name] if row.get(key) not in (None, "")), "")

        lacking = [name for name in ("model_a", "model_b") if not row.get(name)]
        lacking += [name for name in ("id", "voter") if not of(name)]
        if lacking:
            self.troubles.add("a row without a field that it needs", f"row {place}: {', '.join(lacking)}")
            return
        name, voter, cast_at = of("id"), of("voter"), of("time")
        code = str(row.get("language") or self.language)
        sides = [_reply(row, side) for side in ("a", "b")]
        self._battle(Battle(id=name, language=code, a=sides[0], b=sides[1], started_at=cast_at))
        if of("level") or of("education"):
            self.voters[voter] = Voter(voter, of("level"), of("education"))
        overruled = self._overruled(place, row.get("overruled"))
        given = False
        for criterion in CRITERIA:
            said = of(criterion).strip().lower()
            winner = WINNERS.get(said)
            if winner is not None:
                given = True
                self._vote(
                    Vote(
                        battle_id=name,
                        voter=voter,
                        criterion=criterion,
                        winner=winner,
                        cast_at=cast_at,
                        overruled=overruled,
                    )
                )
            elif said:
                self.troubles.add("a winner that is neither a, b nor tie", f"row {place}: {criterion} {said[:40]!r}")
        if not given:
            self.troubles.add("a battle that nobody judged", f"row {place}")

    def _overruled(self, place: int, given: object) -> tuple[str, ...]:
        """Checks that staff overruled for the voter; in CSV they are JSON in a field. What is none is named, and the vote stays."""
        if given in (None, ""):
            return ()
        try:
            found = json.loads(given) if isinstance(given, str) else given
            return tuple(msgspec.convert(found, list[str]))
        except (json.JSONDecodeError, msgspec.ValidationError):
            self.troubles.add("`overruled` that is no list of checks", f"row {place}")
            return ()


def _conversation(row: Mapping[str, Any], side: str) -> tuple[Message, ...]:
    """The turns of a side; in CSV they are JSON in a field. What is no turn is left out."""
    given = next((row[key] for key in NAMES[side] if row.get(key)), ())
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except json.JSONDecodeError:
            return ()
    found = []
    for turn in given if isinstance(given, list) else ():
        try:
            found.append(msgspec.convert({key: turn[key] for key in ("role", "content")}, Message))
        except (msgspec.ValidationError, KeyError, TypeError):
            continue
    return tuple(found)


def _bytes(battle: Battle) -> bytes:
    """For comparison: not a number is unlike itself, and its bytes are not."""
    return msgspec.json.encode(battle)


def _reply(row: Mapping[str, Any], side: str) -> Reply:
    """A side of a flat row. Where it does not say how the model was asked: not a number, and 0 tokens."""
    messages = _conversation(row, side)
    asked = row.get(f"asked_{side}")
    known = asked if isinstance(asked, dict) else {}
    return Reply(
        model=str(row[f"model_{side}"]),
        messages=tuple(turn for turn in messages if turn.role != "system"),
        system_prompt=next((turn.content for turn in messages if turn.role == "system"), ""),
        temperature=float(known.get("temperature", UNKNOWN)),
        top_p=float(known.get("top_p", UNKNOWN)),
        max_tokens=int(known.get("max_tokens", 0)),
    )
