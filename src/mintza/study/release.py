"""What a study may say of its release: who made it, under which licences, under which name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mintza.settings import Settings

Part = Literal["models", "data", "corpus", "votes", "results"]


class Author(Settings):
    """Somebody to cite. orcid: the digits, `0000-0002-1825-0097`."""

    family: str = Field(min_length=1)
    given: str = ""
    affiliation: str | None = None
    orcid: Annotated[str, Field(pattern=r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$")] | None = None


class ReleaseLicenses(Settings):
    """Under which terms each part is given away: SPDX ids, or the name of a model's own terms (`llama3.1`)."""

    models: str = "Apache-2.0"
    data: str = "CC-BY-4.0"
    corpus: str = "CC-BY-4.0"
    votes: str = "CC-BY-4.0"
    results: str = "CC-BY-4.0"


class ReleaseSettings(Settings):
    """How a study is released.

    name: of the release, and what its models' names begin with; None for the study's own.  version: of the release.
    parts: what is released.  models: names of the variants, None for all that were trained.
    read_as: a licence as a source writes it -> what it is, where its words are not an SPDX id; a person answers for it.
    intended_use, limits: paragraphs for the models' cards, beside those that the numbers give.  contact: for take-down requests.
    base_models: backbone -> its repository at the hub (`OWNER/NAME`), where it came from elsewhere; for the models' cards.
    gguf: whether each model comes as a GGUF file (Q8_0) too.  hub: organisation or person under whose name `--push` uploads.
    public: whether repositories that `--push` makes can be seen by everybody; they are private else.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)] | None = None
    version: str = "1.0.0"
    parts: tuple[Part, ...] = ("models", "data", "corpus", "votes", "results")
    models: tuple[str, ...] | None = None
    license: ReleaseLicenses = ReleaseLicenses()
    read_as: dict[str, str] = Field(default_factory=dict)
    authors: tuple[Author, ...] = ()
    intended_use: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    contact: str | None = None
    url: str | None = None
    base_models: dict[str, Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]] = Field(default_factory=dict)
    gguf: bool = False
    hub: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=96)] | None = None
    public: bool = False
