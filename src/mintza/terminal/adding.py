"""exam add: questions of one's own become a definition beside the study, with one of them shown as it is asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import click

from mintza.errors import BadInput
from mintza.exams.adding import Added, make
from mintza.exams.definition import Definition, FileData, check, shipped
from mintza.terminal.formats import write_bytes


class Wanted(NamedTuple):
    """What a person says of the exam; None: not said. code: of its language.  terms: its licence."""

    code: str | None
    name: str | None
    category: str
    terms: str | None
    shots: int
    out: Path | None


def added(file: Path, wanted: Wanted) -> None:
    """Write the definition and its questions, and print how it is taken. Raises BadInput; nothing is written then."""
    name = wanted.name or file.name.partition(".")[0]
    if name in shipped():
        raise BadInput(f"'{name}' is an exam that comes with Mintza", place=str(file), remedy="give another --as")
    code = _language(file, wanted.code)
    out = wanted.out or file.with_name(f"{name}.yaml")
    questions = out.with_name(f"{name}.{code}.jsonl")
    if questions.resolve() == file.resolve():
        # What a person wrote stays as it is.
        questions = out.with_name(f"{name}.{code}.checked.jsonl")
    made = make(
        file,
        code=code,
        name=name,
        title=name,
        category=wanted.category,
        license=wanted.terms,
        shots=wanted.shots,
        data=questions.name,
    )
    definition = check(made.definition, place=str(out))
    if out.exists():
        raise BadInput("there is a definition already", place=str(out), remedy="remove it, or give another --out")
    if questions.exists() and questions.read_bytes() != made.data:
        raise BadInput("there is another file of this name", place=str(questions), remedy="give another --as or --out")
    write_bytes(questions, made.data)
    write_bytes(out, made.definition.encode())
    _tell(made, definition, out, questions)


def _language(file: Path, given: str | None) -> str:
    """The code that was given, or that stands in the file's name: `quiz.eus_Latn.jsonl`."""
    parts = file.name.split(".")
    code = given or (parts[-2] if len(parts) > 2 else "")
    if not re.fullmatch("[a-z]{3}_[A-Z][a-z]{3}", code):
        raise BadInput(
            f"'{code}' is no language" if code else "neither its name nor --in says what language the questions are in",
            place=str(file),
            remedy="--in and a code of ISO 639-3 and script, such as eus_Latn",
        )
    return code


def _tell(made: Added, definition: Definition, out: Path, questions: Path) -> None:
    first = made.questions[0]
    data = next(iter(definition.languages.values()))
    prompt = data.prompt(first.question) if isinstance(data, FileData) else first.question
    click.echo(f"{out}: {len(made.questions)} questions, kept in {questions.name}")
    click.echo(f"the first one, as a base model is asked (right: {first.choices[first.answer]}):")
    for line in prompt.split("\n"):
        click.echo(f"  | {line}")
    for number, choice in enumerate(first.choices):
        click.echo(f"  {'*' if number == first.answer else ' '} {choice}")
    if not made.known:
        click.echo(
            "note: the words before question and answer are English; write the language's own into the definition"
        )
    click.echo(
        f"next: exams: {{take: {{{definition.name}: {{}}}}, definitions: [{out.name}]}} in the study, then mintza check STUDY"
    )
