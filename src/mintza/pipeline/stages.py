"""The stages of a study in their order, as a method section would list them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mintza.benchmark import stage as benchmark
from mintza.corpus import stage as corpus
from mintza.exams import stage as exams
from mintza.instruct import stage as instruct
from mintza.records import Artifact, Record
from mintza.report import stage as report
from mintza.review import stage as review
from mintza.train import stage as train
from mintza.translate import stage as translate

if TYPE_CHECKING:
    from mintza.pipeline.work import Work
    from mintza.store import Store


class Make(Protocol):
    """Makes the records of one node."""

    def __call__(self, work: Work) -> Iterator[Record]: ...


class Passed(Protocol):
    """Raises when the study stops at this artifact."""

    def __call__(self, artifact: Artifact, store: Store) -> None: ...


@dataclass(frozen=True)
class Stage:
    """One row of the table.

    does: what it makes of what, in a few words.  revision: raised by hand when its bytes change.
    libraries: distributions whose versions bear on the result.
    """

    name: str
    does: str
    revision: int
    libraries: tuple[str, ...]


def _row(room: object, name: str, does: str) -> Stage:
    revisions: dict[str, int] = vars(room)["REVISIONS"]
    libraries: dict[str, tuple[str, ...]] = vars(room)["LIBRARIES"]
    return Stage(name=name, does=does, revision=revisions[name], libraries=libraries[name])


WEIGHTS = Stage("weights", "a GGUF file becomes a folder of dequantised weights", 1, ("transformers", "gguf"))

TABLE: tuple[Stage, ...] = (
    _row(corpus, "corpus", "sources become documents, cleaned, identified, deduplicated, split"),
    _row(exams, "exams", "definitions become items"),
    _row(instruct, "sample", "a model writes both sides of conversations (Magpie)"),
    _row(instruct, "judge", "a model judges conversations"),
    _row(instruct, "filter", "conversations worth keeping are kept"),
    _row(instruct, "written", "conversations that somebody wrote are read"),
    _row(translate, "gate", "the translating model is tried on parallel text"),
    _row(translate, "translate", "a model brings conversations into the language"),
    _row(translate, "check", "translations worth keeping are kept"),
    _row(review, "review", "people read conversations, mend them, reject them"),
    WEIGHTS,
    _row(train, "prepare", "a mixture becomes packed rows of tokens"),
    _row(train, "train", "a backbone becomes a variant"),
    _row(benchmark, "overlap", "items of exams that stand in the corpus or in conversations are found"),
    _row(benchmark, "answer", "a model answers items, texts and prompts"),
    _row(benchmark, "measure", "answers become scores and measurements"),
    _row(report, "report", "measurements become findings and the page"),
)

STAGES: dict[str, Stage] = {stage.name: stage for stage in TABLE}
