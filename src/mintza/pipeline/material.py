"""Gathers what a study left behind into the material of its report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING

from mintza.exams import stage as exams
from mintza.pipeline.cells import Cell, cells, resolve
from mintza.pipeline.contamination import kept_out_of
from mintza.pipeline.parts import Need
from mintza.records import (
    Answer,
    Artifact,
    ComponentCount,
    Conversation,
    Document,
    Gate,
    Item,
    Measurement,
    Score,
    TrainingStep,
    Verdict,
)
from mintza.report.material import Answered, Arena, ComponentFacts, ExaminedModel, Material, Role, StageFacts
from mintza.report.settings import ReportSettings
from mintza.report.votes.reading import file_sha256, read_votes
from mintza.store import Store
from mintza.study import Study

if TYPE_CHECKING:
    from mintza.pipeline.work import Work

EXAMPLES_OF_A_REASON = 3
EXAMPLES_KEPT = 3
TITLES = {
    "corpus": "Corpus",
    "sample": "Sampled instructions: as drawn",
    "filter": "Sampled instructions: filtered",
    "written": "Written instructions",
    "translate": "Translation: as the model gave it",
    "check": "Translation: checked",
    "review": "Conversations: as people left them",
}
ORDER = tuple(TITLES)
# A person's own limit or budget of a source is no loss: it stands in a note, not in the waterfall.
BEYOND_LIMIT = frozenset({"limit", "budget"})


def gather(work: Work) -> Material:
    """Everything that is complete, as the report's material. What is not complete is said in a note."""
    settings = work.study.settings
    done = work.done
    measured = {node: artifact for node, artifact in done.items() if artifact.stage == "measure"}
    return Material(
        study=settings.name,
        title=settings.title,
        target=work.study.target,
        also=work.study.languages[1:],
        models=_models(work, measured),
        components=_components(work),
        measurements=[m for artifact in measured.values() for m in work.store.read(artifact, Measurement)],
        scores=[s for artifact in measured.values() for s in work.store.read(artifact, Score)],
        curves=_by_variant(work, "train"),
        mixtures=_mixtures(work),
        stages=[stage_facts(work.store, artifact) for artifact in _data_stages(done.values())],
        artifacts={node: artifact.key for node, artifact in done.items()} | votes_fingerprint(work.study),
        notes=(
            *settings.notes,
            *_exams_taken(work),
            *_beyond_limits(work),
            *_of_the_corpus(work),
            *_of_gates(work),
            *_missing(work),
        ),
        arena=_arena(work),
        answered=_answered(work),
        families=exams.families(settings.exams, base=work.study.base),
    )


def votes_fingerprint(study: Study) -> dict[str, str]:
    """sha256 of the file of votes that a study names. Raises BadInput when it is not there."""
    named = study.settings.votes
    return {} if named is None else {"votes": file_sha256(study.base / named)}


def report_needs(settings: ReportSettings) -> list[Need]:
    """Packages that the report is to be made with and that are not installed."""
    wanted = (("matplotlib", "figures", settings.figures), ("pyarrow", "parquet", settings.parquet))
    return [
        Need(
            what=f"{package} is not installed, for the report's {name}",
            remedy=f"pip install 'mintza[report]', or say `report: {{{name}: false}}`",
        )
        for package, name, asked in wanted
        if asked and find_spec(package) is None
    ]


def _arena(work: Work) -> Arena | None:
    named = work.study.settings.votes
    return None if named is None else read_votes(work.study.base / named, language=work.study.target.code)


def _answered(work: Work) -> Answered | None:
    nodes = [node for node in work.done if node.startswith("answer/")]
    if "exams" not in work.done or not nodes:
        return None
    return Answered(
        items=lambda: work.records("exams", Item),
        answers=lambda: (answer for node in nodes for answer in work.records(node, Answer)),
    )


def _of_gates(work: Work) -> list[str]:
    """What the translating models showed before they translated."""
    gates = [g for made in work.done.values() if made.stage == "gate" for g in work.store.read(made, Gate)]
    return [
        f"{gate.model} translates {gate.segments} held-out segments from {gate.source_language} to {gate.target_language} with "
        f"chrF++ {gate.chrf:.1f} [{gate.chrf_low:.1f}, {gate.chrf_high:.1f}] and BLEU {gate.bleu:.1f}; a copy of the source "
        f"has {gate.copied_chrf:.1f} and {gate.copied_bleu:.1f}. {gate.kept} pass the checks, which do not see a fluent "
        "mistranslation."
        for gate in gates
    ]


def _models(work: Work, measured: dict[str, Artifact]) -> list[ExaminedModel]:
    settings = work.study.settings
    table = cells(settings)
    equal: dict[str, list[str]] = defaultdict(list)
    for cell in table:
        if cell.same_as is not None:
            equal[resolve(cell.name, table)].append(cell.name)
    for name, backbone in settings.backbones.items():
        if backbone.kind == "variant":
            # Its checkpoint is the untouched backbone of the cells that start from it.
            equal[resolve(backbone.variant, table)].append(name)
    trained = {cell.name: cell for cell in table if cell.same_as is None}
    models = [_model(work, artifact.cell or "", trained, equal) for artifact in measured.values()]
    return sorted(models, key=lambda model: ("untouched", "variant", "reference").index(model.role))


