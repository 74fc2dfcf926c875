"""A turn while it is answered: two models asked at once, shown on one clock, saved as they write."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from mintza.arena.battles import storing
from mintza.arena.battles.drawing import Drawing
from mintza.arena.battles.identity import NameSpotter
from mintza.arena.battles.pacing import SIDES, Pacer
from mintza.arena.battles.storing import BattleRow
from mintza.arena.database.engine import Database
from mintza.arena.endpoints.client import Asked, EndpointFailed, ModelEndpoint
from mintza.arena.refusals import DatabaseDown
from mintza.arena.settings import BattleSettings, Side

log = logging.getLogger("mintza.arena")
SAVE_EVERY_S = 1.0
# Turns at a time: a battle that begins, and a vote, wait behind so many at most.
SAVED_TOGETHER = 64
# Proxies close a connection on which nothing comes.
BEAT_S = 15.0
# How a model says that it ended, and what we call it. A content filter is a failure.
_ENDED: dict[str | None, str] = {"stop": "complete", "length": "cut"}
_NO_ANSWER = ("failed", "empty")
TRIES_TO_END, BETWEEN_TRIES_S = 5, 1.0


@dataclass(frozen=True)
class Means:
    """What every turn needs. endpoints: model -> who answers.  drawable: models that may stand in.  how: model -> how it is asked today."""

    database: Database
    endpoints: Mapping[str, ModelEndpoint]
    drawable: Callable[[], list[str]]
    how: Callable[[str], Asked]
    drawing: Drawing
    spotter: NameSpotter
    settings: BattleSettings
    luck: random.Random
    now: Callable[[], datetime]


@dataclass
class _Answer:
    """One side, so far. state: `running`, or how it ended.  why: of a failure.  names_model: known once it has ended."""

    model: str
    asked: Asked
    history: list[dict[str, str]]
    state: str = "running"
    why: str | None = None
    first_ms: int | None = None
    total_ms: int | None = None
    names_model: bool = False


@dataclass
class LiveTurn:
    """One turn of one battle. events: what has been sent to whoever watches, in order, as it is sent.  failed: why its end is not kept."""

    means: Means
    battle: str
    person: str
    number: int
    answers: dict[Side, _Answer]
    events: list[bytes] = field(default_factory=list)
    failed: str | None = None
    over: bool = False
    dirty: bool = False

    def __post_init__(self) -> None:
        # One of its own: the arena's luck comes from the system, which would be asked at every tick.
        self._loop = asyncio.get_running_loop()
        self._step = self.means.settings.flush_ms / 1000
        self._pacer = Pacer(self.means.settings.characters, self._step, random.Random(self.means.luck.getrandbits(64)))
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._waiting: list[asyncio.Future[None]] = []
        self._told_at = self._loop.time()
        self._swaps = 0
        self._stopped = False
        self._begun = False

    async def run(self) -> None:
        """Answer the turn to its end, whatever that is; it is told only when it is kept."""
        tasks = [asyncio.create_task(self._answered(side)) for side in SIDES]
        self._next(self._loop.time() + self._step)
        try:
            await self._ended
        finally:
            self._timer.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._settle()
        try:
            await self._keep()
        except DatabaseDown as error:
            log.exception("battle %s turn %d could not be kept", self.battle, self.number)
            self.failed = error.code
        self.over = True
        self._wake()

    @property
    def state(self) -> str:
        """Of the turn: that of the side that fared worse."""
        states = {answer.state for answer in self.answers.values()}
        order = ("failed", "empty", "stopped", "cut", "running", "complete")
        return next(state for state in order if state in states)

    def stop(self) -> None:
        """The person has read enough: what has appeared is all there is."""
        self._stopped = True

    async def more(self, after: int) -> bytes:
        """Events after so many, as soon as there are any; a comment where none has come for long, nothing once all have been."""
        if after >= len(self.events) and not self.over:
            changed: asyncio.Future[None] = self._loop.create_future()
            self._waiting.append(changed)
            await changed
            if after >= len(self.events) and not self.over:
                return b": beat\n\n"
        return b"".join(self.events[after:])

    def rows(self) -> list[dict[str, Any]]:
        """What the database should hold by now; names of models are looked for in what has ended."""
        return [
            {
                "battle_id": self.battle,
                "number": self.number,
                "side": side,
                "text": self._pacer.text(side),
                "state": answer.state,
                "why": answer.why,
                "names_model": int(answer.names_model),
                "first_ms": answer.first_ms,
                "total_ms": answer.total_ms,
            }
            for side, answer in self.answers.items()
        ]

    def _tick(self, due: float) -> None:
        """Show what there is, at its time on the clock, and be called again: waking a task would cost more than the tick."""
        if self._ended.done():
            return
        try:
            over = self._stopped or self._shown()
        except Exception as error:
            self._ended.set_exception(error)
            return
        now = self._loop.time()
        if over:
            self._ended.set_result(None)
        else:
            self._next(max(due + self._step, now))
        if now - self._told_at > BEAT_S:
            self._wake()

    def _next(self, due: float) -> None:
        self._timer = self._loop.call_at(due, self._tick, due)

    def _set_going(self) -> None:
        """The clock goes from the moment at which both have begun: nobody waits for its next tick to see the first words."""
        if not self._begun and self._pacer.begun:
            self._begun = True
            self._timer.cancel()
            self._next(self._loop.time())

    def _shown(self) -> bool:
        """Show what is due; whether there will be no more."""
        flush = self._pacer.tick(self._loop.time())
        if flush.a or flush.b:
            self._tell(b"piece", {"a": flush.a, "b": flush.b})
        one, other = self.answers["a"].state, self.answers["b"].state
        if one in _NO_ANSWER or other in _NO_ANSWER:
            return True
        return flush.over and "running" not in (one, other)

    async def _answered(self, side: Side) -> None:
        """Ask the model of a side; on the first turn another one takes the place of one that fails."""
        while True:
            answer = self.answers[side]
            try:
                state = await self._asked(side, answer)
                # Both at once: a stop between two saves would leave an answer that is whole, and not looked at.
                answer.names_model, answer.state = self._names(side), state
                self.dirty = True
                break
            except EndpointFailed as error:
                log.warning("model %s failed: %s", answer.model, error.why)
                if not await self._swapped(side, answer, error.why):
                    answer.why = error.why
                    answer.state = "empty" if error.why == "empty" else "failed"
                    break
            except Exception:
                log.exception("model %s", answer.model)
                answer.state, answer.why = "failed", "internal"
                break
        self._pacer.end(side, self._loop.time())
        self._set_going()

    async def _asked(self, side: Side, answer: _Answer) -> str:
        """Let the model write; how its answer ended. Raises EndpointFailed."""
        time, add = self._loop.time, self._pacer.add
        began = time()

        def heard(piece: str) -> None:
            at = time()
            if answer.first_ms is None:
                answer.first_ms = int((at - began) * 1000)
            add(side, piece, at)
            self.dirty = True
            if not self._begun:
                self._set_going()

        finish = await self.means.endpoints[answer.model].answer(answer.history, answer.asked, heard)
        answer.total_ms = int((time() - began) * 1000)
        if not self._pacer.text(side).strip():
            raise EndpointFailed("empty")
        if finish not in _ENDED:
            raise EndpointFailed("finish_" + str(finish)[:20])
        return _ENDED[finish]

    async def _swapped(self, side: Side, answer: _Answer, why: str) -> bool:
        """Whether another model now stands there."""
        if self.number != 1 or self._swaps >= self.means.settings.swaps:
            return False
        taken = {each.model for each in self.answers.values()}
        other = self.means.drawing.instead(self.means.drawable(), taken, self.means.luck)
        if other is None:
            return False
        self._swaps += 1
        asked = self.means.how(other)
        now = self.means.now()
        try:
            await self.means.database.write(
                lambda connection: storing.swap(connection, self.battle, side, (other, asked), why, now)
            )
        except DatabaseDown:
            return False
        shown = self._pacer.shown(side)
        self._pacer.reset(side)
        if shown:
            self._tell(b"reset", {"side": side})
        self.answers[side] = _Answer(other, asked, answer.history)
        return True

    def _names(self, side: Side) -> bool:
        return self.means.spotter.names_a_model(self._pacer.text(side))

    def _settle(self) -> None:
        """Sides that nobody writes any more are stopped, and hold no more than has appeared."""
        if not self._stopped:
            # The other side failed: what this one has is kept, and is no answer to judge.
            for side, answer in self.answers.items():
                if answer.state == "running":
                    answer.names_model, answer.state = self._names(side), "stopped"
            return
        for side, answer in self.answers.items():
            text, shown = self._pacer.text(side), self._pacer.shown(side)
            if answer.state == "running" or shown < len(text):
                answer.state = "stopped"
                self._pacer.reset(side)
                self._pacer.add(side, text[:shown], self._loop.time())
                answer.names_model = self._names(side)

    async def _keep(self) -> None:
        """The turn's end, in the database, before anybody is told. Raises DatabaseDown after some tries."""
        state, now = self.state, self.means.now()
        rows = self.rows()

        def work(connection: Any) -> None:
            storing.save_answers(connection, rows)
            storing.end_turn(connection, self.battle, self.number, state, now)

        for attempt in range(TRIES_TO_END):
            try:
                await self.means.database.write(work)
            except DatabaseDown:
                if attempt == TRIES_TO_END - 1:
                    raise
                await asyncio.sleep(BETWEEN_TRIES_S)
            else:
                self.dirty = False
                return

    def _tell(self, name: bytes, data: dict[str, str]) -> None:
        event = (len(self.events) + 1, name, msgspec.json.encode(data))
        self.events.append(b"id: %d\nevent: %b\ndata: %b\n\n" % event)
        self._wake()

    def _wake(self) -> None:
        self._told_at = self._loop.time()
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)


