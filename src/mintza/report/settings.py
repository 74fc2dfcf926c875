"""What a study may say of its report."""

from __future__ import annotations

from pydantic import Field

from mintza.settings import Settings


class ReportSettings(Settings):
    """How the results are told.

    title: of the page, null for the study's own.  level: of the intervals of effects; an effect is said to be seen when the
    interval leaves out zero and luck alone does as much in fewer than 1 - level of the cases.
    replicas: of the bootstrap and of the permutations.  examples_per_reason: dropped records shown for each reason.
    """

    title: str | None = None
    level: float = Field(default=0.95, gt=0.5, lt=1)
    replicas: int = Field(default=2000, ge=100)
    examples_per_reason: int = Field(default=2, ge=0)