def _model(work: Work, name: str, trained: dict[str, Cell], equal: dict[str, list[str]]) -> ExaminedModel:
    same = tuple(equal.get(name, ()))
    if name in trained:
        cell = trained[name]
        variant = cell.variant
        return ExaminedModel(
            name=name,
            role="variant",
            backbone=variant.backbone,
            instructed=work.parts.instructed(variant.backbone),
            mixture=variant.mixture,
            seed=variant.seed,
            same_as=same,
            table=cell.table,
        )
    reference = name in work.study.settings.references
    instructed = reference or work.parts.instructed(name)
    role: Role = "reference" if reference else "untouched"
    return ExaminedModel(name=name, role=role, backbone=name, instructed=instructed, same_as=same)


def _components(work: Work) -> list[ComponentFacts]:
    facts = []
    for name, component in work.study.settings.components.items():
        node = work.component_nodes.get(name)
        if node is None or node not in work.done:
            continue
        language = getattr(component, "language", work.study.target.code)
        count = _train_count(work) if component.kind == "corpus" else work.done[node].records.get("Conversation", 0)
        facts.append(ComponentFacts(name, component.kind, language, count))
    return facts


def _train_count(work: Work) -> int:
    target = work.study.target.code
    documents = work.records("corpus", Document)
    return sum(1 for document in documents if document.split == "train" and document.language == target)


def _by_variant(work: Work, stage: str) -> dict[str, list[TrainingStep]]:
    return {
        artifact.cell or "": list(work.store.read(artifact, TrainingStep))
        for artifact in work.done.values()
        if artifact.stage == stage
    }


def _mixtures(work: Work) -> dict[str, list[ComponentCount]]:
    found = {}
    by_key = {artifact.key: artifact for artifact in work.done.values() if artifact.stage == "prepare"}
    for artifact in work.done.values():
        if artifact.stage == "train":
            prepared = next(by_key[parent.key] for parent in artifact.parents if parent.key in by_key)
            found[artifact.cell or ""] = list(work.store.read(prepared, ComponentCount))
    return found


def _data_stages(artifacts: Iterable[Artifact]) -> list[Artifact]:
    found = [artifact for artifact in artifacts if artifact.stage in TITLES]
    return sorted(found, key=lambda artifact: (ORDER.index(artifact.stage), artifact.cell or ""))


def stage_facts(store: Store, artifact: Artifact) -> StageFacts:
    """An artifact of a data stage, for its waterfall."""
    document = artifact.stage == "corpus"
    verdicts = tuple(v for v in artifact.verdicts if v.step not in BEYOND_LIMIT)
    kind: type[Document] | type[Conversation] = Document if document else Conversation
    left = artifact.records.get(kind.__name__, 0)
    unit = "document" if document else "conversation"
    dropped = sum(v.count for v in verdicts if not v.kept and v.unit == unit)
    return StageFacts(
        stage=artifact.stage,
        cell=artifact.cell,
        key=artifact.key,
        title=TITLES[artifact.stage] + (f" ({artifact.cell})" if artifact.cell else ""),
        unit="document" if document else "conversation",
        entered=left + dropped,
        left=left,
        verdicts=verdicts,
        dropped=tuple(_examples(store.read(artifact, Verdict))),
        kept=tuple(islice(store.read(artifact, kind), EXAMPLES_KEPT)),
        seconds=artifact.seconds,
        execution=artifact.execution,
    )


def _examples(verdicts: Iterable[Verdict]) -> list[Verdict]:
    seen: dict[tuple[str, str], int] = defaultdict(int)
    chosen = []
    for verdict in verdicts:
        if verdict.step in BEYOND_LIMIT:
            continue
        seen[(verdict.step, verdict.reason)] += 1
        if seen[(verdict.step, verdict.reason)] <= EXAMPLES_OF_A_REASON:
            chosen.append(verdict)
    return chosen


def _exams_taken(work: Work) -> list[str]:
    if "exams" not in work.done:
        return []
    codes = [language.code for language in work.study.languages]
    return [f"Exam {line}." for line in exams.account(work.study.settings.exams, base=work.study.base, languages=codes)]


def _beyond_limits(work: Work) -> list[str]:
    corpus = work.done.get("corpus")
    left_out = sum(v.count for v in corpus.verdicts if v.step in BEYOND_LIMIT) if corpus else 0
    return (
        [f"{left_out:,} documents beyond the limits and budgets that the study sets on its sources were left out."]
        if left_out
        else []
    )


def _of_the_corpus(work: Work) -> list[str]:
    """What of exams stood in it, and how the tokenizers fare on it."""
    corpus = work.done.get("corpus")
    if corpus is None:
        return []
    said = [one.said() for one in kept_out_of(work.store, corpus)]
    from mintza.pipeline.fertility import fertilities

    told = "; ".join(one.said() for one in fertilities(work.study, work.parts, work.store, corpus))
    return [*said, *([f"Fertility on the corpus: {told}."] if told else [])]


def _missing(work: Work) -> list[str]:
    absent = [node for node in work.wanted if node not in work.done]
    if not absent:
        return []
    listed = ", ".join(absent[:6]) + (", ..." if len(absent) > 6 else "")
    return [f"This report is of an unfinished study: {len(absent)} artifacts are not there yet ({listed})."]
