"""Corrections for many tests. The worked examples follow the definitions by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.stats import benjamini_hochberg, holm

P = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_holm_multiplies_the_smallest_most_and_never_falls() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_benjamini_and_hochberg_divide_by_the_rank() -> None:
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])


def test_a_test_that_could_not_be_made_is_not_counted() -> None:
    assert holm([0.02, float("nan"), 0.03])[[0, 2]] == pytest.approx([0.04, 0.04])
    assert np.isnan(holm([0.02, float("nan")])[1])
    assert np.isnan(benjamini_hochberg([float("nan")])).all()


@given(P)
def test_adjusted_p_lie_between_p_and_bonferroni_and_holm_above_benjamini_hochberg(p: list[float]) -> None:
    strict, mild = holm(p), benjamini_hochberg(p)

    assert (np.array(p) <= mild + 1e-12).all()
    assert (mild <= strict + 1e-12).all()
    assert (strict <= np.minimum(1, len(p) * np.array(p)) + 1e-12).all()


@given(P)
def test_adjustment_keeps_the_order(p: list[float]) -> None:
    order = np.argsort(p, kind="stable")

    assert (np.diff(holm(p)[order]) >= 0).all()
    assert (np.diff(benjamini_hochberg(p)[order]) >= 0).all()


def test_holm_errs_once_in_twenty_tables_and_no_correction_far_more_often() -> None:
    p = np.random.default_rng(1).random((2000, 10))

    assert np.mean([holm(row).min() < 0.05 for row in p]) == pytest.approx(0.05, abs=0.015)
    assert np.mean(p.min(axis=1) < 0.05) > 0.3


@pytest.mark.parametrize("p", [[1.2], [-0.1], [[0.1, 0.2]]])
def test_what_is_no_row_of_p_is_refused(p: list[float]) -> None:
    with pytest.raises(ValueError, match="p-values"):
        holm(p)
