"""Files become documents: each kind of file by its format, what is broken by name."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from mintza.contents import Memo, remembered
from mintza.corpus.source_settings import OnBadInput, SourceSettings
from mintza.corpus.sources import main_text, plain, tables
from mintza.corpus.sources.files import Found
from mintza.corpus.sources.meter import all_of_file
from mintza.corpus.sources.opening import too_large
from mintza.corpus.sources.pieces import Broken, Format, Formats, Passed, Piece, Raw, Row, Unread
from mintza.corpus.sources.seam import ABSENT
from mintza.corpus.sources.unpacking import PACKED, DamagedFile
from mintza.errors import BadInput
from mintza.records import Document, Provenance, Step, Verdict
from mintza.text.verdicts import dropped

STEP = "read"
UNREADABLE = "unreadable"  # in place of the content of a file
# Places of ids are kept as one number: the ordinal of the file, and the line within it.
_LINES_OF_A_FILE = 1 << 40


def suffix_of(name: str) -> str:
    """The suffix that says what is in a file, lower case, without that of its compression."""
    path = PurePosixPath(name.lower())
    return path.with_suffix("").suffix if path.suffix in PACKED else path.suffix


def texts_and_tables(settings: SourceSettings) -> Formats:
    """What a folder may hold."""
    last = partial(main_text.finish, settings=settings)
    html = Format(partial(main_text.page, settings=settings), main_text.LIBRARIES, main_text.DONE, last)
    lines = Format(partial(plain.json_lines, settings=settings))
    return {
        ".txt": Format(partial(plain.text, settings=settings)),
        ".md": Format(partial(plain.text, settings=settings)),
        ".jsonl": lines,
        ".ndjson": lines,
        ".html": html,
        ".htm": html,
        ".xhtml": html,
        ".csv": Format(partial(tables.separated, settings=settings, separator=",")),
        ".tsv": Format(partial(tables.separated, settings=settings, separator="\t")),
        ".parquet": Format(partial(tables.parquet, settings=settings), ("pyarrow",)),
    }


def content_of(
    files: Sequence[Found] | None, settings: SourceSettings, formats: Formats, memo: Memo | None = None
) -> str:
    """sha256 over the names of all files, the content of those that are read, and the libraries that read them.

    memo: keeps it until a file changes. `absent` when there is no source. Raises BadInput when nothing here can be read.
    """
    if files is None:
        return ABSENT
    _check_any(files, settings, formats)
    used = [f"{library} {importlib.metadata.version(library)}" for library in libraries_of(files, settings, formats)]

    def work() -> tuple[str, bool]:
        whole = hashlib.sha256(b"corpus source\n")
        every = [_content(file) if suffix_of(file.name) in formats else "not read" for file in files]
        for file, content in zip(files, every, strict=True):
            whole.update(f"{file.name!a}\t{content}\n".encode())
        for library in used:
            whole.update(f"{library}\n".encode())
        return whole.hexdigest(), UNREADABLE not in every

    names = json.dumps([[file.name for file in files], sorted(formats), used])
    return remembered(work, [file.path for file in files], memo, names)


def _content(file: Found) -> str:
    if file.path.exists() and not file.path.is_file():
        return UNREADABLE
    try:
        with file.path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return UNREADABLE


def size_of(path: Path) -> int:
    """Bytes of a file; 0 for one that is not there, or is none."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def libraries_of(files: Sequence[Found], settings: SourceSettings, formats: Formats) -> list[str]:
    """Libraries that read these files. Raises BadInput when one is not installed."""
    used = {formats[suffix] for suffix in {suffix_of(file.name) for file in files} & set(formats)}
    libraries = sorted({library for kind in used for library in kind.libraries})
    check_libraries(libraries, settings)
    return libraries


def check_libraries(libraries: Iterable[str], settings: SourceSettings) -> None:
    """Raise BadInput, with the remedy, when one is not installed."""
    missing = [library for library in libraries if importlib.util.find_spec(library) is None]
    if missing:
        raise BadInput(
            f"cannot be read without {', '.join(missing)}",
            place=f"corpus source '{settings.name}'",
            remedy='pip install "mintza[text]"',
        )


