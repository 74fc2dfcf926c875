from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from shutil import copytree
from typing import Any

import msgspec
import pytest

from mintza.errors import TrainingError
from mintza.records import Backbone, Checkpoint, TrainingStep, Variant
from mintza.train.card import Lineage
from mintza.train.engine import Outcome
from mintza.train.rows import Batch
from mintza.train.settings import DivergenceSettings, TrainExecution, TrainSettings
from mintza.train.stage import REVISIONS, train_with

BACKBONE = Backbone(
    name="small", kind="folder", location="/nowhere", revision="r1", license="Apache-2.0", instructed=False
)
VARIANT = Variant(backbone="small", mixture=("corpus",), seed=33)
SETTINGS = TrainSettings(
    token_budget=20 * 2 * 64,
    rows_per_step=2,
    evaluate_every=5,
    execution=TrainExecution(checkpoint_every=5),
    peak_learning_rate=1e-3,
)


class Killed(Exception):
    """The process ends here."""


class FakeEngine:
    """Its only weight is a number that every batch moves, so that a wrong order or a lost step shows. Fulfils Engine.

    losses: step -> loss in place of the usual.  killed_at: step at which it dies before it answers.
    """

    def __init__(self, losses: dict[int, float] | None = None, killed_at: int = 0) -> None:
        self.weight = 1
        self.worked: list[int] = []
        self._losses = losses or {}
        self._killed_at = killed_at

    def step(self, batch: Batch, *, step: int, learning_rate: float) -> Outcome:
        if step == self._killed_at:
            raise Killed
        self.worked.append(step)
        self.weight = (self.weight * 31 + int(batch.input_ids.sum()) + round(learning_rate * 1e9)) % 100_003
        return Outcome(self._losses.get(step, 2 + self.weight / 100_003), batch.supervised_tokens, 1.0)

    def held_out_loss(self, batch: Batch) -> float:
        return float(batch.supervised_tokens)

    def save(self, path: Path) -> None:
        path.mkdir()
        (path / "weight").write_text(str(self.weight))

    def load(self, path: Path) -> None:
        self.weight = int((path / "weight").read_text())

    def export(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "model").write_text(str(self.weight))


@pytest.fixture
def rows(tmp_path: Path, prepare_rows: Any, make_document: Any) -> Path:
    documents = [make_document(n, f"text {n} " * (n + 1)) for n in range(12)]
    apart = [make_document(99, "apart", "held-out")]
    prepare_rows(tmp_path / "rows", {"corpus": documents}, held_out=apart, filled=0, shortest_part=1)
    return tmp_path / "rows"


Notes = list[tuple[int, int | None, str]]


def sit(
    engine: FakeEngine,
    rows: Path,
    workspace: Path,
    settings: TrainSettings = SETTINGS,
    variant: Variant = VARIANT,
    backbone: Backbone = BACKBONE,
    study: str = "Theirs",
) -> tuple[list[Any], Notes]:
    """One sitting: what was yielded and what was said, until it ends or dies."""
    workspace.mkdir(exist_ok=True)
    yielded: list[Any] = []
    notes: Notes = []

    def listen(done: int, total: int | None, note: str = "") -> None:
        notes.append((done, total, note))

    try:
        for record in train_with(
            engine,
            settings,
            backbone=backbone,
            variant=variant,
            prepared=rows,
            workspace=workspace,
            lineage=Lineage(study=study),
            progress=listen,
        ):
            yielded.append(record)
    except Killed:
        pass
    return yielded, notes


def test_every_step_is_yielded_and_then_the_checkpoint(rows: Path, tmp_path: Path) -> None:
    yielded, notes = sit(FakeEngine(), rows, tmp_path / "w")
    *steps, checkpoint = yielded
    assert [step.step for step in steps] == list(range(1, 21))
    assert isinstance(checkpoint, Checkpoint)
    assert (checkpoint.variant, checkpoint.steps, checkpoint.model.location) == ("small.corpus.s33", 20, "model")
    assert checkpoint.tokens_seen == steps[-1].tokens_seen
    assert all(a.tokens_seen < b.tokens_seen for a, b in pairwise(steps))
    tail = steps[-2:]
    weighted = sum(step.loss * step.supervised_tokens for step in tail) / sum(s.supervised_tokens for s in tail)
    assert checkpoint.final_loss == pytest.approx(weighted)
    assert [step.step for step in steps if step.held_out_loss is not None] == [5, 10, 15, 20]
    assert notes[-1] == (20, 20, f"loss {steps[-1].loss:.2f}")


