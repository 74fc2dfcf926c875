"""An exam of one's own: rows of a JSON-lines or CSV file become questions and a definition, checked as any other."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import yaml

from mintza.errors import BadInput
from mintza.exams.lines import SHAPE, Line, read

WORDS = {
    "eus_Latn": ("Galdera:", "Erantzuna:"),
    "eng_Latn": ("Question:", "Answer:"),
    "spa_Latn": ("Pregunta:", "Respuesta:"),
}
"""What stands before a question and an answer in a plain prompt."""
CSV_SHAPE = "columns question, A, B, ... and answer (a letter); id and category where you have them"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Added(NamedTuple):
    """questions: checked, in order.  data: the lines as an exam's file has them.  definition: the YAML file's text.  known: the words."""

    questions: list[Line]
    data: bytes
    definition: str
    known: bool


def make(
    file: Path, *, code: str, name: str, title: str, category: str, license: str | None, shots: int, data: str
) -> Added:
    """The questions of a file and their definition. data: name of the file of questions beside the definition.

    Raises BadInput for a file that is missing, of another kind, or has a row that is no question with one right choice.
    """
    rows = _csv_rows(file) if file.suffix.lower() == ".csv" else _json_rows(file)
    lines = [_line(row, number, place) for number, (row, place) in enumerate(rows, start=1)]
    raw = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    questions = read(str(file), raw)
    if shots >= len(questions):
        raise BadInput(
            f"it holds {len(questions)} questions, of which {shots} would be shown as examples",
            place=str(file),
            remedy="give more questions or fewer --shots",
        )
    asked, answered = WORDS.get(code, WORDS["eng_Latn"])
    definition: dict[str, Any] = {
        "name": name,
        "title": title,
        "category": category,
        "license": license,
        "citation": None,
        "metric": "acc",
        "shots": shots,
        "languages": {
            code: {
                "kind": "file",
                "path": data,
                "sha256": hashlib.sha256(raw).hexdigest(),
                "question": asked,
                "answer": answered,
            }
        },
    }
    text = yaml.safe_dump(definition, sort_keys=False, allow_unicode=True, width=120)
    return Added(questions, raw, text, code in WORDS)


Row = tuple[dict[str, Any], str]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else f"it is not UTF-8: {error}"
        raise BadInput(
            f"the questions cannot be read: {what}", place=str(file), remedy="give a file in UTF-8"
        ) from None


def _json_rows(file: Path) -> list[Row]:
    rows = []
    for number, text in enumerate(_text(file).split("\n"), start=1):
        if text.strip():
            place = f"{file}:{number}"
            try:
                row = json.loads(text)
            except ValueError as error:
                raise BadInput(f"it is not JSON: {error}", place=place, remedy=f"a line looks like {SHAPE}") from None
            if not isinstance(row, dict):
                raise BadInput("it is not a question", place=place, remedy=f"a line looks like {SHAPE}")
            rows.append((row, place))
    return rows


def _csv_rows(file: Path) -> list[Row]:
    reader = csv.DictReader(io.StringIO(_text(file), newline=""))
    rows = []
    for row in reader:
        place = f"{file}:{reader.line_num}"
        if None in row:
            raise BadInput("it has more cells than the head", place=place, remedy=CSV_SHAPE)
        letters = [letter for letter in LETTERS if letter in row]
        choices = [row.get(letter) or "" for letter in letters]
        while choices and not choices[-1].strip():
            choices.pop()
        known = {key: row[key] for key in ("id", "question", "answer", "category") if row.get(key)}
        rows.append(({**known, "choices": choices}, place))
    return rows


def _line(row: dict[str, Any], number: int, place: str) -> Line:
    """A row as a question. An answer is a letter, the words of a choice, or a number from 0."""
    shape = {"id": f"{number:04}", **row, "answer": _answer(row, place)}
    shape["id"] = str(shape["id"])
    try:
        return msgspec.convert(shape, type=Line)
    except msgspec.ValidationError as error:
        raise BadInput(
            f"it is not a question: {error}", place=place, remedy=f"{SHAPE}, or in CSV: {CSV_SHAPE}"
        ) from None


def _answer(row: dict[str, Any], place: str) -> int:
    given, choices = row.get("answer"), row.get("choices")
    if isinstance(given, bool) or not isinstance(given, int | str) or not isinstance(choices, list):
        raise BadInput(
            "it has no choices or no answer", place=place, remedy=f"a line looks like {SHAPE}, in CSV: {CSV_SHAPE}"
        )
    if isinstance(given, int):
        index = given
    elif given in choices:
        index = choices.index(given)
    elif len(given.strip()) == 1 and given.strip().upper() in LETTERS:
        index = LETTERS.index(given.strip().upper())
    else:
        index = int(given) if given.strip().isdecimal() else -1
    if not 0 <= index < len(choices):
        raise BadInput(
            f"answer {given!r} is none of the {len(choices)} choices",
            place=place,
            remedy="a letter, the words of the choice, or its number from 0",
        )
    return index
