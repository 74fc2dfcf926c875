"""What a study may say of sampling conversations, of filtering them, and of those that somebody wrote."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from mintza.settings import Settings

Share = Annotated[float, Field(ge=0, le=1)]


class TurnSettings(Settings):
    """How the user's turn is drawn.

    max_tokens: a turn that is longer is cut there.  redraw_unfinished: a cut turn is dropped and another drawn in its place;
    false keeps it, for the filter `finished` to judge.
    markdown: a turn that begins with it is drawn anew (`redraw`); or its first token is drawn by itself, with the tokens that
    begin so banned by their ids (`bias`), which asks twice and wastes no draw. The distribution is the same.
    """

    temperature: float = Field(default=1.0, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=128, ge=1)
    redraw_unfinished: bool = True
    markdown: Literal["redraw", "bias"] = "redraw"


class AnswerSettings(Settings):
    """How the answer is asked. temperature: 0 is greedy.  max_tokens: an answer that is longer is cut there.

    stop: strings at which an answer ends; a line break leaves its first paragraph, which a small model finishes more often.
    """

    temperature: float = Field(default=0.0, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=256, ge=1)
    stop: tuple[Annotated[str, Field(min_length=1)], ...] = ()


class SampleExecution(Settings):
    """How sampling runs here. wave: turns that are drawn before their answers are asked; the result is the same for any.

    shards: processes that share the requests when the study is submitted to a cluster.
    """

    wave: int = Field(default=1024, ge=1)
    shards: int = Field(default=1, ge=1, le=1000)


class SampleSettings(Settings):
    """How a model writes both sides of conversations.

    model: name of one of the study's models or backbones; null for the first instructed backbone.
    conversations: how many.  max_draws: user turns drawn at most to come to them; null for twice as many and eight
    (ten times as many and eight with `top_up`).
    top_up: `conversations` counts those that the filters keep: sampling goes on in rounds until there are so many.
    exchanges: of a conversation at most; it ends earlier where the model writes no further turn that can be used.
    turn_under: what the model is told while it writes the user's turn: `template` (its own default), `language` (the
    language's prompt) or `categories` (that of a category of the language, drawn anew for each conversation).
    category_weights: in place of the language's, by name; 0 leaves a category out.
    turn_system_prompt: a prompt of the study's own in place of the first turn's; null for what `turn_under` says.
    answer_system_prompt: what it is told while it answers; null for the language's `sample_system_prompt`, "" for nothing.
    """

    model: str | None = None
    conversations: int = Field(default=48, ge=1)
    max_draws: int | None = Field(default=None, ge=1)
    top_up: bool = False
    exchanges: int = Field(default=1, ge=1, le=16)
    turn_under: Literal["template", "language", "categories"] = "template"
    category_weights: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    turn: TurnSettings = TurnSettings()
    answer: AnswerSettings = AnswerSettings()
    turn_system_prompt: str | None = None
    answer_system_prompt: str | None = None
    execution: SampleExecution = SampleExecution()

    @property
    def most_draws(self) -> int:
        """Draws at most, the default worked out."""
        return self.max_draws or (10 if self.top_up else 2) * self.conversations + 8

    @property
    def prompted(self) -> bool:
        """Whether the prompts of the language's folder bear on the result."""
        return self.turn_under != "template" or self.exchanges > 1

    @model_validator(mode="after")
    def _one_prompt(self) -> SampleSettings:
        if self.turn_system_prompt is not None and self.turn_under != "template":
            raise ValueError("`turn_system_prompt` and `turn_under` exclude each other")
        if self.category_weights and self.turn_under != "categories":
            raise ValueError("`category_weights` needs `turn_under: categories`")
        return self


Label = Annotated[str, Field(min_length=1, max_length=60)]
Quality = Literal["very poor", "poor", "average", "good", "excellent"]
Difficulty = Literal["very easy", "easy", "medium", "hard", "very hard"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)
DIFFICULTIES: tuple[Difficulty, ...] = get_args(Difficulty)
CATEGORIES = (
    *("information", "reasoning", "mathematics", "code", "writing", "editing", "planning", "advice", "ideas"),
    *("role play", "data analysis", "other"),
)


