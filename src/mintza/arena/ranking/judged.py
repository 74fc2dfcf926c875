"""Every judged battle, as far as the ranking and its checks look at it: no word of anybody."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from mintza.arena.battles.controls import is_control
from mintza.arena.database.engine import Connection, Row

SHORTEST_CONTROL = 60
"""Characters: of a shorter answer whose words are in disorder nobody can say that it is obviously worse."""


class JudgedBattle(NamedTuple):
    """One vote. content, language, overall: `a`, `tie`, `b`.  seconds: from the answers' end to the vote, None when not known.

    names_model: an answer gave a name away.  control: the side of a planted answer, "" for none, "?" for one too short to tell.
    hidden: staff took it out.  joined: the hour in which the voter joined, "" for one who is gone.
    flaw: the worst of its answers that are not complete: `failed`, `empty`, `cut`, "" for none.
    overruled: steps of checks that staff overruled for its voter.
    """

    battle: str
    voter: str
    a: str
    b: str
    content: str
    language: str
    overall: str
    seconds: float | None
    names_model: bool
    control: str
    hidden: bool
    joined: str
    flaw: str = ""
    overruled: tuple[str, ...] = ()


STANDS = """
(o.holds = 1 AND NOT EXISTS (SELECT 1 FROM overrulings n WHERE n.voter = o.voter AND n.step = o.step AND n.number > o.number))
"""
"""Whether an overruling `o` is the last word on its voter and step."""
_ALL = """
SELECT v.battle_id, v.voter, v.content, v.language, v.overall, v.cast_at, b.model_a, b.model_b, b.hidden_at, p.joined_at, p.kind,
 (SELECT MAX(t.ended_at) FROM turns t WHERE t.battle_id = b.id) AS ended_at,
 (SELECT MAX(a.names_model) FROM answers a WHERE a.battle_id = b.id) AS names_model,
 (SELECT MAX(CASE a.state WHEN 'complete' THEN 0 WHEN 'cut' THEN 1 WHEN 'empty' THEN 2 ELSE 3 END)
  FROM answers a WHERE a.battle_id = b.id) AS flaw,
 CASE WHEN b.model_a LIKE 'control:%' OR b.model_b LIKE 'control:%'
  THEN (SELECT MIN(LENGTH(a.text)) FROM answers a WHERE a.battle_id = b.id) END AS shortest
FROM votes v JOIN battles b ON b.id = v.battle_id LEFT JOIN people p ON p.voter = v.voter
ORDER BY v.cast_at, v.battle_id
"""


_FLAWS = ("", "cut", "empty", "failed")


def judged(connection: Connection) -> list[JudgedBattle]:
    """All votes, the oldest first."""
    overruled: dict[str, tuple[str, ...]] = {}
    sql = f"SELECT DISTINCT o.voter, o.step FROM overrulings o WHERE {STANDS} ORDER BY o.voter, o.step"
    for row in connection.all(sql):
        overruled[row["voter"]] = (*overruled.get(row["voter"], ()), row["step"])
    return [_of(row, overruled.get(row["voter"], ())) for row in connection.all(_ALL)]


def _of(row: Row, overruled: tuple[str, ...]) -> JudgedBattle:
    control = "a" if is_control(row["model_a"]) else "b" if is_control(row["model_b"]) else ""
    if control and (row["shortest"] or 0) < SHORTEST_CONTROL:
        control = "?"
    return JudgedBattle(
        battle=row["battle_id"],
        voter=row["voter"],
        a=row["model_a"],
        b=row["model_b"],
        content=row["content"],
        language=row["language"],
        overall=row["overall"],
        seconds=_seconds(row["ended_at"], row["cast_at"]),
        names_model=bool(row["names_model"]),
        control=control,
        hidden=row["hidden_at"] is not None,
        joined=str(row["joined_at"] or "")[:13] if row["kind"] != "imported" else "",
        flaw=_FLAWS[row["flaw"] or 0],
        overruled=overruled,
    )


def _seconds(ended: str | None, cast: str) -> float | None:
    if not ended:
        return None
    try:
        return (datetime.fromisoformat(cast) - datetime.fromisoformat(ended)).total_seconds()
    except (ValueError, TypeError):
        return None
