"""Factor effects: what was planted is found at the stated rate, and what was not is not."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from mintza.stats import Battles, Effect, Factors, as_battles, battle_effects, exam_effects, factors, holm

CELLS = list(product(["base", "instructed", "basque"], [False, True], [False, True], [False, True]))
LEVELS: dict[str, Any] = {
    "backbone": [cell[0] for cell in CELLS],
    "corpus": [cell[1] for cell in CELLS],
    "english": [cell[2] for cell in CELLS],
    "translated": [cell[3] for cell in CELLS],
}
PLANTED = {"backbone=instructed": 60.0, "backbone=basque": 0.0, "corpus": 90.0, "english": 0.0, "translated": 40.0}
ELO = 400 / np.log(10)


def strengths() -> np.ndarray:
    """Elo points of the 24 cells, summed from what was planted, and two references far above them."""
    sums = [
        PLANTED["backbone=instructed"] * (backbone == "instructed") + 90.0 * corpus + 40.0 * translated
        for backbone, corpus, _, translated in CELLS
    ]
    return np.array([*sums, 300.0, 350.0])


def fought(seed: int, extra: np.ndarray | None = None, votes: int = 4000) -> Battles:
    rng = np.random.default_rng(seed)
    theta = strengths() if extra is None else strengths() + extra
    n = theta.size
    left = rng.integers(0, n, votes)
    right = (left + rng.integers(1, n, votes)) % n
    chance = 1 / (1 + np.exp((theta[right] - theta[left]) / ELO))
    won = (rng.random(votes) < chance).astype(np.float64)
    share = rng.lognormal(0, 1.0, 300)
    return as_battles(left, right, won, rng.choice(300, votes, p=share / share.sum()), models=n)


def with_references(found: Factors) -> Factors:
    return Factors(found.names, np.vstack([found.columns, np.full((2, len(found.names)), 9.9)]))


MAIN = with_references(factors(LEVELS))


def test_planted_effects_lie_in_their_intervals_nine_times_of_ten() -> None:
    runs = [battle_effects(fought(seed), MAIN, others=[24, 25]).effects for seed in range(40)]

    held = [effects[name].low <= value <= effects[name].high for effects in runs for name, value in PLANTED.items()]
    assert 0.83 <= np.mean(held) <= 0.96


def test_effects_that_are_nought_are_seldom_found_after_correction() -> None:
    found = 0
    for seed in range(40):
        effects = battle_effects(fought(seed), MAIN, others=[24, 25]).effects
        adjusted = dict(zip(effects, holm([effect.p for effect in effects.values()]), strict=True))
        found += adjusted["english"] < 0.05 or adjusted["backbone=basque"] < 0.05
        assert adjusted["corpus"] < 0.05
    # 2 of 40 are expected at most; 7 or more come with a chance of 0.3 %.
    assert found <= 6


def test_an_interaction_is_the_difference_of_differences_and_main_effects_stay_averages() -> None:
    both = np.array([60.0 * (cell[1] and cell[3]) for cell in CELLS] + [0.0, 0.0])
    design = with_references(factors(LEVELS, [("corpus", "translated")]))

    found = battle_effects(fought(5, extra=both, votes=60_000), design, others=[24, 25]).effects

    assert list(found) == [*PLANTED, "corpus x translated"]
    assert found["corpus x translated"].value == pytest.approx(60, abs=12)
    assert found["corpus"].value == pytest.approx(90 + 30, abs=8)
    assert found["translated"].value == pytest.approx(40 + 30, abs=8)


def test_what_the_factors_do_not_explain_is_said() -> None:
    odd = np.zeros(26)
    odd[:24] = np.random.default_rng(1).normal(0, 80, 24)

    plain = battle_effects(fought(1, votes=30_000), MAIN, others=[24, 25]).unexplained
    strange = battle_effects(fought(1, extra=odd, votes=30_000), MAIN, others=[24, 25]).unexplained

    left = MAIN.columns[:24] - MAIN.columns[:24].mean(axis=0)
    residual = odd[:24] - odd[:24].mean() - left @ np.linalg.lstsq(left, odd[:24], rcond=None)[0]
    assert plain < 15
    assert strange == pytest.approx(np.sqrt(np.mean(residual**2)), rel=0.15)


def test_what_stands_in_the_rows_of_references_does_not_matter() -> None:
    battles = fought(1)
    nought = Factors(MAIN.names, np.where(np.arange(26)[:, None] < 24, MAIN.columns, 0.0))

    one, other = (battle_effects(battles, design, others=[24, 25]).effects for design in (MAIN, nought))

    assert one["corpus"] == other["corpus"]


def test_effects_that_these_models_do_not_tell_apart_are_named() -> None:
    levels = {"corpus": [True, True, False, False], "translated": [True, True, False, False]}
    battles = as_battles([0, 1, 2, 3], [1, 2, 3, 0], [1, 0, 1, 0], models=4)

    with pytest.raises(ValueError, match="'translated'"):
        battle_effects(battles, factors(levels))


@pytest.mark.parametrize(
    ("levels", "interactions", "says"),
    [
        ({"corpus": [True, True]}, [], "one level only"),
        ({"corpus": [True, False], "english": [True, False, True]}, [], "one level a model"),
        ({}, [], "one level a model"),
        ({"corpus": [True, False]}, [("corpus", "corpse")], "corpse"),
    ],
)
def test_factors_that_cannot_be_are_refused(levels: dict[str, Any], interactions: list[Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        factors(levels, interactions)


def test_columns_of_another_number_of_models_are_refused() -> None:
    with pytest.raises(ValueError, match="26 models"):
        battle_effects(fought(1), factors(LEVELS))


def exam_table(seed: int, exams: int = 12) -> np.ndarray:
    """Accuracy in percent of 24 cells: each exam has its level, and its own share of what the corpus brings."""
    rng = np.random.default_rng(seed)
    corpus = np.array([cell[1] for cell in CELLS], dtype=np.float64)
    brought = rng.normal(6.0, 2.0, exams)
    return np.asarray(rng.uniform(30, 70, exams) + corpus[:, None] * brought + rng.normal(0, 1.5, (24, exams)))


def test_effects_on_exams_are_means_over_exams_of_what_each_shows() -> None:
    table = exam_table(1)

    found = exam_effects(table, factors(LEVELS), seed=1).effects

    corpus = np.array(LEVELS["corpus"])
    plain = (table[corpus].mean(axis=0) - table[~corpus].mean(axis=0)).mean()
    assert found["corpus"].value == pytest.approx(plain)
    assert found["corpus"].p < 0.01


def test_effects_on_exams_lie_in_their_intervals_nine_times_of_ten() -> None:
    design = factors(LEVELS)
    runs = [exam_effects(exam_table(seed), design, seed=1, replicas=50, level=0.9).effects for seed in range(150)]

    assert 0.83 <= np.mean([found["corpus"].low < 6 < found["corpus"].high for found in runs]) <= 0.96
    assert 0.83 <= np.mean([found["english"].low < 0 < found["english"].high for found in runs]) <= 0.96


def test_one_exam_alone_does_not_show_how_exams_differ() -> None:
    found = exam_effects(exam_table(1, exams=1), factors(LEVELS), seed=1).effects["corpus"]

    assert (found.low, found.high, found.p) == (-np.inf, np.inf, 1.0)


def test_an_exam_that_too_few_models_sat_is_left_out_and_said() -> None:
    table = exam_table(2)
    table[5, 3] = np.nan
    table[np.array(LEVELS["corpus"]), 7] = np.nan

    found = exam_effects(table, factors(LEVELS), seed=1)

    assert found.left_out == (7,)
    assert isinstance(found.effects["corpus"], Effect)


def test_exams_that_nobody_sat_are_refused() -> None:
    with pytest.raises(ValueError, match="no exam"):
        exam_effects(np.full((24, 3), np.nan), factors(LEVELS), seed=1)
    with pytest.raises(ValueError, match="shape"):
        exam_effects(np.ones((3, 3)), factors(LEVELS), seed=1)
