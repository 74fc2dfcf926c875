"""The cells of a study, computed from its tables: which are trained, and which equal another by definition."""

from __future__ import annotations

from dataclasses import dataclass

from mintza.errors import StudyError
from mintza.records import Variant
from mintza.study import StudySettings, Table


@dataclass(frozen=True)
class Cell:
    """One cell of one table. same_as: None when it is trained; else the backbone or variant name that it equals."""

    table: str
    variant: Variant
    same_as: str | None

    @property
    def name(self) -> str:
        """The variant's name."""
        return self.variant.name


def cells(settings: StudySettings) -> tuple[Cell, ...]:
    """Every cell that is not left out, in the order of the tables. A cell in two tables stands once, where it came first."""
    found: dict[str, Cell] = {}
    every = {f"{b}.{m}" for table in settings.tables.values() for b in table.backbones for m in table.mixtures}
    for name, table in settings.tables.items():
        for cell in _of_table(name, table, every):
            found.setdefault(cell.name, cell)
    _refuse_circles(found, settings)
    return tuple(found.values())


def resolve(name: str, table_cells: tuple[Cell, ...]) -> str:
    """The trained variant or untouched backbone behind a name, following `same_as` to its end."""
    by_name = {cell.name: cell for cell in table_cells}
    while name in by_name and (same := by_name[name].same_as) is not None:
        name = same
    return name


def _of_table(name: str, table: Table, every: set[str]) -> list[Cell]:
    """every: `BACKBONE.MIXTURE` of all tables; a cell that equals one of them does so seed by seed."""
    made = []
    for backbone in table.backbones:
        for mixture in table.mixtures:
            cell = f"{backbone}.{mixture}"
            if cell in table.without:
                continue
            for seed in table.seeds:
                same = table.same_as.get(cell)
                if same in every:
                    same = f"{same}.s{seed}"
                variant = Variant(backbone=backbone, mixture=tuple(mixture.split("+")), seed=seed)
                made.append(Cell(table=name, variant=variant, same_as=same))
    return made


def _refuse_circles(found: dict[str, Cell], settings: StudySettings) -> None:
    for start, cell in found.items():
        seen = {start}
        same = cell.same_as
        while same is not None:
            if same in seen:
                raise StudyError(
                    f"'{start}' is the same as itself", place="tables.same_as", remedy="let one of them be trained"
                )
            seen.add(same)
            if same not in found and same not in settings.backbones:
                raise StudyError(
                    f"'{start}' is said to equal '{same}', which is left out",
                    place="tables.same_as",
                    remedy="name a cell",
                )
            same = found[same].same_as if same in found else None


def equal_cells(settings: StudySettings) -> dict[str, str]:
    """Cells that were not trained since the study declares them equal: name -> the name of what stands for them."""
    every = cells(settings)
    return {cell.name: resolve(cell.name, every) for cell in every if cell.same_as is not None}
