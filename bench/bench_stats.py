"""Ratings: speed beside evalica in the same run, and what intervals and factor effects hold on planted arenas.

`bench_stats.py [ARENAS]` simulates so many arenas a row (500). Times are the best of some runs; machines are shared.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from mintza.stats import (
    Battles,
    as_battles,
    battle_effects,
    bootstrap_ratings,
    bradley_terry,
    factors,
    holm,
    influence_of_voters,
    jackknife_intervals,
    mean_over_seeds,
    percentile_intervals,
    points,
    robust_covariance,
    robust_intervals,
    wins_and_ties,
)
from stats.planted import Arena, spread

Table = NDArray[np.float64]
LIKE_THE_REFERENCE = Arena(spread(21), votes=12_890, voters=1_285, taste=0.5, tie=0.5)
PLANTED = {"backbone=instructed": 60.0, "backbone=basque": 0.0, "corpus": 90.0, "english": 0.0, "translated": 40.0}
BOOTSTRAPS = 1000
OWN_RESAMPLES = 20
COVERAGE = {
    "21 models, 12,890 votes, 1,285 voters, alike": Arena(spread(21), 12_890, 1_285),
    "the same, voters with tastes (0.5), ties": LIKE_THE_REFERENCE,
    "the same, heavier tail (2), tastes (1.0)": Arena(spread(21), 12_890, 1_285, tail=2.0, taste=1.0, tie=0.5),
    "8 models, 800 votes, 60 voters, tastes (0.5)": Arena(spread(8), 800, 60, taste=0.5, tie=0.5),
}


def fought(arena: Arena, seed: int) -> Battles:
    """One arena of a kind."""
    return as_battles(*arena.fought(np.random.default_rng(seed)), models=len(arena.strengths))


def best(call: Callable[[], object], runs: int = 5) -> float:
    """Seconds of the fastest of some runs."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def speed() -> None:
    """Print one fit and 1,000 bootstraps, ours and evalica's."""
    import evalica

    battles = fought(LIKE_THE_REFERENCE, 1)
    table = points(battles)
    x, y = evalica.Winner.X, evalica.Winner.Y
    outcome = [x if won == 1 else y if won == 0 else evalica.Winner.Draw for won in battles.score]
    left, right = battles.left.tolist(), battles.right.tolist()
    precise = {"tolerance": 1e-8, "limit": 10_000}
    theirs = evalica.bradley_terry(left, right, outcome, **precise).scores.sort_index().to_numpy()
    apart = np.abs(np.diff(400 * np.log10(theirs)) - np.diff(bradley_terry(table).scores)).max()

    def own_bootstrap() -> None:
        evalica.bootstrap(
            evalica.bradley_terry, left, right, outcome, n_resamples=OWN_RESAMPLES, bootstrap_method="percentile"
        )

    fits = _fits_of_evalica(battles)
    rows = [
        ("one fit, from counts", best(lambda: bradley_terry(table), 50), best(lambda: fits(1), 5)),
        (
            "one fit, from 12,890 battles",
            best(lambda: bradley_terry(points(battles)), 50),
            best(lambda: evalica.bradley_terry(left, right, outcome)),
        ),
        ("1,000 bootstraps by voter", best(lambda: bootstrap_ratings(battles, seed=1)), best(lambda: fits(1000), 1)),
        (
            "1,000 bootstraps by battle (evalica's own, from 20)",
            best(lambda: bootstrap_ratings(battles, seed=1, by="battle")),
            best(own_bootstrap, 1) * BOOTSTRAPS / OWN_RESAMPLES,
        ),
        ("robust errors, by voter", best(lambda: robust_covariance(battles)), float("nan")),
        ("without each of 1,285 voters", best(lambda: influence_of_voters(battles)), float("nan")),
    ]
    print("| 21 models, 12,890 votes, 1,285 voters | ours, ms | evalica, ms |\n|---|---|---|")
    for name, ours, other in rows:
        print(f"| {name} | {1000 * ours:.2f} | {'' if np.isnan(other) else f'{1000 * other:.2f}'} |")
    print(f"\nLargest distance of a fit from evalica's: {apart:.1e} Elo between neighbours.\n")


