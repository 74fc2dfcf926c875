"""Exam definitions become items: the same ids in every language, so that languages can be compared question by question."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from mintza.errors import BadInput, MintzaError, MissingPart
from mintza.exams.definition import Definition, FileData, Found, LmEvalData, PackageData, taken
from mintza.exams.lines import Line, content, read
from mintza.exams.settings import ExamsSettings, Take
from mintza.records import Accuracy, Item

REVISIONS = {"exams": 1}
LIBRARIES: dict[str, tuple[str, ...]] = {"exams": ()}


def items(settings: ExamsSettings, *, base: Path, languages: Sequence[str]) -> Iterator[Item]:
    """Items of every exam taken, in those of the languages that it has: by exam's name, then language, then the file's order.

    Examples for few-shot prompts come first, marked so; they are the first of the file and are never examined.
    base: folder that the study's paths start from.
    Raises StudyError for an unknown exam, MissingPart for one that only a hub has, BadInput for files that are wrong, that
    differ in their ids between languages, or that hold fewer items than are asked for.
    """
    for found in taken(settings, base):
        take = settings.take[found.definition.name]
        sheets = _sheets(found, languages)
        shown, examined = _chosen(list(next(iter(sheets.values()))), found, take)
        for code, lines in sheets.items():
            for key in shown:
                yield _item(found.definition, code, lines[key], len(shown), example=True)
            for key in examined:
                yield _item(found.definition, code, lines[key], len(shown), example=False)


def fingerprint(settings: ExamsSettings, *, base: Path) -> dict[str, str]:
    """sha256 of every definition (`NAME`) and data file (`NAME/LANGUAGE`) that the study takes. Raises as `items` does."""
    _refuse(requirements(settings, base=base))
    sums: dict[str, str] = {}
    for found in taken(settings, base):
        sums[found.definition.name] = hashlib.sha256(found.text.encode()).hexdigest()
        for code, data in found.definition.languages.items():
            if not isinstance(data, LmEvalData):
                _, raw = content(data, found.folder)
                sums[f"{found.definition.name}/{code}"] = hashlib.sha256(raw).hexdigest()
    return sums


def requirements(settings: ExamsSettings, *, base: Path = Path()) -> list[MissingPart]:
    """What is missing on this machine for the exams taken, each with how to get it; nothing heavy is imported.

    Raises StudyError and BadInput for definitions that are wrong; what is only missing is returned.
    """
    missing: list[MissingPart] = []
    for found in taken(settings, base):
        for data in found.definition.languages.values():
            if isinstance(data, LmEvalData):
                missing.append(_from_hub(found.definition, data))
            elif isinstance(data, PackageData):
                try:
                    content(data, found.folder)
                except MissingPart as error:
                    missing.append(error)
    return missing


def account(settings: ExamsSettings, *, base: Path, languages: Sequence[str]) -> list[str]:
    """One sentence an exam: how many items of how many, how they were chosen, examples, metric, licence."""
    sentences = []
    for found in taken(settings, base):
        definition, take = found.definition, settings.take[found.definition.name]
        sheets = _sheets(found, languages)
        every = list(next(iter(sheets.values())))
        shown, examined = _chosen(every, found, take)
        if len(examined) + len(shown) == len(every):
            how = "all"
        else:
            how = "the first" if take.choose == "first" else f"drawn with seed {take.seed}"
        sentences.append(
            f"{definition.name}: {len(examined)} of {len(every)} items ({how}), the same in {', '.join(sheets)}; "
            f"{len(shown)} shots; judged by {definition.metric}; licence {definition.license or 'not stated'}"
        )
    return sentences


def _from_hub(definition: Definition, data: LmEvalData) -> MissingPart:
    return MissingPart(
        f"its questions are the data set {data.dataset}, which only the Hugging Face hub has and this version does not fetch",
        place=f"exam {definition.name}",
        remedy=f"where the hub can be reached, write {data.dataset} as a data file and name it in a definition "
        f"(docs/guide/exams.md, 'An exam of your own'); or run `lm-eval run --tasks {data.task}` apart; or leave it out of exams.take",
    )


def _refuse(missing: Sequence[MissingPart]) -> None:
    """Raise what is missing as one error."""
    if len(missing) == 1:
        raise missing[0]
    if missing:
        raise MissingPart(
            f"{missing[0].message}; and {len(missing) - 1} more: {', '.join(error.place for error in missing[1:])}",
            place=missing[0].place,
            remedy=missing[0].remedy,
        )


def _sheets(found: Found, languages: Sequence[str]) -> dict[str, dict[str, Line]]:
    """Questions by id, of each of the languages that the exam has; all with the same ids."""
    definition = found.definition
    codes = [code for code in languages if code in definition.languages]
    if not codes:
        raise BadInput(
            f"the exam '{definition.name}' is in {', '.join(definition.languages)}, and the study has {', '.join(languages)}",
            place=found.place,
            remedy="leave it out of exams.take, or add one of its languages to the study",
        )
    sheets: dict[str, dict[str, Line]] = {}
    names: dict[str, str] = {}
    for code in codes:
        data = definition.languages[code]
        if isinstance(data, LmEvalData):
            raise _from_hub(definition, data)
        names[code], sheets[code] = _sheet(data, found.folder)
    _same_ids(sheets, names)
    return sheets


def _sheet(data: PackageData | FileData, folder: str) -> tuple[str, dict[str, Line]]:
    name, raw = content(data, folder)
    return name, {line.id: line for line in read(name, raw)}


def _same_ids(sheets: dict[str, dict[str, Line]], names: dict[str, str]) -> None:
    first, *others = sheets
    for other in others:
        for one, two in ((first, other), (other, first)):
            absent = [key for key in sheets[one] if key not in sheets[two]]
            if absent:
                raise BadInput(
                    f"the item '{absent[0]}' of {names[one]} is not here ({len(absent)} such)",
                    place=names[two],
                    remedy="give the same ids in every language of an exam, or make it two exams",
                )


def _chosen(every: list[str], found: Found, take: Take) -> tuple[list[str], list[str]]:
    """Ids of the examples, and of the items that are examined, both in the order of the file."""
    shots = found.definition.shots if take.shots is None else take.shots
    rest = every[shots:]
    wanted = len(rest) if take.items is None else take.items
    if wanted > len(rest) or not rest:
        raise BadInput(
            f"the exam '{found.definition.name}' has {len(every)} items, of which {shots} are shown as examples; "
            f"{take.items or 'some'} were to be examined",
            place=found.place,
            remedy="take fewer items or shots",
        )
    if take.choose == "first":
        return every[:shots], rest[:wanted]
    lucky = set(sorted(rest, key=lambda key: hashlib.sha256(f"{take.seed}:{key}".encode()).digest())[:wanted])
    return every[:shots], [key for key in rest if key in lucky]


def _item(definition: Definition, code: str, line: Line, shots: int, *, example: bool) -> Item:
    data = definition.languages[code]
    if isinstance(data, LmEvalData) or definition.metric == "exact_match":
        raise MintzaError(f"the exam '{definition.name}' has no questions with choices")
    metric: Accuracy = definition.metric
    return Item(
        exam=definition.name,
        id=line.id,
        language=code,
        category=line.category or definition.category,
        question=line.question,
        choices=line.choices,
        answer=line.answer,
        license=definition.license or "not stated",
        prompt=data.prompt(line.question),
        shots=shots,
        metric=metric,
        example=example,
    )
