"""What a run says where there is no terminal: how far it is, and how long it will take."""

from collections.abc import Callable
from io import StringIO

from rich.console import Console

from mintza.terminal.listener import Pace, TerminalListener


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def lines_of(tell: Callable[[Clock, Callable[..., None]], None]) -> list[str]:
    clock, out = Clock(), StringIO()
    listener = TerminalListener(Console(file=out, width=200), 3, clock)
    with listener:
        tell(clock, listener.begins("train/x.corpus.s1", "trains"))
    return [line.strip() for line in out.getvalue().splitlines()]


def test_now_and_then_a_line_says_how_far_it_is_and_how_long_it_will_take() -> None:
    def tell(clock: Clock, told: Callable[..., None]) -> None:
        for step in range(1, 101):
            clock.now += 2
            told(step, 1000, f"loss {9 - step / 50:.2f}")

    found = lines_of(tell)
    assert found[0] == "train/x.corpus.s1: 1 of 1000 loss 8.98"
    assert found[1] == "train/x.corpus.s1: 16 of 1000 loss 8.68, about 32 min 48 s left"
    assert len(found) == 7


def test_steps_of_an_earlier_try_are_not_taken_for_speed() -> None:
    def tell(clock: Clock, told: Callable[..., None]) -> None:
        told(500, 1000, "resumed from step 500")
        for step in range(501, 520):
            clock.now += 2
            told(step, 1000, "loss 3.10")

    assert lines_of(tell)[-1] == "train/x.corpus.s1: 516 of 1000 loss 3.10, about 16 min 08 s left"


def test_time_in_which_nothing_is_done_yet_counts() -> None:
    def tell(clock: Clock, told: Callable[..., None]) -> None:
        for drawn in range(1, 34):
            told(0, 24, f"{drawn} turns drawn")
            clock.now += 1
        told(8, 24, "8 of 24 kept by the filters, 33 turns drawn")

    assert lines_of(tell)[-1].endswith("33 turns drawn, about 1 min 06 s left")


def test_nobody_knows_how_long_what_has_no_end_or_no_beginning_takes() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.left(10) is None
    pace.saw(0)
    clock.now += 5
    pace.saw(5)
    assert pace.left(None) is None
    assert pace.left(10) == 5
    pace.saw(10)
    assert pace.left(10) is None
    pace.saw(0)
    assert pace.left(10) is None
