"""Workers: pieces of the corpus go out, seals come back; in this process, or in others that end when this one does."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler, recv_handle, send_handle
from typing import IO, Any, Generic, NamedTuple, TypeVar, cast

from mintza.errors import MintzaError

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[T], R]
# A worker looks for modules where its parent does, and not in the folder where it happens to be.
_BEGIN = "import sys; sys.path[:] = sys.argv[2:]; from mintza.corpus.pool import serve; serve(int(sys.argv[1]))"
_LAST_WORDS = 5.0
AHEAD = 2  # tasks of a worker: the one that it does, and one that waits for it


def each_done(tasks: Iterable[T], prepare: Callable[[], Work[T, R]], *, workers: int) -> Iterator[R]:
    """The result of each task, in any order; tasks are taken as workers come free, so that few are held.

    prepare: makes the function that does a task, once a worker; it and the tasks must pickle when there are several, and lie in
    modules that can be imported. Raises what a worker raised, and MintzaError when one was ended. Workers end with this
    process, however that ends.
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
        self._all: dict[Connection, subprocess.Popen[bytes]] = {}
        self._given: dict[Connection, int] = {}

    def run(self, tasks: Iterable[T]) -> Iterator[R]:
        rest = iter(tasks)
        first = list(itertools.islice(rest, self._most))
        try:
            # All at once: a worker takes half a second until it can work.
            for _ in first:
                self._start()
            for task in itertools.chain(first, rest):
                while min(self._given.values()) >= AHEAD:
                    yield from self._collected()
                least = min(self._given, key=self._given.__getitem__)
                self._send(least, task)
                self._given[least] += 1
            while any(self._given.values()):
                yield from self._collected()
        finally:
            self._end()

    def _start(self) -> None:
        # Neither forked nor by multiprocessing: a fork inherits what its parent has open, and multiprocessing imports the parent's
        # program again before anything of ours runs, so that a parent that is killed meanwhile is not missed for seconds.
        ours, theirs = multiprocessing.Pipe()
        file = theirs.fileno()
        command = [sys.executable, "-P", "-c", _BEGIN, str(file), *sys.path]
        self._all[ours] = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[file])
        theirs.close()
        self._given[ours] = 0
        self._send(ours, self._prepare)

    def _send(self, connection: Connection, what: Any) -> None:
        """Put it where the worker finds it when it has time: the pipe itself would hold up whoever writes to it meanwhile."""
        with _nameless() as file:
            pickle.dump(what, file, pickle.HIGHEST_PROTOCOL)
            file.flush()
            try:
                send_handle(connection, file.fileno(), self._all[connection].pid)
            except (BrokenPipeError, ConnectionResetError):
                raise self._ended(connection) from None

    def _collected(self) -> Iterator[R]:
        """The results of all workers that have one, at least one."""
        busy = [connection for connection, tasks in self._given.items() if tasks]
        for ready in multiprocessing.connection.wait(busy):
            assert isinstance(ready, Connection)
            try:
                answer: _Answer[R] = ready.recv()
            except (EOFError, ConnectionResetError):
                raise self._ended(ready) from None
            if answer.error is not None:
                raise answer.error
            self._given[ready] -= 1
            yield cast("R", answer.result)

    def _ended(self, connection: Connection) -> MintzaError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._all[connection].wait(_LAST_WORDS)
        return MintzaError(
            f"a worker was ended from outside (exit code {self._all[connection].returncode})",
            place="corpus",
            remedy="if memory was short, lower `execution: {workers, shard_size}` of the corpus; "
            "run again: what is finished is kept",
        )

    def _end(self) -> None:
        for connection, process in self._all.items():
            connection.close()
            process.terminate()
        for process in self._all.values():
            process.wait()
            if process.stdin is not None:
                process.stdin.close()


class _Answer(NamedTuple, Generic[R]):
    """result: of a task.  error: in its place, what was raised."""

    result: R | None
    error: Exception | None


def serve(file: int) -> None:
    """A worker's life: it is told what it does, does it task after task, and ends when nobody is there to ask it.

    file: descriptor of its end of the pipe. Standard input is a pipe that ends with the parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who asks is told, and ends the workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    connection = Connection(file)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        # With the first message come all imports: the parent is looked after already.
        prepare = _received(connection)
        work: Work[Any, Any] | None = None
        while True:
            task = _received(connection)
            try:
                work = work or prepare()
                answer = _Answer(work(task), None)
            except Exception as error:
                answer = _Answer(None, _sendable(error))
            connection.send(answer)


def _nameless() -> IO[bytes]:
    """A file that is there as long as anybody has it open; in memory, where the system has such."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("mintza-corpus"), "w+b")
    return tempfile.TemporaryFile()


def _received(connection: Connection) -> Any:
    """What was sent. Raises EOFError when the one who asks is gone."""
    try:
        file = recv_handle(connection)
    except (OSError, RuntimeError):
        raise EOFError from None
    with os.fdopen(file, "rb") as opened:
        opened.seek(0)
        return ForkingPickler.loads(opened.read())


def _sendable(error: Exception) -> Exception:
    """The error, or its words where it is of a kind that may not come through whole."""
    return error if isinstance(error, MintzaError | OSError) else RuntimeError(f"{type(error).__name__}: {error}")


def _end_with_parent() -> None:
    """End this process when its parent is gone, also in the middle of a task: what it leaves has no seal.

    Nothing is ever written to its standard input, whose other end the parent alone holds: reading wakes at once when that is gone.
    """
    os.read(0, 1)
    os._exit(1)
