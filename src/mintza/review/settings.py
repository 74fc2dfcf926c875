"""What a study may say of reviews."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from mintza.settings import Settings


class ReviewSettings(Settings):
    """Which reviews count in the study, and how they are gathered.

    file: where reviews are written and read, from the study file's folder.
    components: the translated and sampled ones that people review; those decisions go into the study.
    only_reviewed: whether what nobody has decided on is left out; else it goes on as the checks and filters left it.
    overlap: share of the conversations that two people review, so that their agreement is known.
    """

    file: Annotated[str, Field(min_length=1)]
    components: tuple[str, ...] = Field(min_length=1)
    only_reviewed: bool = False
    overlap: Annotated[float, Field(ge=0, le=1)] = 0.1

    def bearing(self) -> dict[str, Any]:
        """What decides the result: not where the reviews lie, nor how they were shared out; they are keyed by content."""
        return {"only_reviewed": self.only_reviewed}
