"""What is filed does not hang on the last digits, which differ from processor to processor."""

from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.report.settled import NOUGHT, settled, settled_or_none, settled_rows


@pytest.mark.parametrize(
    ("number", "filed"),
    [
        (99.16397463838523, 99.16397464),
        (99.16397463838511, 99.16397464),
        (-6.499266529151404, -6.499266529),
        (1.065814104e-14, 0.0),
        (-4.4e-15, 0.0),
        (3.5e-9, 3.5e-9),
        (inf, inf),
    ],
)
def test_a_number_has_ten_digits_and_what_rounding_left_is_nought(number: float, filed: float) -> None:
    assert settled(number) == filed


def test_what_is_no_number_stays_so() -> None:
    assert isnan(settled(nan))
    assert settled_or_none(None) is None


def test_what_is_not_known_is_an_empty_field() -> None:
    assert list(settled_rows(("value", "low", "high", "p"), [[0.5, nan, inf, nan]])) == [[0.5, None, None, None]]
    assert settled_or_none(nan) is None


def test_a_p_keeps_its_digits_however_small() -> None:
    head = ("p", "p_holm", "kendall_p", "pairs", "value", "seen")
    row = [1.23456789012e-30, 1e-20, 2e-15, 1e-20, 1e-20, True]
    assert list(settled_rows(head, [row])) == [[1.23456789e-30, 1e-20, 2e-15, 0.0, 0.0, True]]


@given(st.floats(-1e300, 1e300))
def test_settling_again_changes_nothing_and_hardly_moves_it(number: float) -> None:
    once = settled(number)
    assert settled(once) == once
    assert abs(once - number) <= max(1e-9 * abs(number), NOUGHT)
