"""The embedded engine takes the cores that are free, not those that there are."""

from pathlib import Path

import pytest

from mintza.models.cores import Ticks, threads_beside_others, ticks_of

NOT_SAID = Path("/nowhere/smt")


def counted(usable: int, idle: float, smt: Path = NOT_SAID) -> int | None:
    """The answer on a machine of which so much was idle while it was looked at."""
    seen = iter([Ticks(1000, 5000), Ticks(1000 + round(100 * idle), 5100)])
    return threads_beside_others(usable, lambda: next(seen), lambda seconds: None, smt)


@pytest.mark.parametrize(
    ("usable", "idle", "threads"),
    [(2, 1.0, None), (2, 0.9, None), (2, 0.5, 1), (2, 0.0, 1), (8, 0.87, 7), (8, 0.1, 1), (1, 0.0, None)],
)
def test_busy_cores_are_left_to_those_that_use_them(usable: int, idle: float, threads: int | None) -> None:
    assert counted(usable, idle) == threads


def test_where_the_machine_does_not_tell_the_engine_chooses_itself() -> None:
    assert threads_beside_others(4, lambda: None, lambda seconds: None) is None
    assert threads_beside_others(4, lambda: Ticks(7, 9), lambda seconds: None) is None


def test_what_linux_counts_is_read(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  10 1 5 80 4 0 0 0 3 0\ncpu0 10 1 5 80 4 0 0 0 3 0\n", encoding="ascii")
    assert ticks_of(stat) == Ticks(84, 100)
    for wrong in ("", "cpu 1 2\n", "intr 1 2 3 4 5 6 7 8\n", "cpu a b c d e\n"):
        stat.write_text(wrong, encoding="ascii")
        assert ticks_of(stat) is None
    assert ticks_of(tmp_path / "none") is None


def test_two_threads_on_one_core_count_as_one(tmp_path: Path) -> None:
    smt = tmp_path / "active"
    smt.write_text("1\n", encoding="ascii")
    assert counted(8, 0.87, smt) == 4
    assert counted(8, 0.3, smt) == 2
    smt.write_text("0\n", encoding="ascii")
    assert counted(8, 0.87, smt) == 7
