"""What a study may say of its report."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mintza.settings import Settings


class ReportSettings(Settings):
    """How the results are told.

    title: of the page, null for the study's own.  level: of the intervals of effects; an effect is said to be seen when the
    interval leaves out zero and luck alone does as much in fewer than 1 - level of the cases.
    replicas: of the bootstrap and of the permutations.  examples_per_reason: dropped records shown for each reason.
    language: of the page's headings and fixed sentences; sentences that numbers compose are English.
    figures: whether figures are drawn as files.  parquet: whether all numbers go into one.  browse: whether answers and battles do.
    battles: shown in the page itself.
    """

    title: str | None = None
    level: float = Field(default=0.95, gt=0.5, lt=1)
    replicas: int = Field(default=2000, ge=100)
    examples_per_reason: int = Field(default=2, ge=0)
    language: Literal["eng_Latn", "eus_Latn", "spa_Latn"] = "eng_Latn"
    figures: bool = True
    parquet: bool = True
    browse: bool = True
    battles: int = Field(default=6, ge=0, le=50)
