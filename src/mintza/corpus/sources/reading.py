"""Files become documents: a .txt or .md is one, a .jsonl is one a line; each may end in .gz or .zst."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

import msgspec

from mintza.corpus.settings import OnBadInput, SourceSettings
from mintza.corpus.sources.files import Found
from mintza.corpus.sources.opening import DamagedFile, numbered_lines, whole_text
from mintza.corpus.sources.seam import ABSENT
from mintza.errors import BadInput
from mintza.records import Document, Provenance, Verdict
from mintza.text.verdicts import dropped

STEP = "read"
_PACKED = (".gz", ".zst")
_TEXT = (".txt", ".md")
_LINES = (".jsonl",)
_READABLE = ", ".join((*_TEXT, *_LINES))


def suffix_of(name: str) -> str:
    """The suffix that says what is in a file, lower case, without that of its compression."""
    path = PurePosixPath(name.lower())
    return path.with_suffix("").suffix if path.suffix in _PACKED else path.suffix


def content_of(files: Sequence[Found] | None, settings: SourceSettings) -> str:
    """sha256 over the names of all files and the content of those that are read; `absent` when there is no source."""
    if files is None:
        return ABSENT
    whole = hashlib.sha256(b"corpus source\n")
    for file in files:
        content = _content(file) if suffix_of(file.name) in (*_TEXT, *_LINES) else "not read"
        whole.update(f"{file.name!a}\t{content}\n".encode())
    _check_any(files, settings)
    return whole.hexdigest()


def _content(file: Found) -> str:
    if file.path.exists() and not file.path.is_file():
        return "unreadable"
    try:
        with file.path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return "unreadable"


def _check_any(files: Sequence[Found], settings: SourceSettings) -> None:
    if not any(suffix_of(file.name) in (*_TEXT, *_LINES) for file in files):
        raise BadInput(
            f"none of the {len(files)} files here is {_READABLE} (plain, .gz or .zst)",
            place=f"corpus source '{settings.name}'",
            remedy="point `path` at text files",
        )


class OfFiles(ABC):
    """An OpenSource whose documents lie in files; `found` says in which."""

    _settings: SourceSettings

    @abstractmethod
    def found(self) -> list[Found] | None:
        """The files, sorted by name; None for an optional source that is not there. Raises BadInput when it is not optional."""

    def present(self) -> bool:
        return self.found() is not None

    def fingerprint(self) -> str:
        return content_of(self.found(), self._settings)

    def documents(self, on_bad: OnBadInput) -> Iterator[Document | Verdict]:
        return Reader(self._settings, on_bad).documents(self.found())


class Reader:
    """Reads the files of one source."""

    def __init__(self, settings: SourceSettings, on_bad: OnBadInput) -> None:
        self._settings = settings
        self._on_bad = on_bad
        self._places: dict[str, str] = {}
        self._provenance = Provenance(source=settings.name, license=settings.license, url=settings.url)

    def documents(self, files: Sequence[Found] | None) -> Iterator[Document | Verdict]:
        """See OpenSource.documents; None stands for an optional source that is not there."""
        if files is None:
            yield dropped(self._settings.name, STEP, "optional source is not there", unit="document")
            return
        _check_any(files, self._settings)
        for file in files:
            try:
                file.name.encode("utf-8")
            except UnicodeEncodeError:
                yield self._bad(ascii(file.name), ascii(str(file.path)), DamagedFile("name is not UTF-8"))
                continue
            if suffix_of(file.name) in _TEXT:
                yield from self._one(file)
            elif suffix_of(file.name) in _LINES:
                yield from self._lines(file)
            else:
                yield dropped(f"{self._settings.name}/{file.name}", STEP, f"not {_READABLE}", unit="document")

    def _one(self, file: Found) -> Iterator[Document | Verdict]:
        try:
            text = whole_text(file.path)
        except DamagedFile as damage:
            yield self._bad(file.name, str(file.path), damage)
            return
        yield self._document(file.name, text, str(file.path))

    def _lines(self, file: Found) -> Iterator[Document | Verdict]:
        empty = True
        try:
            for number, line in numbered_lines(file.path):
                if not line.strip():
                    continue
                empty = False
                try:
                    key, text = self._row(line)
                except DamagedFile as damage:
                    damage.line = number
                    yield self._bad(f"{file.name}:{number}", str(file.path), damage)
                    continue
                yield self._document(f"{file.name}:{key or number}", text, f"{file.path}:{number}")
        except DamagedFile as damage:
            yield self._bad(file.name, str(file.path), damage)
            return
        if empty:
            yield dropped(f"{self._settings.name}/{file.name}", STEP, "empty", unit="document")

    def _row(self, line: bytes) -> tuple[str, str]:
        """Key (empty when the line has no id) and text of a line. Raises DamagedFile."""
        try:
            value: Any = msgspec.json.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            reason = "not UTF-8" if isinstance(error, UnicodeDecodeError) else "not JSON"
            raise DamagedFile(reason, detail=str(error)) from None
        field = self._settings.text_field
        text = value.get(field) if isinstance(value, dict) else None
        if not isinstance(text, str):
            raise DamagedFile(f"has no text under '{field}'")
        key = value.get("id")
        if isinstance(key, bool) or not isinstance(key, str | int | None) or key == "":
            raise DamagedFile("has an id that is neither text nor a whole number")
        return "" if key is None else str(key), text

    def _document(self, key: str, text: str, place: str) -> Document | Verdict:
        name = f"{self._settings.name}/{key}"
        if name in self._places:
            raise BadInput(
                f"the id '{name}' was already given at {self._places[name]}",
                place=place,
                remedy="give each line an id of its own, or none (its number is taken then)",
            )
        self._places[name] = place
        if not text.strip():
            return dropped(name, STEP, "empty", unit="document")
        return Document(
            id=name,
            text=text,
            language=self._settings.language,
            language_score=1.0,
            language_backend="declared",
            split="held-out" if self._settings.split == "held-out" else "train",
            cluster=name,
            provenance=self._provenance,
        )

    def _bad(self, key: str, path: str, damage: DamagedFile) -> Verdict:
        """A verdict on what is broken, naming file and line; or BadInput when the study refuses broken input."""
        place = path if damage.line is None else f"{path}:{damage.line}"
        detail = f" ({damage.detail})" if damage.detail else ""
        if self._on_bad == "refuse":
            remedy = "mend or remove it, or set corpus.on_bad_input: skip"
            raise BadInput(f"{damage.reason}{detail}", place=place, remedy=remedy)
        line = "" if damage.line is None else f":{damage.line}"
        where = key if key.endswith(line) else f"{key}{line}"
        return dropped(f"{self._settings.name}/{key}", STEP, damage.reason, unit="document", excerpt=f"{where}{detail}")
