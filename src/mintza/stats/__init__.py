"""PURE NUMBERS: ratings, intervals, effects, tests and agreement. No files, no models, no clock."""

from mintza.stats.agreement import Agreement, kendall, rank_agreement, spearman
from mintza.stats.alike import alike_difference
from mintza.stats.battles import Battles, as_battles, named_battles, points, wins_and_ties
from mintza.stats.covariates import Adjusted, position_bias, relative_difference, style_effects
from mintza.stats.davidson import Davidson, davidson
from mintza.stats.effects import Effect, paired_difference
from mintza.stats.factors import BattleEffects, ExamEffects, Factors, battle_effects, exam_effects, factors
from mintza.stats.influence import Influence, influence_of_voters, jackknife_covariance, jackknife_intervals
from mintza.stats.intervals import Interval, bootstrap_mean, wilson
from mintza.stats.multiple import benjamini_hochberg, holm
from mintza.stats.paired import (
    clustered_difference,
    mcnemar,
    mcnemar_of_items,
    smallest_detectable_mean,
    smallest_detectable_share,
)
from mintza.stats.placing import Placed, placed
from mintza.stats.proportions import smallest_detectable_of_two, two_shares
from mintza.stats.ranking import rank_bounds, superiority, tiers
from mintza.stats.rating import DisconnectedComparison, Ratings, bradley_terry, unrated, win_probability
from mintza.stats.rating_intervals import (
    RatingIntervals,
    bootstrap_ratings,
    percentile_intervals,
    robust_covariance,
    robust_intervals,
)
from mintza.stats.seeds import Seeded, as_share, mean_over_seeds

__all__ = [
    "Adjusted", "Agreement", "BattleEffects", "Battles", "Davidson", "DisconnectedComparison", "Effect", "ExamEffects",
    "Factors", "Influence", "Interval", "Placed", "RatingIntervals", "Ratings", "Seeded", "alike_difference", "as_battles", "as_share",
    "battle_effects",
    "benjamini_hochberg", "bootstrap_mean", "bootstrap_ratings", "bradley_terry", "clustered_difference", "davidson",
    "exam_effects", "factors", "holm", "influence_of_voters", "jackknife_covariance", "jackknife_intervals", "kendall",
    "mcnemar", "mcnemar_of_items", "mean_over_seeds", "named_battles", "paired_difference", "percentile_intervals",
    "placed", "points", "position_bias", "rank_agreement",
    "rank_bounds", "relative_difference", "robust_covariance", "robust_intervals", "smallest_detectable_mean",
    "smallest_detectable_of_two", "smallest_detectable_share", "spearman", "style_effects", "superiority", "tiers",
    "two_shares", "unrated", "wilson", "win_probability", "wins_and_ties",
]  # fmt: skip
