"""Models served by processes of this machine: what jobs are on a cluster, for `mintza run`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from mintza.errors import Held
from mintza.pipeline.serving import Serving, announcements_of, serving_lock
from mintza.store import Store
from mintza.store.disk import explained

_ENDS_S = 10.0


class Processes:
    """A Starter whose processes end with it. Those that another run started are found by the lock that each holds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._own: dict[tuple[str, int], subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._own.values():
            process.terminate()
        for process in self._own.values():
            try:
                process.wait(_ENDS_S)
            except subprocess.TimeoutExpired:
                process.kill()

    def live(self, serving: Serving) -> Mapping[int, str]:
        """See Starter."""
        found = {}
        announced = {one.number: one.job for one in announcements_of(self._store, serving).all()}
        for number in range(serving.settings.jobs):
            own = self._own.get((serving.key, number))
            if own is not None and own.poll() is None:
                found[number] = _called(own.pid)
            elif self._held(serving, number):
                found[number] = announced.get(number, "another run's process")
        return found

    def start(self, serving: Serving, number: int) -> str:
        """See Starter."""
        log = self._log(serving, number)
        command = [sys.executable, "-m", "mintza.cli", "serve", str(serving.study), serving.name]
        with explained(log):
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("wb") as out:
                process = subprocess.Popen(
                    [*command, "--number", str(number)], stdout=out, stderr=out, stdin=subprocess.DEVNULL
                )
        self._own[serving.key, number] = process
        return _called(process.pid)

    def stop(self, job: str) -> None:
        """See Starter. One of another run is left to it."""
        for process in self._own.values():
            if _called(process.pid) == job:
                process.kill()
                process.wait()

    def last_lines(self, serving: Serving, number: int) -> list[str]:
        """See Starter."""
        try:
            lines = self._log(serving, number).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        return [line.strip() for line in lines if line.strip()][-3:]

    def _held(self, serving: Serving, number: int) -> bool:
        try:
            with serving_lock(self._store, serving, number, waiting=None):
                return False
        except Held:
            return True

    def _log(self, serving: Serving, number: int) -> Path:
        return self._store.root / "serving" / serving.key[:20] / f"{number}.log"


def _called(pid: int) -> str:
    return f"process {pid}"
