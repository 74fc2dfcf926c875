"""Exam definitions become items: the same ids in every language, so that languages can be compared question by question."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from mintza.errors import BadInput, MintzaError, MissingPart
from mintza.exams import hub
from mintza.exams.brought import brought
from mintza.exams.choosing import chosen
from mintza.exams.definition import Brought, Definition, FileData, Found, HubData, LmEvalData, PackageData, taken
from mintza.exams.lines import Line, content, read
from mintza.exams.settings import ExamsSettings, Take
from mintza.records import Accuracy, Item

REVISIONS = {"exams": 2}
LIBRARIES: dict[str, tuple[str, ...]] = {"exams": ()}


def items(settings: ExamsSettings, *, base: Path, languages: Sequence[str]) -> Iterator[Item]:
    """Items of every exam taken, in those of the languages that it has: by exam's name, then language, then the file's order.

    Examples for few-shot prompts come first, marked so; they are the first of the file and are never examined.
    base: folder that the study's paths start from.
    Raises StudyError for an unknown exam, MissingPart for a data set that was not brought, BadInput for files that are wrong, that
    differ in their ids between languages, or that hold fewer items than are asked for.
    """
    _refuse(requirements(settings, base=base))
    for found in taken(settings, base):
        take = settings.take[found.definition.name]
        own = _own(found, languages)
        if own:
            yield from _own_items(found, own, take)
        for code, data in _of_hub(found, languages).items():
            folder = hub.place(base / settings.execution.hub, data)
            yield from brought(found, code, data, take, folder)


def fingerprint(settings: ExamsSettings, *, base: Path) -> dict[str, str]:
    """sha256 of every definition (`NAME`) and data file or data set (`NAME/LANGUAGE`) of a study. Raises as `items` does.

    Of what lm-eval renders its version is told too; the others' items do not hang on it.
    """
    _refuse(requirements(settings, base=base))
    sums: dict[str, str] = {}
    for found in taken(settings, base):
        sums[found.definition.name] = hashlib.sha256(found.text.encode()).hexdigest()
        for code, data in found.definition.languages.items():
            if isinstance(data, Brought):
                sums["lm_eval"] = version("lm_eval")
                digest = hub.fingerprint(hub.place(base / settings.execution.hub, data))
            else:
                digest = hashlib.sha256(content(data, found.folder)[1]).hexdigest()
            sums[f"{found.definition.name}/{code}"] = digest
    return sums


def requirements(settings: ExamsSettings, *, base: Path = Path()) -> list[MissingPart]:
    """What is missing on this machine for the exams taken, each with how to get it; nothing heavy is imported.

    Raises StudyError and BadInput for definitions that are wrong or whose questions cannot be read; what is only
    missing is returned.
    """
    exams = taken(settings, base)
    missing = hub.missing(exams, base / settings.execution.hub)
    for found in exams:
        for data in found.definition.languages.values():
            if isinstance(data, PackageData | FileData):
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
        tail = f"judged by {definition.metric}; licence {definition.license or 'not stated'}"
        shots = definition.shots if take.shots is None else take.shots
        own = _own(found, languages)
        if own:
            every = list(next(iter(own.values())))
            shown, examined = chosen(every, found, take)
            whole = len(examined) + len(shown) == len(every)
            sentences.append(
                f"{definition.name}: {len(examined)} of {len(every)} items ({'all' if whole else take.how}), "
                f"the same in {', '.join(own)}; {len(shown)} shots; {tail}"
            )
        for code, data in _of_hub(found, languages).items():
            many = "all items" if take.items is None else f"{take.items} items ({take.how})"
            many += "" if take.at_most is None else f", {take.at_most} at most ({take.how})"
            sentences.append(f"{definition.name}: {many} of {data.dataset} in {code}; {shots} shots; {tail}")
    return sentences


def counts(settings: ExamsSettings, *, base: Path, languages: Sequence[str]) -> dict[str, int | None]:
    """Exam -> how many items a model is asked, over all languages; None where a data set's size is not known. Raises as `items`."""
    found_counts: dict[str, int | None] = {}
    for found in taken(settings, base):
        take = settings.take[found.definition.name]
        own = _own(found, languages)
        asked = [len(chosen(list(next(iter(own.values()))), found, take)[1])] * len(own) if own else []
        brought = [take.items or take.at_most] * len(_of_hub(found, languages))
        known = [count for count in (*asked, *brought) if count is not None]
        whole = len(known) == len(asked) + len(brought)
        found_counts[found.definition.name] = sum(known) if whole else None
    return found_counts


def families(settings: ExamsSettings, *, base: Path) -> dict[str, str]:
    """Exam -> the name that it shares with its like in other languages, of those whose definitions say one. Raises as `taken`."""
    exams = (found.definition for found in taken(settings, base))
    return {exam.name: exam.family for exam in exams if exam.family is not None}


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


def _codes(found: Found, languages: Sequence[str]) -> list[str]:
    """The languages of the study that the exam has; BadInput for none."""
    codes = [code for code in languages if code in found.definition.languages]
    if not codes:
        raise BadInput(
            f"the exam '{found.definition.name}' is in {', '.join(found.definition.languages)}, and the study has "
            + ", ".join(languages),
            place=found.place,
            remedy="leave it out of exams.take, or add one of its languages to the study",
        )
    return codes


def _of_hub(found: Found, languages: Sequence[str]) -> dict[str, LmEvalData | HubData]:
    every = {code: found.definition.languages[code] for code in _codes(found, languages)}
    return {code: data for code, data in every.items() if isinstance(data, LmEvalData | HubData)}


def _own(found: Found, languages: Sequence[str]) -> dict[str, dict[str, Line]]:
    """Questions of one's own or of a package by id, of each language; all with the same ids."""
    sheets: dict[str, dict[str, Line]] = {}
    names: dict[str, str] = {}
    for code in _codes(found, languages):
        data = found.definition.languages[code]
        if isinstance(data, PackageData | FileData):
            names[code], sheets[code] = _sheet(data, found.folder)
    if sheets:
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


def _own_items(found: Found, sheets: dict[str, dict[str, Line]], take: Take) -> Iterator[Item]:
    shown, examined = chosen(list(next(iter(sheets.values()))), found, take)
    for code, lines in sheets.items():
        for key in (*shown, *examined):
            yield _item(found.definition, code, lines[key], tuple(shown), example=key in shown)


def _item(definition: Definition, code: str, line: Line, shown: tuple[str, ...], *, example: bool) -> Item:
    data = definition.languages[code]
    if not isinstance(data, PackageData | FileData) or definition.metric == "exact_match":
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
        shots=len(shown),
        metric=metric,
        example=example,
        shown=() if example else shown,
    )
