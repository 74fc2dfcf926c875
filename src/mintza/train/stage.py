"""STAGES: prepare (a mixture becomes packed rows) and train (a backbone and rows become a checkpoint)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec

from mintza.errors import TrainingError
from mintza.models.seam import Tokenizer
from mintza.models.templates import ChatTemplate
from mintza.progress import Progress, silent
from mintza.records import (
    Backbone,
    Checkpoint,
    ComponentCount,
    Conversation,
    Document,
    ModelRef,
    TrainingStep,
    Variant,
    Verdict,
)
from mintza.train.card import Lineage
from mintza.train.checkpoints import CHECKPOINTS, refuse_others
from mintza.train.engine import Engine
from mintza.train.finish import ABOUT, describe, write_events
from mintza.train.hold import held
from mintza.train.hugging_face import as_folder, export_model
from mintza.train.identity import Identity, digest_of
from mintza.train.job import Job
from mintza.train.kept_memory import freed_memory_kept
from mintza.train.launch import launched, starter_of
from mintza.train.loop import Plan, run
from mintza.train.preparing import prepared
from mintza.train.rows import TEMPLATE, PackedRows, RowsIndex, open_rows
from mintza.train.settings import PrepareSettings, TrainSettings
from mintza.train.stops import listening
from mintza.train.suits import check_suited
from mintza.train.team import Alone, Team, by_first
from mintza.train.torch_team import device_of

REVISIONS = {"prepare": 3, "train": 5}
LIBRARIES = {"prepare": ("tokenizers", "transformers"), "train": ("torch", "transformers")}
MODEL = "model"
TENSORBOARD = "tensorboard"


def prepare(
    settings: PrepareSettings,
    components: Mapping[str, Iterable[Document | Conversation]],
    *,
    held_out: Mapping[str, Iterable[Document | Conversation]],
    tokenizer: Tokenizer,
    template: ChatTemplate | None,
    workspace: Path,
    seed: int,
    progress: Progress = silent,
) -> Iterator[ComponentCount | Verdict]:
    """Turn a mixture into packed rows in `workspace`; yield the count of each component, and a verdict for what is left out.

    components: in the mixture's order; one may be empty.  held_out: component -> records to measure loss on, each packed apart;
    they, and what was made of them, are left out of the components.  A killed run goes on from the lots that it had encoded.
    Raises TemplateError for a conversation that cannot be shown (see `unrenderable`), TrainingError when nothing is left, OSError
    when the disk does not take it.
    """
    return prepared(
        settings,
        components,
        held_out=held_out,
        tokenizer=tokenizer,
        template=template,
        workspace=workspace,
        seed=seed,
        progress=progress,
        revision=REVISIONS["prepare"],
    )


def train(
    settings: TrainSettings,
    *,
    backbone: Backbone,
    variant: Variant,
    prepared: Path,
    workspace: Path,
    lineage: Lineage = Lineage(),  # noqa: B008 - it is frozen
    progress: Progress = silent,
) -> Iterator[TrainingStep | Checkpoint]:
    """Train a backbone on prepared rows; yield every step from the first, then the checkpoint, whose model is in WORKSPACE/model.

    prepared: the folder that `prepare` filled.  A run that was killed goes on from its last checkpoint in the workspace.
    lineage: what the model card is to say of where it comes from.
    SIGTERM and SIGUSR1 end it after the step that is under way: a checkpoint is made and Stopped is raised.
    Raises TrainingError when documents would leak into each other, when the rows are of another tokenizer, when the workspace
    holds checkpoints of another run, and when the loss runs away; BadInput when the backbone cannot be read.
    """
    with listening() as asked_to_stop:
        start = starter_of(settings.execution.launch)
        if start is None:
            yield from train_here(
                settings,
                backbone=backbone,
                variant=variant,
                prepared=prepared,
                workspace=workspace,
                lineage=lineage,
                progress=progress,
                asked_to_stop=asked_to_stop,
            )
            return
        job = Job(
            settings=settings.model_dump_json(),
            backbone=backbone,
            variant=variant,
            prepared=str(prepared),
            workspace=str(workspace),
            lineage=lineage,
        )
        steps = []
        for step in launched(job, start, progress=progress, asked_to_stop=asked_to_stop):
            steps.append(step)
            yield step
    yield _checkpoint(variant, steps, workspace / MODEL)


def train_here(
    settings: TrainSettings,
    *,
    backbone: Backbone,
    variant: Variant,
    prepared: Path,
    workspace: Path,
    lineage: Lineage = Lineage(),  # noqa: B008 - it is frozen
    progress: Progress = silent,
    team: Team | None = None,
    device: str | None = None,
    asked_to_stop: Callable[[], bool] = lambda: False,
) -> Iterator[TrainingStep | Checkpoint]:
    """As `train`, in this process, which is one of a team. device: `cpu` or `cuda`, None for what the settings say."""
    team = team or Alone()
    device = device or device_of(settings.execution.device)
    with held(workspace, team, progress):
        yield from _train_held(
            settings,
            backbone=backbone,
            variant=variant,
            prepared=prepared,
            workspace=workspace,
            lineage=lineage,
            progress=progress,
            team=team,
            device=device,
            asked_to_stop=asked_to_stop,
        )


def _train_held(
    settings: TrainSettings,
    *,
    backbone: Backbone,
    variant: Variant,
    prepared: Path,
    workspace: Path,
    lineage: Lineage,
    progress: Progress,
    team: Team,
    device: str,
    asked_to_stop: Callable[[], bool],
) -> Iterator[TrainingStep | Checkpoint]:
    index = open_rows(prepared)
    ours = _identity(settings, index, backbone, variant, lineage)
    by_first(team, lambda: refuse_others(workspace / CHECKPOINTS, ours))
    source = by_first(team, lambda: as_folder(Path(backbone.location), workspace))
    check_suited(
        settings, source, prepared, index.sequence_length, processes=team.size, device=device, progress=progress
    )

    def export(model: Any, to: Path) -> None:
        export_model(
            model,
            to,
            source=source,
            template=_template(prepared, backbone),
            end_of_turn=index.end_of_turn,
            precision=settings.saved_precision,
        )

    from mintza.train.torch_open import open_engine  # with numpy: a plan trains nothing

    engine = open_engine(source, settings, seed=variant.seed, export=export, team=team, device=device)
    _same_vocabulary(index, engine.vocabulary, backbone)
    with freed_memory_kept() if device == "cpu" else nullcontext(lambda: None) as stepped:
        for record in train_with(
            engine,
            settings,
            backbone=backbone,
            variant=variant,
            prepared=prepared,
            workspace=workspace,
            lineage=lineage,
            progress=progress,
            team=team,
            asked_to_stop=asked_to_stop,
        ):
            yield record
            stepped()


def train_with(
    engine: Engine,
    settings: TrainSettings,
    *,
    backbone: Backbone,
    variant: Variant,
    prepared: Path,
    workspace: Path,
    lineage: Lineage = Lineage(),  # noqa: B008 - it is frozen
    progress: Progress = silent,
    team: Team | None = None,
    asked_to_stop: Callable[[], bool] = lambda: False,
) -> Iterator[TrainingStep | Checkpoint]:
    """As `train_here`, on an engine that is ready."""
    team = team or Alone()
    index = open_rows(prepared)
    plan = Plan(
        settings, PackedRows(prepared, "train"), PackedRows(prepared, "held-out"), variant.seed, index.held_out_of
    )
    identity = _identity(settings, index, backbone, variant, lineage)
    steps = []
    for step in run(
        plan,
        engine,
        workspace=workspace,
        identity=identity,
        progress=progress,
        team=team,
        asked_to_stop=asked_to_stop,
    ):
        steps.append(step)
        if settings.execution.tensorboard and team.rank == 0 and step.held_out_loss is not None:
            write_events(workspace / TENSORBOARD, steps)
        yield step
    engine.export(workspace / MODEL)

    def finish() -> Checkpoint:
        describe(
            workspace / MODEL,
            settings,
            backbone=backbone,
            variant=variant,
            lineage=lineage,
            steps=steps,
            sequence_length=index.sequence_length,
        )
        return _checkpoint(variant, steps, workspace / MODEL)

    yield by_first(team, finish)


def _template(prepared: Path, backbone: Backbone) -> str | None:
    """The Jinja source that the trained model is to carry: that of its rows, else the study's for the backbone, None for its own."""
    for path in (prepared / TEMPLATE, Path(backbone.template) if backbone.template else None):
        if path is not None and path.exists():
            return path.read_text(encoding="utf-8")
    return None