def test_rows_that_a_budget_goes_round_very_often_are_named_before_the_first_step(rows: Path, tmp_path: Path) -> None:
    often = SETTINGS.model_copy(update={"token_budget": 400 * 2 * 64})
    _, notes = sit(FakeEngine(killed_at=3), rows, tmp_path / "often", often)
    assert notes[0][0] == 0
    assert "times; it will be learned by heart" in notes[0][2]
    _, notes = sit(FakeEngine(killed_at=3), rows, tmp_path / "once")
    assert not any("by heart" in note for *_, note in notes)


def test_each_component_that_is_held_out_is_measured_apart(
    tmp_path: Path, prepare_rows: Any, make_document: Any, make_talk: Any
) -> None:
    apart = {"corpus": [make_document(99, "apart", "held-out")], "sampled": [make_talk(1)], "empty": []}
    documents = [make_document(n, f"text {n} " * (n + 1)) for n in range(12)]
    prepare_rows(tmp_path / "rows", {"corpus": documents}, held_out=apart, sequence_length=160)
    [step] = [
        record
        for record in sit(FakeEngine(), tmp_path / "rows", tmp_path / "w")[0]
        if isinstance(record, TrainingStep) and record.step == 5
    ]
    # The fake's loss is the number of tokens that bear it: 5 of `apart` and its end, and those of the talk's answer.
    (corpus, in_corpus), (sampled, in_sampled) = step.held_out_losses
    assert (corpus, in_corpus, sampled) == ("corpus", 5.0, "sampled")
    assert step.held_out_loss == pytest.approx((in_corpus**2 + in_sampled**2) / (in_corpus + in_sampled))


