"""What a study may say of the places that its corpus comes from."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from mintza.settings import Settings

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
SplitPolicy = Literal["auto", "held-out"]
OnBadInput = Literal["refuse", "skip"]


class ReadingLimits(Settings):
    """What is bigger is bad input: it is named and refused or skipped, and never held in memory as a whole.

    document_bytes: of one document, line or field, unpacked.  unpacked_ratio: times that a compressed file may grow, looked
    at from the 16th unpacked megabyte on (a zip bomb grows a thousandfold, text three- to tenfold).
    nested_tags: elements inside each other on a page of HTML.
    """

    document_bytes: int = Field(default=32_000_000, ge=1)
    unpacked_ratio: int = Field(default=200, ge=2)
    nested_tags: int = Field(default=250, ge=1)


class BudgetSettings(Settings):
    """At most so much of what the filters leave of a source: a number of words, or of tokens and who counts them.

    words: at most so many, between white space, or by characters in scripts without it.  tokens: in their place.
    backbone: name of the study's backbone whose tokenizer counts tokens.  tokenizer: in its place a folder with a
    tokenizer.json, from the study's folder.
    """

    words: int | None = Field(default=None, ge=1)
    tokens: int | None = Field(default=None, ge=1)
    backbone: str | None = None
    tokenizer: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_unit_and_who_counts_it(self) -> Self:
        if (self.words is None) == (self.tokens is None):
            raise ValueError("a budget is of `words` or of `tokens`, one of the two")
        counting = [name for name in ("backbone", "tokenizer") if getattr(self, name) is not None]
        if self.words is not None and counting:
            raise ValueError(f"words are counted without a {counting[0]}")
        if self.tokens is not None and len(counting) != 1:
            raise ValueError("tokens are counted by the tokenizer of a `backbone`, or by one in a folder, `tokenizer`")
        return self


class SourceSettings(Settings):
    """What every source says of itself.

    name: unique in the corpus; ids of its documents begin with it.  language: the code its texts are declared to be in.
    license: SPDX id.  url: address of the source, for cards.
    split: `auto` (train or held-out by cluster) or `held-out` (never trained on).
    optional: when it is not there, it is skipped, and a verdict says so.
    limit: at most so many documents, chosen by the study's seed before anything is filtered.
    budget: at most so many words or tokens of what the filters leave.  weight: beside the other sources that have one, so that
    the words that are left of them stand in the proportion of their weights.
    text_field: key of the text in a line of JSONL, column of CSV, TSV, Parquet and hub datasets.
    """

    name: Name
    language: str
    license: str = Field(min_length=1)
    url: str | None = None
    split: SplitPolicy = "auto"
    optional: bool = False
    limit: int | None = Field(default=None, ge=1)
    budget: BudgetSettings | None = None
    weight: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    text_field: str = "text"
    limits: ReadingLimits = ReadingLimits()

    @model_validator(mode="before")
    @classmethod
    def _words_are_a_budget(cls, given: Any) -> Any:
        if isinstance(given, dict) and "words" in given:
            raise ValueError(f"`words` stands in a budget now: `budget: {{words: {given['words']}}}`")
        if not isinstance(given, dict):
            return given
        # What this has seen is no JSON to pydantic any more, in which a list may be a tuple.
        return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


class PathSource(SourceSettings):
    """What lies on this machine. path: a file, a folder (read with all below it) or a glob, from the study's folder."""

    path: str = Field(min_length=1)


class FolderSource(PathSource):
    """Files of text: .txt, .md, .html, .jsonl, .csv, .tsv, .parquet, below `path`."""

    kind: Literal["folder"]


class PackageSource(SourceSettings):
    """Files inside an installed Python package, which is not imported. path: a file, folder or glob inside it."""

    kind: Literal["package"]
    package: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    path: str = "."

    @field_validator("path")
    @classmethod
    def _inside(cls, path: str) -> str:
        if path.startswith("/") or ".." in path.split("/"):
            raise ValueError("the path leaves the package")
        return path


class WarcSource(PathSource):
    """Crawled pages, the main text of each, in the `.warc` and `.wet` files below `path`, plain or compressed."""

    kind: Literal["warc"]


class WikipediaSource(PathSource):
    """Articles of a dump, as plain text, in the `.xml` files (pages-articles) below `path`, plain or compressed.

    min_letters: an article with fewer letters is a stub and goes.
    disambiguation: names of templates that mark a page as a list of meanings, besides the `__DISAMBIG__` switch.
    shown_templates: name, in lower case, of a template that stands for words in a sentence -> which of its arguments without a
    name a reader sees; what all other templates write is left out.
    """

    kind: Literal["wikipedia"]
    min_letters: int = Field(default=0, ge=0)
    disambiguation: tuple[str, ...] = ("disambiguation", "disambig", "dab", "hndis", "geodis")
    shown_templates: dict[str, int] = Field(
        default={"lang": 2, "langx": 2, "nowrap": 1, "nobr": 1, "abbr": 1, "transl": 2, "transliteration": 2}
    )


class HubSource(SourceSettings):
    """A dataset of the Hugging Face hub, read row by row through the library `datasets`.

    repository: `owner/name`.  revision: commit, 40 hex digits: a branch would change under the study.
    subset: name of the configuration.  hub_split: which split is read.  id_field: column of the ids; null counts the rows.
    """

    kind: Literal["hub"]
    repository: str = Field(pattern=r"^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$")
    revision: str = Field(pattern=r"^[0-9a-f]{40}$")
    subset: str | None = None
    hub_split: str = "train"
    id_field: str | None = None


class LibreOfficeHelpSource(PathSource):
    """The help pages of LibreOffice in a language, from Debian's packages `libreoffice-help-CODE`.

    code: as Debian writes it: `eu`, `el`, `pt-br`.  path: a folder with the packages (`.deb`), or with what was unpacked from
    them; when those of `en-us` lie there too, paragraphs that are still in English go.
    download: a package that is missing there is fetched by `apt-get download`, without root, when the corpus is planned or made.
    """

    kind: Literal["libreoffice-help"]
    code: str = Field(pattern=r"^[a-z]{2,3}(-[a-z]+)?$")
    download: bool = False
    license: str = "MPL-2.0"


Source = Annotated[
    FolderSource | PackageSource | WarcSource | WikipediaSource | HubSource | LibreOfficeHelpSource,
    Field(discriminator="kind"),
]