def _same_vocabulary(index: RowsIndex, vocabulary: int, backbone: Backbone) -> None:
    if index.largest_id >= vocabulary:
        raise TrainingError(
            f"the rows hold the token {index.largest_id}, the model knows {vocabulary}: they are of another tokenizer",
            place=f"backbone '{backbone.name}'",
            remedy="prepare the rows with this backbone's tokenizer",
        )


def _identity(
    settings: TrainSettings, index: RowsIndex, backbone: Backbone, variant: Variant, lineage: Lineage
) -> Identity:
    """All that decides a run: a checkpoint of another is never taken up."""
    return Identity(
        variant=variant.name,
        study=lineage.study,
        settings=digest_of(settings.bearing()),
        rows=digest_of(msgspec.to_builtins(index)),
        backbone=backbone.revision,
        revision=REVISIONS["train"],
    )


def _checkpoint(variant: Variant, steps: list[TrainingStep], folder: Path) -> Checkpoint:
    tail = steps[-max(1, len(steps) // 10) :]
    supervised = sum(step.supervised_tokens for step in tail)
    return Checkpoint(
        model=ModelRef(name=variant.name, provider="local", location=MODEL, revision=_revision(folder)),
        variant=variant.name,
        steps=len(steps),
        tokens_seen=steps[-1].tokens_seen,
        final_loss=sum(step.loss * step.supervised_tokens for step in tail) / max(1, supervised),
    )


def _revision(folder: Path) -> str:
    """Hex sha256 over the names and contents of a model's files, without those that only tell of it."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file() and path.name not in ABOUT):
        with path.open("rb") as file:
            digest.update(path.name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
