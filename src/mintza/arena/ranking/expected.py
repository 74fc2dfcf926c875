"""What everybody's votes expect of a pair, and how unlikely other outcomes then are."""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, sqrt

from mintza.arena.ranking.judged import JudgedBattle

EXACT = 400
PRIOR = 0.5


def expectation(battles: Sequence[JudgedBattle]) -> dict[tuple[str, str], float]:
    """Chance that the first of two models is found better overall, where there is no tie, from these votes.

    Empty for fewer than two models.
    """
    import numpy as np

    from mintza.stats import bradley_terry, win_probability

    names = sorted({name for battle in battles for name in (battle.a, battle.b)})
    if len(names) < 2:
        return {}
    place = {name: k for k, name in enumerate(names)}
    table = np.zeros((len(names), len(names)))
    for battle in battles:
        if battle.overall != "tie":
            winner, loser = (battle.a, battle.b) if battle.overall == "a" else (battle.b, battle.a)
            table[place[winner], place[loser]] += 1
    # A few ties everywhere: pairs that never met have an expectation too, and nobody is infinitely strong.
    chances = win_probability(bradley_terry(table, prior=PRIOR).scores)
    return {(one, other): float(chances[place[one], place[other]]) for one in names for other in names if one != other}


def unlikely(successes: int, chances: Sequence[float]) -> float:
    """Chance of at least so many successes in independent tries of these chances (Poisson binomial; its normal limit for many)."""
    if len(chances) > EXACT:
        mean = sum(chances)
        spread = sqrt(sum(chance * (1 - chance) for chance in chances)) or 1e-9
        return erfc((successes - 0.5 - mean) / spread / sqrt(2)) / 2
    odds = [1.0]
    for chance in chances:
        longer = [value * (1 - chance) for value in odds] + [0.0]
        for k, value in enumerate(odds):
            longer[k + 1] += value * chance
        odds = longer
    return min(1.0, sum(odds[successes:]))
