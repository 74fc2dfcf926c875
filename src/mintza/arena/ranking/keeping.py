"""Keeps the ranking and the verdicts fresh beside the requests: no page ever computes them."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from mintza.arena.accounts.people import stamp
from mintza.arena.database.engine import Connection, Database, Row
from mintza.arena.ranking.board import Board, decoded, encoded, listed, standings
from mintza.arena.ranking.judged import JudgedBattle, judged
from mintza.arena.ranking.meetings import Row as Meetings
from mintza.arena.ranking.meetings import meetings
from mintza.arena.ranking.screening import apart, screened
from mintza.arena.refusals import DatabaseDown
from mintza.arena.settings import ArenaSettings
from mintza.records import Verdict

log = logging.getLogger("mintza.arena")
CURRENT = "current"


class BoardKeeper:
    """Holds the newest board, and the table of its pairs. learn: told of each new one."""

    def __init__(
        self, settings: ArenaSettings, database: Database, now: Callable[[], datetime], learn: Callable[[Board], None]
    ) -> None:
        self._settings = settings
        self._database = database
        self._now = now
        self._learn = learn
        self._seen: Row | None = None
        # Numbers are worked out on a thread of its own: they let go of the interpreter, and the requests go on.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="arena-ranking")
        self.board: Board | None = None
        self.meetings: Sequence[Meetings] = ()

    async def load(self) -> None:
        """The board that an earlier run left. Raises DatabaseDown."""
        # Before anybody is there: to load it takes the interpreter from everything else for a while.
        await asyncio.get_running_loop().run_in_executor(self._thread, importlib.import_module, "mintza.stats")
        row = await self._database.read(lambda c: c.one("SELECT body FROM boards WHERE id = :id", id=CURRENT))
        if row is not None:
            try:
                self._take(decoded(row["body"]))
            except ValueError:
                log.warning("the board of an earlier version cannot be read; it is made anew")

    async def for_ever(self) -> None:
        """Look for new votes, again and again."""
        while True:
            await asyncio.sleep(self._settings.fair.every_s)
            try:
                await self.refresh()
            except DatabaseDown as error:
                log.warning("the ranking waits: %s", error.why)
            except Exception:
                log.exception("the ranking could not be made")

    async def refresh(self, *, always: bool = False) -> bool:
        """Make the ranking anew where votes, or what counts of them, have changed; whether it was. Raises DatabaseDown."""
        mark = await self._database.read(_mark)
        if mark == self._seen and not always:
            return False
        loop = asyncio.get_running_loop()
        # The rows are read there too: making thousands of them is work as well.
        battles, people = await self._database.read(lambda connection: (judged(connection), _people(connection)))
        verdicts, board = await loop.run_in_executor(self._thread, self._made, battles, people)
        at = stamp(self._now())
        await self._database.write(lambda connection: _keep(connection, verdicts, board, at))
        self._seen = mark
        self._take(board)
        return True

    def age_s(self) -> float | None:
        """Seconds since the ranking was made; None before the first."""
        if self.board is None:
            return None
        return (self._now() - datetime.fromisoformat(self.board.made_at)).total_seconds()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _take(self, board: Board) -> None:
        self.board = board
        self.meetings = meetings(board, self._settings.leaderboard.level)
        self._learn(board)

    def _made(self, battles: Sequence[JudgedBattle], people: Mapping[str, Row]) -> tuple[list[Verdict], Board]:
        return board_of(battles, people, self._settings, stamp(self._now()))


def board_of(
    battles: Sequence[JudgedBattle], people: Mapping[str, Row], settings: ArenaSettings, made_at: str
) -> tuple[list[Verdict], Board]:
    """Verdicts on the votes that do not count, and the ranking by those that do. people: voter -> level, education."""
    verdicts = screened(battles, settings.fair)
    out = {verdict.record_id for verdict in verdicts}
    counted = [battle for battle in battles if battle.battle not in out]
    columns, pairs, unsure = standings(counted, listed(settings.models, counted), settings.leaderboard)
    voters = {battle.voter for battle in counted}
    took_part = [people[voter] for voter in voters if voter in people]
    board = Board(
        made_at=made_at,
        votes=len(battles),
        counted=len(counted),
        voters=len(voters),
        excluded=dict(Counter(verdict.step for verdict in verdicts)),
        columns=columns,
        pairs=pairs,
        unsure=unsure,
        apart=apart(counted, settings.fair),
        levels=dict(Counter(str(row["level"]) for row in took_part if row["level"])),
        education=dict(Counter(str(row["education"]) for row in took_part if row["education"])),
        overruled=sum(bool(battle.overruled) for battle in counted),
    )
    return verdicts, board


def _mark(connection: Connection) -> Row | None:
    """Changes whenever the ranking may."""
    return connection.one(
        "SELECT (SELECT COUNT(*) FROM votes) AS votes, (SELECT MAX(cast_at) FROM votes) AS newest, "
        "(SELECT COUNT(*) FROM battles WHERE hidden_at IS NOT NULL) AS hidden, (SELECT MAX(hidden_at) FROM battles) AS hid, "
        "(SELECT COUNT(*) FROM people) AS people, (SELECT MAX(number) FROM overrulings) AS overruled"
    )


def _people(connection: Connection) -> dict[str, Row]:
    rows = connection.all("SELECT voter, level, education FROM people WHERE level IS NOT NULL OR education IS NOT NULL")
    return {str(row["voter"]): row for row in rows}


def _keep(connection: Connection, verdicts: Sequence[Verdict], board: Board, at: str) -> None:
    """Write what has changed: a vote waits behind this."""
    there = {(row["battle_id"], row["step"]) for row in connection.all("SELECT battle_id, step FROM exclusions")}
    now = {(verdict.record_id, verdict.step): verdict for verdict in verdicts}
    gone = [{"battle": battle, "step": step} for battle, step in there - now.keys()]
    connection.many("DELETE FROM exclusions WHERE battle_id = :battle AND step = :step", gone)
    connection.many(
        # Erasing may have taken the battle in the meantime.
        "INSERT INTO exclusions (battle_id, step, reason, value, threshold, at) "
        "SELECT b.id, :step, :reason, :value, :threshold, :at FROM battles b WHERE b.id = :battle",
        [_row(now[key], at) for key in now if key not in there],
    )
    connection.run("DELETE FROM boards WHERE id = :id", id=CURRENT)
    connection.insert("boards", id=CURRENT, made_at=board.made_at, body=encoded(board))


def _row(verdict: Verdict, at: str) -> dict[str, Any]:
    return {
        "battle": verdict.record_id,
        "step": verdict.step,
        "reason": verdict.reason,
        "value": verdict.value,
        "threshold": verdict.threshold,
        "at": at,
    }