def _fits_of_evalica(battles: Battles) -> Callable[[int], None]:
    """So many fits of evalica on weighted cells, voters drawn anew each time: the quickest way round it that we know."""
    import evalica

    n = battles.models
    code = battles.left * n + battles.right + n * n * (2 * battles.score).astype(np.int64)
    cells, cell = np.unique(code, return_inverse=True)
    kind = {2: evalica.Winner.X, 1: evalica.Winner.Draw, 0: evalica.Winner.Y}
    xs, ys = (cells % (n * n) // n).tolist(), (cells % n).tolist()
    outcome = [kind[int(c // (n * n))] for c in cells]
    rng = np.random.default_rng(1)

    def fit(times: int) -> None:
        for _ in range(times):
            drawn = np.bincount(rng.integers(0, battles.voters, battles.voters), minlength=battles.voters)
            weights = np.bincount(cell, drawn[battles.voter], len(cells))
            evalica.bradley_terry(xs, ys, outcome, weights=weights)

    return fit


def coverage(arena: Arena, arenas: int) -> dict[str, float]:
    """Share of planted scores inside their 90 % intervals, pooled over models and arenas."""
    truth = arena.truth()
    held: dict[str, list[float]] = {}
    for seed in range(arenas):
        battles = fought(arena, 10_000 + seed)
        scores = bradley_terry(points(battles)).scores
        replicas = bootstrap_ratings(battles, seed=seed, replicas=400)
        percentile, robust = percentile_intervals(scores, replicas), robust_intervals(battles)
        alone = robust_intervals(battles, by="battle")
        jackknife = jackknife_intervals(influence_of_voters(battles))
        ends = {
            "percentile": (percentile.low, percentile.high),
            "basic": (2 * scores - percentile.high, 2 * scores - percentile.low),
            "sandwich": (robust.low, robust.high),
            "jackknife": (jackknife.low, jackknife.high),
            "sandwich by battle": (alone.low, alone.high),
        }
        for name, (low, high) in ends.items():
            held.setdefault(name, []).append(float(np.mean((low <= truth) & (truth <= high))))
    return {name: float(np.mean(shares)) for name, shares in held.items()}


def effects(arenas: int) -> None:
    """Print how often planted effects lie in their 90 % intervals, and how often absent ones are found at 5 %."""
    cells = list(product(["base", "instructed", "basque"], [False, True], [False, True], [False, True]))
    design = factors(
        {"backbone": [c[0] for c in cells], "corpus": [c[1] for c in cells], "english": [c[2] for c in cells],
         "translated": [c[3] for c in cells]}
    )  # fmt: skip
    strengths = tuple(1000 + 60.0 * (c[0] == "instructed") + 90.0 * c[1] + 40.0 * c[3] for c in cells)
    absent = [name for name, value in PLANTED.items() if value == 0]
    print("| 24 cells, 12,890 votes, 1,285 voters | held, % | absent effects found, % | after Holm, % of arenas |")
    print("|---|---|---|---|")
    for name, taste in {"voters alike": 0.0, "voters with tastes (0.7); absent effects only": 0.7}.items():
        arena = Arena(strengths, 12_890, 1_285, taste=taste)
        held, found, after = [], [], []
        for seed in range(arenas):
            result = battle_effects(fought(arena, 50_000 + seed), design).effects
            sure = dict(zip(result, holm([effect.p for effect in result.values()]), strict=True))
            # With tastes all effects shrink towards nought (as in any average of voters): only nought stays what was planted.
            known = {key: value for key, value in PLANTED.items() if taste == 0 or value == 0}
            held += [result[key].low <= value <= result[key].high for key, value in known.items()]
            found += [result[key].p < 0.05 for key in absent]
            after.append(any(sure[key] < 0.05 for key in absent))
        print(f"| {name} | {100 * np.mean(held):.1f} | {100 * np.mean(found):.1f} | {100 * np.mean(after):.1f} |")


def seeds(studies: int) -> None:
    """Print how often a planted mean lies in its 95 % interval over items and seeds, and how often in that over items alone."""
    print("| mixtures, seeds, items; sd of items, of seeds, of both | over items and seeds, % | over items alone, % |")
    print("|---|---|---|")
    rng = np.random.default_rng(7)
    for mixtures, times, items in ((4, 3, 36), (1, 3, 52), (4, 5, 500), (2, 3, 12)):
        for of_items, of_seeds, of_both in ((1.0, 0.0, 0.3), (0.3, 0.3, 0.3), (0.3, 1.0, 0.1)):
            held, alone = [], []
            for _ in range(studies):
                rows = rng.normal(0, of_items, items) + rng.normal(0, of_seeds, (mixtures * times, 1))
                rows = rows + rng.normal(0, of_both, rows.shape)
                found = mean_over_seeds(list(rows), np.ones(items), [k // times for k in range(len(rows))]).effect
                held.append(found.low <= 0 <= found.high)
                single = rows.mean(axis=0)
                alone.append(abs(single.mean()) <= 1.96 * single.std(ddof=1) / np.sqrt(items))
            name = f"{mixtures}, {times}, {items}; {of_items}, {of_seeds}, {of_both}"
            print(f"| {name} | {100 * np.mean(held):.1f} | {100 * np.mean(alone):.1f} |", flush=True)


def main() -> None:
    """Print the tables, as they go to docs/log.md."""
    arenas = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {platform.machine()}\n")
    battles = fought(LIKE_THE_REFERENCE, 1)
    wins, ties = wins_and_ties(battles)
    print(f"An arena: {int(wins.sum() + ties.sum() / 2)} votes, {battles.voters} voters seen, ")
    print(f"the busiest cast {np.bincount(battles.voter).max()}.\n")
    speed()
    print(f"Coverage of 90 % intervals, {arenas} arenas a row, pooled over models, %:\n")
    header = ["jackknife", "percentile", "basic", "sandwich", "sandwich by battle"]
    print(f"| arena | {' | '.join(header)} |\n|---{'|---' * len(header)}|")
    for name, arena in COVERAGE.items():
        held = coverage(arena, arenas)
        print(f"| {name} | {' | '.join(f'{100 * held[key]:.1f}' for key in header)} |", flush=True)
    print()
    effects(arenas)
    print()
    seeds(4 * arenas)


if __name__ == "__main__":
    main()
