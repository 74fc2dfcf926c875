"""A language identifier of one's own: naive Bayes over hashed runs of one to five characters, learned from some hundred sentences."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from mintza.text.normal import never_seen

LONGEST = 5
BITS = 18
SEEN = 2000  # characters of a text that are looked at
LENGTHS = (12, 18, 26, 40, 70)  # upper ends of the classes of length, in characters; the last class has none
SMOOTHING = 0.1
_NEVER = -1e9
_APOSTROPHES = "'’ʼ-·"
_MULTIPLIER, _FINAL = np.uint32(0x9E3779B1), np.uint32(0xC2B2AE35)

Weights = NDArray[np.float32]
Runs = NDArray[np.uint32]


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the identifier did on sentences that it had not learned from, nor had its limits set on.

    learned, held_out: sentences of each language.  recall: share of the target's that were found.  precision: share of
    the finds that were right, when each language has as many.  confusions: language -> what its sentences were taken for.
    short_recall, short_precision: the same for pieces of 12 to 40 characters.
    """

    learned: dict[str, int]
    held_out: dict[str, int]
    recall: float
    precision: float
    short_recall: float
    short_precision: float
    confusions: dict[str, dict[str, int]]


class Fitted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An identifier that was learned.

    languages: the target first, then what it was told apart from.  bits, longest: of the hashed runs.
    limits: for each language and class of length the mean log-probability of a run below which a text is in none of them.
    reject: share of held-out text below its limit.  temper: factor of the log-probabilities in scores.
    weights: log-probability of each run in each language, float16, little-endian, shape (2 ** bits, languages).
    """

    version: int = 1
    languages: tuple[str, ...]
    bits: int
    longest: int
    limits: tuple[tuple[float, ...], ...]
    reject: float
    temper: float
    report: Report
    weights: bytes


class NgramModel:
    """Says which of its languages a text is in, or none. Slower than it could be only by what numpy costs to call: about 30 µs a text."""

    def __init__(self, fitted: Fitted) -> None:
        self.languages = fitted.languages
        self._bits, self._longest = fitted.bits, fitted.longest
        self._limits, self._reject, self._temper = fitted.limits, fitted.reject, fitted.temper
        shape = (1 << fitted.bits, len(fitted.languages))
        self._weights: Weights = np.frombuffer(fitted.weights, "<f2").astype(np.float32).reshape(shape)

    def guess(self, text: str) -> tuple[str | None, float]:
        """A language and its probability among those that were learned.

        None for a text that is less like the likeliest of them than nearly all held-out text was, and for one without
        letters; then the score is the share of held-out text that was more like its language.
        """
        form = reduced(text)
        if not form:
            return None, 0.0
        sums = log_probabilities(self._weights, runs(form, self._bits, self._longest))
        best = int(sums.argmax())
        count = count_of_runs(len(form), self._longest)
        if sums[best] / count < self._limits[best][length_class(len(form))]:
            return None, 1 - self._reject
        return self.languages[best], float(probabilities(sums, self._temper)[best])


class _Reduced(dict[int, int | None]):
    """Code point to itself when it is a letter, a mark or an apostrophe, to nothing when it is never seen, else to a space;
    filled as characters are met."""

    def __missing__(self, point: int) -> int | None:
        character = chr(point)
        kept = unicodedata.category(character)[0] in "LM" or character in _APOSTROPHES
        self[point] = point if kept else None if never_seen(character) else 0x20
        return self[point]


_REDUCED = _Reduced()


def reduced(text: str) -> str:
    """Case folded, letters with their marks, one space between words and at both ends; empty when there is no letter."""
    words = text[:SEEN].casefold().translate(_REDUCED).split()
    return f" {' '.join(words)} " if any(word.strip(_APOSTROPHES) for word in words) else ""


def runs(form: str, bits: int = BITS, longest: int = LONGEST) -> Runs:
    """Hashes of all runs of 1 to `longest` characters, each below 2 ** bits, shape (count_of_runs(len(form)),)."""
    points = np.frombuffer(form.encode("utf-32-le"), np.uint32)
    shift = np.uint32(32 - bits)
    hashed = np.empty(count_of_runs(len(points), longest), np.uint32)
    rolling = np.zeros(len(points), np.uint32)
    start = 0
    for length in range(1, min(longest, len(points)) + 1):
        count = len(points) - length + 1
        rolling = (rolling[:count] + points[length - 1 :]) * _MULTIPLIER
        rolling ^= rolling >> np.uint32(15)
        hashed[start : start + count] = (rolling + np.uint32(length)) * _FINAL >> shift
        start += count
    return hashed


@functools.lru_cache(maxsize=4096)
def count_of_runs(characters: int, longest: int = LONGEST) -> int:
    """How many runs a text of so many characters has."""
    return sum(max(0, characters - length) for length in range(longest))


def length_class(characters: int) -> int:
    """Number of the class of length that so many characters are in."""
    return next((index for index, end in enumerate(LENGTHS) if characters <= end), len(LENGTHS))


def log_probabilities(weights: Weights, hashed: Runs) -> Weights:
    """Sum over the runs for each language, shape (languages,)."""
    total: Weights = weights.take(hashed, axis=0).sum(axis=0)
    return total


def probabilities(sums: Weights, temper: float) -> NDArray[np.float64]:
    """Softmax of the tempered sums: runs overlap, so that the sums themselves are far too sure."""
    scaled = (sums - sums.max()).astype(np.float64) * temper
    raised = np.exp(scaled)
    shares: NDArray[np.float64] = raised / raised.sum()
    return shares


def learned_weights(forms: Sequence[Sequence[str]], bits: int = BITS) -> NDArray[np.float16]:
    """Log-probabilities of the runs in each language, shape (2 ** bits, languages), smoothed by a tenth of an occurrence.

    forms: for each language its sentences, reduced; none of them empty.
    """
    size = 1 << bits
    counts = np.stack(
        [np.bincount(np.concatenate([runs(form, bits) for form in one]), minlength=size) for one in forms], axis=1
    )
    shares = (counts + SMOOTHING) / (counts.sum(axis=0) + SMOOTHING * size)
    learned: NDArray[np.float16] = np.log(shares).astype("<f2")
    return learned


def limits_of(means: Sequence[float], lengths: Sequence[int], reject: float) -> tuple[float, ...]:
    """For each class of length the quantile `reject` of the means; a class of under 30 texts takes the lower of its neighbours'."""
    found: list[float | None] = []
    classes = np.array([length_class(length) for length in lengths])
    values = np.array(means)
    for index in range(len(LENGTHS) + 1):
        inside = values[classes == index]
        found.append(float(np.quantile(inside, reject)) if len(inside) >= 30 else None)
    known = [value for value in found if value is not None]
    lowest = min(known) if known else _NEVER
    return tuple(lowest if value is None else value for value in found)
