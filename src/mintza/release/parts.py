"""The folders of a release: a model, a set of conversations, the corpus or its recipe; each with its card."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from mintza import __version__
from mintza.models.gguf_export import write_gguf
from mintza.models.gguf_folder import write_folder_as_gguf
from mintza.models.serving import exportable
from mintza.models.settings import HubBackbone
from mintza.pipeline.parts import Need
from mintza.pipeline.plan import Plan
from mintza.records import (
    Artifact,
    Backbone,
    Checkpoint,
    ComponentCount,
    Conversation,
    Document,
    Measurement,
    Record,
    TrainingStep,
)
from mintza.release.cards import front_matter, language_tags, model_index, rendered, results_table
from mintza.release.contents import Contents, ModelPart
from mintza.release.licenses import hub_id, notices, shared_alike
from mintza.release.lineage import ancestors
from mintza.release.lines import write_lines
from mintza.release.pushing import address_of
from mintza.report.material import Arena
from mintza.store import Store

SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)


def write_model(
    folder: Path,
    model: ModelPart,
    plan: Plan,
    store: Store,
    contents: Contents,
    measurements: Sequence[Measurement],
) -> None:
    """The model's files as they were trained, its curve and its card."""
    artifact = contents.lineage[model.node]
    shutil.copytree(store.files(artifact) / "model", folder)
    if plan.study.settings.release.gguf:
        _write_gguf(folder, folder / f"{model.title}.Q8_0.gguf", plan.parts.backbone(model.backbone))
    own = [one for one in measurements if one.model == model.name]
    untouched = [one for one in measurements if one.model == model.backbone]
    (folder / "curve.csv").write_text(_curve(list(store.read(artifact, TrainingStep))), encoding="utf-8", newline="\n")
    settings = plan.study.settings.release
    cell = next(cell for cell in plan.cells if cell.name == model.name)
    prepared = contents.lineage[plan.nodes[model.node].parents[0]]
    body = rendered(
        "model.md.j2",
        title=model.title,
        backbone=plan.parts.backbone(model.backbone),
        mixture=cell.variant.mixture,
        seed=cell.variant.seed,
        language=plan.study.target,
        study_title=plan.study.settings.title,
        mintza=__version__,
        notices=notices(model.made_with, settings.read_as),
        results=results_table(own, untouched) if own else "",
        address=address_of(settings.hub, model.title) if settings.hub else f"models/{model.name}",
        conversational=plan.parts.instructed(model.backbone) or plan.parts.conversational(cell.variant),
        greeting=plan.study.target.endonym.capitalize(),
        checkpoint=next(store.read(artifact, Checkpoint)),
        components=list(store.read(prepared, ComponentCount)),
        settings=_flat(artifact.settings.get("train", {})),
        data=model.data,
        made_with=model.made_with,
        alike=shared_alike(model.data, settings.read_as),
        intended_use=settings.intended_use,
        limits=settings.limits,
        key=artifact.key,
        lineage=[*ancestors(artifact, contents.lineage), artifact],
        contact=settings.contact,
    )
    (folder / "README.md").write_text(_model_front(model, plan, own) + body, encoding="utf-8", newline="\n")


def write_data(
    folder: Path, artifact: Artifact, kind: type[Document | Conversation], values: dict[str, Any], store: Store
) -> None:
    """Its records as JSON lines, and its card."""
    folder.mkdir(parents=True)
    file = "documents.jsonl.zst" if kind is Document else "conversations.jsonl.zst"
    count = write_lines(folder / file, store.read(artifact, kind))
    values = {**values, "count": count, "file": file, "record": kind.__name__}
    head = _data_front(values, count, file)
    (folder / "README.md").write_text(head + rendered("data.md.j2", **values), encoding="utf-8", newline="\n")


def write_votes(folder: Path, arena: Arena, values: dict[str, Any]) -> None:
    """Battles and votes as records: of a voter there is a pseudonym, and no field for more; and their card."""
    folder.mkdir(parents=True)
    records: Iterator[Record] = chain(arena.battles.values(), arena.votes)
    count = write_lines(folder / "votes.jsonl", records)
    values = {**values, "count": count, "file": "votes.jsonl", "record": "Battle and Vote"}
    head = _data_front(values, count, "votes.jsonl")
    overruled = (len({voter for _, voter in arena.overruled}), len(arena.overruled))
    values = {
        **values,
        "battles": len(arena.battles),
        "votes": len(arena.votes),
        "voters": _voters(arena),
        "overruled": overruled,
    }
    (folder / "README.md").write_text(head + rendered("votes.md.j2", **values), encoding="utf-8", newline="\n")


def _voters(arena: Arena) -> int:
    return len({vote.voter for vote in arena.votes})


def _write_gguf(folder: Path, target: Path, backbone: Backbone | Need) -> None:
    """The model as one file, Q8_0; a backbone that is such a file lends its keys. Raises BadInput for an architecture unknown here."""
    source = None if isinstance(backbone, Need) else Path(backbone.location)
    if source is not None and exportable(source):
        write_gguf(folder, source, target)
    else:
        write_folder_as_gguf(folder, target)


def write_corpus(folder: Path, values: dict[str, Any]) -> None:
    """The recipe of a corpus whose sources do not let it be given away."""
    folder.mkdir(parents=True)
    (folder / "README.md").write_text(rendered("recipe.md.j2", **values), encoding="utf-8", newline="\n")


def _model_front(model: ModelPart, plan: Plan, own: Sequence[Measurement]) -> str:
    settings = plan.study.settings.release
    known = hub_id(settings.license.models, settings.read_as)
    return front_matter(
        {
            "language": language_tags(plan.study.languages[:1]),
            "license": known,
            "license_name": settings.license.models if known == "other" else None,
            "base_model": _base_model(model.backbone, plan),
            "pipeline_tag": "text-generation",
            "library_name": "transformers",
            "tags": ["mintza", plan.study.target.code],
            "model-index": model_index(model.title, own) if own else None,
        }
    )


def _base_model(backbone: str, plan: Plan) -> str | None:
    """The backbone's repository at the hub, None where nobody knows one: the hub takes no other name."""
    said = plan.study.settings.release.base_models.get(backbone)
    known = plan.parts.settings(backbone)
    return said or (known.repo if isinstance(known, HubBackbone) else None)


def _data_front(values: Mapping[str, Any], count: int, file: str) -> str:
    size = next((name for limit, name in SIZES if count < limit), "n>10M")
    return front_matter(
        {
            "language": language_tags(values["languages"]),
            "license": hub_id(values["license"], values["read_as"]),
            "license_name": values["license"] if hub_id(values["license"], values["read_as"]) == "other" else None,
            "pretty_name": values["title"],
            "size_categories": [size],
            "task_categories": ["text-generation"],
            "tags": ["mintza"],
            "configs": [{"config_name": "default", "data_files": file}],
        }
    )


def _curve(steps: list[TrainingStep]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = TrainingStep.__struct_fields__
    writer.writerow(names)
    writer.writerows([["" if (v := getattr(step, name)) is None else v for name in names] for step in steps])
    return text.getvalue()


def _flat(settings: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found
