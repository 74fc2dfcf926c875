"""What a study file may say: the sum of the rooms' settings, and the tables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mintza.arena.settings import ArenaSettings
from mintza.benchmark.settings import BenchmarkSettings
from mintza.corpus.settings import CorpusSettings
from mintza.exams.settings import ExamsSettings
from mintza.instruct.settings import FilterSettings, JudgeSettings, SampleSettings, WrittenSettings
from mintza.models.settings import BackboneSettings, ProviderSettings
from mintza.report.settings import ReportSettings
from mintza.review.settings import ReviewSettings
from mintza.settings import Settings
from mintza.study.cluster import ClusterSettings
from mintza.study.release import ReleaseSettings
from mintza.train.settings import PrepareSettings, TrainSettings
from mintza.translate.settings import CheckSettings, GateSettings, Pairs, TranslateSettings

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=80)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class CorpusComponent(Settings):
    """Documents of the corpus in the study's language, trained as plain text."""

    kind: Literal["corpus"]


class SampledComponent(Settings):
    """Conversations sampled from an instructed model. language: that they are to be in."""

    kind: Literal["sampled"]
    language: str


class TranslatedComponent(Settings):
    """Conversations of another component, translated to the study's language. of: its name."""

    kind: Literal["translated"]
    of: Name


class WrittenComponent(Settings):
    """Conversations that somebody has already, from `data`. language: that they are in."""

    kind: Literal["written"]
    language: str
    data: WrittenSettings


Component = Annotated[
    CorpusComponent | SampledComponent | TranslatedComponent | WrittenComponent, Field(discriminator="kind")
]


class Table(Settings):
    """Backbones x mixtures x seeds.

    backbones: names of the study's.  seeds: of training; more than one shows how much is luck.
    mixtures: names of components joined by `+`.  without: cells `BACKBONE.MIXTURE` that are left out.
    same_as: cell `BACKBONE.MIXTURE` -> the untouched backbone or cell that it equals by definition; it is not trained.
    instruct_model, translate_model, train: in place of the study's, for the cells of this table.
    """

    backbones: tuple[Name, ...] = Field(min_length=1)
    mixtures: tuple[str, ...] = Field(min_length=1)
    seeds: tuple[Seed, ...] = Field(default=(33,), min_length=1)
    without: tuple[str, ...] = ()
    same_as: dict[str, str] = Field(default_factory=dict)
    instruct_model: Name | None = None
    translate_model: Name | None = None
    train: TrainSettings | None = None


class InstructSettings(Settings):
    """How conversations are sampled, judged and filtered. The judge is asked only where a filter needs it."""

    sample: SampleSettings = SampleSettings()
    judge: JudgeSettings = JudgeSettings()
    filter: FilterSettings = FilterSettings()


class TranslationSettings(Settings):
    """How conversations are translated and checked.

    pairs: parallel text, for the examples that the model is shown and for the gate.  gate: what the model must show on it first.
    """

    translate: TranslateSettings = TranslateSettings()
    check: CheckSettings = CheckSettings()
    pairs: Pairs | None = None
    gate: GateSettings | None = None

    @model_validator(mode="after")
    def _with_pairs(self) -> TranslationSettings:
        if self.pairs is None and (self.gate is not None or self.translate.examples):
            raise ValueError("`gate` and `examples` need `pairs`")
        return self


class Execution(Settings):
    """How the study runs here; none of it bears on a result. store: folder, from the study file's; `~` is one's home.

    threads: of the models that are examined, null for all.  cluster: for `mintza submit`."""

    store: str = Field(default="../.mintza-store", min_length=1, pattern=r"^[^\x00]+$")
    threads: int | None = Field(default=None, ge=1)
    cluster: ClusterSettings = ClusterSettings()


class StudySettings(Settings):
    """A whole study.

    name: short, for files.  title: of the report.  language: the target, `eus_Latn`.  also: other languages that are examined.
    notes: sentences that the report prints as they are.  backbones: what one starts from.  components: what one teaches.
    tables: which combinations are trained.  exams: which are taken.
    models: those that sample, translate or judge beside the backbones.  references: names of models that are examined and never trained.
    votes: file of what people judged, from the study file's folder; it bears on the report alone.
    arena: for `mintza arena serve`; no stage reads it.
    """

    name: Name
    title: str
    language: str
    also: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    backbones: dict[Name, BackboneSettings] = Field(min_length=1)
    models: dict[Name, ProviderSettings] = Field(default_factory=dict)
    components: dict[Name, Component] = Field(min_length=1)
    tables: dict[Name, Table] = Field(min_length=1)
    references: tuple[Name, ...] = ()
    corpus: CorpusSettings
    exams: ExamsSettings
    instruct: InstructSettings = InstructSettings()
    translate: TranslationSettings = TranslationSettings()
    review: ReviewSettings | None = None
    prepare: PrepareSettings = PrepareSettings()
    train: TrainSettings = TrainSettings()
    benchmark: BenchmarkSettings = BenchmarkSettings()
    report: ReportSettings = ReportSettings()
    votes: str | None = None
    arena: ArenaSettings | None = None
    release: ReleaseSettings = ReleaseSettings()
    execution: Execution = Execution()
