"""Two and four processes for real, over gloo: what they come to is what one comes to."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mintza.errors import Stopped, TrainingError
from mintza.models.tokenizers import load_tokenizer
from mintza.records import Backbone, Checkpoint, TrainingStep, Variant
from mintza.train import stage, worker
from mintza.train.curve import whole_lines
from mintza.train.job import JOB, STOP, Job, Outcome, raise_if_failed, read_progress, write
from mintza.train.settings import LaunchSettings, LoraMethod, TrainExecution, TrainSettings
from processes import work_together

VARIANT = Variant(backbone="small", mixture=("corpus", "sampled"), seed=33)
STEPS = 50
Run = tuple[list[TrainingStep], Checkpoint, list[str]]


def settings(**execution: Any) -> TrainSettings:
    """Five rows a step in micro-batches of two: shares that are not equal, accumulation, noise."""
    return TrainSettings(
        token_budget=STEPS * 5 * 64,
        rows_per_step=5,
        peak_learning_rate=5e-4,
        precision="fp32",
        evaluate_every=4,
        execution=TrainExecution(threads=1, micro_batch_rows=2, checkpoint_every=4, **execution),
    )


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory, backbone_folder: Path, mixture: dict[str, Any]) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    tokenizer = load_tokenizer(str(backbone_folder))
    mixture["prepare"](folder, mixture["components"], held_out=mixture["held_out"], tokenizer=tokenizer)
    return folder


@pytest.fixture(scope="module")
def train(backbone_folder: Path, rows: Path) -> Callable[[Path, TrainSettings], Run]:
    def trained(workspace: Path, chosen: TrainSettings) -> Run:
        workspace.mkdir(exist_ok=True)
        notes: list[str] = []
        *steps, checkpoint = stage.train(
            chosen,
            backbone=small(backbone_folder),
            variant=VARIANT,
            prepared=rows,
            workspace=workspace,
            progress=lambda done, total, note="": notes.append(note),
        )
        assert isinstance(checkpoint, Checkpoint)
        return [step for step in steps if isinstance(step, TrainingStep)], checkpoint, notes

    return trained


def small(folder: Path) -> Backbone:
    return Backbone(
        name="small", kind="folder", location=str(folder), revision="r1", license="Apache-2.0", instructed=False
    )


@pytest.fixture(scope="module")
def one(train: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    workspace = tmp_path_factory.mktemp("one")
    return workspace, train(workspace, settings())


@pytest.fixture(scope="module")
def two(train: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    workspace = tmp_path_factory.mktemp("two")
    return workspace, train(workspace, settings(launch=LaunchSettings(torchrun=2)))


def largest_difference(one: list[TrainingStep], other: list[TrainingStep]) -> float:
    assert [step.tokens_seen for step in one] == [step.tokens_seen for step in other]
    pairs = [(a.loss, b.loss) for a, b in zip(one, other, strict=True)]
    pairs += [(a.held_out_loss or 0, b.held_out_loss or 0) for a, b in zip(one, other, strict=True)]
    return max(abs(a - b) for a, b in pairs)


def test_two_processes_come_to_what_one_comes_to_over_fifty_steps(one: tuple[Path, Run], two: tuple[Path, Run]) -> None:
    assert largest_difference(one[1][0], two[1][0]) <= 1e-5
    assert [note for note in two[1][2] if note][-1] == f"loss {two[1][0][-1].loss:.2f}"


def test_their_model_is_a_whole_one(one: tuple[Path, Run], two: tuple[Path, Run]) -> None:
    from safetensors.torch import load_file

    a, b = (load_file(place / "model" / "model.safetensors") for place in (one[0], two[0]))
    assert a.keys() == b.keys()
    assert max(float((a[name] - b[name]).abs().max()) for name in a) < 1e-4


def test_a_checkpoint_of_two_processes_is_taken_up_by_one(two: tuple[Path, Run], train: Any, tmp_path: Path) -> None:
    workspace = shutil.copytree(two[0], tmp_path / "w")
    shutil.rmtree(workspace / "checkpoints" / "step-00000050")
    steps, _, notes = train(workspace, settings())
    assert notes[0] == "resumed from step 48"
    assert steps[:48] == two[1][0][:48]
    assert 0 < largest_difference(steps, two[1][0]) <= 1e-5


@pytest.fixture
def told_to(rows: Path, backbone_folder: Path, tmp_path: Path) -> Callable[[TrainSettings], Path]:
    """Writes the job of a training in a folder of its own."""

    def written(chosen: TrainSettings) -> Path:
        folder = tmp_path / "w"
        folder.mkdir(exist_ok=True)
        job = Job(
            settings=chosen.model_dump_json(),
            backbone=small(backbone_folder),
            variant=VARIANT,
            prepared=str(rows),
            workspace=str(folder),
        )
        write(folder / JOB, job)
        return folder / JOB

    return written


def curve(job: Path) -> list[TrainingStep]:
    return [msgspec.json.decode(line, type=TrainingStep) for line in whole_lines(job.with_name("curve.jsonl"))]


def test_killed_processes_go_on_to_the_bit(two: tuple[Path, Run], told_to: Any) -> None:
    """Both are killed as a power cut would, after the sixth step; a later sitting of two goes on from a checkpoint."""
    job = told_to(settings())
    assert work_together(job, 2, killed_after=6) == [-9, -9]
    assert not job.with_name("model").exists()
    assert work_together(job, 2) == [0, 0]
    notes = [said.note for said in read_progress(job.with_name("progress.jsonl"), 0)]
    assert {"resumed from step 4", "resumed from step 8"} & set(notes)
    assert largest_difference(curve(job), two[1][0]) == 0.0
    for name in ("model.safetensors", "config.json"):
        assert (job.with_name("model") / name).read_bytes() == (two[0] / "model" / name).read_bytes()


def test_hybrid_shard_of_two_by_two_comes_to_what_one_comes_to(one: tuple[Path, Run], told_to: Any) -> None:
    """Two copies of the weights, each shared by two; checkpoints are written in the background."""
    job = told_to(settings(shard_group=2, background_checkpoints=True))
    assert work_together(job, 4) == [0] * 4
    assert largest_difference(one[1][0], curve(job)) <= 1e-5
    kept = sorted(path.name for path in job.with_name("checkpoints").iterdir())
    assert kept == ["step-00000048", "step-00000050"]


def test_adapters_are_trained_by_two_as_by_one(told_to: Any, train: Any, tmp_path: Path) -> None:
    chosen = settings().model_copy(update={"method": LoraMethod(kind="lora", rank=4), "peak_learning_rate": 5e-3})
    alone, _, _ = train(tmp_path / "alone", chosen)
    job = told_to(chosen)
    assert work_together(job, 2) == [0, 0]
    assert largest_difference(alone, curve(job)) <= 1e-5
    assert alone[-1].loss < alone[0].loss - 0.02


def test_what_goes_wrong_in_a_worker_is_told_to_the_run(told_to: Any, capsys: pytest.CaptureFixture[str]) -> None:
    job = told_to(settings(attention="flash"))
    assert worker.main(job) == 1
    assert "process 0: train.execution: `attention: flash` needs a GPU" in capsys.readouterr().err
    with pytest.raises(TrainingError, match="`attention: flash` needs a GPU") as raised:
        raise_if_failed(msgspec.json.decode(job.with_name("outcome.json").read_bytes(), type=Outcome))
    assert raised.value.place == "train.execution"


def test_a_worker_that_was_asked_to_stop_says_so_by_its_code(told_to: Any) -> None:
    job = told_to(settings())
    job.with_name(STOP).touch()
    assert worker.main(job) == 75
    with pytest.raises(Stopped, match="after step 1; the last checkpoint is of step 1"):
        raise_if_failed(msgspec.json.decode(job.with_name("outcome.json").read_bytes(), type=Outcome))


def test_a_signal_ends_training_with_a_checkpoint(rows: Path, backbone_folder: Path, tmp_path: Path) -> None:
    def listen(done: int, total: int | None, note: str = "") -> None:
        if done == 2:
            os.kill(os.getpid(), signal.SIGUSR1)

    with pytest.raises(Stopped, match="after step 3; the last checkpoint is of step 3") as raised:
        list(
            stage.train(
                settings(),
                backbone=small(backbone_folder),
                variant=VARIANT,
                prepared=rows,
                workspace=tmp_path,
                progress=listen,
            )
        )
    assert raised.value.exit_code == 75


def test_a_launch_is_of_one_kind_only() -> None:
    with pytest.raises(ValueError, match="one way to launch"):
        LaunchSettings(processes=1, torchrun=2)