class JudgeExecution(Settings):
    """How judging runs here. wave: conversations that are asked before the failed ones are asked again; any gives the same.

    shards: processes that share the requests when the study is submitted to a cluster.
    """

    wave: int = Field(default=1024, ge=1)
    shards: int = Field(default=1, ge=1, le=1000)


class JudgeSettings(Settings):
    """Who judges conversations, for the filters `judged` and `balance`.

    model: name of one of the study's models or backbones; null for the first instructed backbone.
    categories: the labels of the third list.  tries: of one conversation, the first greedy.
    max_characters: of a conversation as the judge sees it; the middle of a longer one is left out.
    """

    model: str | None = None
    categories: tuple[Label, ...] = Field(default=CATEGORIES, min_length=2)
    tries: int = Field(default=2, ge=1, le=10)
    max_characters: int = Field(default=6000, ge=200)
    execution: JudgeExecution = JudgeExecution()


class LanguageFilterSettings(Settings):
    """Each turn is in the language: by paragraph, without code. min_letters: of a turn that is judged."""

    kind: Literal["language"] = "language"
    min_share: Share = 0.8
    min_letters: int = Field(default=20, ge=1)


class LengthFilterSettings(Settings):
    """Turns are neither too short nor too long. user_min, user_max, assistant_min, assistant_max: characters."""

    kind: Literal["length"] = "length"
    user_min: int = Field(default=8, ge=1)
    user_max: int = Field(default=4000, ge=1)
    assistant_min: int = Field(default=2, ge=1)
    assistant_max: int = Field(default=8000, ge=1)


class FinishedFilterSettings(Settings):
    """No turn was cut at max_tokens, answers end as a sentence does, instructions do not end in a colon."""

    kind: Literal["finished"] = "finished"


class RepetitionFilterSettings(Settings):
    """No turn goes round in circles. max_share: of a turn's words that repeated phrases cover."""

    kind: Literal["repetition"] = "repetition"
    max_share: Share = 0.3


class CopiedFilterSettings(Settings):
    """The answer does not stand in the instruction, nor is it made of it.

    max_share: of the answer's 5-character pieces that the instruction has too.  min_characters: of an answer that is judged.
    """

    kind: Literal["copied"] = "copied"
    max_share: Share = 0.8
    min_characters: int = Field(default=20, ge=1)


class RefusalFilterSettings(Settings):
    """The answer does not refuse and nobody names the model. The phrases are the language's; phrases: more of them."""

    kind: Literal["refusal"] = "refusal"
    phrases: tuple[Annotated[str, Field(min_length=1)], ...] = ()


class NearDuplicateFilterSettings(Settings):
    """Of instructions that are nearly the same the first is kept. threshold: Jaccard likeness of 5-character pieces."""

    kind: Literal["near_duplicate"] = "near_duplicate"
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.7


class CodeOnlyFilterSettings(Settings):
    """A turn says something beside code. min_letters: outside blocks of code, in the instruction and in the answer together."""

    kind: Literal["code_only"] = "code_only"
    min_letters: int = Field(default=12, ge=1)


class JudgedFilterSettings(Settings):
    """What the judge said of a conversation. min_quality: and all above it.  difficulties: null for all.

    without_categories: labels of the judge that are dropped.
    """

    kind: Literal["judged"] = "judged"
    min_quality: Quality = "average"
    difficulties: tuple[Difficulty, ...] | None = None
    without_categories: tuple[Label, ...] = ()


class BalanceFilterSettings(Settings):
    """No category is more than `max_share` of what is kept; of a larger one the first are kept.

    by: the category under which a conversation was sampled, or the one that the judge gave it.
    """

    kind: Literal["balance"] = "balance"
    by: Literal["sampled", "judged"] = "sampled"
    max_share: Annotated[float, Field(gt=0, le=1)] = 0.3


