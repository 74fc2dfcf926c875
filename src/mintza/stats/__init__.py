"""PURE NUMBERS: intervals and effects. No files, no models, no clock."""

from mintza.stats.effects import Effect, paired_difference
from mintza.stats.intervals import Interval, bootstrap_mean, wilson

__all__ = ["Effect", "Interval", "bootstrap_mean", "paired_difference", "wilson"]
