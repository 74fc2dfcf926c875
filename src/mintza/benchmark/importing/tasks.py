"""What is known of a task of lm-eval by its name: language, category, metric. The table is data, `tasks.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

UNKNOWN = "und"
"""ISO 639-2's code for a language that is not determined."""
UNSORTED = "other"
"""Category of a task that nothing is known of."""
_CODE = re.compile(r"(?:^|_)([a-z]{3}_[A-Z][a-z]{3})(?:_|$)")


@dataclass(frozen=True)
class Task:
    """A task by its name in lm-eval. metric: its first, without the filter.  parts: how many tasks it is made of, 0 for none."""

    name: str
    language: str
    category: str
    metric: str
    parts: int = 0


class TaskTable:
    """Tasks by name, and the language of an unknown one by how its name ends."""

    def __init__(self, tasks: Iterable[Task], suffixes: Mapping[str, str]) -> None:
        self._tasks = {task.name: task for task in tasks}
        three = {code.partition("_")[0]: code for code in suffixes.values()}
        self._suffixes = {**three, **suffixes}

    def __contains__(self, name: str) -> bool:
        return name in self._tasks

    def get(self, name: str) -> Task | None:
        """What is known of a task; None for nothing."""
        return self._tasks.get(name)

    def whole_of(self, name: str) -> Task | None:
        """The exam that a task is a part of by its name alone; None when it is known itself or belongs to none."""
        if name in self._tasks:
            return None
        wholes = [task for task in self._tasks.values() if task.parts and name.startswith(f"{task.name}_")]
        return max(wholes, key=lambda task: len(task.name), default=None)

    def language_by_name(self, name: str) -> str | None:
        """`belebele_fra_Latn`, `xnli_eu`: the code, if the name says it clearly; else None."""
        if found := _CODE.search(name):
            return found[1]
        return self._suffixes.get(re.split(r"[_-]", name)[-1])


def task_table(more: Iterable[Task] = ()) -> TaskTable:
    """The table that comes with Mintza. more: tasks that are known from elsewhere; where both know one, the table's stands."""
    text = (resources.files("mintza.benchmark.importing") / "tasks.yaml").read_text(encoding="utf-8")
    plain: dict[str, Any] = yaml.safe_load(text)
    own = [Task(name=name, **fields) for name, fields in plain["tasks"].items()]
    return TaskTable([*more, *own], plain["suffixes"])
