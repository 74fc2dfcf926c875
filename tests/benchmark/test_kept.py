"""An examination that is killed goes on where it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from benchmark.test_answers import BASQUE, EXAMS_ONLY, FakeModel, quiz
from mintza.benchmark.kept import FILE, LOT, Kept
from mintza.benchmark.stage import answer
from mintza.errors import StoreError
from mintza.models.seam import Likelihood, Pair
from mintza.progress import silent
from mintza.records import Answer, Item, ModelRef

PAIRS = [Pair(context=f"{n}", continuation=" bai") for n in range(3 * LOT + 5)]


class Counting(FakeModel):
    """Counts what it was asked, and dies at a request."""

    def __init__(self, dies_at: int | None = None) -> None:
        super().__init__()
        self.asked = 0
        self.dies_at = dies_at

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        for likelihood in super().likelihood(pairs):
            if self.asked == self.dies_at:
                raise KeyboardInterrupt
            self.asked += 1
            yield likelihood


def test_only_the_lot_that_was_under_way_is_asked_again(tmp_path: Path) -> None:
    whole = list(Kept(Counting(), None).likelihood(PAIRS))
    with pytest.raises(KeyboardInterrupt):
        list(Kept(Counting(dies_at=2 * LOT + 9), tmp_path).likelihood(PAIRS))
    second = Counting()

    again = list(Kept(second, tmp_path).likelihood(PAIRS))

    assert again == whole
    assert second.asked == LOT + 5


def test_a_line_that_was_being_written_is_not_there(tmp_path: Path) -> None:
    whole = list(Kept(Counting(), tmp_path).likelihood(PAIRS))
    file = tmp_path / FILE
    file.write_bytes(file.read_bytes()[:-20])
    second, third = Counting(), Counting()

    assert list(Kept(second, tmp_path).likelihood(PAIRS)) == whole
    assert list(Kept(third, tmp_path).likelihood(PAIRS)) == whole
    assert (second.asked, third.asked) == (5, 0)


def test_another_revision_of_the_model_is_asked_anew(tmp_path: Path) -> None:
    list(Kept(Counting(), tmp_path).likelihood(PAIRS))
    other = Counting()
    other.ref = ModelRef(name="fake", provider="scripted", location="", revision="2")

    list(Kept(other, tmp_path).likelihood(PAIRS))

    assert other.asked == len(PAIRS)


def test_what_is_no_number_is_not_kept(tmp_path: Path) -> None:
    broken = FakeModel(nats=float("nan"))

    list(Kept(broken, tmp_path).likelihood(PAIRS[:3]))

    assert not (tmp_path / FILE).exists()


def test_a_folder_that_cannot_be_written_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()

    with pytest.raises(StoreError, match="kept"):
        list(Kept(Counting(), tmp_path).likelihood(PAIRS))


ITEMS = quiz(count=300)


def examined(model: FakeModel, folder: Path | None) -> list[Answer]:
    items: list[Item] = ITEMS
    return list(
        answer(
            EXAMS_ONLY,
            model=model,
            items=items,
            held_out=(),
            prompts=(),
            target=BASQUE,
            workspace=folder,
            progress=silent,
        )
    )


KILLED = """
import os, sys
from pathlib import Path
from benchmark.test_kept import Counting, examined
class Killed(Counting):
    def likelihood(self, pairs):
        for likelihood in super().likelihood(pairs):
            if self.asked == 600:
                os.kill(os.getpid(), 9)
            yield likelihood
examined(Killed(), Path(sys.argv[1]))
"""


def test_after_kill_9_inside_an_exam_the_answers_are_the_same_bytes_and_half_is_not_asked_again(tmp_path: Path) -> None:
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": f"{tests}:{tests.parent / 'src'}"},
        check=False,
        capture_output=True,
    )
    second = Counting()

    found = examined(second, tmp_path)

    assert done.returncode == -signal.SIGKILL, done.stderr
    assert found == examined(Counting(), None)
    assert second.asked == 300 * 5 // 2 - 2 * LOT
