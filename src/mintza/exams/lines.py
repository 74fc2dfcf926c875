"""The lines of an exam's data file: read once, checked once."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path

import msgspec

from mintza.errors import BadInput, MissingPart
from mintza.exams.definition import FileData, PackageData
from mintza.records import Record

SHAPE = '{"id": "001", "question": "...", "choices": ["...", "..."], "answer": 0, "category": "..."}'


class Line(Record, frozen=True, kw_only=True):
    """One question as a file holds it. answer: index of the right choice, from 0.  category: null for the exam's own."""

    id: str
    question: str
    choices: tuple[str, ...]
    answer: int
    category: str | None = None


def content(data: PackageData | FileData, folder: str) -> tuple[str, bytes]:
    """Name and bytes of a data file. Raises MissingPart for a package that is not installed, BadInput for a file that is not there."""
    if isinstance(data, PackageData):
        return _from_package(data)
    path = Path(folder) / data.path
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"the questions cannot be read: {error.strerror}",
            place=str(path),
            remedy="correct `path` in the definition; it starts from the definition's folder",
        ) from None
    if data.sha256 is not None and hashlib.sha256(raw).hexdigest() != data.sha256:
        raise BadInput(
            "the questions are not those that the definition was made of",
            place=str(path),
            remedy="bring the old file back; or, for new questions, make a new definition by `mintza exam add`",
        )
    return str(path), raw


def _from_package(data: PackageData) -> tuple[str, bytes]:
    name = f"{data.package}:{data.path}"
    try:
        return name, (resources.files(data.package) / data.path).read_bytes()
    except ModuleNotFoundError:
        raise MissingPart(
            f"the package {data.package} is not installed", place=name, remedy=f"pip install {data.package}"
        ) from None
    except OSError:
        raise BadInput(
            f"the package {data.package} has no file {data.path}", place=name, remedy="correct the definition"
        ) from None


def read(name: str, raw: bytes) -> list[Line]:
    """Every question of a file, in order. Raises BadInput naming the line that is broken."""
    lines: dict[str, Line] = {}
    for number, text in enumerate(raw.split(b"\n"), start=1):
        if not text.strip():
            continue
        place = f"{name}:{number}"
        line = _decoded(text, place)
        if line.id in lines:
            raise BadInput(
                f"the id '{line.id}' stands on an earlier line too", place=place, remedy="give each its own id"
            )
        lines[line.id] = line
    if not lines:
        raise BadInput("it holds no question", place=name, remedy=f"one line a question: {SHAPE}")
    return list(lines.values())


def _decoded(text: bytes, place: str) -> Line:
    try:
        line = msgspec.json.decode(text, type=Line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"it is not a question: {error}", place=place, remedy=f"a line looks like {SHAPE}") from None
    wrong = _wrong(line)
    if wrong:
        raise BadInput(wrong, place=place, remedy="correct the line")
    return line


def _wrong(line: Line) -> str | None:
    if not (line.id.strip() and line.question.strip()):
        return "the id or the question is empty"
    if len(line.choices) < 2:
        return f"{len(line.choices)} choice is none" if line.choices else "it has no choices"
    if not all(choice.strip() for choice in line.choices):
        return "a choice is empty"
    if len(set(line.choices)) < len(line.choices):
        return "two choices are the same"
    if not 0 <= line.answer < len(line.choices):
        return f"answer {line.answer} is none of the {len(line.choices)} choices, which count from 0"
    return None
