"""How a text reads beside a trusted sample of its language: measures on words between white space, and limits taken from the sample.

No threshold is written here: what is usual in one language is rare in another, so the sample's own percentiles decide.
"""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from mintza.errors import BadInput
from mintza.text.known_words import Counts, KnownWords, core
from mintza.text.normal import nfc, words
from mintza.text.repetition import by_words, repeated_hashes, repeated_share
from mintza.text.spelling import Spelling
from mintza.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mintza.text.known_words import Hashes

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
FUNCTION_WORDS = 100
WINDOW = 100
FEWEST_TEXTS = 20
HUNDRED = 100
# One-sided 95 per cent of the normal distribution: how far from its true share a handful of words may come by chance.
CHANCE = 1.645
NINETY_NINE = 2.326
UNENDED = 0.5


class Measure(NamedTuple):
    """says: what it is.  side: which values are bad.  least: distance from the median that is never too much.

    stretched: whether the slack applies; not where the sample's own tail comes near what machines make.
    of: what it is a mean or share of, where few of them make it uncertain: share of `words`, `mean`, `ends` of sentences.
    """

    says: str
    side: Literal["low", "high", "both"]
    least: float
    stretched: bool = True
    of: Literal["", "words", "mean", "ends"] = ""


MEASURES: dict[str, Measure] = {
    "mean_word_length": Measure("characters a word", "both", 3.5, of="mean"),
    "alphabetic_words": Measure("share of words with a letter", "low", 0.2, of="words"),
    "digit_share": Measure("share of characters that are digits", "high", 0.08),
    "symbol_share": Measure(
        "share of characters that are neither letters, digits nor ordinary punctuation", "high", 0.03
    ),
    "function_words": Measure("share of words that are among the commonest of the sample", "low", 0.2, of="words"),
    "list_marks": Measure("share of words that end in a comma or a separator", "high", 0.25, of="words"),
    "words_a_sentence": Measure("words for each end of a sentence", "high", 32, of="ends"),
    "words_in_a_row": Measure(
        "words in a row, around a word, of which none is common or ends a sentence", "high", 9, stretched=False
    ),
    "words_a_line": Measure("words for each line", "low", 2, of="mean"),
    "distinct_words": Measure("share of distinct words in windows of 100 words", "low", 0.5),
    "repeated_line_share": Measure("share of characters in lines that stood before", "high", 0.4),
    "repetition": Measure("share in runs of 4 words that stood before", "high", 0.5, stretched=False),
    "surprisal": Measure("bits a character, by the trigrams of the sample's words", "high", 2.5, stretched=False),
}


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a trusted sample of a language is like.

    language: code.  texts, words: how many it had.  function_words: its commonest, case folded, by how many texts have them.
    percentiles: measure -> values at 1, 5, 25, 50, 75, 95, 99 per cent of its texts.  trigrams: counts, of its words' letters.
    """

    language: str
    texts: int
    words: int
    function_words: tuple[str, ...]
    percentiles: dict[str, tuple[float, ...]]
    trigrams: dict[str, int]


class Taken(NamedTuple):
    """The measures of a text. values: measure -> value.  words, ends: how many words and ends of sentences it has.

    errors: measure that is a mean -> its standard error.
    """

    values: dict[str, float]
    words: int
    ends: int
    errors: dict[str, float]


class Limit(NamedTuple):
    """A measure outside its limits. value: what was found.  limit: the nearer one."""

    measure: str
    value: float
    limit: float


class Meter:
    """Takes the measures of texts; a language's commonest words and spelling are those of a sample.

    vocabulary: in which others look the same texts up.
    """

    def __init__(self, function_words: Sequence[str], spelling: Spelling, vocabulary: Vocabulary | None = None) -> None:
        self._known = KnownWords(function_words, spelling, vocabulary or Vocabulary())

    def measures(self, text: str) -> dict[str, float]:
        """Measure -> value, for a text of at least one word; lines and words as MEASURES says."""
        return self.take(text).values

    def take(self, text: str) -> Taken:
        """The measures, and what says how certain they are; a text without an end of a sentence counts half a one."""
        known = self._known.look_up(text)
        lines = list(filter(None, map(str.strip, text.split("\n"))))
        total, count = known.counts, len(known.joins)
        values = {
            "mean_word_length": total.characters / count,
            "alphabetic_words": total.alphabetic / count,
            "digit_share": total.digits / total.characters,
            "symbol_share": total.symbols / total.characters,
            "function_words": total.function / count,
            "list_marks": total.listing / count,
            "words_a_sentence": count / (total.ending or UNENDED),
            "words_in_a_row": _in_a_row(known.joins),
            "words_a_line": count / len(lines),
            "distinct_words": _distinct(known.cores),
            "repeated_line_share": 1 - sum(map(len, set(lines))) / sum(map(len, lines)),
            "repetition": repeated_hashes(known.units)
            if by_words(total.units, total.unit_characters)
            else repeated_share(text),
            "surprisal": math.fsum(known.bits.tolist()) / total.letters if total.letters else 0.0,
        }
        return Taken(values, count, total.ending, _Errors(total, lines))


class _Errors(dict[str, float]):
    """Standard errors of the measures that are means, each taken when it is asked for: few texts are doubtful."""

    def __init__(self, total: Counts, lines: Sequence[str]) -> None:
        super().__init__()
        self._total = total
        self._lines = lines

    def __missing__(self, measure: str) -> float:
        a_line = [len(one.split()) for one in self._lines]
        count = sum(a_line)
        if measure == "mean_word_length":
            self[measure] = _standard_error(count, self._total.characters, self._total.squares)
        elif measure == "words_a_line":
            self[measure] = _standard_error(len(a_line), count, sum(map(operator.mul, a_line, a_line)))
        else:
            raise KeyError(measure)
        return self[measure]


def meter(calibration: Calibration, vocabulary: Vocabulary | None = None) -> Meter:
    """The meter of a calibrated language. vocabulary: in which others look the same texts up."""
    return Meter(calibration.function_words, Spelling(calibration.trigrams), vocabulary)


def calibrate(texts: Sequence[str], *, language: str) -> Calibration:
    """What the texts are like; the order does not matter.

    Each half is measured with the words and the spelling of the other, so that a text is not familiar for having been
    counted. Raises BadInput for fewer than 20 texts with words.
    """
    texts = sorted(nfc(text) for text in texts if words(text))
    if len(texts) < FEWEST_TEXTS:
        raise BadInput(
            f"a trusted sample of {len(texts)} texts says too little of a language",
            place=language,
            remedy=f"give at least {FEWEST_TEXTS}, better some hundred",
        )
    halves = texts[::2], texts[1::2]
    measured = [
        values
        for known, judged in (halves, halves[::-1])
        for meter_ in [Meter(_commonest(known), Spelling(_trigrams(known)))]
        for values in map(meter_.measures, judged)
    ]
    return Calibration(
        language=language,
        texts=len(texts),
        words=sum(len(words(text)) for text in texts),
        function_words=_commonest(texts),
        percentiles={name: _percentiles([values[name] for values in measured]) for name in MEASURES},
        trigrams=_trigrams(texts),
    )


def limits(calibration: Calibration, *, slack: float) -> dict[str, tuple[float, float]]:
    """Measure -> lowest and highest value allowed.

    From the 1st (99th) percentile a further `slack` times its distance from the median, and never nearer the median than the
    measure's own least distance, which counts where the sample is all of one kind. The fewer texts the sample has the wider
    both are, least distances where they are of shares and means of words. A share of words that is bad when it is low is never
    allowed under half of the 1st percentile. Of fewer than a hundred texts the 99th percentile is nearly the worst one of
    them: the measures that are not stretched take the 95th then.
    """
    found = {}
    for name, measure in MEASURES.items():
        values = calibration.percentiles[name]
        low, middle, high = values[0], values[PERCENTILES.index(50)], values[-1]
        if not measure.stretched and calibration.texts < HUNDRED:
            high = values[PERCENTILES.index(95)]
        stretch, wider = (1 + slack, tolerance(calibration.texts)) if measure.stretched else (1, 1)
        least = measure.least * (wider if measure.of else 1)
        below = middle - max(stretch * wider * (middle - low), least)
        above = middle + max(stretch * wider * (high - middle), least)
        if measure.side == "low" and measure.of == "words":
            below = max(below, low / 2)
        found[name] = (
            max(0.0, below) if measure.side != "high" else -math.inf,
            above if measure.side != "low" else math.inf,
        )
    return found


def tolerance(texts: int) -> float:
    """How much farther than in a sample without end its 99th percentile must be put, to hold with 95 % confidence.

    One-sided tolerance limit of a normal variable, as a multiple of its quantile; 1.41 for 20 texts, 1.19 for 66, 1.04 for
    1,200. Source: Natrella (1963), Experimental Statistics, section 2-5.2 (the approximation for k).
    """
    a = 1 - CHANCE**2 / (2 * (texts - 1))
    b = NINETY_NINE**2 - CHANCE**2 / texts
    return (NINETY_NINE + math.sqrt(NINETY_NINE**2 - a * b)) / a / NINETY_NINE


def worst(taken: Taken, allowed: Mapping[str, tuple[float, float]]) -> Limit | None:
    """The first measure, in their order, that is surely outside its limits; None when the text may stay.

    A share of few words lies outside by chance now and then: such a one counts only when it is beyond chance, or when
    another measure is outside as well.
    """
    doubtful: list[Limit] = []
    for name, (low, high) in allowed.items():
        value = taken.values[name]
        if low <= value <= high:
            continue
        limit = low if value < low else high
        if abs(value - limit) > _by_chance(name, limit, taken):
            return Limit(name, value, limit)
        doubtful.append(Limit(name, value, limit))
    return doubtful[0] if len(doubtful) > 1 else None


def _by_chance(name: str, limit: float, taken: Taken) -> float:
    """How far beyond a limit chance may bring a text of so many words whose true value is the limit.

    Shares: standard error of the binomial. Means: their own. Ends: a text
    of no more words than a sentence may have may be one that nobody ended.
    """
    match MEASURES[name].of:
        case "words":
            return CHANCE * math.sqrt(max(0.0, limit * (1 - limit)) / taken.words)
        case "mean":
            return CHANCE * taken.errors[name]
        case "ends":
            return 0.0 if taken.ends else max(0.0, taken.words / UNENDED - limit) * (taken.words <= limit)
        case _:
            return 0.0


def _standard_error(count: int, total: int, squares: int) -> float:
    """Of the mean of numbers, by their sum and that of their squares; 0 for a single one, of which nobody can say."""
    if count < 2:
        return 0.0
    return math.sqrt(max(0.0, squares - total * total / count) / (count - 1) / count)


def _in_a_row(joins: NDArray[np.bool_]) -> float:
    """Mean over all words of how long the stretch is in which it stands; one that joins ends a stretch, and is its last word."""
    ends = joins.nonzero()[0]
    if not len(ends):
        return float(len(joins))
    sizes = ends[1:] - ends[:-1]
    first, last = int(ends[0]) + 1, len(joins) - 1 - int(ends[-1])
    return (first**2 + int(sizes.dot(sizes)) + last**2) / len(joins)


def _distinct(units: Hashes) -> float:
    """Mean over windows of 100 words; the last one, when it is shorter, counts only if it is alone."""
    size = min(WINDOW, len(units))
    windows = units[: len(units) // size * size].reshape(-1, size).copy()
    windows.sort(axis=1)
    shares: list[float] = [(1 + found) / size for found in (windows[:, 1:] != windows[:, :-1]).sum(axis=1).tolist()]
    return sum(shares) / len(shares)


def _commonest(texts: Sequence[str]) -> tuple[str, ...]:
    """The words that most texts have."""
    seen: Counter[str] = Counter()
    for text in texts:
        seen.update({one for word in words(text) if (one := core(word)).isalpha()})
    return tuple(sorted(seen, key=lambda word: (-seen[word], word))[:FUNCTION_WORDS])


def _trigrams(texts: Sequence[str]) -> dict[str, int]:
    return Spelling.count(one for text in texts for word in words(text) if (one := core(word)))


def _percentiles(values: Sequence[float]) -> tuple[float, ...]:
    """Linear between the nearest two."""
    ordered = sorted(values)
    found = []
    for percentile in PERCENTILES:
        place = percentile / 100 * (len(ordered) - 1)
        below = math.floor(place)
        above = min(below + 1, len(ordered) - 1)
        found.append(round(ordered[below] + (place - below) * (ordered[above] - ordered[below]), 6))
    return tuple(found)
