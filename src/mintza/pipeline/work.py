"""What a node gets while it is made: its parents' records, a workspace, opened models. Stages themselves never see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from mintza.errors import MissingPart
from mintza.models.journal import Journal
from mintza.models.journalled import Journalled
from mintza.models.open import open_model
from mintza.models.seam import TextModel
from mintza.models.settings import LocalExecution, LocalSettings
from mintza.models.sharing import Shared, Sharing
from mintza.models.tokenizers import FastTokenizer, load_tokenizer, save_tokenizer
from mintza.pipeline.parts import Need, Parts
from mintza.pipeline.serving import Served, Starter, serving_of
from mintza.progress import Progress
from mintza.records import Artifact, Backbone, Record
from mintza.store import Store
from mintza.store.disk import explained
from mintza.study import Study

R = TypeVar("R", bound=Record)


@dataclass
class Work:
    """Services for the making of one artifact.

    done: the artifacts it may read, by node id.  wanted: ids of its parents, made or not.
    component_nodes: component name -> id of the node that it comes from.  say: a line for the person.
    sharing: where this process asks a share of the requests only.  starter: starts the processes that serve models.
    """

    study: Study
    store: Store
    parts: Parts
    stage: str
    key: str
    done: dict[str, Artifact]
    wanted: tuple[str, ...]
    component_nodes: dict[str, str]
    progress: Progress
    say: Callable[[str], None]
    opened: ExitStack = field(default_factory=ExitStack)
    asked: list[Journalled] = field(default_factory=list)
    sharing: Sharing | None = None
    starter: Starter | None = None

    def __post_init__(self) -> None:
        """Progress tells the pace of every model that is asked, too."""
        told = self.progress

        def with_pace(done: int, total: int | None, note: str = "") -> None:
            told(done, total, "; ".join(part for part in (note, *(model.pace() for model in self.asked)) if part))

        self.progress = with_pace

    def records(self, node: str, kind: type[R]) -> Iterator[R]:
        """The records of one type that a node came to."""
        return self.store.read(self.done[node], kind)

    def files(self, node: str) -> Path:
        """The folder of a node's files."""
        return self.store.files(self.done[node])

    def workspace(self) -> Path:
        """This artifact's workspace; what was under way in it before a kill is still there."""
        return self.store.workspace(self.stage, self.key)

    def backbone(self, name: str) -> Backbone:
        """A backbone that is here. Raises MissingPart when it is not."""
        found = self.parts.backbone(name)
        if isinstance(found, Need):
            raise MissingPart(found.what, place=str(self.study.path), remedy=found.remedy)
        return found

    def tokenizer(self, name: str) -> FastTokenizer:
        """The tokenizer of a backbone. That of a GGUF file is read once and kept in the store, where it opens ten times as fast."""
        found = self.backbone(name)
        if not found.location.endswith(".gguf"):
            return load_tokenizer(found.location)
        kept = self.store.tokenizer_folder(found.revision)
        with self.store.lock("tokenizer", found.revision, f"the tokenizer of {name}", waiting=self.say):
            if not kept.exists():
                with explained(kept):
                    save_tokenizer(found.location, kept)
        return load_tokenizer(str(kept))

    def trained_or_weights(self, name: str, node: str | None) -> Backbone:
        """A backbone as a folder: its own, or the model that a `weights` or `train` node came to."""
        if node is None:
            return self.backbone(name)
        artifact = self.done[node]
        return Backbone(
            name=name,
            kind="folder",
            location=str(self.files(node) / "model"),
            revision=artifact.content_sha256,
            license="",
            instructed=True,
        )

    def model(self, name: str) -> TextModel:
        """A model that samples, translates or judges, journalled; closed when the node is made."""
        provider = self.parts.provider(name)
        backbone = getattr(provider, "backbone", None)
        found = self.backbone(backbone) if backbone else None
        serving = serving_of(self.study, self.parts, name)
        fleet = Served(serving, self.store, self.starter, self.say) if serving and self.starter else None
        model = open_model(provider, name=name, backbone=found, base=self.study.base, fleet=fleet)
        self.opened.callback(model.close)
        return self._journalled(model)

    def local(self, name: str, backbone: Backbone) -> TextModel:
        """A model in a folder, for examination: the same engine for every row of a table."""
        threads = self.study.settings.execution.threads
        provider = LocalSettings(backbone=name, execution=LocalExecution(threads=threads))
        model = open_model(provider, name=name, backbone=backbone, base=self.study.base)
        self.opened.callback(model.close)
        return self._journalled(model)

    def _journalled(self, model: TextModel) -> TextModel:
        journal = Journal(self.store.journal_folder(model.ref), model.ref)
        self.opened.callback(journal.close)
        journalled = Journalled(model, journal)
        self.asked.append(journalled)
        return journalled if self.sharing is None else Shared(journalled, journal, self.sharing)
