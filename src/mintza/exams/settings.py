"""What a study may say of its exams: which it takes, how many items of each, and where further definitions are."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from mintza.settings import Settings

ExamName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]


class Take(Settings):
    """What is taken of one exam.

    items: how many, null for all.  choose: `first` of the file, or `seeded`, a draw that depends on the items' ids and the seed
    only; either way the same ids in every language.  seed: of the draw.
    shots: examples shown, in place of the definition's.  at_most: of all items only so many, where there are more (a trial
    sets it); together with `items` nothing is gained.
    """

    items: int | None = Field(default=None, ge=1)
    choose: Literal["first", "seeded"] = "first"
    seed: int = 33
    shots: int | None = Field(default=None, ge=0)
    at_most: int | None = Field(default=None, ge=1)

    @property
    def how(self) -> str:
        """How the items are chosen, in words."""
        return "the first" if self.choose == "first" else f"drawn with seed {self.seed}"


class ExamsExecution(Settings):
    """hub: folder of the data sets that were brought from a hub, `OWNER/NAME` each; from the study file's folder."""

    hub: str = "hub"


class ExamsSettings(Settings):
    """take: exams by name.  definitions: further definition files, paths from the study file's folder.

    execution: where things lie; of what was brought, the content counts and not the place.
    """

    take: dict[ExamName, Take] = Field(min_length=1)
    definitions: tuple[str, ...] = ()
    execution: ExamsExecution = ExamsExecution()

    def bearing(self) -> dict[str, Any]:
        """As elsewhere; `at_most` only where it is given: it came later, and every exam would have another key."""
        bearing = super().bearing()
        for take in bearing["take"].values():
            if take["at_most"] is None:
                del take["at_most"]
        return bearing
