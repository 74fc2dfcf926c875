"""The journal: every request and its answer, on disk before the answer is used. Nothing is asked twice."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from mintza.durable import sync_path, write_whole
from mintza.errors import StoreError
from mintza.models.places import Places
from mintza.models.seam import Completion, Receipt
from mintza.records import ModelRef

_BEGINNING = b'{"key":"'
_KEY = slice(len(_BEGINNING), len(_BEGINNING) + 64)
_EXPORTED = b'{"exported":"'
_EXPORTED_KEY = slice(len(_EXPORTED), len(_EXPORTED) + 64)
_FAILED = b'{"failed":"'
_OTHERS = (b'{"journal":', _FAILED, _EXPORTED)
_OPEN_FILES = 64


def utc_now() -> datetime:
    """The time that a journal line is stamped with, unless another clock is given."""
    return datetime.now(UTC)


class _Line(msgspec.Struct):
    """What is read back of a line; `request` and `at` are for people."""

    key: str
    completion: Completion


class _Failure(msgspec.Struct):
    """What is read back of the line of a request that failed."""

    failed: str
    completion: Completion


class Journal:
    """Append-only lines of JSON, in one file a writer process; all files of the folder are read together when it is opened.

    A line is written whole and given to the operating system at once: it outlives `kill -9`. `sync` brings what was written
    through a power cut too. A last line without its end was being written when its process died, and is not there.
    An answer that ended in an error is kept for people and never given back; so is a request that went into a batch file, for
    the day when its answer comes. A file belongs to the opening that made it and
    is never appended to by another, so that no two processes meet. Only places in the files are held in memory.
    Raises StoreError when the folder cannot be written.
    """

    def __init__(self, folder: Path, model: ModelRef, clock: Callable[[], datetime] = utc_now) -> None:
        self.folder = folder
        self.model = model
        self.unreadable = 0
        """Lines, other than torn last ones, that are no answers: their requests will be asked again."""
        self._clock = clock
        self._files: list[Path] = []
        self._read_to: list[int] = []
        self._handles: dict[int, int] = {}
        self._places = Places()
        self._exported: Places | None = None
        self._own: int | None = None
        self._own_file = -1
        self._end = 0
        self._unsynced = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(folder.glob("*.jsonl")):
                self._read(path, len(self._files))
        except OSError as error:
            raise _unwritable(folder, error) from error

    def __len__(self) -> int:
        """How many requests have an answer."""
        return len(self._places)

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def get(self, key: str) -> Completion | None:
        """The answer to the request with this key, if it was given."""
        place = self._places.get(key)
        if place is None:
            return None
        line = self._line(place >> 48, place & (2**48 - 1))
        try:
            found = msgspec.json.decode(line, type=_Line)
        except msgspec.DecodeError:
            found = None
        if found is None or found.key != key:
            self.unreadable += 1
            self._places.drop(key)
            return None
        return found.completion

    def refresh(self) -> dict[str, Completion]:
        """Take in what other processes have written since. Gives, by key, what of it ended in an error: `get` never does.

        Raises StoreError when the folder cannot be read.
        """
        failures: dict[str, Completion] = {}
        try:
            known = {path: number for number, path in enumerate(self._files)}
            for path in sorted(self.folder.glob("*.jsonl")):
                number = known.get(path, len(self._files))
                if number != self._own_file:
                    self._read(path, number, failures)
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        return failures

    def failures(self) -> dict[str, Completion]:
        """All that ever ended in an error, by key, whether it was answered since or not."""
        found = {}
        for path in sorted(self.folder.glob("*.jsonl")):
            for _, line in _lines(path):
                if line.startswith(_FAILED) and line.endswith(b"}\n"):
                    failed = msgspec.json.decode(line, type=_Failure)
                    found[failed.failed] = failed.completion
        return found

    def put(self, key: str, request: Mapping[str, Any], completion: Completion) -> Completion:
        """Write an answer and its receipt; gives the answer without it. `sync` makes it last; until then it outlives this
        process, and not the machine.
        """
        name = "failed" if completion.finish_reason == "error" else "key"
        receipt, bare = completion.receipt, completion
        if receipt is not None:
            bare = msgspec.structs.replace(completion, receipt=None)
        place = self._append({name: key, "completion": bare, **_told(receipt), "request": request})
        if name == "key":
            self._places.put(key, self._own_file << 48 | place)
        return bare

    def export(self, key: str, request: Mapping[str, Any]) -> None:
        """Write down a request whose answer will come in a file."""
        self._append({"exported": key, "request": request})
        self._exported = None

    def exported(self, key: str) -> dict[str, Any] | None:
        """The request with this key, if it ever went into a batch file."""
        if self._exported is None:
            self._exported = Places()
            for number, path in enumerate(self._files):
                for place, line in _lines(path):
                    if line.startswith(_EXPORTED) and line.endswith(b"}\n"):
                        self._exported.put(line[_EXPORTED_KEY].decode("ascii"), number << 48 | place)
        at = self._exported.get(key)
        if at is None:
            return None
        request: dict[str, Any] = msgspec.json.decode(self._line(at >> 48, at & (2**48 - 1)))["request"]
        return request

    def sync(self) -> None:
        """Return when all that was put is on the disk."""
        if self._own is not None and self._unsynced:
            os.fsync(self._own)
            self._unsynced = False

    def close(self) -> None:
        """Sync, and let go of the files."""
        self.sync()
        if self._own is not None:
            os.close(self._own)
            self._own = None
        self._let_go()

    def _read(self, path: Path, number: int, failures: dict[str, Completion] | None = None) -> None:
        """Take in the lines of a file that were not taken in yet, up to one that is still being written."""
        if number == len(self._files):
            self._files.append(path)
            self._read_to.append(0)
        for place, line in _lines(path, self._read_to[number]):
            if not line.endswith(b"\n"):
                break
            self._read_to[number] = place + len(line)
            if line.startswith(_BEGINNING) and line.endswith(b"}\n"):
                try:
                    self._places.put(line[_KEY].decode("ascii"), number << 48 | place)
                except ValueError:
                    self.unreadable += 1
            elif not line.startswith(_OTHERS):
                self.unreadable += 1
            elif failures is not None and line.startswith(_FAILED):
                failed = msgspec.json.decode(line, type=_Failure)
                failures[failed.failed] = failed.completion

    def _line(self, number: int, place: int) -> bytes:
        if number not in self._handles:
            if len(self._handles) >= _OPEN_FILES:
                self._let_go()
            self._handles[number] = os.open(self._files[number], os.O_RDONLY)
        parts = []
        while True:
            part = os.pread(self._handles[number], 1 << 14, place)
            cut = part.find(b"\n")
            parts.append(part if cut < 0 else part[:cut])
            if cut >= 0 or not part:
                return b"".join(parts)
            place += len(part)

    def _let_go(self) -> None:
        for handle in self._handles.values():
            os.close(handle)
        self._handles.clear()

    def _append(self, content: dict[str, Any]) -> int:
        """Write a whole line or nothing, with the time; its place in the file."""
        at = self._clock().isoformat(timespec="milliseconds")
        line = msgspec.json.encode({**content, "at": at}) + b"\n"
        place = self._end
        try:
            if self._own is None:
                place = self._begin()
            write_whole(self._own or 0, line)
        except OSError as error:
            if self._own is not None:
                os.ftruncate(self._own, place)
            raise _unwritable(self.folder, error) from error
        self._end = place + len(line)
        self._unsynced = True
        return place

    def _begin(self) -> int:
        """Make this opening's own file: host, process, and how many files this process has had. Its first line says whose."""
        host = re.sub(r"[^\w.-]", "-", socket.gethostname()) or "host"
        for count in range(100_000):
            path = self.folder / f"{host}.{os.getpid()}.{count}.jsonl"
            try:
                self._own = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o644)
            except FileExistsError:
                continue
            self._own_file = len(self._files)
            self._files.append(path)
            self._read_to.append(0)
            head = {"journal": 1, "model": self.model.name, "provider": self.model.provider}
            self._end = os.write(self._own, msgspec.json.encode({**head, "revision": self.model.revision}) + b"\n")
            sync_path(self.folder)
            return self._end
        raise _unwritable(self.folder, OSError("it holds too many files of one process"))


def _lines(path: Path, place: int = 0) -> Iterator[tuple[int, bytes]]:
    """Each line from a place on, with its first byte's place."""
    with path.open("rb", buffering=1 << 20) as lines:
        lines.seek(place)
        for line in lines:
            yield place, line
            place += len(line)


def _told(receipt: Receipt | None) -> dict[str, Any]:
    """A receipt as fields of a line. A body that was printed over several lines is written on one."""
    if receipt is None:
        return {}
    body = receipt.response.encode()
    if b"\n" in body or b"\r" in body:
        body = msgspec.json.encode(msgspec.json.decode(body))
    told = {"seconds": receipt.seconds, "endpoint": receipt.endpoint}
    return {**told, "response": msgspec.Raw(body)} if body else told


def _unwritable(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        f"the journal cannot be read or written: {error.strerror or error}",
        place=str(folder),
        remedy="free space on the disk or mend the permissions, and run again: what was answered is kept",
    )
