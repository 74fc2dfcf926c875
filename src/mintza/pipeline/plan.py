"""The plan of a study: every artifact that it comes to, each with what it is made from. Nothing runs here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from mintza.benchmark import stage as benchmark
from mintza.corpus import forgetting
from mintza.corpus import stage as corpus
from mintza.errors import MintzaError
from mintza.exams import stage as exams
from mintza.exams.settings import ExamsSettings
from mintza.instruct import stage as instruct
from mintza.instruct.settings import PairsSource
from mintza.pipeline import budgets, conversations, makers, reviewing
from mintza.pipeline.cells import Cell, cells, resolve
from mintza.pipeline.conversations import plain
from mintza.pipeline.material import report_needs, votes_fingerprint
from mintza.pipeline.parallel import parallel_text
from mintza.pipeline.parts import NAMES, TOLD_IN_A_LANGUAGE, Need, Parts, gaps_of, unidentified
from mintza.pipeline.stages import STAGES, Make, Passed, Stage
from mintza.records import Backbone, Variant
from mintza.store.memos import Memos
from mintza.study import Study, Table
from mintza.study.schema import CorpusComponent, SampledComponent, TranslatedComponent, WrittenComponent


@dataclass(frozen=True)
class Node:
    """One artifact to be. parents: ids of nodes.  settings: those that bear on it.  make: yields its records.

    keep: names in the workspace that become its files.  needs: what is missing before it can be made.
    gates: ids of nodes that must have been passed before it is made; they bear on whether it is made, not on what it is.
    passed: raises when the study stops at this node.  shards: processes that share its requests on a cluster.
    asks: names of the models that it asks, of those that the study names under `models`.
    """

    stage: Stage
    cell: str | None
    parents: tuple[str, ...]
    settings: dict[str, Any]
    make: Make
    keep: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    execution: dict[str, Any] = field(default_factory=dict)
    gates: tuple[str, ...] = ()
    passed: Passed | None = None
    shards: int = 1
    asks: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """`train/smollm2.corpus.s33`, or `corpus`."""
        return f"{self.stage.name}/{self.cell}" if self.cell else self.stage.name


@dataclass(frozen=True)
class Plan:
    """nodes: by id, parents before children.  cells: of the tables.  component_nodes: component -> the node it comes from."""

    study: Study
    nodes: dict[str, Node]
    cells: tuple[Cell, ...]
    parts: Parts
    component_nodes: dict[str, str]

    def with_ancestors(self, wanted: set[str]) -> list[Node]:
        """The wanted nodes and all that they are made from, in order."""
        needed = set(wanted)
        for node in reversed(self.nodes.values()):
            if node.id in needed:
                needed.update((*node.parents, *node.gates))
        return [node for node in self.nodes.values() if node.id in needed]


def make_plan(study: Study) -> Plan:
    """The plan of a study, from its tables and what this machine has."""
    return Builder(study).build()


class Builder:
    def __init__(self, study: Study) -> None:
        self.study = study
        self.settings = study.settings
        self.parts = Parts(study)
        self.memo = Memos(study.store) if study.store.is_dir() else None  # who only plans makes no store
        self.nodes: dict[str, Node] = {}
        self.cells = cells(study.settings)
        self.components: dict[str, str] = {}

    def build(self) -> Plan:
        self.corpus()
        self.exams()
        conversations.gates(self)
        for cell in self.cells:
            self.components_of(cell)
        for name in self.settings.components:
            if name not in self.components:
                self.component(name, next(iter(self.settings.tables.values())))
        for cell in self.cells:
            if cell.same_as is None:
                self.trained(cell.variant, self.settings.tables[cell.table])
        for name in self.untouched():
            self.examined(name, self.weights(name), instructed=self.parts.instructed(name))
        for cell in self.cells:
            if cell.same_as is None:
                learned = self.parts.conversational(cell.variant) or self.parts.instructed(cell.variant.backbone)
                self.examined(cell.name, f"train/{cell.name}", instructed=learned, read=self.read(cell))
        for name in self.settings.references:
            self.referenced(name)
        self.report()
        return Plan(self.study, self.nodes, self.cells, self.parts, self.components)

    def add(self, stage: str, cell: str | None, **rest: Any) -> str:
        if stage in TOLD_IN_A_LANGUAGE:
            rest["needs"] = (*rest.get("needs", ()), *gaps_of(self.study.languages))
        node = Node(stage=STAGES[stage], cell=cell, **rest)
        self.nodes.setdefault(node.id, node)
        return node.id

    def corpus(self) -> str:
        every = [corpus.language_key(language) for language in self.study.languages]
        asked = forgetting.requests_file(self.study.path)
        sources, needs = self.content(
            lambda: (
                corpus.fingerprint(self.settings.corpus, base=self.study.base, memo=self.memo)
                | forgetting.fingerprint(asked)
            )
        )
        counted, more = budgets.counting(self.study, self.parts)
        settings = {"corpus": self.settings.corpus.bearing(), "sources": sources, "languages": every, "seed": 1}
        settings |= {"tokenizers": counted} if counted else {}
        gaps = [*gaps_of(self.study.languages, NAMES), *unidentified(self.study)]
        kept_out = self.exams_kept_out()
        make = partial(makers.make_corpus, settings=self.settings.corpus, seed=1, exams_node=kept_out)
        parents = (kept_out,) if kept_out else ()
        return self.add("corpus", None, parents=parents, settings=settings, make=make, needs=(*needs, *more, *gaps))

    def exams_kept_out(self) -> str | None:
        """The node of the exams that the corpus must not hold, apart from the others: one added later retrains nothing."""
        names = self.settings.corpus.decontaminate_against
        if not names:
            return None
        take = {name: take for name, take in self.settings.exams.take.items() if name in names}
        return self.items("kept-out", self.settings.exams.model_copy(update={"take": take}))

    def content(self, fingerprint: Callable[[], dict[str, str]]) -> tuple[dict[str, str], tuple[Need, ...]]:
        """Fingerprints of what a person gave, or what is missing of it."""
        try:
            return fingerprint(), ()
        except MintzaError as error:
            return {"missing": error.place}, (Need(what=f"{error.place}: {error.message}", remedy=error.remedy),)

    def exams(self) -> str:
        return self.items(None, self.settings.exams)

    def items(self, cell: str | None, taken: ExamsSettings) -> str:
        sources, needs = self.content(lambda: exams.fingerprint(taken, base=self.study.base))
        codes = [language.code for language in self.study.languages]
        settings = {"exams": taken.bearing(), "sources": sources, "languages": codes}
        make = partial(makers.make_exams, settings=taken)
        return self.add("exams", cell, parents=(), settings=settings, make=make, needs=needs)

    def components_of(self, cell: Cell) -> list[str]:
        table = self.settings.tables[cell.table]
        return [self.component(name, table) for name in cell.variant.mixture]

    def component(self, name: str, table: Table) -> str:
        component = self.settings.components[name]
        match component:
            case CorpusComponent():
                node = "corpus"
            case SampledComponent():
                node = reviewing.reviewed(self, name, conversations.sampled(self, name, component, table))
            case WrittenComponent():
                node = self.written(name, component)
            case TranslatedComponent():
                node = reviewing.reviewed(self, name, conversations.translated(self, name, component, table))
        self.components.setdefault(name, node)
        return node

    def written(self, name: str, component: WrittenComponent) -> str:
        language = self.study.language(component.language)
        sources, needs = self.content(
            lambda: instruct.fingerprint(
                component.data, base=self.study.base, parallel=parallel_text(self.study, component.data)
            )
        )
        # Of parallel text, the pages that are held out of the corpus must not be learned from: the corpus says which they are.
        of_pairs = isinstance(component.data.source, PairsSource)
        return self.add(
            "written",
            name,
            parents=("corpus",) if of_pairs else (),
            needs=needs,
            settings={
                "written": component.data.bearing(),
                "sources": sources,
                "language": plain(language),
                "component": name,
            },
            make=partial(makers.make_written, settings=component.data, language=language, component=name),
        )

    def weights(self, name: str) -> str | None:
        """The node that brings a backbone's weights into a folder; None when they lie in one already."""
        settings = self.parts.settings(name)
        if settings.kind == "variant":
            return f"train/{resolve(settings.variant, self.cells)}"
        found = self.parts.backbone(name)
        if isinstance(found, Backbone) and not found.location.endswith(".gguf"):
            return None
        if isinstance(found, Need) and settings.kind not in ("package", "gguf"):
            return None
        return self.add(
            "weights",
            name,
            parents=(),
            settings={"backbone": self.parts.identity(name)},
            make=partial(makers.make_weights, backbone=name),
            keep=("model",),
            needs=(found,) if isinstance(found, Need) else (),
        )

    def trained(self, variant: Variant, table: Table) -> str:
        components = [self.component(name, table) for name in variant.mixture]
        prepared = self.prepared(variant, components, table)
        weights = self.weights(variant.backbone)
        train = table.train or self.settings.train
        found = None if weights else self.parts.backbone(variant.backbone)
        return self.add(
            "train",
            variant.name,
            parents=(prepared, *((weights,) if weights else ())),
            settings={
                "train": train.bearing(),
                "variant": msgspec.to_builtins(variant),
                "backbone": {} if weights else self.parts.identity(variant.backbone),
            },
            make=partial(makers.make_train, settings=train, variant=variant, prepared=prepared, weights=weights),
            keep=("model",),
            needs=(found,) if isinstance(found, Need) else (),
            execution=train.execution.model_dump(mode="json"),
        )

    def prepared(self, variant: Variant, components: list[str], table: Table) -> str:
        root = self.parts.root(variant.backbone)
        found = self.parts.backbone(root)
        tokenizer = self.parts.rows_identity(root)
        models = sorted({node.partition("@")[2] for node in components if "@" in node})
        cell = ".".join([tokenizer[:8], "+".join(variant.mixture), f"s{variant.seed}", *models])
        mixture = dict(zip(variant.mixture, components, strict=True))
        held_out = self.held_out(mixture, table)
        return self.add(
            "prepare",
            cell,
            parents=tuple(dict.fromkeys((*components, *held_out.values()))),
            settings={
                "prepare": self.settings.prepare.bearing(),
                "tokenizer": tokenizer,
                "mixture": list(variant.mixture),
                "seed": variant.seed,
            },
            make=partial(
                makers.make_prepare,
                settings=self.settings.prepare,
                mixture=mixture,
                held_out=held_out,
                seed=variant.seed,
                backbone=root,
            ),
            keep=("rows",),
            needs=(found,) if isinstance(found, Need) else (),
        )

    def held_out(self, mixture: dict[str, str], table: Table) -> dict[str, str]:
        """Component -> node of what loss is measured on: what the study names, else the mixture's own corpus, if it has one."""
        named = self.settings.prepare.held_out
        if named:
            return {name: mixture.get(name) or self.component(name, table) for name in named}
        return {name: node for name, node in mixture.items() if self.settings.components[name].kind == "corpus"}

    def untouched(self) -> list[str]:
        named = [name for table in self.settings.tables.values() for name in table.backbones]
        return [name for name in dict.fromkeys(named) if self.parts.settings(name).kind != "variant"]

    def examined(self, name: str, weights: str | None, instructed: bool, read: tuple[str, ...] = ()) -> None:
        found = None if weights else self.parts.backbone(name)
        languages = [plain(language) for language in self.study.languages]
        prompts, missing = self.prompts()
        answered = self.add(
            "answer",
            name,
            parents=("exams", "corpus", *((weights,) if weights else ())),
            settings={
                "benchmark": self.settings.benchmark.bearing(),
                "prompts": prompts,
                "languages": languages,
                "model": name,
                "instructed": instructed,
                "backbone": {} if weights else self.parts.identity(name),
            },
            make=partial(
                makers.make_answer, settings=self.settings.benchmark, name=name, weights=weights, instructed=instructed
            ),
            needs=(*((found,) if isinstance(found, Need) else ()), *missing),
            execution=self.settings.benchmark.execution.model_dump(mode="json"),
        )
        self.measured(name, answered, read)

    def referenced(self, name: str) -> None:
        need = self.parts.need_to_ask(name)
        prompts, missing = self.prompts()
        answered = self.add(
            "answer",
            name,
            parents=("exams", "corpus"),
            settings={
                "benchmark": self.settings.benchmark.bearing(),
                "prompts": prompts,
                "languages": [plain(language) for language in self.study.languages],
                "model": self.parts.asked(name),
            },
            make=partial(makers.make_reference_answer, settings=self.settings.benchmark, name=name),
            asks=(name,),
            needs=(*((need,) if need else ()), *missing),
            execution=self.settings.benchmark.execution.model_dump(mode="json"),
            shards=self.settings.benchmark.execution.shards,
        )
        self.measured(name, answered)

    def prompts(self) -> tuple[dict[str, str], tuple[Need, ...]]:
        return self.content(lambda: benchmark.fingerprint(self.settings.benchmark, base=self.study.base))

    def overlap(self) -> str | None:
        """The node of the items that stand in the corpus; None where the study does not look for them."""
        share = self.settings.benchmark.clean_share
        if share is None:
            return None
        make = partial(makers.make_overlap, settings=self.settings.benchmark)
        settings = {"clean_share": share, "target": self.study.target.code}
        return self.add("overlap", None, parents=("exams", "corpus"), settings=settings, make=make)

    def read(self, cell: Cell) -> tuple[str, ...]:
        """Nodes of the items that stand in what a cell was trained on, or its backbone before it; none where nobody looks."""
        share, backbone = self.settings.benchmark.clean_share, self.parts.settings(cell.variant.backbone)
        if share is None:
            return ()
        before: tuple[str, ...] = ()
        if backbone.kind == "variant":
            trained = resolve(backbone.variant, self.cells)
            before = self.read(next(one for one in self.cells if one.name == trained))
        return tuple(dict.fromkeys((*before, *(self.overlap_with(node, share) for node in self.components_of(cell)))))

    def overlap_with(self, node: str, share: float) -> str:
        """The node of the items that stand in a component."""
        if node == "corpus":
            return self.overlap() or ""
        make = partial(makers.make_overlap_with, settings=self.settings.benchmark, node=node)
        cell = node.partition("/")[2]
        return self.add("overlap", cell, parents=("exams", node), settings={"clean_share": share}, make=make)

    def measured(self, name: str, answered: str, read: tuple[str, ...] = ()) -> None:
        settings = {"benchmark": self.settings.benchmark.bearing(), "target": plain(self.study.target)}
        found = self.overlap()
        self.add(
            "measure",
            name,
            parents=tuple(dict.fromkeys((answered, "exams", *((found,) if found else ()), *read))),
            settings=settings,
            make=partial(
                makers.make_measure, settings=self.settings.benchmark, answered=answered, overlap=found, read=read
            ),
        )

    def report(self) -> None:
        votes, needs = self.content(lambda: votes_fingerprint(self.study))
        self.add(
            "report",
            None,
            parents=tuple(node for node in self.nodes if not node.startswith(("weights/", "answer/"))),
            settings={
                "report": self.settings.report.bearing(),
                "study": self.settings.name,
                "title": self.settings.title,
                "notes": list(self.settings.notes),
                "cells": [[cell.name, cell.same_as] for cell in self.cells],
                "votes": votes,
            },
            make=partial(makers.make_report, settings=self.settings.report),
            keep=("index.html", "tables", "figures", "browse"),
            needs=(*needs, *report_needs(self.settings.report)),
        )
