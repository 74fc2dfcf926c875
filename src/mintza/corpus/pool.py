"""Workers: pieces of the corpus go out, seals come back; in this process, or in others that end when this one does."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from mintza.errors import MintzaError

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[T], R]
LOOK_AFTER_PARENT = 0.5


def each_done(tasks: Iterable[T], prepare: Callable[[], Work[T, R]], *, workers: int) -> Iterator[R]:
    """The result of each task, in any order; tasks are taken as workers come free, so that few are held.

    prepare: makes the function that does a task, once a worker; it and the tasks must pickle when there are several. Raises what
    a worker raised, and MintzaError when one was ended. Workers end with this process, however that ends.
    """
    if workers > 1:
        yield from _Pool(prepare, workers).run(tasks)
        return
    work: Work[T, R] | None = None
    for task in tasks:
        work = work or prepare()
        yield work(task)


class _Pool(Generic[T, R]):
    def __init__(self, prepare: Callable[[], Work[T, R]], workers: int) -> None:
        self._prepare = prepare
        self._most = workers
        # Not forked: a fork would inherit the others' pipes, and then no worker would see the end of its own.
        self._context = multiprocessing.get_context("spawn")
        self._all: dict[Connection, BaseProcess] = {}
        self._idle: list[Connection] = []

    def run(self, tasks: Iterable[T]) -> Iterator[R]:
        try:
            for task in tasks:
                if not self._idle and len(self._all) >= self._most:
                    yield from self._collected()
                connection = self._idle.pop() if self._idle else self._started()
                try:
                    connection.send(task)
                except (BrokenPipeError, ConnectionResetError):
                    raise self._ended(connection) from None
            while len(self._idle) < len(self._all):
                yield from self._collected()
        finally:
            self._end()

    def _started(self) -> Connection:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._prepare), name="mintza-corpus", daemon=True)
        process.start()
        theirs.close()
        self._all[ours] = process
        return ours

    def _collected(self) -> Iterator[R]:
        """The results of all workers that have one, at least one."""
        busy = [connection for connection in self._all if connection not in self._idle]
        for ready in multiprocessing.connection.wait(busy):
            assert isinstance(ready, Connection)
            try:
                result, error = ready.recv()
            except (EOFError, ConnectionResetError):
                raise self._ended(ready) from None
            if error is not None:
                raise error
            self._idle.append(ready)
            yield result

    def _ended(self, connection: Connection) -> MintzaError:
        process = self._all[connection]
        process.join(5)
        return MintzaError(
            f"a worker was ended from outside (exit code {process.exitcode})",
            place="corpus",
            remedy="if memory was short, lower `execution: {workers, shard_size}` of the corpus; "
            "run again: what is finished is kept",
        )

    def _end(self) -> None:
        for connection, process in self._all.items():
            connection.close()
            process.terminate()
        for process in self._all.values():
            process.join()


def _serve(connection: Connection, prepare: Callable[[], Work[T, R]]) -> None:
    """A worker's life: it ends when nobody is there to ask it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who asks is told, and ends the workers
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    work: Work[T, R] | None = None
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError, _CutShort):
        while True:
            task = _received(connection)
            answer: tuple[R | None, Exception | None]
            try:
                work = work or prepare()
                answer = work(task), None
            except Exception as error:
                answer = None, _sendable(error)
            connection.send(answer)


class _CutShort(Exception):
    """The one who asks was gone in the middle of a message."""


def _received(connection: Connection) -> Any:
    try:
        return connection.recv()
    except OSError:
        raise _CutShort from None


def _sendable(error: Exception) -> Exception:
    """The error, or its words where it is of a kind that may not come through whole."""
    return error if isinstance(error, MintzaError | OSError) else RuntimeError(f"{type(error).__name__}: {error}")


def _end_with(parent: int) -> None:
    """End this process when its parent is gone, also in the middle of a task: what it leaves has no seal."""
    while os.getppid() == parent:
        time.sleep(LOOK_AFTER_PARENT)
    os._exit(1)
