"""What a study may say of translating conversations, and of checking the translations."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mintza.settings import Settings

Share = Annotated[float, Field(ge=0, le=1)]
Form = Literal["conversation", "turn"]


class TranslateExecution(Settings):
    """How translating runs here. wave: conversations that are asked before the failed ones are asked again; any gives the same.

    shards: processes that share the requests when the study is submitted to a cluster.
    """

    wave: int = Field(default=1024, ge=1)
    shards: int = Field(default=1, ge=1, le=1000)


class TranslateSettings(Settings):
    """How a model translates conversations.

    model: name of one of the study's models or backbones; null for the first instructed backbone.
    limit: only the first so many conversations; null for all.  tries: of one conversation, the first greedy.
    retry_temperature: of the later tries.  max_tokens: of one answer: a translated conversation, or a part of it.
    examples: parallel pairs shown before each conversation; they come from `pairs`.
    part_characters: a longer conversation is translated in parts, cut between turns or paragraphs; null: always whole.
    code_comments: comments in blocks of code are translated too; false: code is kept whole.
    form: `conversation`: as JSON, under a schema; `turn`: each turn by itself, as plain text, which small models do better.
    """

    model: str | None = None
    limit: int | None = Field(default=None, ge=1)
    tries: int = Field(default=3, ge=1, le=10)
    retry_temperature: float = Field(default=0.7, ge=0)
    max_tokens: int = Field(default=1024, ge=16)
    examples: int = Field(default=0, ge=0, le=32)
    part_characters: int | None = Field(default=None, ge=100)
    code_comments: bool = True
    form: Form = "conversation"
    execution: TranslateExecution = TranslateExecution()


class TurnsCheckSettings(Settings):
    """As many turns as the original has, by the same roles."""

    kind: Literal["turns"] = "turns"


class EmptyCheckSettings(Settings):
    """A turn that says something in the original says something in the translation."""

    kind: Literal["empty"] = "empty"


class PlaceholdersCheckSettings(Settings):
    """Numbers, URLs, code and placeholders are those of the original, each as often, turn by turn."""

    kind: Literal["placeholders"] = "placeholders"


class LengthRatioCheckSettings(Settings):
    """Length of a turn over that of the original, in characters. min_ratio, max_ratio: outside them it goes.

    min_characters: of an original turn that is judged.
    """

    kind: Literal["length_ratio"] = "length_ratio"
    min_ratio: float = Field(default=0.4, gt=0)
    max_ratio: float = Field(default=2.5, gt=0)
    min_characters: int = Field(default=20, ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> LengthRatioCheckSettings:
        if self.min_ratio >= self.max_ratio:
            raise ValueError("`min_ratio` is not under `max_ratio`")
        return self


class CopiedCheckSettings(Settings):
    """A turn is not the original's words again.

    max_share: of the turn's word triples (where it has few words, 5-character pieces) that the original turn has too.
    min_words: of an original turn that is judged.
    """

    kind: Literal["copied"] = "copied"
    max_share: Share = 0.5
    min_words: int = Field(default=4, ge=1)


class LanguageCheckSettings(Settings):
    """Each turn is in the target language: by paragraph, without code. min_letters: of a turn that is judged."""

    kind: Literal["language"] = "language"
    min_share: Share = 0.8
    min_letters: int = Field(default=20, ge=1)


class RefusalCheckSettings(Settings):
    """The translator neither refuses nor speaks of itself where the original does not.

    The phrases are those of both languages; phrases: more of them.
    """

    kind: Literal["refusal"] = "refusal"
    phrases: tuple[Annotated[str, Field(min_length=1)], ...] = ()


class RepetitionCheckSettings(Settings):
    """No turn goes round in circles. max_share: of a turn's words that repeated phrases cover."""

    kind: Literal["repetition"] = "repetition"
    max_share: Share = 0.3


class QuestionCheckSettings(Settings):
    """A turn that ends in a question mark has one in the translation too: else the question was answered, or lost."""

    kind: Literal["question"] = "question"


Check = Annotated[
    TurnsCheckSettings
    | EmptyCheckSettings
    | PlaceholdersCheckSettings
    | LengthRatioCheckSettings
    | CopiedCheckSettings
    | LanguageCheckSettings
    | RefusalCheckSettings
    | RepetitionCheckSettings
    | QuestionCheckSettings,
    Field(discriminator="kind"),
]


class CheckSettings(Settings):
    """Which translations are kept. checks: in this order; the first that drops a translation says why."""

    checks: tuple[Check, ...] = (
        TurnsCheckSettings(),
        EmptyCheckSettings(),
        PlaceholdersCheckSettings(),
        CopiedCheckSettings(),
        LanguageCheckSettings(),
        LengthRatioCheckSettings(),
        RefusalCheckSettings(),
        RepetitionCheckSettings(),
        QuestionCheckSettings(),
    )


class FilePairs(Settings):
    """Parallel text in a file. path: JSON lines (`.jsonl`) or tab-separated with a head line (`.tsv`), from the study file.

    source, target: key or column of each text, `source` in the language that is translated from.  license: of the text.
    """

    kind: Literal["file"] = "file"
    path: str
    source: str = "source"
    target: str = "target"
    license: Annotated[str, Field(min_length=1)]


class CorpusPairs(Settings):
    """Parallel text that a source of the corpus brings, such as the help of LibreOffice. source: its name in the study."""

    kind: Literal["corpus"] = "corpus"
    source: str


Pairs = Annotated[FilePairs | CorpusPairs, Field(discriminator="kind")]


class GateSettings(Settings):
    """What the translating model must show on held-out parallel text before it is let at a data set.

    segments: how many it translates.  min_characters, max_characters: of a segment.
    min_chrf: chrF++ to reach.  min_gain: chrF++ by which the interval's lower end must exceed copying the source.
    max_failed: share of segments that may fail.  tokens_per_second: written, for the projection; null: as fast as the gate ran.
    """

    segments: int = Field(default=100, ge=2)
    min_characters: int = Field(default=15, ge=1)
    max_characters: int = Field(default=400, ge=1)
    min_chrf: float = Field(default=0.0, ge=0, le=100)
    min_gain: float = 0.0
    max_failed: Share = 0.5
    tokens_per_second: float | None = Field(default=None, gt=0)

    def bearing(self) -> dict[str, Any]:
        """What decides the measurement: neither thresholds, which only stop a run, nor what the projection reckons with."""
        return self.model_dump(mode="json", include={"segments", "min_characters", "max_characters"})
