"""Items that are alike are drawn together: the same interval and the same p as item by item, but for luck."""

import numpy as np
import pytest

from mintza.stats import alike_difference, paired_difference


@pytest.mark.parametrize(("better", "worse"), [(80, 30), (60, 55), (0, 0)])
def test_it_agrees_with_the_bootstrap_item_by_item(better: int, worse: int) -> None:
    n = 600
    a = np.array([1.0] * better + [0.0] * worse + [1.0] * (n - better - worse))
    b = np.array([0.0] * better + [1.0] * worse + [1.0] * (n - better - worse))
    one = alike_difference(a, b, np.ones(n), seed=1, replicas=8000)
    other = paired_difference(a, b, np.ones(n), seed=2, replicas=8000)
    assert one.value == pytest.approx(other.value)
    assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=0.006)
    assert one.p == pytest.approx(other.p, abs=0.03)


def test_few_items_and_many_kinds_are_left_to_the_other() -> None:
    luck = np.random.default_rng(3)
    for n in (40, 300):
        a, b = luck.normal(size=n), luck.normal(size=n)
        assert alike_difference(a, b, np.ones(n), seed=1) == paired_difference(a, b, np.ones(n), seed=1)
