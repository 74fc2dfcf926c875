"""A definition: one YAML file that says what an exam is and where its questions lie."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, ValidationError, model_validator

from mintza.errors import BadInput, StudyError
from mintza.exams.settings import ExamName, ExamsSettings
from mintza.plain_yaml import plain_yaml
from mintza.settings import Settings

Category = Literal["reading", "common_sense", "proficiency", "knowledge", "maths", "bias", "mixed"]


class Worded(Settings):
    """The words that the exam is asked with in a language. question: before the question.  answer: where the answer begins."""

    question: str
    answer: str

    def prompt(self, question: str) -> str:
        """`Galdera: ...`, a new line, `Erantzuna:`."""
        return f"{self.question} {question}\n{self.answer}"


class PackageData(Worded):
    """Questions that an installed package brings. path: inside the package."""

    kind: Literal["package"]
    package: str
    path: str


class FileData(Worded):
    """Questions in a file of one's own. path: from the definition's folder.  sha256: that it must have, null for any."""

    kind: Literal["file"]
    path: str
    sha256: str | None = None


class Brought(Settings):
    """Questions of a data set that is brought from a hub. dataset: its name there.  revision: commit, branch or tag.

    What was brought is recorded by the sha256 of its files, whatever the revision is called.  bring: what to do where no hub has
    the data set as it is asked.
    """

    dataset: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: str = "main"
    bring: str | None = None


class LmEvalData(Brought):
    """Questions as a task of lm-eval asks them. task: its name there.  file: its definition, in lm-eval's folder of tasks.

    parts: names of the tasks that the exam is made of, each in the file that `{part}` in `file` comes to.
    pattern: of a written answer, in place of the task's own filters.  max_tokens: of a written answer.
    """

    kind: Literal["lm_eval"]
    task: str
    file: str
    parts: tuple[str, ...] = ()
    pattern: str | None = None
    max_tokens: int = Field(default=1024, ge=1)


class HubData(Brought):
    """Questions of a data set that no task of lm-eval asks so.

    subset, split: of the data set.  where: values that rows must have.
    prompt, choices, answer: Jinja over a row's columns, or a column's name; choices may be written out, and answer may be the number
    of the choice that is right in every row.  delimiter: between prompt and choice.
    shots_split: where examples are from; null: from `split`, and as in lm-eval a question may then be its own example.
    shots_from: `random` as lm-eval draws them, or the `first`.
    files: of each split inside the data set's folder, where its own card does not say.
    parts: of an exam with parts: for each the `files` of its splits.  where_of_part: values that the rows of a part must have besides, by
    the end of its name.
    leanings: `bbq` where rows say as those of BBQ do which answer is a stereotype.
    """

    kind: Literal["hub"]
    subset: str | None = None
    split: str = "test"
    where: dict[str, str] = Field(default_factory=dict)
    prompt: str
    choices: str | tuple[str, ...]
    answer: str | int
    delimiter: str = " "
    shots_split: str | None = None
    shots_from: Literal["random", "first"] = "random"
    files: dict[str, str] = Field(default_factory=dict)
    parts: dict[str, dict[str, str]] = Field(default_factory=dict)
    where_of_part: dict[str, dict[str, str]] = Field(default_factory=dict)
    leanings: Literal["bbq"] | None = None

    def rows_of(self, part: str) -> dict[str, str]:
        """Values that the rows of a part must have."""
        more = [values for end, values in self.where_of_part.items() if part.endswith(end)]
        return {key: value for values in (self.where, *more) for key, value in values.items()}


Data = Annotated[PackageData | FileData | LmEvalData | HubData, Field(discriminator="kind")]


class Definition(Settings):
    """What an exam is.

    name: as a study takes it.  category: of what it asks, where a question does not say its own.  license, citation: null
    where they are not known for certain.  metric: the one it is judged by: `acc`, `acc_bytes` (by likelihood a byte of the
    choice), `exact_match` (of a number that the model writes).  shots: examples shown before each question.
    note: what a reader of the table should know.  family: the name that it shares with its like in other languages, null where its own
    name says it.  languages: by code, where the questions are.
    """

    name: ExamName
    title: str
    category: Category
    license: str | None = None
    citation: str | None = None
    metric: Literal["acc", "acc_bytes", "exact_match"] = "acc"
    shots: int = Field(default=0, ge=0)
    note: str | None = None
    family: ExamName | None = None
    languages: dict[str, Data] = Field(min_length=1)

    @model_validator(mode="after")
    def _askable(self) -> Definition:
        own = [code for code, data in self.languages.items() if not isinstance(data, LmEvalData)]
        if own and self.metric == "exact_match":
            raise ValueError(
                f"questions with choices ({', '.join(own)}) are judged by acc or acc_bytes, not exact_match"
            )
        return self


class Found(NamedTuple):
    """A definition and where it was found. place: name of its file.  folder: that its paths start from.  text: of the file."""

    definition: Definition
    place: str
    folder: str
    text: str


def taken(settings: ExamsSettings, base: Path) -> list[Found]:
    """The definitions of the exams that a study takes, by name.

    Raises StudyError for a name that nothing defines or that is defined twice, BadInput for a definition that is broken or missing.
    """
    own = [_from_file(base / path) for path in settings.definitions]
    by_name: dict[str, Found] = {}
    for found in own:
        name = found.definition.name
        if name in by_name or name in shipped():
            raise StudyError(
                f"the exam '{name}' is defined twice",
                place=found.place,
                remedy="give it a name that no other definition has; those of the package are " + ", ".join(shipped()),
            )
        by_name[name] = found
    return [by_name.get(name) or _from_package(name, by_name) for name in sorted(settings.take)]


def shipped() -> tuple[str, ...]:
    """Names of the definitions that come with Mintza."""
    folder = resources.files("mintza.exams") / "definitions"
    return tuple(sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml")))


def _from_package(name: str, own: Iterable[str]) -> Found:
    if name not in shipped():
        raise StudyError(
            f"there is no exam '{name}'",
            place="exams.take",
            remedy=f"known: {', '.join(sorted({*own, *shipped()}))}; or name a definition file under exams.definitions "
            "(docs/guide/exams.md, 'An exam of your own')",
        )
    file = resources.files("mintza.exams") / "definitions" / f"{name}.yaml"
    return _parsed(file.read_text(encoding="utf-8"), place=f"{name}.yaml", folder="")


def _from_file(path: Path) -> Found:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(
            "there is no such definition file", place=str(path), remedy="correct exams.definitions in the study"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"it cannot be read: {error}", place=str(path), remedy="give a text file in UTF-8") from None
    return _parsed(text, place=str(path), folder=str(path.parent))


def check(text: str, *, place: str) -> Definition:
    """The definition that a text holds. place: that an error names. Raises BadInput."""
    return _parsed(text, place=place, folder="").definition


def _parsed(text: str, *, place: str, folder: str) -> Found:
    remedy = "docs/guide/exams.md says what a definition holds"
    value = plain_yaml(text, place=place, error=BadInput, remedy=remedy)
    try:
        definition = Definition.model_validate_json(json.dumps(value, default=str))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{key}: {first['msg']}" if key else first["msg"], place=place, remedy=remedy) from None
    return Found(definition=definition, place=place, folder=folder, text=text)
