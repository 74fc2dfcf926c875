"""What a release holds, and what each part of it was made from: read off the study, its plan and the manifests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mintza.errors import StudyError
from mintza.pipeline.plan import Plan
from mintza.pipeline.run import State, states
from mintza.records import Artifact, Conversation, Document
from mintza.release.licenses import Ingredient
from mintza.release.taken_down import refuse_before
from mintza.store import Store


@dataclass(frozen=True)
class ModelPart:
    """A trained variant. name: of the variant.  title: under which it is released.  node: that made it.

    backbone: name; made_with: the backbone and the models that wrote its data, with their licences.  data: its components.
    """

    name: str
    title: str
    node: str
    backbone: str
    made_with: tuple[Ingredient, ...]
    data: tuple[Ingredient, ...]


@dataclass(frozen=True)
class DataPart:
    """A component of conversations, or the corpus. node: that made it.  sources: with their licences, as its records say."""

    name: str
    node: str
    sources: tuple[Ingredient, ...]


@dataclass(frozen=True)
class Contents:
    """A whole release. lineage: every artifact that something in it was made from, itself included, by node.

    unmade: what belongs in it and is not made as the study says today, in words.
    """

    models: tuple[ModelPart, ...]
    data: tuple[DataPart, ...]
    corpus: DataPart | None
    lineage: dict[str, Artifact]
    unmade: tuple[str, ...] = ()


def contents_of(plan: Plan, store: Store) -> Contents:
    """What a study's release holds.

    Raises StudyError when a model that it names is not trained, when nothing of it is made, or when texts were taken down
    that the corpus still holds.
    """
    now = states(plan, store)
    refuse_before(plan, now)
    done = {name: state.artifact for name, state in now.items() if state.complete and state.artifact is not None}
    settings = plan.study.settings.release
    sources = _Sources(plan, store, done)
    models = tuple(_model(plan, sources, name) for name in _names(plan, now)) if "models" in settings.parts else ()
    components = sources.conversations() if "data" in settings.parts else ()
    corpus = (
        DataPart("corpus", "corpus", sources.of("corpus")) if "corpus" in settings.parts and "corpus" in done else None
    )
    measured = "results" in settings.parts and any(artifact.stage == "measure" for artifact in done.values())
    found = Contents(models, tuple(components), corpus, done, tuple(_unmade(plan, now)))
    if not (found.models or found.data or found.corpus or measured or plan.study.settings.votes):
        raise StudyError(
            f"nothing of {', '.join(settings.parts)} is made yet",
            place=str(plan.study.path),
            remedy=f"mintza run {plan.study.typed}",
        )
    return found


def _unmade(plan: Plan, now: dict[str, State]) -> Iterator[str]:
    """Data and reports that a whole run would have brought; models that are not trained are refused before."""
    parts = plan.study.settings.release.parts
    if "corpus" in parts and not now["corpus"].complete:
        yield "the corpus"
    if "data" in parts:
        components = plan.study.settings.components
        named = {name: node for name, node in plan.component_nodes.items() if components[name].kind != "corpus"}
        yield from (f"conversations: {name}" for name, node in named.items() if not now[node].complete)
    if "results" in parts and not now["report"].complete:
        yield "the report"


def _names(plan: Plan, now: dict[str, State]) -> list[str]:
    wanted = plan.study.settings.release.models
    trained = [cell.name for cell in plan.cells if cell.same_as is None]
    unknown = [name for name in wanted or () if name not in trained]
    if unknown:
        raise StudyError(
            f"no cell is called '{unknown[0]}'",
            place=f"{plan.study.path}: release.models",
            remedy=f"known: {', '.join(trained)}",
        )
    chosen = list(wanted) if wanted is not None else trained
    missing = [name for name in chosen if not now[f"train/{name}"].complete]
    if missing:
        raise StudyError(
            f"not trained yet: {', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}",
            place=str(plan.study.path),
            remedy=f"mintza run {plan.study.typed}; or name those to release: `release: {{models: [...]}}`",
        )
    return chosen


def _model(plan: Plan, sources: _Sources, name: str) -> ModelPart:
    cell = next(cell for cell in plan.cells if cell.name == name)
    root = plan.parts.root(cell.variant.backbone)
    node = plan.nodes[f"train/{name}"]
    prepared = plan.nodes[node.parents[0]]
    components = prepared.parents[: len(cell.variant.mixture)]  # what follows is only measured on
    data = tuple(each for parent in components for each in sources.trained_on(parent))
    made_with = (Ingredient(f"the backbone {root}", plan.parts.license(root)), *sources.writers(components))
    own = plan.study.settings.release.name or plan.study.settings.name
    return ModelPart(name, f"{own}-{name}", node.id, root, tuple(dict.fromkeys(made_with)), tuple(dict.fromkeys(data)))


class _Sources:
    """Sources and licences of data nodes, each read once from its records' provenance."""

    def __init__(self, plan: Plan, store: Store, done: dict[str, Artifact]) -> None:
        self._plan = plan
        self._store = store
        self._done = done
        self._found: dict[str, tuple[Ingredient, ...]] = {}
        self._trained: dict[str, tuple[Ingredient, ...]] = {}
        self._writers: dict[str, tuple[Ingredient, ...]] = {}

    def conversations(self) -> Iterator[DataPart]:
        """The components of conversations that are complete."""
        for name, node in self._plan.component_nodes.items():
            if node in self._done and self._done[node].records.get("Conversation"):
                yield DataPart(name, node, self.of(node))

    def of(self, node: str) -> tuple[Ingredient, ...]:
        """The sources of a node's records."""
        if node not in self._found:
            self._read(node)
        return self._found[node]

    def trained_on(self, node: str) -> tuple[Ingredient, ...]:
        """The sources of those of a node's records that a model is trained on: held-out documents are not."""
        self.of(node)
        return self._trained[node]

    def writers(self, nodes: tuple[str, ...]) -> list[Ingredient]:
        """The models that wrote or translated the records of these nodes, under the licence that their words travel under."""
        for node in nodes:
            self.of(node)
        return [each for node in nodes for each in self._writers[node]]

    def _read(self, node: str) -> None:
        artifact = self._done.get(node)
        sources: dict[Ingredient, None] = {}
        trained: dict[Ingredient, None] = {}
        writers: dict[Ingredient, None] = {}
        for kind in (Document, Conversation):
            if artifact is None or not artifact.records.get(kind.__name__):
                continue
            records: Iterator[Document | Conversation] = self._store.read(artifact, kind)
            for record in records:
                provenance = record.provenance
                source = Ingredient(f"the source {provenance.source}", provenance.license)
                sources[source] = None
                if isinstance(record, Conversation) or record.split == "train":
                    trained[source] = None
                for step in provenance.steps:
                    if step.by is not None and step.done in ("sampled", "translated"):
                        writers[Ingredient(f"the model {step.by}", self._plan.parts.license_of_asked(step.by))] = None
        self._found[node] = tuple(sources)
        self._trained[node] = tuple(trained)
        self._writers[node] = tuple(writers)