@pytest.mark.parametrize("killed_at", [1, 3, 6, 13, 20])
def test_a_killed_run_goes_on_and_tells_its_whole_curve_once(rows: Path, tmp_path: Path, killed_at: int) -> None:
    whole, _ = sit(FakeEngine(), rows, tmp_path / "whole")
    sit(FakeEngine(killed_at=killed_at), rows, tmp_path / "w")
    engine = FakeEngine()
    resumed, _ = sit(engine, rows, tmp_path / "w")
    assert resumed == whole
    assert engine.worked == list(range((killed_at - 1) // 5 * 5 + 1, 21))


def test_a_finished_run_asked_again_computes_nothing(rows: Path, tmp_path: Path) -> None:
    whole, _ = sit(FakeEngine(), rows, tmp_path / "w")
    engine = FakeEngine()
    assert sit(engine, rows, tmp_path / "w")[0] == whole
    assert engine.worked == []


def test_the_last_two_checkpoints_are_kept(rows: Path, tmp_path: Path) -> None:
    sit(FakeEngine(killed_at=18), rows, tmp_path / "w")
    kept = sorted(path.name for path in (tmp_path / "w" / "checkpoints").iterdir())
    assert kept == ["step-00000010", "step-00000015"]


def spoil_state(workspace: Path) -> None:
    (workspace / "checkpoints" / "step-00000015" / "state" / "weight").write_text("1")


def spoil_meta(workspace: Path) -> None:
    (workspace / "checkpoints" / "step-00000015" / "meta.json").write_text("{")


def lose_state(workspace: Path) -> None:
    (workspace / "checkpoints" / "step-00000015" / "state" / "weight").unlink()


def shorten_curve(workspace: Path) -> None:
    path = workspace / "curve.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:12]) + b'{"step": 13, "lo')


def change_curve(workspace: Path) -> None:
    path = workspace / "curve.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[11] = lines[12].replace(b'"step":13', b'"step":12')
    path.write_bytes(b"".join(lines))


SPOILED = [
    (spoil_state, "is spoiled"),
    (spoil_meta, "is spoiled"),
    (lose_state, "is spoiled"),
    (shorten_curve, "has lost its curve"),
    (change_curve, "has lost its curve"),
]


@pytest.mark.parametrize(("spoil", "why"), SPOILED)
def test_a_checkpoint_that_cannot_be_used_is_named_and_the_one_before_it_is(
    rows: Path, tmp_path: Path, spoil: Callable[[Path], None], why: str
) -> None:
    whole, _ = sit(FakeEngine(), rows, tmp_path / "whole")
    sit(FakeEngine(killed_at=18), rows, tmp_path / "w")
    spoil(tmp_path / "w")
    engine = FakeEngine()
    resumed, notes = sit(engine, rows, tmp_path / "w")
    assert resumed == whole
    assert engine.worked[0] == 11
    assert notes[0] == (0, 20, f"checkpoint of step 15 {why}: going back")
    assert notes[1] == (10, 20, "resumed from step 10")


OTHERS: list[tuple[dict[str, Any], str, str]] = [
    ({"settings": SETTINGS.model_copy(update={"weight_decay": 0.2})}, "small.corpus.s33", "settings"),
    ({"variant": Variant(backbone="small", mixture=("corpus",), seed=34)}, "small.corpus.s34", "variant"),
    ({"backbone": msgspec.structs.replace(BACKBONE, revision="r2")}, "small.corpus.s33", "backbone"),
]


def bytes_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(("other", "ours", "differs"), OTHERS)
def test_a_checkpoint_of_another_run_is_refused_and_nothing_of_it_is_touched(
    rows: Path, tmp_path: Path, other: dict[str, Any], ours: str, differs: str
) -> None:
    workspace = tmp_path / "w"
    sit(FakeEngine(killed_at=18), rows, workspace)
    (workspace / "checkpoints" / ".step-00000020").mkdir()
    before = bytes_in(workspace)
    engine = FakeEngine()
    with pytest.raises(TrainingError) as raised:
        sit(engine, rows, workspace, **other)
    assert engine.worked == []
    assert bytes_in(workspace) == before
    assert (workspace / "checkpoints" / ".step-00000020").exists()
    assert raised.value.place == str(workspace / "checkpoints" / "step-00000010")
    assert raised.value.message == (
        "it holds a checkpoint of another run: variant 'small.corpus.s33' of the study 'Theirs', step 10, and this is "
        f"variant '{ours}' of the study 'Theirs' ({differs} differ). Nothing of it was touched"
    )
    assert f"remove {workspace} and run again" in raised.value.remedy
    assert len(sit(FakeEngine(), rows, workspace)[0]) == 21, "the run whose checkpoints they are goes on"


def test_one_checkpoint_of_another_run_among_our_own_is_refused_before_a_spoiled_one_is_removed(
    rows: Path, tmp_path: Path
) -> None:
    workspace = tmp_path / "w"
    sit(FakeEngine(killed_at=18), rows, workspace)
    sit(FakeEngine(killed_at=8), rows, tmp_path / "theirs", **OTHERS[0][0])
    copytree(tmp_path / "theirs" / "checkpoints" / "step-00000005", workspace / "checkpoints" / "step-00000005")
    spoil_state(workspace)
    before = bytes_in(workspace)
    with pytest.raises(TrainingError, match="of another run"):
        sit(FakeEngine(), rows, workspace)
    assert bytes_in(workspace) == before


def test_other_rows_make_another_run(rows: Path, tmp_path: Path, prepare_rows: Any, make_document: Any) -> None:
    sit(FakeEngine(killed_at=18), rows, tmp_path / "w")
    prepare_rows(tmp_path / "others", {"corpus": [make_document(n, f"other {n} " * 9) for n in range(12)]})
    with pytest.raises(TrainingError, match=r"\(rows differ\)"):
        sit(FakeEngine(), tmp_path / "others", tmp_path / "w")


def test_studies_that_share_a_cell_share_its_run(rows: Path, tmp_path: Path) -> None:
    sit(FakeEngine(killed_at=18), rows, tmp_path / "w")
    engine = FakeEngine()
    assert len(sit(engine, rows, tmp_path / "w", study="Ours")[0]) == 21
    assert engine.worked[0] == 16


def test_how_a_run_is_executed_does_not_make_it_another(rows: Path, tmp_path: Path) -> None:
    sit(FakeEngine(killed_at=18), rows, tmp_path / "w")
    engine = FakeEngine()
    settings = SETTINGS.model_copy(update={"execution": TrainExecution(checkpoint_every=7, micro_batch_rows=2)})
    sit(engine, rows, tmp_path / "w", settings)
    assert engine.worked[0] == 16


def test_what_a_kill_left_of_a_half_written_checkpoint_is_cleared_away(rows: Path, tmp_path: Path) -> None:
    (tmp_path / "w" / "checkpoints" / ".step-00000005").mkdir(parents=True)
    yielded, _ = sit(FakeEngine(), rows, tmp_path / "w")
    assert len(yielded) == 21
    assert not list((tmp_path / "w" / "checkpoints").glob(".*"))


class FullDisk(FakeEngine):
    """Its second checkpoint finds no room."""

    def save(self, path: Path) -> None:
        if self.worked[-1] == 10:
            raise OSError(28, "No space left on device")
        super().save(path)


def test_a_full_disk_is_an_error_with_a_remedy_and_the_run_goes_on_later(rows: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="step 10 cannot be written: No space left") as raised:
        sit(FullDisk(), rows, tmp_path / "w")
    assert raised.value.remedy
    engine = FakeEngine()
    assert sit(engine, rows, tmp_path / "w")[0] == sit(FakeEngine(), rows, tmp_path / "whole")[0]
    assert engine.worked[0] == 6


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops_the_run_naming_step_and_checkpoint(
    rows: Path, tmp_path: Path, loss: float
) -> None:
    with pytest.raises(TrainingError) as raised:
        sit(FakeEngine({13: loss}), rows, tmp_path / "w")
    assert "step 13" in str(raised.value)
    assert "last good checkpoint is of step 10" in str(raised.value)
    assert "peak_learning_rate" in raised.value.remedy


def test_a_loss_that_stays_far_above_the_best_stops_the_run(rows: Path, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"divergence": DivergenceSettings(factor=2.0, steps=4)})
    away = dict.fromkeys(range(8, 21), 9.0)
    with pytest.raises(TrainingError, match=r"over 2\.0 times the best") as raised:
        sit(FakeEngine(away), rows, tmp_path / "w", settings)
    assert "step 11" in str(raised.value)
    assert "last good checkpoint is of step 5" in str(raised.value)


def test_a_peak_that_passes_does_not_stop_the_run(rows: Path, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"divergence": DivergenceSettings(factor=2.0, steps=4)})
    away = dict.fromkeys((3, 4, 5, 7, 8, 9), 9.0)
    assert len(sit(FakeEngine(away), rows, tmp_path / "w", settings)[0]) == 21


