"""What `show` says of a training."""

from itertools import pairwise
from pathlib import Path

from rich.console import Console

from mintza.records import Checkpoint, ModelRef, TrainingStep
from mintza.terminal.losses import MOST, chosen, losses, where


def step(number: int, *, measured: bool) -> TrainingStep:
    return TrainingStep(
        step=number,
        tokens_seen=1000 * number,
        supervised_tokens=900,
        loss=5 - number / 100,
        learning_rate=1e-5,
        gradient_norm=1.0,
        held_out_loss=4.5 if measured else None,
        held_out_losses=(("corpus", 5.25), ("sampled", 1.125)) if measured else (),
    )


def shown(steps: list[TrainingStep]) -> list[str]:
    console = Console(width=120)
    with console.capture() as captured:
        console.print(losses(steps))
    return captured.get().splitlines()


def test_losses_are_told_from_the_first_step_to_the_last_and_of_each_component() -> None:
    lines = shown([step(number, measured=number % 2 == 0) for number in range(1, 6)])
    assert [name in lines[2] for name in ("training", "held out", "held-out corpus", "held-out sampled")] == [True] * 4
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]
    assert rows == [
        ["1", "1,000", "4.990", "", "", ""],
        ["2", "2,000", "4.980", "4.500", "5.250", "1.125"],
        ["4", "4,000", "4.960", "4.500", "5.250", "1.125"],
        ["5", "5,000", "4.950", "", "", ""],
    ]


def test_of_many_measurements_a_screen_has_some_evenly_with_both_ends() -> None:
    found = [one.step for one in chosen([step(number, measured=True) for number in range(1, 402)])]
    assert (found[0], found[-1]) == (1, 401)
    assert len(found) <= MOST
    assert len({after - before for before, after in pairwise(found[1:-1])}) == 1


def test_a_training_of_one_step_is_one_line() -> None:
    assert [one.step for one in chosen([step(1, measured=True)])] == [1]
    assert [one.step for one in chosen([step(1, measured=False), step(2, measured=True)])] == [1, 2]


def test_the_model_is_said_with_its_folder() -> None:
    model = ModelRef(name="v", provider="local", location="model", revision="r")
    said = where(
        Checkpoint(model=model, variant="v", steps=1400, tokens_seen=20000, final_loss=4.5), Path("/store/files")
    )
    assert said.startswith("v: 1,400 steps, 20,000 tokens, loss 4.500 in the last tenth of them\n")
    assert said.endswith("/store/files/model")
