"""Whether what is said to equal something, or to start from something, comes to an end: cells and variant backbones."""

from __future__ import annotations

from dataclasses import dataclass

from mintza.errors import StudyError
from mintza.study.schema import StudySettings
from mintza.study.yaml_lines import Lines

Where = tuple[str | int, ...]


@dataclass(frozen=True)
class _Cell:
    """backbone: that it starts from.  same: cell or backbone that it equals, None when it is trained.  where: that stands."""

    backbone: str
    same: str | None
    where: Where


def check_circles(settings: StudySettings, lines: Lines) -> None:
    """Raise StudyError at the first cell that equals nothing that is made, or backbone that starts from itself or from no training."""
    cells = _cells(settings)
    for name in cells:
        _trained(name, cells, settings, lines)
    for name, backbone in settings.backbones.items():
        if backbone.kind == "variant":
            _root(name, cells, settings, lines)


def _cells(settings: StudySettings) -> dict[str, _Cell]:
    """Every cell with its seed that is not left out, as the first table that has it says."""
    found: dict[str, _Cell] = {}
    every = {f"{b}.{m}" for table in settings.tables.values() for b in table.backbones for m in table.mixtures}
    for title, table in settings.tables.items():
        for backbone in table.backbones:
            for mixture in table.mixtures:
                cell = f"{backbone}.{mixture}"
                if cell in table.without:
                    continue
                same = table.same_as.get(cell)
                for seed in table.seeds:
                    other = f"{same}.s{seed}" if same in every else same
                    found.setdefault(f"{cell}.s{seed}", _Cell(backbone, other, ("tables", title, "same_as", cell)))
    return found


def _trained(name: str, cells: dict[str, _Cell], settings: StudySettings, lines: Lines) -> str:
    """The trained cell or backbone that a cell comes to."""
    start, seen = cells[name], {name}
    while name in cells and (same := cells[name].same) is not None:
        if same in seen:
            raise StudyError(
                f"'{same}' is the same as itself", place=lines.place(start.where), remedy="let one of them be trained"
            )
        if same not in cells and same not in settings.backbones:
            raise StudyError(
                f"'{name}' is said to equal '{same}', which is left out or has no such seed",
                place=lines.place(start.where),
                remedy="name a cell that is made, with the same seeds",
            )
        seen.add(same)
        name = same
    return name


def _root(name: str, cells: dict[str, _Cell], settings: StudySettings, lines: Lines) -> None:
    where, seen = ("backbones", name, "variant"), [name]
    while (backbone := settings.backbones[name]).kind == "variant":
        if backbone.variant not in cells:
            raise StudyError(
                f"'{backbone.variant}' is left out of its table",
                place=lines.place(where),
                remedy="name a cell that is trained",
            )
        trained = _trained(backbone.variant, cells, settings, lines)
        if trained not in cells:
            raise StudyError(
                f"'{backbone.variant}' equals the untouched backbone '{trained}', so there is no checkpoint of it",
                place=lines.place(where),
                remedy=f"name '{trained}' itself in the tables",
            )
        name = cells[trained].backbone
        if name in seen:
            raise StudyError(
                f"the backbone '{seen[0]}' starts from itself: {' from '.join([*seen, name])}",
                place=lines.place(where),
                remedy="let one of them start from a model that is here",
            )
        seen.append(name)
