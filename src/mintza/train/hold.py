"""One training in a workspace at a time: processes that outlive whoever started them must not meet those of the next try."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mintza.errors import Held
from mintza.progress import Progress
from mintza.train.team import Team, by_first

HOLD = "held"
PAUSE_S = 0.2


@contextmanager
def held(workspace: Path, team: Team, progress: Progress, *, patience_s: float = 120.0) -> Iterator[None]:
    """Hold a workspace for a team; the system lets go of it when the first process ends, however it ends.

    Waits for another training to end, which is said once. Raises Held when it does not within `patience_s`.
    """
    with (workspace / HOLD).open("ab") as file:

        def take() -> None:
            until = time.monotonic() + patience_s
            said = False
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                except BlockingIOError:
                    if time.monotonic() > until:
                        raise _still_held(workspace) from None
                if not said:
                    progress(0, None, "waiting for an earlier training in the same workspace to end")
                    said = True
                time.sleep(PAUSE_S)

        by_first(team, take)
        yield


def _still_held(workspace: Path) -> Held:
    return Held(
        "another process trains in this workspace",
        place=str(workspace),
        remedy="wait for it, or end it: it makes a checkpoint on SIGTERM; then run again",
    )