def _check_any(files: Sequence[Found], settings: SourceSettings, formats: Formats) -> None:
    if not any(suffix_of(file.name) in formats for file in files):
        kinds = f"{', '.join(formats)} (plain, {', '.join(PACKED)})"
        raise BadInput(
            f"none of the {len(files)} files here is {kinds}" if files else "there is no file yet where its path leads",
            place=f"corpus source '{settings.name}'",
            remedy="point `path` at such files" if files else f"put texts there: {kinds}",
        )


class Reads(ABC):
    """The half of an OpenSource that all share: `unread` says what there is, `finished` does what was left for later."""

    def documents(self, on_bad: OnBadInput) -> Iterator[Document | Verdict]:
        for record in self.unread(on_bad):
            yield self.finished(record, on_bad) if isinstance(record, Unread) else record

    @abstractmethod
    def unread(self, on_bad: OnBadInput) -> Iterator[Document | Verdict | Unread]:
        """See OpenSource.unread."""

    def finished(self, unread: Unread, on_bad: OnBadInput) -> Document | Verdict:
        raise NotImplementedError(f"{unread.source} leaves nothing for later")


class OfFiles(Reads):
    """An OpenSource whose documents lie in files; `found` says in which, `formats` how they are read."""

    _settings: SourceSettings

    @abstractmethod
    def found(self) -> list[Found] | None:
        """The files, sorted by name; None for an optional source that is not there. Raises BadInput when it is not optional."""

    def formats(self) -> Formats:
        """How each kind of file is read, by its suffix."""
        return texts_and_tables(self._settings)

    def present(self) -> bool:
        files = self.found()
        if files is None:
            return False
        _check_any(files, self._settings, self.formats())
        libraries_of(files, self._settings, self.formats())
        return True

    def size(self) -> int:
        formats = self.formats()
        return sum(size_of(file.path) for file in self.found() or [] if suffix_of(file.name) in formats)

    def fingerprint(self, memo: Memo | None = None) -> str:
        return content_of(self.found(), self._settings, self.formats(), memo)

    def unread(self, on_bad: OnBadInput) -> Iterator[Document | Verdict | Unread]:
        return Reader(self._settings, on_bad).documents(self.found(), self.formats())

    def finished(self, unread: Unread, on_bad: OnBadInput) -> Document | Verdict:
        return Reader(self._settings, on_bad).finished(unread, self.formats()[suffix_of(unread.name)])


