"""What a report is made from: everything that a study left behind, as the pipeline hands it over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mintza.records import (
    Answer,
    Battle,
    ComponentCount,
    Conversation,
    Document,
    Item,
    Language,
    Measurement,
    Score,
    TrainingStep,
    Verdict,
    VerdictCount,
    Vote,
)

Role = Literal["untouched", "variant", "reference"]


@dataclass(frozen=True)
class ExaminedModel:
    """One row of the tables.

    name: as in Measurement.model.  backbone: its own; mixture: () for an untouched backbone or a reference.
    same_as: names of the cells that are equal to it by definition; a backbone's name among them makes it that backbone, untouched.
    table: of the study, in which it stands; backbones are compared within a table only.
    """

    name: str
    role: Role
    backbone: str
    instructed: bool
    mixture: tuple[str, ...] = ()
    seed: int | None = None
    same_as: tuple[str, ...] = ()
    table: str = ""


@dataclass(frozen=True)
class ComponentFacts:
    """A component of the study: kind (corpus, sampled, translated, written), language, and how many records it came to."""

    name: str
    kind: Literal["corpus", "sampled", "translated", "written"]
    language: str
    records: int


@dataclass(frozen=True)
class StageFacts:
    """One artifact of a data stage, for the waterfalls.

    entered: records that came in (None: not known).  left: records that came out.  unit: document or conversation.
    verdicts: counts in the order of the steps.  dropped: a few verdicts with excerpts, some of each reason.
    kept: a few records that came through.
    """

    stage: str
    cell: str | None
    key: str
    title: str
    unit: Literal["document", "conversation"]
    entered: int | None
    left: int
    verdicts: tuple[VerdictCount, ...]
    dropped: tuple[Verdict, ...] = ()
    kept: tuple[Document | Conversation, ...] = ()
    seconds: float = 0.0
    execution: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Trouble:
    """Something that was left out. count: how often.  places: a few of them."""

    reason: str
    count: int
    places: tuple[str, ...]


@dataclass(frozen=True)
class Voter:
    """Somebody who judged, under a pseudonym. level: of the language; education; each "" where not said."""

    pseudonym: str
    level: str = ""
    education: str = ""


@dataclass(frozen=True)
class Arena:
    """A file of votes. battles: by id.  voters: by pseudonym.  trouble: what could not be read.  source: sha256 of the file."""

    battles: Mapping[str, Battle]
    votes: Sequence[Vote]
    voters: Mapping[str, Voter]
    trouble: tuple[Trouble, ...]
    source: str

    @property
    def overruled(self) -> set[tuple[str, str]]:
        """Battle and voter of each vote that a check left out until the arena's staff overruled the check."""
        return {(vote.battle_id, vote.voter) for vote in self.votes if vote.overruled}


@dataclass(frozen=True)
class Answered:
    """What models said, for the pages to browse; each call reads anew."""

    items: Callable[[], Iterable[Item]]
    answers: Callable[[], Iterable[Answer]]


@dataclass(frozen=True)
class Material:
    """A whole study. languages: the target first, then the others that were examined, by code in `also`.

    artifacts: key of each artifact by `stage` or `stage/cell`, so that a finding can name what it rests on.
    curves: training steps by variant name.  mixtures: component counts by variant name.
    notes: sentences to print as they are.  arena: None where the study names no votes.  answered: None where no answer is here.
    families: exam -> the name that it shares with its like in other languages, where its definition says so.
    """

    study: str
    title: str
    target: Language
    also: tuple[Language, ...]
    models: Sequence[ExaminedModel]
    components: Sequence[ComponentFacts]
    measurements: Sequence[Measurement]
    scores: Sequence[Score]
    curves: Mapping[str, Sequence[TrainingStep]]
    mixtures: Mapping[str, Sequence[ComponentCount]]
    stages: Sequence[StageFacts]
    artifacts: Mapping[str, str]
    notes: tuple[str, ...] = ()
    arena: Arena | None = None
    answered: Answered | None = None
    families: Mapping[str, str] = field(default_factory=dict)
