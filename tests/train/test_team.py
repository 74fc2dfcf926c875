"""What a team of processes does together, with threads in their place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from mintza.errors import Held, Stopped, TrainingError
from mintza.progress import silent
from mintza.train.checkpoints import Checkpoints
from mintza.train.engine import Outcome
from mintza.train.hold import held
from mintza.train.identity import Identity
from mintza.train.loop import Plan, run
from mintza.train.rows import PADDING, Batch, PackedRows
from mintza.train.settings import TrainExecution, TrainSettings
from mintza.train.team import Alone, agree, by_first
from mintza.train.torch_engine import share_of
from mintza.train.torch_sharding import mesh_shape

T = TypeVar("T")
RUN = Identity(variant="small.corpus.s1")
SETTINGS = TrainSettings(
    token_budget=20 * 2 * 64, rows_per_step=2, evaluate_every=5, execution=TrainExecution(checkpoint_every=5)
)


class Threads:
    """Threads that stand for processes; each calls `gather` in the same order."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.values: list[Any] = [None] * size
        self.barrier = threading.Barrier(size, timeout=10)

    def run(self, act: Callable[[Member], Any]) -> list[Any]:
        """What `act` gives or raises, for every member."""
        found: list[Any] = [None] * self.size

        def work(rank: int) -> None:
            try:
                found[rank] = act(Member(self, rank))
            except Exception as error:
                found[rank] = error

        threads = [threading.Thread(target=work, args=(rank,)) for rank in range(self.size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found


class Member:
    """One of them. Fulfils Team."""

    def __init__(self, threads: Threads, rank: int) -> None:
        self._threads = threads
        self.rank = rank
        self.size = threads.size

    def gather(self, value: T) -> list[T]:
        self._threads.values[self.rank] = value
        self._threads.barrier.wait()
        found = list(self._threads.values)
        self._threads.barrier.wait()
        return found


class PlainEngine:
    """Gives a loss that depends on the rows; its state is a file of each process. Fulfils Engine."""

    def __init__(self, rank: int, full_at: int = 0) -> None:
        self.rank = rank
        self.full_at = full_at
        self.last = 0

    def step(self, batch: Batch, *, step: int, learning_rate: float) -> Outcome:
        self.last = step
        return Outcome(2.0 + float(batch.input_ids.sum() % 7) / 7, batch.supervised_tokens, 1.0)

    def held_out_loss(self, batch: Batch) -> float:
        return 1.0

    def save(self, path: Path) -> Callable[[], bool] | None:
        if self.last == self.full_at:
            raise OSError(28, "No space left on device")
        path.mkdir(exist_ok=True)
        (path / f"part-{self.rank}").write_text(str(self.last))
        return None

    def load(self, path: Path) -> None:
        self.last = int((path / f"part-{self.rank}").read_text())

    def export(self, folder: Path) -> None:
        return


@pytest.fixture
def rows(tmp_path: Path, prepare_rows: Any, make_document: Any) -> Callable[[str], Path]:
    def prepared(words: str) -> Path:
        folder = tmp_path / words
        prepare_rows(folder, {"corpus": [make_document(n, f"{words} {n} " * (n + 1)) for n in range(12)]})
        return folder

    return prepared


def sit(
    member: Member, folder: Path, workspace: Path, stop: Callable[[], bool] = lambda: False, full_at: int = 0
) -> list[Any]:
    plan = Plan(SETTINGS, PackedRows(folder, "train"), PackedRows(folder, "held-out"), seed=1)
    return list(
        run(
            plan,
            PlainEngine(member.rank, full_at),
            workspace=workspace,
            identity=RUN,
            progress=silent,
            team=member,
            asked_to_stop=stop,
        )
    )


def test_a_fact_that_one_process_holds_otherwise_is_named_with_the_process() -> None:
    def act(member: Member) -> None:
        agree(member, {"the seed": "33", "the rows": "b" if member.rank == 2 else "a"})

    for found in Threads(3).run(act):
        assert isinstance(found, TrainingError)
        assert str(found).startswith("process 2 of 3: the processes disagree on the rows: 0 has a, 2 has b")


def test_an_error_of_the_first_process_comes_to_all() -> None:
    def fail() -> None:
        raise TrainingError("no")

    assert [str(found) for found in Threads(2).run(lambda member: by_first(member, fail))] == ["no", "no"]


def test_processes_that_hold_other_rows_are_refused_before_the_first_step(rows: Any, tmp_path: Path) -> None:
    folders = [rows("one"), rows("two")]
    found = Threads(2).run(lambda member: sit(member, folders[member.rank], tmp_path))
    assert all("the processes disagree on the first rows" in str(error) for error in found)
    assert not (tmp_path / "curve.jsonl").exists()


def test_a_wish_to_stop_on_one_process_ends_all_of_them_with_a_checkpoint(rows: Any, tmp_path: Path) -> None:
    folder = rows("one")
    asked = [0]

    def stop() -> bool:
        asked[0] += 1
        return asked[0] == 7

    found = Threads(2).run(lambda m: sit(m, folder, tmp_path, stop if m.rank == 1 else lambda: False))
    assert all(isinstance(error, Stopped) for error in found)
    assert "after step 7; the last checkpoint is of step 7" in str(found[0])
    assert found[0].exit_code == 75
    whole = Threads(2).run(lambda m: sit(m, folder, tmp_path))
    other = tmp_path / "other"
    other.mkdir()
    assert whole[0] == whole[1] == Threads(2).run(lambda m: sit(m, folder, other))[0]


def test_a_disk_that_is_full_for_one_process_stops_all_and_leaves_the_checkpoint_before(
    rows: Any, tmp_path: Path
) -> None:
    folder = rows("one")
    found = Threads(2).run(lambda m: sit(m, folder, tmp_path, full_at=10 if m.rank == 1 else 0))
    assert all("the checkpoint of step 10 cannot be written: No space left" in str(error) for error in found)
    kept = Threads(2).run(lambda m: list(Checkpoints(tmp_path / "checkpoints", RUN, m).usable(_anything)))
    assert [[step for step, _ in each] for each in kept] == [[5], [5]]


def _anything(steps: int) -> str:
    return "not the curve's"


def test_a_state_of_which_one_file_is_lost_is_spoiled(rows: Any, tmp_path: Path) -> None:
    folder = rows("one")
    Threads(2).run(lambda m: sit(m, folder, tmp_path))
    (tmp_path / "checkpoints" / "step-00000020" / "state" / "part-1").unlink()
    found = list(Checkpoints(tmp_path / "checkpoints", RUN).usable(_anything))
    assert found == [(20, "is spoiled"), (15, "has lost its curve")]


def test_a_checkpoint_in_the_background_counts_once_it_is_on_disk(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, RUN)
    answers = iter([False, False, True])

    def write(folder: Path) -> Callable[[], bool]:
        folder.mkdir()
        return lambda: next(answers)

    checkpoints.save(5, "c", write)
    for _ in range(3):
        assert checkpoints.steps() == []
        checkpoints.look()
    assert checkpoints.steps() == [5]


def test_a_failure_in_the_background_is_told_at_the_next_look(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, RUN)

    def fail() -> bool:
        raise OSError(28, "No space left on device")

    def write(folder: Path) -> Callable[[], bool]:
        folder.mkdir()
        return fail

    checkpoints.save(5, "c", write)
    with pytest.raises(TrainingError, match="step 5 cannot be written: No space left"):
        checkpoints.look()
    assert checkpoints.steps() == []


@pytest.mark.parametrize(("rows_of_step", "size"), [(4, 1), (4, 2), (5, 2), (5, 4), (1, 3), (7, 3)])
def test_every_row_of_a_step_is_one_processs_and_all_get_as_many(rows_of_step: int, size: int) -> None:
    ids = np.arange(rows_of_step * 8, dtype=np.int32).reshape(rows_of_step, 8)
    batch = Batch(ids, ids, np.ones((rows_of_step, 8), np.uint8))
    seen = []
    for member in (Member(Threads(size), rank) for rank in range(size)):
        first, own = share_of(batch, member)
        assert len(own.input_ids) == -(-rows_of_step // size)
        real = [row for row, marks in enumerate(own.marks) if not (marks == PADDING).all()]
        assert all((own.input_ids[row] == ids[first + row]).all() for row in real)
        seen += [first + row for row in real]
    assert seen == list(range(rows_of_step))


def test_groups_must_divide_the_team() -> None:
    assert mesh_shape(8, None) == mesh_shape(8, 8) == (8,)
    assert mesh_shape(128, 4) == (32, 4)
    with pytest.raises(TrainingError, match="8 processes cannot be cut into groups of 3"):
        mesh_shape(8, 3)


def test_a_workspace_is_held_by_one_training_at_a_time(tmp_path: Path) -> None:
    notes: list[str] = []
    with held(tmp_path, Alone(), silent):
        waits = held(tmp_path, Alone(), lambda done, total, note="": notes.append(note), patience_s=0.1)
        with pytest.raises(Held, match="another process trains"), waits:
            pass
    assert notes == ["waiting for an earlier training in the same workspace to end"]
    with held(tmp_path, Alone(), silent):
        pass
