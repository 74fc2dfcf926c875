"""Student's t. Golden numbers: scipy 1.17 (stats.t)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.stats.student import freedom_of, student_half, student_p


@pytest.mark.parametrize(
    ("level", "freedom", "half"),
    [(0.95, 1, 12.706205), (0.95, 2, 4.302653), (0.999, 1.5, 82.847447), (0.9, 3, 2.353363),
     (0.9, 5, 2.015048), (0.9, 10, 1.812461), (0.95, 10, 2.228139), (0.95, 200, 1.971896),
     (0.99, 30, 2.749996), (0.9, np.inf, 1.644854)],
)  # fmt: skip
def test_half_widths_are_those_of_t(level: float, freedom: float, half: float) -> None:
    assert student_half(level, freedom) == pytest.approx(half, abs=1e-6)


@given(st.floats(0.01, 0.999), st.one_of(st.floats(1, 1e6), st.just(np.inf)))
def test_p_at_the_end_of_an_interval_is_one_less_its_level(level: float, freedom: float) -> None:
    assert student_p(student_half(level, freedom), freedom) == pytest.approx(1 - level, abs=1e-6)


@given(st.floats(3, 1000), st.floats(1.01, 10))
def test_fewer_degrees_of_freedom_make_wider_intervals(freedom: float, times: float) -> None:
    assert student_half(0.9, freedom) > student_half(0.9, times * freedom) > student_half(0.9, np.inf)


def test_degrees_of_freedom_are_three_for_one_voter_who_moves_all() -> None:
    alone, alike = np.array([7.0, 0, 0, 0]), np.array([2.0, -2, 2, -2])

    assert freedom_of(np.stack([alone, alike, np.zeros(4)], axis=1)) == pytest.approx([3, 12, np.nan], nan_ok=True)


def test_degrees_of_freedom_of_normal_moves_are_near_their_number() -> None:
    moves = np.random.default_rng(1).normal(size=(400, 200))

    assert freedom_of(moves).mean() == pytest.approx(400, rel=0.05)


def test_what_is_no_degree_of_freedom_is_refused() -> None:
    with pytest.raises(ValueError, match="degrees"):
        student_half(0.9, 0)
