"""Two shares of different items, against numbers from the literature and from scipy-free arithmetic by hand."""

import pytest

from mintza.stats import smallest_detectable_of_two, two_shares


def test_newcombes_example_is_met() -> None:
    # Newcombe (1998), table II, method 10: 56/70 less 48/80.
    found = two_shares(56, 70, 48, 80)

    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_the_test_pools_the_shares() -> None:
    # By hand: 0.2 / sqrt(104/150 * 46/150 * (1/70 + 1/80)) = 2.6504 standard errors.
    assert two_shares(56, 70, 48, 80).p == pytest.approx(0.00804, abs=2e-5)


@pytest.mark.parametrize(("a", "b"), [(0, 0), (9, 9)])
def test_where_neither_share_could_differ_there_is_no_evidence(a: int, b: int) -> None:
    assert two_shares(a, 9, b, 9).p == 1.0


def test_the_other_way_round_only_the_sign_changes() -> None:
    one, other = two_shares(56, 70, 48, 80), two_shares(48, 80, 56, 70)

    assert other.p == one.p
    assert (other.value, other.low, other.high) == pytest.approx((-one.value, -one.high, -one.low))


def test_four_times_the_items_show_half_the_difference() -> None:
    few, many = smallest_detectable_of_two(250, 250), smallest_detectable_of_two(1000, 1000)

    assert few == pytest.approx(0.1253, abs=1e-4)
    assert many == pytest.approx(few / 2)
    with pytest.raises(ValueError, match="without items"):
        smallest_detectable_of_two(0, 10)
