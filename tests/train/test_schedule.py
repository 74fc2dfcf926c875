import subprocess
import sys

import pytest
from pydantic import ValidationError

from mintza.train.estimate import estimate
from mintza.train.schedule import evaluation_steps, learning_rate, rows_of_step, shuffled, total_steps
from mintza.train.settings import TrainSettings

# Worked out by hand for a peak of 1, 20 steps, warm-up 2: cos(pi/3) = 1/2, cos(pi/2) = 0, cos(2pi/3) = -1/2.
GOLDEN = {1: 0.5, 2: 1.0, 8: 0.8325, 11: 0.665, 14: 0.4975, 20: 0.33}


@pytest.mark.parametrize(("step", "expected"), GOLDEN.items())
def test_the_learning_rate_is_the_golden_one(step: int, expected: float) -> None:
    assert learning_rate(TrainSettings(peak_learning_rate=1.0), step, 20) == pytest.approx(expected, abs=1e-12)


def test_the_learning_rate_agrees_with_torchs_own_schedulers() -> None:
    import torch

    settings = TrainSettings(peak_learning_rate=2e-4)
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=2e-4)
    rise = torch.optim.lr_scheduler.LinearLR(optimiser, start_factor=1 / 5, total_iters=4)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=45, eta_min=0.33 * 2e-4)
    both = torch.optim.lr_scheduler.SequentialLR(optimiser, [rise, fall], milestones=[4])
    for step in range(1, 51):
        assert learning_rate(settings, step, 50) == pytest.approx(optimiser.param_groups[0]["lr"], rel=1e-9)
        optimiser.step()
        both.step()


def test_a_run_of_one_step_has_a_learning_rate() -> None:
    assert learning_rate(TrainSettings(), 1, 1) == pytest.approx(1e-5)
    assert learning_rate(TrainSettings(warm_up=0.0), 1, 1) == pytest.approx(0.33e-5)


def test_epochs_are_rounded_up_and_a_budget_is_not_exceeded() -> None:
    assert total_steps(TrainSettings(epochs=2.0, rows_per_step=8), rows=13, sequence_length=64) == 4
    assert total_steps(TrainSettings(token_budget=5000, rows_per_step=8), rows=13, sequence_length=64) == 9
    assert total_steps(TrainSettings(token_budget=1, rows_per_step=8), rows=13, sequence_length=64) == 1


def test_each_round_sees_every_row_once_in_an_order_of_its_own() -> None:
    seen = [row for step in range(1, 9) for row in rows_of_step(step, rows_per_step=3, rows=12, seed=33)]
    assert sorted(seen[:12]) == sorted(seen[12:]) == list(range(12))
    assert seen[:12] != seen[12:]


def test_the_order_of_rows_is_the_same_for_ever() -> None:
    assert shuffled(6, 33, 0) == (4, 0, 2, 5, 3, 1)


def test_a_budget_smaller_than_the_mixture_takes_a_seeded_sample() -> None:
    taken = rows_of_step(1, rows_per_step=4, rows=100, seed=1)
    assert len(set(taken)) == 4
    assert taken != rows_of_step(1, rows_per_step=4, rows=100, seed=2)


@pytest.mark.parametrize(
    ("rows", "steps", "expected"),
    [
        (37 * 8, 37, [10, 20, 30, 37]),
        (8 * 8, 16, list(range(2, 17, 2))),
        (80_000, 20, [5, 10, 15, 20]),
        (8, 400, list(range(10, 401, 10))),
    ],
)
def test_held_out_loss_is_measured_four_times_an_epoch_and_at_the_end(
    rows: int, steps: int, expected: list[int]
) -> None:
    assert sorted(evaluation_steps(TrainSettings(), steps, rows)) == expected
    assert sorted(evaluation_steps(TrainSettings(evaluate_every=15), 37, rows)) == [15, 30, 37]


def test_a_number_that_yaml_reads_as_text_is_refused_with_the_reason() -> None:
    with pytest.raises(ValidationError, match="YAML wants a point"):
        TrainSettings(peak_learning_rate="1e-5")  # type: ignore[arg-type]


def test_execution_does_not_bear_on_the_result() -> None:
    assert "execution" not in TrainSettings().bearing()


def test_an_estimate_names_tokens_steps_operations_and_memory() -> None:
    settings = TrainSettings(epochs=4.0, rows_per_step=16)
    assert estimate(settings, tokens=100_000, sequence_length=512, parameters=135_000_000) == (
        49 * 16 * 512,
        49,
        6.0 * 135_000_000 * 49 * 16 * 512,
        16 * 135_000_000,
    )
    assert estimate(TrainSettings(token_budget=40_960, rows_per_step=8), tokens=0, sequence_length=512, parameters=1)[
        :2
    ] == (40_960, 10)


def test_an_estimate_needs_neither_torch_nor_numpy() -> None:
    code = "import mintza.train.estimate, sys; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
