"""The journal: every request and its answer, on disk before the answer is used. Nothing is asked twice."""

from __future__ import annotations

import os
import re
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import msgspec

from mintza.errors import ModelError, StoreError
from mintza.models.requests import request_body, request_key
from mintza.models.seam import (
    ChatPrompt,
    Completion,
    JsonSchema,
    Likelihood,
    Pair,
    Prompt,
    Sampling,
    TextModel,
)
from mintza.models.templates import ChatTemplate
from mintza.records import ModelRef

__all__ = ["AsTheyCome", "Journal", "Journalled", "request_body", "request_key"]

_BEGINNING = b'{"key":"'
_KEY = slice(len(_BEGINNING), len(_BEGINNING) + 64)
_OPEN_FILES = 64
_READ_AHEAD = 4096
_HELD_ANSWERS = 64
_HELD_S = 0.1

Asked = TypeVar("Asked", Prompt, ChatPrompt)


def utc_now() -> datetime:
    """The time that a journal line is stamped with, unless another clock is given."""
    return datetime.now(UTC)


class _Line(msgspec.Struct):
    """What is read back of a line; `request` and `at` are for people."""

    key: str
    completion: Completion


class Journal:
    """Append-only lines of JSON, in one file a writer process; all files of the folder are read together when it is opened.

    A line is written whole and given to the operating system at once: it outlives `kill -9`. `sync` brings what was written
    through a power cut too. A last line without its end was being written when its process died, and is not there.
    An answer that ended in an error is kept for people and never given back. A file belongs to the opening that made it and
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
        self._handles: dict[int, int] = {}
        self._places: dict[bytes, int] = {}
        self._own: int | None = None
        self._own_file = -1
        self._end = 0
        self._unsynced = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(folder.glob("*.jsonl")):
                self._read(path)
        except OSError as error:
            raise _unwritable(folder, error) from error

    def __len__(self) -> int:
        """How many requests have an answer."""
        return len(self._places)

    def __contains__(self, key: str) -> bool:
        return _short(key) in self._places

    def get(self, key: str) -> Completion | None:
        """The answer to the request with this key, if it was given."""
        place = self._places.get(_short(key))
        if place is None:
            return None
        line = self._line(place >> 48, place & (2**48 - 1))
        try:
            found = msgspec.json.decode(line, type=_Line)
        except msgspec.DecodeError:
            found = None
        if found is None or found.key != key:
            self.unreadable += 1
            del self._places[_short(key)]
            return None
        return found.completion

    def put(self, key: str, request: Mapping[str, Any], completion: Completion) -> None:
        """Write an answer. `sync` makes it last; until then it outlives this process, and not the machine."""
        name = "failed" if completion.finish_reason == "error" else "key"
        at = self._clock().isoformat(timespec="milliseconds")
        line = msgspec.json.encode({name: key, "completion": completion, "request": request, "at": at}) + b"\n"
        place = self._append(line)
        if name == "key":
            self._places[_short(key)] = self._own_file << 48 | place

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

    def _read(self, path: Path) -> None:
        number = len(self._files)
        self._files.append(path)
        place = 0
        with path.open("rb", buffering=1 << 20) as lines:
            for line in lines:
                if line.startswith(_BEGINNING) and line.endswith(b"}\n"):
                    try:
                        self._places[bytes.fromhex(line[_KEY].decode("ascii"))[:16]] = number << 48 | place
                    except ValueError:
                        self.unreadable += 1
                elif line.endswith(b"\n") and not line.startswith((b'{"journal":', b'{"failed":')):
                    self.unreadable += 1
                place += len(line)

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

    def _append(self, line: bytes) -> int:
        """Write a whole line or nothing; its place in the file."""
        place = self._end
        try:
            if self._own is None:
                place = self._begin()
            written = 0
            while written < len(line):
                written += os.write(self._own or 0, line[written:])
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
            head = {"journal": 1, "model": self.model.name, "provider": self.model.provider}
            self._end = os.write(self._own, msgspec.json.encode({**head, "revision": self.model.revision}) + b"\n")
            _sync_folder(self.folder)
            return self._end
        raise _unwritable(self.folder, OSError("it holds too many files of one process"))


def _short(key: str) -> bytes:
    return bytes.fromhex(key)[:16]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@runtime_checkable
class AsTheyCome(Protocol):
    """What a provider with several requests on their way may offer: answers in any order, each with its request's place.

    The journal then has an answer as soon as there is one, and not only when all before it are there.
    """

    def complete_as_they_come(
        self, prompts: Iterable[Prompt], sampling: Sampling
    ) -> Iterator[tuple[int, Completion]]: ...

    def chat_as_they_come(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[tuple[int, Completion]]: ...


class Journalled:
    """A TextModel that asks only what its journal lacks, and has each answer on disk before it gives it.

    Prompts are read ahead of the answers. An answer that ended in an error is given, and asked again the next time.
    Likelihoods are not journalled: they depend on nothing but the model, and the stage's own records keep them.
    """

    def __init__(self, model: TextModel, journal: Journal) -> None:
        self._model = model
        self._journal = journal

    @property
    def ref(self) -> ModelRef:
        """Of the model."""
        return self._model.ref

    @property
    def template(self) -> ChatTemplate | None:
        """Of the model."""
        return self._model.template

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Continue each raw text, from the journal where it was asked already."""
        model = self._model

        def ask(missing: Iterator[Prompt]) -> Iterator[tuple[int, Completion]]:
            if isinstance(model, AsTheyCome):
                return model.complete_as_they_come(missing, sampling)
            return _numbered(model.complete(missing, sampling))

        return _Run(self._journal, model.ref, sampling, None, ask).answers(prompts)

    def chat(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[Completion]:
        """Answer each conversation, from the journal where it was asked already."""
        model = self._model

        def ask(missing: Iterator[ChatPrompt]) -> Iterator[tuple[int, Completion]]:
            if isinstance(model, AsTheyCome):
                return model.chat_as_they_come(missing, sampling, schema)
            return _numbered(model.chat(missing, sampling, schema))

        return _Run(self._journal, model.ref, sampling, schema, ask).answers(prompts)

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        """As the model gives it."""
        return self._model.likelihood(pairs)

    def close(self) -> None:
        """Close the model and the journal."""
        self._model.close()
        self._journal.close()


class _Run:
    """One call of Journalled: some answers come from the journal and some from the model, all in the order of the requests."""

    def __init__(
        self,
        journal: Journal,
        model: ModelRef,
        sampling: Sampling,
        schema: JsonSchema | None,
        ask: Callable[[Iterator[Any]], Iterator[tuple[int, Completion]]],
    ) -> None:
        self._journal = journal
        self._model = model
        self._sampling = sampling
        self._schema = schema
        self._ask = ask

    def answers(self, prompts: Iterable[Asked]) -> Iterator[Completion]:
        source = iter(prompts)
        for prompt in source:
            known = self._journal.get(self._key(prompt))
            if known is not None:
                yield known
            else:
                yield from self._asked(chain([prompt], source))

    def _key(self, prompt: Prompt | ChatPrompt) -> str:
        return request_key(self._model, self._sampling, prompt, self._schema)

    def _asked(self, source: Iterator[Asked]) -> Iterator[Completion]:
        """Ask what is missing, reading ahead by no more than _READ_AHEAD; the rest of `source` is left to the caller."""
        waiting: deque[str] = deque()
        under_way: dict[int, tuple[str, Asked]] = {}
        answered: dict[str, Completion] = {}
        held: list[Completion] = []
        since = time.monotonic()
        missing = _missing(source, self._key, self._journal, waiting, under_way)
        with _let_go_of(self._ask(missing)) as answers:
            for number, answer in answers:
                key, prompt = under_way.pop(number)
                self._journal.put(key, request_body(self._model, self._sampling, prompt, self._schema), answer)
                answered[key] = answer
                held += self._ready(waiting, answered)
                if len(held) >= _HELD_ANSWERS or time.monotonic() - since > _HELD_S:
                    self._journal.sync()
                    yield from held
                    held.clear()
                    since = time.monotonic()
        self._journal.sync()
        yield from held
        yield from self._ready(waiting, answered)
        if waiting:
            raise ModelError(f"model {self._model.name!r} left {len(waiting)} requests without an answer")

    def _ready(self, waiting: deque[str], answered: dict[str, Completion]) -> Iterator[Completion]:
        """Answers that have all before them."""
        while waiting:
            known = answered.get(waiting[0]) or self._journal.get(waiting[0])
            if known is None:
                return
            key = waiting.popleft()
            if key in self._journal:
                answered.pop(key, None)
            yield known


@contextmanager
def _let_go_of(answers: Iterator[Any]) -> Iterator[Iterator[Any]]:
    """Close a generator when its reader stops early, so that the model stops too."""
    try:
        yield answers
    finally:
        close = getattr(answers, "close", None)
        if close is not None:
            close()


def _numbered(answers: Iterator[Completion]) -> Iterator[tuple[int, Completion]]:
    with _let_go_of(answers):
        yield from enumerate(answers)


def _missing(
    source: Iterator[Asked],
    key_of: Callable[[Asked], str],
    journal: Journal,
    waiting: deque[str],
    under_way: dict[int, tuple[str, Asked]],
) -> Iterator[Asked]:
    """Requests that the journal lacks, each once; all that is read is noted in `waiting`, all that is given in `under_way`."""
    given: set[str] = set()
    for prompt in source:
        key = key_of(prompt)
        waiting.append(key)
        if key not in journal and key not in given:
            under_way[len(given)] = (key, prompt)
            given.add(key)
            yield prompt
        if len(waiting) >= _READ_AHEAD:
            return


def _unwritable(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        f"the journal cannot be read or written: {error.strerror or error}",
        place=str(folder),
        remedy="free space on the disk or mend the permissions, and run again: what was answered is kept",
    )