class LiveTurns:
    """All turns that are being answered in this process, and the one task that saves them as they stream."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._turns: dict[tuple[str, int], LiveTurn] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, found: BattleRow, person: str, number: int) -> LiveTurn:
        """Begin to answer a turn that is in the database; the same turn is answered once."""
        key = (str(found.row["id"]), number)
        there = self._turns.get(key)
        if there is not None and not there.over:
            return there
        prompt = next(turn.prompt for turn in found.turns if turn.number == number)
        answers = {
            side: _Answer(
                found.model(side),
                found.asked(side),
                [*found.history(side, number), {"role": "user", "content": prompt}],
            )
            for side in SIDES
        }
        turn = LiveTurn(self._means, key[0], person, number, answers)
        self._turns[key] = turn
        task = asyncio.create_task(turn.run())
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(done, key, turn))
        return turn

    def get(self, battle: str, number: int) -> LiveTurn | None:
        """The turn, while it is being answered."""
        return self._turns.get((battle, number))

    def of_person(self, person: str) -> int:
        """How many turns of a person are being answered."""
        return sum(turn.person == person for turn in self._turns.values())

    def stop_of(self, person: str) -> None:
        """Stop all that is being answered to a person."""
        for turn in self._turns.values():
            if turn.person == person:
                turn.stop()

    def stop_battle(self, battle: str) -> None:
        """Stop what is being answered in a battle."""
        for (each, _), turn in self._turns.items():
            if each == battle:
                turn.stop()

    def __len__(self) -> int:
        return len(self._turns)

    async def save_for_ever(self) -> None:
        """Save what has come, every second."""
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            with suppress(DatabaseDown):
                await self.save()

    async def save(self) -> None:
        """Save what has come since the last time."""
        waiting = [turn for turn in self._turns.values() if turn.dirty]
        for first in range(0, len(waiting), SAVED_TOGETHER):
            changed = [turn for turn in waiting[first : first + SAVED_TOGETHER] if turn.dirty]
            for turn in changed:
                turn.dirty = False
            rows = [row for turn in changed for row in turn.rows()]
            try:
                await self._means.database.write(lambda connection, rows=rows: storing.save_pieces(connection, rows))  # type: ignore[misc]
            except DatabaseDown:
                for turn in changed:
                    turn.dirty = True
                raise

    async def close(self) -> None:
        """Cut what is being answered; it can be asked again later."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None], key: tuple[str, int], turn: LiveTurn) -> None:
        self._tasks.discard(task)
        turn.over = True
        if self._turns.get(key) is turn:
            del self._turns[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("battle %s turn %d", *key, exc_info=error)