def test_a_resumed_run_remembers_how_long_the_loss_was_bad(rows: Path, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(
        update={"divergence": DivergenceSettings(factor=2.0, steps=4), "execution": TrainExecution(checkpoint_every=1)}
    )
    away = dict.fromkeys(range(8, 21), 9.0)
    sit(FakeEngine(away, killed_at=10), rows, tmp_path / "w", settings)
    with pytest.raises(TrainingError, match="for 4 steps") as raised:
        sit(FakeEngine(away), rows, tmp_path / "w", settings)
    assert "step 11" in str(raised.value)


def test_the_records_of_a_run_are_the_golden_ones(rows: Path, tmp_path: Path) -> None:
    """When this fails on purpose, raise REVISIONS["train"] in mintza/train/stage.py and write the new digest here.

    Learning rates are rounded before they are hashed: the last bit of a cosine is the C library's affair.
    """
    yielded, _ = sit(FakeEngine(), rows, tmp_path / "w")
    lines = []
    for record in yielded:
        fields = json.loads(msgspec.json.encode(record))
        if isinstance(record, TrainingStep):
            fields["learning_rate"] = f"{record.learning_rate:.9e}"
        lines.append(json.dumps(fields, sort_keys=True))
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert (REVISIONS["train"], digest) == (
        5,
        "2051babb0eed75287a38b3d703674fe4851b4f60a4e9d7bfc3065b694be09b0e",
    ), "the bytes changed: raise REVISION"