class Reader:
    """Makes documents of what formats find, for one source."""

    def __init__(self, settings: SourceSettings, on_bad: OnBadInput) -> None:
        self._settings = settings
        self._on_bad = on_bad
        from mintza.corpus.sources.seen import Seen  # numpy is loaded by who reads, not by who looks what there is

        self._seen = Seen()
        self._files: list[Found] = []
        self._provenance = Provenance(source=settings.name, license=settings.license, url=settings.url)

    def documents(self, files: Sequence[Found] | None, formats: Formats) -> Iterator[Document | Verdict | Unread]:
        """See OpenSource.unread; None stands for an optional source that is not there."""
        if files is None:
            yield dropped(self._settings.name, STEP, "optional source is not there", unit="document")
            return
        _check_any(files, self._settings, formats)
        for file in files:
            suffix = suffix_of(file.name)
            if not _writable(file.name):
                yield self._bad(ascii(file.name), ascii(str(file.path)), DamagedFile("name is not UTF-8"))
            elif suffix in formats:
                with all_of_file(size_of(file.path)):
                    yield from self.pieces(file, formats[suffix])
            else:
                reason = f"not {', '.join(formats)}"
                yield dropped(f"{self._settings.name}/{file.name}", STEP, reason, unit="document")

    def pieces(self, file: Found, read_as: Format) -> Iterator[Document | Verdict | Unread]:
        """What one file holds."""
        self._files.append(file)
        try:
            for number, piece in enumerate(read_as.read(file.path), 1):
                yield self._piece(file, piece, number, _steps(read_as))
        except DamagedFile as damage:
            yield self._bad(file.name, str(file.path), damage)

    def finished(self, unread: Unread, read_as: Format) -> Document | Verdict:
        """The document that was left for later, or a verdict; its id was new when it was read."""
        assert read_as.finish is not None
        found = Found(unread.path, unread.name)
        try:
            piece = read_as.finish(unread.content)
        except DamagedFile as damage:
            piece = Broken(unread.key, damage)
        if isinstance(piece, Row):
            return self._row(found, piece._replace(key=unread.key, url=unread.url), _steps(read_as))
        assert not isinstance(piece, Raw)
        return self._no_document(found, piece._replace(key=unread.key))

    def _piece(self, file: Found, piece: Piece, number: int, steps: tuple[Step, ...]) -> Document | Verdict | Unread:
        if isinstance(piece, Broken | Passed):
            return self._no_document(file, piece)
        key = _key(file, piece)
        name = f"{self._settings.name}/{key}"
        line = piece.line if isinstance(piece, Row) and piece.line is not None else number
        before = self._seen.first(name, (len(self._files) - 1) * _LINES_OF_A_FILE + line)
        if before is not None:
            return self._twice(key, before, file, line)
        if isinstance(piece, Raw):
            return Unread(self._settings.name, name, piece.url, file.path, file.name, piece.key, piece.content)
        return self._row(file, piece, steps)

    def _no_document(self, file: Found, piece: Broken | Passed) -> Verdict:
        key = _key(file, piece)
        if isinstance(piece, Broken):
            return self._bad(key, str(file.path), piece.damage)
        name = f"{self._settings.name}/{key}"
        return dropped(name, STEP, piece.reason, unit=piece.unit, excerpt=piece.excerpt)

    def _row(self, file: Found, piece: Row, steps: tuple[Step, ...]) -> Document | Verdict:
        key = _key(file, piece)
        name = f"{self._settings.name}/{key}"
        if not piece.text.strip():
            return dropped(name, STEP, "empty", unit="document")
        limits = self._settings.limits
        if len(piece.text) * 4 > limits.document_bytes < len(piece.text.encode("utf-8", "surrogatepass")):
            return self._bad(key, str(file.path), too_large(limits, line=piece.line))
        return self._document(name, piece, steps)

    def _document(self, name: str, row: Row, steps: tuple[Step, ...]) -> Document:
        provenance = self._provenance
        if row.url or steps:
            provenance = Provenance(
                source=provenance.source, license=provenance.license, url=row.url or provenance.url, steps=steps
            )
        return Document(
            id=name,
            text=row.text,
            language=self._settings.language,
            language_score=1.0,
            language_backend="declared",
            split="held-out" if self._settings.split == "held-out" else "train",
            cluster=name,
            provenance=provenance,
        )

    def _twice(self, key: str, before: int, file: Found, line: int) -> Verdict:
        """A verdict on an id that was given before, naming both places; or BadInput when the study refuses broken input."""
        ordinal, first = divmod(before, _LINES_OF_A_FILE)
        place = f"{self._files[ordinal].path}:{first}"
        if self._on_bad == "refuse":
            raise BadInput(
                f"the id '{self._settings.name}/{key}' was already given at {place}",
                place=f"{file.path}:{line}",
                remedy="give each line an id of its own, or none (its number is taken then), or set corpus.on_bad_input: skip",
            )
        damage = DamagedFile("id was given before", detail=f"at {self._files[ordinal].name}:{first}", line=line)
        return self._bad(key, str(file.path), damage)

    def _bad(self, key: str, path: str, damage: DamagedFile) -> Verdict:
        """A verdict on what is broken, naming file and line; or BadInput when the study refuses broken input."""
        place = path if damage.line is None else f"{path}:{damage.line}"
        detail = f" ({damage.detail})" if damage.detail else ""
        if self._on_bad == "refuse":
            remedy = f"{damage.remedy}, or set corpus.on_bad_input: skip"
            raise BadInput(f"{damage.reason}{detail}", place=place, remedy=remedy)
        line = "" if damage.line is None else f":{damage.line}"
        where = key if key.endswith(line) else f"{key}{line}"
        return dropped(f"{self._settings.name}/{key}", STEP, damage.reason, unit="document", excerpt=f"{where}{detail}")


def _key(file: Found, piece: Piece) -> str:
    """What the id of a piece ends in."""
    return ":".join(filter(None, (file.name, piece.key)))


def _steps(read_as: Format) -> tuple[Step, ...]:
    return (Step(done=read_as.done, by=read_as.libraries[0]),) if read_as.done else ()


def _writable(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
