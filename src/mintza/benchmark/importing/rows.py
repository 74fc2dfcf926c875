"""The rows of a result file: one a task or group, with its scores, items, shots and the way it was asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mintza.benchmark.importing.files import ResultFile, finite
from mintza.benchmark.importing.oddities import Oddities
from mintza.records import Protocol

LETTER_TOKENS = 16
"""A model that may write no more than so many tokens, and has choices before it, answers by a letter."""
_NO_METRIC = frozenset({"alias", "name", "sample_len", "sample_count"})


@dataclass(frozen=True)
class Number:
    """A score as the file gives it. error: standard error, None when it gives none."""

    value: float
    error: float | None


@dataclass(frozen=True)
class Row:
    """What a file says of one task.

    numbers: by metric and filter (`acc,none`).  items: how many, 0 when the file does not say.  leaves: tasks below a group,
    subgroups resolved.  groups: those that it stands in, nearest first.
    """

    file: ResultFile
    task: str
    numbers: dict[str, Number]
    items: int
    shots: int
    protocol: Protocol
    version: str | None
    leaves: tuple[str, ...]
    groups: tuple[str, ...]


def rows(file: ResultFile, odd: Oddities) -> Iterator[Row]:
    """Every row of a file that has a score, and every group; what is odd about a row is said."""
    table = _table(file)
    children = _children(file)
    _say_limit(file, odd)
    for task, row in table.items():
        leaves = _leaves(task, children)
        numbers = dict(_numbers(file, task, row, odd))
        items = _items(file, leaves or (task,))
        if items == 0 and not leaves and _counted(file, task):
            odd.say(file.path, task, "no items, left out")
            continue
        if numbers and not items:
            odd.say(file.path, task, "the file does not say how many items")
        asked_as = leaves[0] if leaves else task
        yield Row(
            file=file,
            task=task,
            numbers=numbers,
            items=items,
            shots=_shots(file, leaves or (task,)),
            protocol=_protocol(file, asked_as, numbers),
            version=_version(file.of_task("versions", task)),
            leaves=leaves,
            groups=_groups(task, children),
        )


def _table(file: ResultFile) -> dict[str, dict[str, Any]]:
    """`results`, and what stands in `groups` alone."""
    table: dict[str, dict[str, Any]] = dict(file.content["results"])
    groups = file.content.get("groups")
    if isinstance(groups, dict):
        for name, row in groups.items():
            if isinstance(row, dict):
                table.setdefault(name, row)
    return table


def _children(file: ResultFile) -> dict[str, list[str]]:
    given = file.content.get("group_subtasks")
    if not isinstance(given, dict):
        return {}
    return {
        str(name): [str(one) for one in below] for name, below in given.items() if isinstance(below, list) and below
    }


def _leaves(task: str, children: dict[str, list[str]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    waiting, seen = list(children.get(task, ())), {task}
    while waiting:
        name = waiting.pop(0)
        if name not in seen:
            seen.add(name)
            if name in children:
                waiting += children[name]
            else:
                found[name] = None
    return tuple(found)


def _groups(task: str, children: dict[str, list[str]]) -> tuple[str, ...]:
    found: list[str] = []
    waiting = [task]
    while waiting:
        name = waiting.pop(0)
        above = [group for group, below in children.items() if name in below and group not in (*found, task)]
        found += above
        waiting += above
    return tuple(found)


def _numbers(file: ResultFile, task: str, row: dict[str, Any], odd: Oddities) -> Iterator[tuple[str, Number]]:
    for key, value in row.items():
        metric, comma, filtered = key.partition(",")
        if not metric.strip():
            odd.say(file.path, task, "a placeholder stands for a metric")
            continue
        if key in _NO_METRIC or metric.endswith("_stderr"):
            continue
        if not comma:
            if f"{key}_stderr" not in row:
                continue
            odd.say(file.path, task, "the metric has no filter, as before lm-eval 0.4")
            filtered = "none"
        number = finite(value)
        if number is None:
            odd.say(file.path, task, f"the score is no finite number, left out: {key} is {_short(value)}")
            continue
        yield f"{metric},{filtered}", Number(number, _error(file, task, row, key, odd))


def _error(file: ResultFile, task: str, row: dict[str, Any], key: str, odd: Oddities) -> float | None:
    """The standard error beside a score; None, said, when it is there and no number."""
    metric, comma, filtered = key.partition(",")
    given = row.get(f"{metric}_stderr{comma}{filtered}")
    error = finite(given)
    if error is None and given is not None:
        odd.say(file.path, task, f"the standard error is no number: {_short(given)} for {key}")
    return error


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _counted(file: ResultFile, task: str) -> bool:
    return file.of_task("n-samples", task) is not None


def _items(file: ResultFile, tasks: tuple[str, ...]) -> int:
    """Items that were asked, over all tasks; 0 when the file does not say for every one."""
    counts = []
    for task in tasks:
        given = file.of_task("n-samples", task)
        number = finite(given.get("effective", given.get("original")) if isinstance(given, dict) else given)
        counts.append(int(number) if number is not None and number > 0 else 0)
    return sum(counts) if all(counts) else 0


def _shots(file: ResultFile, tasks: tuple[str, ...]) -> int:
    """Examples shown: of the first task that says so, else 0."""
    for task in tasks:
        config = file.of_task("configs", task)
        given = file.of_task("n-shot", task)
        number = finite(given if given is not None else config.get("num_fewshot") if isinstance(config, dict) else None)
        if number is not None:
            return int(number)
    return 0


def _protocol(file: ResultFile, task: str, numbers: dict[str, Number]) -> Protocol:
    """How the task was asked, by its configuration; where the file has none, by its metrics."""
    config = file.of_task("configs", task)
    config = config if isinstance(config, dict) else {}
    kind = config.get("output_type")
    if kind is None:
        written = any(name.startswith(("exact_match", "f1", "bleu", "chrf", "rouge")) for name in numbers)
        return "generation" if written else "likelihood"
    if kind != "generate_until":
        return "likelihood"
    options = config.get("generation_kwargs")
    tokens = finite(options.get("max_gen_toks")) if isinstance(options, dict) else None
    letter = config.get("doc_to_choice") and tokens is not None and tokens <= LETTER_TOKENS
    return "letter" if letter else "generation"


def _say_limit(file: ResultFile, odd: Oddities) -> None:
    config = file.content.get("config")
    limit = config.get("limit") if isinstance(config, dict) else None
    if limit is not None:
        odd.say(file.path, "", f"a trial of some items only: --limit {_short(limit)}")


def _version(value: object) -> str | None:
    """`3.0`, whether the file has a number or a string; None when it does not say."""
    if value is None:
        return None
    try:
        return str(float(value)) if isinstance(value, int | float | str) else _short(value)
    except (ValueError, OverflowError):
        return _short(value)
