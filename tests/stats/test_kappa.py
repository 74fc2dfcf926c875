"""Cohen's kappa: a published example, bounds, and whether its interval covers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.stats.kappa import cohen_kappa

# Fleiss, Cohen and Everitt (1969), table 1: two clinicians, 200 patients, three diagnoses.
CLINICIANS = [[106, 10, 4], [22, 28, 10], [2, 12, 6]]
TABLES = st.integers(2, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 30), min_size=k, max_size=k), min_size=k, max_size=k)
)


def test_a_published_table_has_its_published_kappa_and_standard_error() -> None:
    found = cohen_kappa(CLINICIANS)
    assert found.value == pytest.approx(0.429, abs=0.0005)
    assert found.agreed == pytest.approx(0.70)
    assert found.items == 200
    variance = ((found.high - found.low) / (2 * 1.959964)) ** 2
    assert variance == pytest.approx(0.002885, abs=2e-6)


def test_full_agreement_is_one_and_luck_is_nought() -> None:
    assert cohen_kappa([[7, 0], [0, 5]]).value == 1
    assert cohen_kappa([[4, 4], [4, 4]]).value == pytest.approx(0)
    assert cohen_kappa([[0, 5], [5, 0]]).value == pytest.approx(-1)


def test_one_category_alone_or_nothing_judged_has_no_kappa() -> None:
    assert math.isnan(cohen_kappa([[9, 0], [0, 0]]).value)
    assert cohen_kappa([[9, 0], [0, 0]]).agreed == 1
    assert math.isnan(cohen_kappa([[0, 0], [0, 0]]).agreed)


@pytest.mark.parametrize(
    "table", [[[1, 2]], [1, 2], [[1.5, 0], [0, 1]], [[-1, 0], [0, 1]], [[float("nan"), 0], [0, 1]]]
)
def test_what_is_no_table_of_counts_is_refused(table: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="table"):
        cohen_kappa(table)


@given(TABLES)
def test_it_does_not_matter_who_is_first_nor_how_categories_are_ordered(table: list[list[int]]) -> None:
    counts = np.array(table)
    found = cohen_kappa(counts)
    if math.isnan(found.value):
        return
    assert found.low <= found.value <= found.high
    for other in (counts.T, counts[::-1, ::-1]):
        again = cohen_kappa(other)
        assert again.value == pytest.approx(found.value)
        assert again.low == pytest.approx(found.low)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    shares = np.array(CLINICIANS) / 200
    rng = np.random.default_rng(5)
    drawn = rng.multinomial(150, shares.ravel(), size=1500).reshape(-1, 3, 3)
    truth = cohen_kappa(CLINICIANS).value
    covered = np.mean([(k := cohen_kappa(table)).low <= truth <= k.high for table in drawn])
    assert 0.925 < covered < 0.97
