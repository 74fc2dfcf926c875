"""Shows a run: one line an artifact, a bar with time left while it is made."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from mintza.progress import Progress as Told
from mintza.records import Artifact

SPEAK_EVERY_SECONDS = 30.0


def duration(seconds: float) -> str:
    """`8 s`, `3 min 20 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def counted(artifact: Artifact) -> str:
    """`118 Document, 12 dropped`."""
    parts = [f"{count} {name}" for name, count in artifact.records.items()]
    dropped = sum(v.count for v in artifact.verdicts if not v.kept)
    if dropped:
        parts.append(f"{dropped} dropped")
    if artifact.files:
        parts.append(f"{len(artifact.files)} files")
    return ", ".join(parts) or "nothing"


class Pace:
    """How fast something goes since it was first heard of, so that what an earlier try did is not taken for speed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first: tuple[float, int] | None = None
        self._done = 0

    def saw(self, done: int) -> None:
        """So much is done by now. Less than before begins anew."""
        if self._first is None or done < self._done:
            self._first = (self._clock(), done)
        self._done = done

    def left(self, total: int | None) -> float | None:
        """Seconds until all of it is done, None when nobody can know."""
        if total is None or self._first is None or self._done >= total or self._done <= self._first[1]:
            return None
        began, before = self._first
        return (self._clock() - began) / (self._done - before) * (total - self._done)


class TerminalListener:
    """Listens to a run and prints. Where there is no terminal it prints a line now and then instead of a bar."""

    def __init__(self, console: Console, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._total = total
        self._seen = 0
        self._clock = clock
        self._task: TaskID | None = None
        self._spoke = clock()
        self.made = 0
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> TerminalListener:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def begins(self, node: str, does: str) -> Told:
        """A bar for this node."""
        self._drop_bar()
        task = self._bars.add_task(f"[{self._seen + 1}/{self._total}] {node}", total=None, note=does)
        self._task = task
        self._spoke = self._clock()
        said: set[str] = set()
        pace = Pace(self._clock)

        def told(done: int, total: int | None, note: str = "") -> None:
            pace.saw(done)
            self._bars.update(task, completed=done, total=total, note=note or does)
            words = re.sub(r"[\d.,]+", "", note)
            # What is new in words (a resumption, a spoiled checkpoint) is worth a line of its own; "loss 3.2" after "loss 3.4" is not.
            new = words not in said and not self._console.is_terminal
            if new or (not said and done > 0) or self._due():
                self._spoke = self._clock()
                left = f", about {duration(seconds)} left" if (seconds := pace.left(total)) else ""
                self.say(f"{node}: {done}{f' of {total}' if total else ''} {note}".rstrip() + left)
            said.add(words)

        return told

    def ends(self, node: str, artifact: Artifact, made: bool) -> None:
        """A line for this node."""
        self._seen += 1
        self._drop_bar()
        mark, took = ("made", f" in {duration(artifact.seconds)}") if made else ("kept", "")
        self.made += made
        self._console.print(
            f"[{self._seen}/{self._total}] {mark} {node}: {counted(artifact)}{took}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )

    def say(self, line: str) -> None:
        """A line of its own."""
        self._console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)

    def _drop_bar(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None

    def _due(self) -> bool:
        return not self._console.is_terminal and self._clock() - self._spoke >= SPEAK_EVERY_SECONDS
