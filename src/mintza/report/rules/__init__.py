"""Rules by which published tables are made: data, one file each, by name."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import resources
from typing import Any

import yaml

from mintza.errors import BadInput


@dataclass(frozen=True)
class Rules:
    """title: whose they are.  exams: columns by language code.  metrics: (pattern of an exam's name, metrics in order)."""

    title: str
    exams: dict[str, tuple[str, ...]]
    metrics: tuple[tuple[str, tuple[str, ...]], ...]

    def wanted(self, exam: str) -> tuple[str, ...]:
        """The metrics that count for an exam, the best first; none when no rule is about it."""
        return next((take for pattern, take in self.metrics if fnmatchcase(exam, pattern)), ())


def known() -> tuple[str, ...]:
    """Names of the rules that there are."""
    files = (resources.files(__package__)).iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


def rules(name: str) -> Rules:
    """The rules of that name. Raises BadInput when there are none."""
    if name not in known():
        raise BadInput(f"there are no rules '{name}'", place="--rules", remedy=f"known: {', '.join(known())}")
    plain: dict[str, Any] = yaml.safe_load((resources.files(__package__) / f"{name}.yaml").read_text(encoding="utf-8"))
    return Rules(
        title=plain["title"],
        exams={code: tuple(exams) for code, exams in plain["exams"].items()},
        metrics=tuple((one["exams"], tuple(one["take"])) for one in plain["metrics"]),
    )