OfWords = (
    LanguageFilterSettings
    | LengthFilterSettings
    | FinishedFilterSettings
    | RepetitionFilterSettings
    | CopiedFilterSettings
    | RefusalFilterSettings
    | CodeOnlyFilterSettings
)
Filter = Annotated[
    OfWords | JudgedFilterSettings | BalanceFilterSettings | NearDuplicateFilterSettings, Field(discriminator="kind")
]


class FilterSettings(Settings):
    """Which conversations are kept. filters: in this order; the first that drops a conversation says why."""

    filters: tuple[Filter, ...] = (
        FinishedFilterSettings(),
        LengthFilterSettings(),
        LanguageFilterSettings(),
        RepetitionFilterSettings(),
        CopiedFilterSettings(),
        RefusalFilterSettings(),
        NearDuplicateFilterSettings(),
    )

    @property
    def before_judge(self) -> tuple[Filter, ...]:
        """The filters that stand before the first one that needs a judge: what they drop is not judged."""
        place = next((index for index, one in enumerate(self.filters) if needs_judge(one)), len(self.filters))
        return self.filters[:place]

    @property
    def judged(self) -> bool:
        """Whether any filter needs a judge."""
        return len(self.before_judge) < len(self.filters)


def needs_judge(chosen: Filter) -> bool:
    """Whether a filter looks at what the judge said."""
    return chosen.kind == "judged" or (chosen.kind == "balance" and chosen.by == "judged")


class _Rows(Settings):
    """How a row becomes a conversation.

    messages: key of a list of {role, content}.  prompt, answer: keys of two texts, in place of `messages`.
    license: of rows that do not say theirs under `license`.  only: key -> value; rows with another value are not of this set.
    """

    messages: str = "messages"
    prompt: str | None = None
    answer: str | None = None
    license: str | None = None
    only: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _both_or_neither(self) -> _Rows:
        if (self.prompt is None) != (self.answer is None):
            raise ValueError("`prompt` and `answer` go together")
        return self


class JsonlSource(_Rows):
    """JSON lines. path: a file, or a folder whose *.jsonl files are read in the order of their names."""

    kind: Literal["jsonl"] = "jsonl"
    path: str


class PackageSource(_Rows):
    """JSON lines inside an installed Python package. path: in the package, a file or a folder."""

    kind: Literal["package"] = "package"
    package: str
    path: str


class HubSource(_Rows):
    """A data set of the Hugging Face hub. repo: `OWNER/NAME`.

    revision: commit (40 hex digits) or tag.  config: name of its configuration.  split: of its rows.
    """

    kind: Literal["hub"] = "hub"
    repo: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Annotated[str, Field(min_length=1)]
    config: str | None = None
    split: str = "train"


class PairsSource(_Rows):
    """Requests to translate, with their translations, of parallel text that a source of the corpus brings.

    source: name of that source.  ask: what the user says, with {text}.  ask_back: the same for the other direction, None for none.
    min_characters, max_characters: of the text to translate.  The order is by a hash, so that `limit` takes from everywhere.
    """

    kind: Literal["pairs"] = "pairs"
    source: str
    ask: Annotated[str, Field(pattern=r"\{text\}")]
    ask_back: Annotated[str, Field(pattern=r"\{text\}")] | None = None
    min_characters: int = Field(default=20, ge=1)
    max_characters: int = Field(default=400, ge=1)


Source = Annotated[JsonlSource | PackageSource | HubSource | PairsSource, Field(discriminator="kind")]


class WrittenSettings(Settings):
    """Conversations that somebody has already.

    on_bad_input: what becomes of a row that is no conversation: `refuse` (an error that names it) or `skip` (a verdict).
    limit: only the first so many conversations.
    """

    source: Source
    on_bad_input: Literal["refuse", "skip"] = "refuse"
    limit: int | None = Field(default=None, ge=1)
