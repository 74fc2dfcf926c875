"""Workers: pieces of the corpus go out, seals come back; this process is one of them, the others end when it does."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any, Generic, NamedTuple, TypeVar, cast

from mintza.errors import MintzaError

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[T], R]
# A worker looks for modules where its parent does, and not in the folder where it happens to be.
_BEGIN = "import sys; sys.path[:] = sys.argv[4:]; from mintza.corpus.pool import serve; serve(*map(int, sys.argv[1:4]))"
_LAST_WORDS = 5.0
# Tasks for each of the others: the one that it does, and those that lie ready while this process does one itself.
AHEAD = 3
_FILE = struct.Struct("i")  # a descriptor, as it comes over a socket


def each_done(tasks: Iterable[T], prepare: Callable[[], Work[T, R]], *, workers: int) -> Iterator[R]:
    """The result of each task, in any order; tasks are taken as workers come free, so that few are held.

    prepare: makes the function that does a task, once a worker; it and the tasks must pickle when there are several, and lie in
    modules that can be imported.  workers: processes that work, this one among them. Raises what a task raised, and MintzaError
    when a worker was ended. The others end with this process, however that ends.
    """
    return _Pool(prepare, workers - 1).run(tasks)


class _Pool(Generic[T, R]):
    def __init__(self, prepare: Callable[[], Work[T, R]], others: int) -> None:
        self._prepare = prepare
        self._most = others
        self._others: dict[Connection, subprocess.Popen[bytes]] = {}
        self._out = 0  # tasks that others have, or could take
        self._own: Work[T, R] | None = None

    def run(self, tasks: Iterable[T]) -> Iterator[R]:
        rest = iter(tasks)
        first = list(itertools.islice(rest, self._most + 1))
        # One queue for all: whoever comes free takes the next, so that at the end nobody waits while another has tasks lying.
        self._put, self._queue = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._put.setblocking(False)
        try:
            # All at once: a worker takes a third of a second until it can work.
            with _nameless(self._prepare) as prepare:
                for _ in first[1:]:
                    self._start(prepare)
            for task in itertools.chain(first, rest):
                yield from self._collected(wait=False)
                if self._out >= AHEAD * len(self._others) or not self._sent(task):
                    yield self._done_here(task)
                else:
                    self._out += 1
            while self._out:
                if (back := _received(self._queue, wait=False)) is not None:
                    self._out -= 1
                    yield self._done_here(_read(back))
                yield from self._collected(wait=back is None)
        finally:
            self._end()

    def _done_here(self, task: T) -> R:
        self._own = self._own or self._prepare()
        return self._own(task)

    def _start(self, prepare: int) -> None:
        # Neither forked nor by multiprocessing: a fork inherits what its parent has open, and multiprocessing imports the parent's
        # program again before anything of ours runs, so that a parent that is killed meanwhile is not missed for seconds.
        ours, theirs = multiprocessing.Pipe()
        files = [theirs.fileno(), self._queue.fileno(), prepare]
        command = [sys.executable, "-P", "-c", _BEGIN, *map(str, files), *sys.path]
        self._others[ours] = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=files)
        theirs.close()

    def _sent(self, task: T) -> bool:
        """Put it where a worker finds it when it has time: a pipe would hold up whoever writes to it meanwhile.

        Whether there was room for it.
        """
        with _nameless(task) as file, contextlib.suppress(BlockingIOError):
            socket.send_fds(self._put, [b"."], [file])
            return True
        return False

    def _collected(self, *, wait: bool) -> Iterator[R]:
        """The results of all workers that have one; at least one, when it is waited for."""
        for ready in multiprocessing.connection.wait(self._others, None if wait else 0) if self._out else ():
            assert isinstance(ready, Connection)
            try:
                answer: _Answer[R] = ready.recv()
            except (EOFError, ConnectionResetError):
                raise self._ended(ready) from None
            if answer.error is not None:
                raise answer.error
            self._out -= 1
            yield cast("R", answer.result)

    def _ended(self, connection: Connection) -> MintzaError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._others[connection].wait(_LAST_WORDS)
        return MintzaError(
            f"a worker was ended from outside (exit code {self._others[connection].returncode})",
            place="corpus",
            remedy="if memory was short, lower `execution: {workers, shard_size}` of the corpus; "
            "run again: what is finished is kept",
        )

    def _end(self) -> None:
        for connection, process in self._others.items():
            connection.close()
            process.terminate()
        for process in self._others.values():
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
        self._put.close()
        self._queue.close()


class _Answer(NamedTuple, Generic[R]):
    """result: of a task.  error: in its place, what was raised."""

    result: R | None
    error: Exception | None


def serve(pipe: int, queue: int, prepare: int) -> None:
    """A worker's life: it is told what it does, does task after task, and is ended when there is none.

    pipe, queue, prepare: descriptors of its end of the pipe, of the socket where tasks lie, and of the file that says what it does.
    Standard input is a pipe that ends with the parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who asks is told, and ends the workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    connection = Connection(pipe)
    tasks = socket.socket(fileno=queue)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        # With this come all imports: the parent is looked after already.
        prepared = _read(prepare)
        work: Work[Any, Any] | None = None
        while (task := _received(tasks, wait=True)) is not None:
            try:
                work = work or prepared()
                answer = _Answer(work(_read(task)), None)
            except Exception as error:
                answer = _Answer(None, _sendable(error))
            connection.send(answer)


@contextlib.contextmanager
def _nameless(what: Any) -> Iterator[int]:
    """A file that holds it, and is there as long as anybody has it open; in memory, where the system has such."""
    in_memory = hasattr(os, "memfd_create")
    with os.fdopen(os.memfd_create("mintza-corpus"), "wb") if in_memory else tempfile.TemporaryFile() as file:
        pickle.dump(what, file, pickle.HIGHEST_PROTOCOL)
        file.flush()
        yield file.fileno()


def _received(queue: socket.socket, *, wait: bool) -> int | None:
    """The file of a task, which nobody else gets; None when there is none."""
    # Not by socket.recv_fds, which takes flags and does not heed them.
    try:
        _, besides, _, _ = queue.recvmsg(1, socket.CMSG_LEN(_FILE.size), 0 if wait else socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    return next((int(_FILE.unpack(data)[0]) for _, _, data in besides), None)


def _read(file: int) -> Any:
    """What a nameless file holds; it is closed here."""
    with os.fdopen(file, "rb"):
        # From its beginning, whoever else reads it: all who have it open share one place in it.
        return ForkingPickler.loads(os.pread(file, os.fstat(file).st_size, 0))


def _sendable(error: Exception) -> Exception:
    """The error, or its words where it is of a kind that may not come through whole."""
    return error if isinstance(error, MintzaError | OSError) else RuntimeError(f"{type(error).__name__}: {error}")


def _end_with_parent() -> None:
    """End this process when its parent is gone, also in the middle of a task: what it leaves has no seal.

    Nothing is ever written to its standard input, whose other end the parent alone holds: reading wakes at once when that is gone.
    """
    os.read(0, 1)
    os._exit(1)
