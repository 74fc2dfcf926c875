"""What a study may say of how its models are examined."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mintza.settings import Settings


class BitsPerByteSettings(Settings):
    """How well a model predicts held-out text.

    documents: at most so many of each language and source, drawn by their ids and the seed.
    characters: of each document's beginning, cut back to the end of a paragraph or word.  seed: of the draw.
    """

    documents: int = Field(default=20, ge=1)
    characters: int = Field(default=900, ge=20)
    seed: int = 33


class PackagePrompts(Settings):
    """Prompts that an installed package brings. path: inside the package."""

    kind: Literal["package"]
    package: str
    path: str


class FilePrompts(Settings):
    """Prompts in a file of one's own. path: from the study file's folder."""

    kind: Literal["file"]
    path: str


Prompts = Annotated[PackagePrompts | FilePrompts, Field(discriminator="kind")]


class RightLanguageSettings(Settings):
    """Whether a model answers in the language that it is asked in.

    prompts: where they are.  items: the first so many, null for all.  system_prompt: whether the language's own comes first.
    max_tokens: of an answer.  threshold: share of an answer's letters that must be of the language.
    """

    prompts: Prompts
    items: int | None = Field(default=None, ge=1)
    system_prompt: bool = True
    max_tokens: int = Field(default=96, ge=1)
    threshold: float = Field(default=0.5, gt=0, le=1)


class LetterSettings(Settings):
    """How an exam with choices is asked of a model that is to answer with a letter.

    system_prompt: comes first under a chat template; `{letters}` becomes `A, B or C`.  max_tokens: of an answer.
    """

    system_prompt: str | None = "Respond always with a single letter: {letters}."
    max_tokens: int = Field(default=8, ge=1)


class BenchmarkExecution(Settings):
    """How models are examined here; nothing of it bears on a result.

    shards: processes that share the requests of a reference when the study is submitted to a cluster; likelihoods are not shared.
    """

    shards: int = Field(default=1, ge=1, le=1000)


class BenchmarkSettings(Settings):
    """How every model of the study is examined.

    chat_template: whether a model that has a chat template is asked the exams under it.
    protocols: how exams with choices are asked: the `likelihood` of each, the `letter` that a model writes, the likelihood of each
    choice's words where none are listed (`cloze`). A model that gives no likelihoods is asked for letters.
    clean_share: an item of which a document of the corpus holds so much is read already, and its exam is measured without such
    items too; null does not look.  bits_per_byte, right_language: null leaves the measure out.  replicas: of the bootstrap.
    """

    chat_template: bool = True
    protocols: tuple[Literal["likelihood", "letter", "cloze"], ...] = Field(default=("likelihood",), min_length=1)
    letter: LetterSettings = LetterSettings()
    clean_share: float | None = Field(default=0.5, gt=0, le=1)
    bits_per_byte: BitsPerByteSettings | None = BitsPerByteSettings()
    right_language: RightLanguageSettings | None = None
    replicas: int = Field(default=2000, ge=1)
    execution: BenchmarkExecution = BenchmarkExecution()
