"""What a study may say of its corpus."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mintza.corpus.filter_settings import (
    BoilerplateFilterSettings,
    MixingFilterSettings,
    NormaliseFilterSettings,
    OverlapFilterSettings,
    PersonalFilterSettings,
    QualityFilterSettings,
)
from mintza.corpus.source_settings import FolderSource, OnBadInput, PackageSource, Source, SourceSettings
from mintza.settings import Settings

__all__ = ["FolderSource", "OnBadInput", "PackageSource", "Source", "SourceSettings"]  # from the sources' own

Share = Annotated[float, Field(ge=0, le=1)]


class LanguageFilterSettings(Settings):
    """Paragraphs that are surely not in the source's language go; a document with too little left goes too.

    min_score: below it the identifier is not sure, and the paragraph stays when the rest of its document does.
    min_share: of the letters in paragraphs that it is sure of, so many must be in the language.
    short_words: paragraphs of fewer words (titles, names, entries of lists) are not judged alone.
    drop_varieties: orthographies or dialects, as the language's folder names them, whose documents go.
    keep_varieties: when given, documents in any other variety go; those in none that shows stay.
    """

    min_score: Share = 0.7
    min_share: Share = 0.5
    short_words: int = Field(default=5, ge=0)
    drop_varieties: tuple[str, ...] = ()
    keep_varieties: tuple[str, ...] | None = None


class LengthFilterSettings(Settings):
    """Documents of fewer or more words go; counted between white space, or by characters in scripts
    without it, never in tokens. min_words, max_words: that stay."""

    min_words: int = Field(default=10, ge=0)
    max_words: int = Field(default=100_000, ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_words > self.max_words:
            raise ValueError(f"min_words {self.min_words} is above max_words {self.max_words}")
        return self


class ExactFilterSettings(Settings):
    """Of documents with the same normal form one stays."""


class NearFilterSettings(Settings):
    """Documents whose shingle sets are this similar form a cluster, and one of each cluster stays.

    threshold: Jaccard similarity.  shingle: runs of five words, or of five characters for scripts without spaces.
    keep: `one` of each cluster, or `all` (they still never cross between train and held-out).
    """

    threshold: float = Field(default=0.8, gt=0, le=1)
    shingle: Literal["word-5", "char-5"] = "word-5"
    keep: Literal["one", "all"] = "one"


class FiltersSettings(Settings):
    """The filters, in the order in which they run; null leaves one out. Text is always brought to NFC, and clusters
    are always formed, since the split rests on them."""

    normalise: NormaliseFilterSettings = NormaliseFilterSettings()
    personal: PersonalFilterSettings | None = PersonalFilterSettings()
    boilerplate: BoilerplateFilterSettings | None = None
    language: LanguageFilterSettings | None = LanguageFilterSettings()
    length: LengthFilterSettings | None = LengthFilterSettings()
    mixing: MixingFilterSettings | None = MixingFilterSettings()
    quality: QualityFilterSettings | None = None
    overlap: OverlapFilterSettings = OverlapFilterSettings()
    exact: ExactFilterSettings | None = ExactFilterSettings()
    near: NearFilterSettings = NearFilterSettings()


class CorpusExecution(Settings):
    """How the corpus is made here; the result is the same to the byte.

    workers: processes that clean and filter, this one among them.
    shard_size: characters of text in a piece of work; a worker needs some twenty times as many bytes beside its libraries.
    """

    workers: int = Field(default=1, ge=1)
    shard_size: int = Field(default=4_000_000, ge=1)


class CorpusSettings(Settings):
    """The corpus of a study.

    sources: where texts come from.  held_out_share: share of the clusters of `auto` sources that is never trained on.
    decontaminate_against: exams of the study whose items no document of `auto` sources may hold.
    on_bad_input: `refuse` (stop at the first file or line that is broken) or `skip` (leave it out with a verdict).
    """

    sources: tuple[Source, ...] = Field(min_length=1)
    filters: FiltersSettings = FiltersSettings()
    held_out_share: Share = 0.15
    decontaminate_against: tuple[str, ...] = ()
    on_bad_input: OnBadInput = "refuse"
    execution: CorpusExecution = CorpusExecution()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [source.name for source in self.sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two sources are called '{twice[0]}'; ids begin with the name, so each needs its own")
        return self
