"""From records as they are read to sealed shards: workers do the pieces, and what a killed run had finished is used again."""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from mintza.corpus import line_counts
from mintza.corpus.chain import Chain, Frequent, Recipe
from mintza.corpus.filters.boilerplate import Boilerplate
from mintza.corpus.merging import read_run, write_run
from mintza.corpus.pool import each_done
from mintza.corpus.shards import SEAL, Comparing, Seal, fresh, intact, sealed, write_seal, write_shard
from mintza.corpus.sources.pieces import Unread
from mintza.records import Document, Verdict
from mintza.text.vocabulary import Vocabulary

RECORD_SIZE = 200
AsRead = Iterable[Document | Verdict | Unread]


class Task(NamedTuple):
    """A piece of work. folder: what it leaves.  digest: of its input.  records: as they were read; none when they were
    cleaned already and lie in `cleaned`.  frequent: file of the lines that stand in many documents.
    """

    folder: Path
    digest: str
    records: tuple[Document | Verdict | Unread, ...] = ()
    cleaned: Path | None = None
    frequent: Path | None = None

    def __reduce__(self) -> tuple[Callable[..., Task], tuple[Any, ...]]:
        """As it goes to workers: documents packed together, which takes a sixth of the time of one by one."""
        if not all(isinstance(record, Document) for record in self.records):
            return Task, tuple(self)
        try:
            packed = msgspec.msgpack.encode(self.records)
        except UnicodeEncodeError:  # what cannot be written as UTF-8 is for the worker to name
            return Task, tuple(self)
        return _unpacked, (packed, *self._replace(records=()))


def _unpacked(documents: bytes, *rest: Any) -> Task:
    """A task whose records are all documents."""
    return Task(*rest)._replace(records=tuple(msgspec.msgpack.decode(documents, type=list[Document])))


class Cleaned(msgspec.Struct, frozen=True):
    """Seal of cleaned documents whose lines were counted. sizes: source -> documents."""

    digest: str
    sizes: dict[str, int]


class Making:
    """Makes the shards of one corpus in a workspace. digest: of all that decides the result but the sources' content."""

    def __init__(self, recipe: Recipe, workspace: Path, digest: str) -> None:
        self._recipe = recipe
        self._workspace = workspace
        self._digest = digest
        self._execution = recipe.settings.execution

    def shards(self, records: AsRead) -> tuple[list[Path], list[Seal]]:
        """Folders and seals of all documents that the filters of one document keep. Raises OSError, and what filters raise."""
        boilerplate = self._recipe.settings.filters.boilerplate
        raw = self._tasks(records, self._workspace / "shards")
        if boilerplate is not None:
            raw = self._recounted(self._tasks(records, self._workspace / "cleaned"), Boilerplate(boilerplate))
        tasks: list[Task] = []
        missing = (
            task for task in _noted(raw, tasks) if not (sealed(task.folder, task.digest) and intact(task.folder))
        )
        for _ in each_done(missing, partial(_finishing, self._recipe), workers=self._execution.workers):
            pass
        seals = [seal for task in tasks if (seal := sealed(task.folder, task.digest)) is not None]
        _only(self._workspace / "shards", tasks)
        return [task.folder for task in tasks], seals

    def aside(self, documents: Sequence[Document]) -> tuple[Path, Seal]:
        """A shard of documents that are cleaned and pass no filter."""
        cleaned = Chain(self._recipe).cleaned(documents) if documents else ()
        kept = (msgspec.structs.replace(one, split="train") for one in cleaned if isinstance(one, Document))
        folder = self._workspace / "aside"
        return folder, write_shard(folder, "", kept, comparing(self._recipe), Vocabulary())

    def _tasks(self, records: AsRead, folder: Path) -> Iterator[Task]:
        for number, batch in enumerate(_batches(records, self._execution.shard_size)):
            yield Task(folder / f"{number:06}", _digest(self._digest, batch), batch)

    def _recounted(self, raw: Iterable[Task], boilerplate: Boilerplate) -> Iterator[Task]:
        """Once all were cleaned and their lines counted: what is left to do with the cleaned ones."""
        tasks: list[Task] = []
        missing = (task for task in _noted(raw, tasks) if not (_cleaned(task) and intact(task.folder)))
        for _ in each_done(missing, partial(_cleaning, self._recipe, boilerplate), workers=self._execution.workers):
            pass
        _only(self._workspace / "cleaned", tasks)
        sizes: Counter[str] = Counter()
        for task in tasks:
            found = _cleaned(task)
            sizes.update(found.sizes if found else {})
        counted = line_counts.frequent([task.folder for task in tasks], least=boilerplate.fewest(sizes.values()))
        frequent = self._workspace / "frequent.json"
        frequent.write_bytes(msgspec.json.encode(Frequent(counted, dict(sizes))))
        decided = _xxh3([frequent.read_bytes()])
        for task in tasks:
            digest = _xxh3([decided.encode(), task.digest.encode()])
            yield Task(self._workspace / "shards" / task.folder.name, digest, (), task.folder, frequent)


