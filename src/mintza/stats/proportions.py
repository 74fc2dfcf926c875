"""Two shares of different items, or of items that nobody kept: by how much they differ, and whether that could be luck."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from mintza.stats.effects import Effect
from mintza.stats.intervals import wilson
from mintza.stats.resampling import fraction


def two_shares(a: int, of_a: int, b: int, of_b: int, *, level: float = 0.95) -> Effect:
    """Share a / of_a less share b / of_b: Newcombe's interval, and p of the test of two proportions with one pooled share.

    Where both models answered the same items, a paired test sees smaller differences. p is 1 when both shares are 0 or both 1.
    Raises ValueError as `wilson` does.
    Sources: Newcombe (1998), Interval estimation for the difference between independent proportions, method 10;
    Agresti, Categorical data analysis, 3.1.
    """
    one, other = wilson(a, of_a, level), wilson(b, of_b, fraction(level))
    difference = one.value - other.value
    low = difference - sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    high = difference + sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    pooled = (a + b) / (of_a + of_b)
    spread = sqrt(pooled * (1 - pooled) * (1 / of_a + 1 / of_b))
    p = 2 * (1 - NormalDist().cdf(abs(difference) / spread)) if spread > 0 else 1.0
    return Effect(difference, low, high, min(1.0, p))


def smallest_detectable_of_two(
    items: int, other_items: int, *, share: float = 0.5, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Smallest difference of two shares near `share`, of different items, that a two-sided test finds with chance `power`.

    Raises ValueError for no items. Source: Fleiss (1981), Statistical methods for rates and proportions, 3.
    """
    if items < 1 or other_items < 1:
        raise ValueError("without items there is no difference to see")
    normal = NormalDist()
    quantiles = normal.inv_cdf(1 - fraction(alpha) / 2) + normal.inv_cdf(fraction(power))
    return quantiles * sqrt(share * (1 - share) * (1 / items + 1 / other_items))