def comparing(recipe: Recipe) -> Comparing:
    """How the documents of a corpus are compared."""
    near = recipe.settings.filters.near
    return Comparing(near.shingle, near.threshold, recipe.seed)


def _finishing(recipe: Recipe) -> Callable[[Task], str]:
    chain = Chain(recipe)
    read: dict[Path, Frequent] = {}

    def finish(task: Task) -> str:
        if task.cleaned is None or task.frequent is None:
            records = chain.cleaned(task.records)
        else:
            if task.frequent not in read:
                read[task.frequent] = msgspec.json.decode(task.frequent.read_bytes(), type=Frequent)
            records = chain.without_boilerplate(_read(task.cleaned), read[task.frequent])
        write_shard(task.folder, task.digest, chain.filtered(records), comparing(recipe), chain.vocabulary)
        return task.folder.name

    return finish


def _cleaning(recipe: Recipe, boilerplate: Boilerplate) -> Callable[[Task], str]:
    chain = Chain(recipe)

    def clean(task: Task) -> str:
        records = list(chain.cleaned(task.records))
        documents = [record for record in records if isinstance(record, Document)]
        new = fresh(task.folder)
        write_run(new / "documents.jsonl", documents)
        write_run(new / "verdicts.jsonl", (record for record in records if isinstance(record, Verdict)))
        line_counts.write(new, map(boilerplate.lines, documents))
        sizes = Counter(document.provenance.source for document in documents)
        write_seal(new, task.folder, Cleaned(task.digest, dict(sizes)))
        return task.folder.name

    return clean


def _read(cleaned: Path) -> Iterator[Document | Verdict]:
    yield from read_run(cleaned / "verdicts.jsonl", Verdict)
    yield from read_run(cleaned / "documents.jsonl", Document)


def _cleaned(task: Task) -> Cleaned | None:
    try:
        seal = msgspec.json.decode((task.folder / SEAL).read_bytes(), type=Cleaned)
    except (OSError, msgspec.DecodeError):
        return None
    return seal if seal.digest == task.digest else None


def _noted(tasks: Iterable[Task], notes: list[Task]) -> Iterator[Task]:
    """The tasks as they come; what names them is kept, without their records."""
    for task in tasks:
        notes.append(task._replace(records=()))
        yield task


def _only(folder: Path, tasks: Iterable[Task]) -> None:
    """Remove what another run left, whose pieces were of another size."""
    names = {task.folder.name for task in tasks}
    for path in folder.iterdir() if folder.exists() else ():
        if path.name not in names:
            shutil.rmtree(path, ignore_errors=True)


def _batches(records: AsRead, size: int) -> Iterator[tuple[Document | Verdict | Unread, ...]]:
    """Pieces of at least `size` characters, or what is left."""
    batch: list[Document | Verdict | Unread] = []
    weight = 0
    for record in records:
        batch.append(record)
        weight += RECORD_SIZE + _size(record)
        if weight >= size:
            yield tuple(batch)
            batch, weight = [], 0
    if batch:
        yield tuple(batch)


def _size(record: Document | Verdict | Unread) -> int:
    if isinstance(record, Unread):
        return record.size
    return len(record.text if isinstance(record, Document) else record.excerpt)


def _digest(before: str, records: AsRead) -> str:
    parts = itertools.chain([before], *map(_told, records))
    return _xxh3(one if isinstance(one, bytes) else one.encode("utf-8", "surrogatepass") for one in parts)


def _told(record: Document | Verdict | Unread) -> tuple[bytes | str, ...]:
    """What tells a record from another of the same source."""
    if isinstance(record, Unread):
        return record.id, str(record.url), *record.content
    if isinstance(record, Document):
        return record.id, str(record.provenance.url), record.text
    return record.record_id, record.reason, record.excerpt


def _xxh3(parts: Iterable[bytes]) -> str:
    import xxhash

    digest = xxhash.xxh3_128()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()
