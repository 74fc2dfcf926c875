"""Learning an identifier from trusted sentences: part of them is held out, and says how good it is and where its limits lie."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mintza.errors import BadInput
from mintza.text.ngrams import (
    BITS,
    LONGEST,
    Fitted,
    NgramModel,
    Report,
    Weights,
    count_of_runs,
    learned_weights,
    limits_of,
    log_probabilities,
    probabilities,
    reduced,
    runs,
)
from mintza.text.normal import letters, normal_form

LEAST = 50
MOST = 20_000
UNKNOWN = "und"
_HELD_OUT = 5  # every fifth sentence
_PIECES = (10, 16, 24, 36, 60)  # characters of the pieces that limits are measured on
_TEMPERS = tuple(2.0**-power for power in range(8))
_END = re.compile(r"(?<=[.!?…。！？।؟])\s+|\n+")


_NOTHING = Report(learned={}, held_out={}, recall=0, precision=0, short_recall=0, short_precision=0, confusions={})


class _Language(NamedTuple):
    """One language's sentences, reduced: to learn from, and held out."""

    code: str
    learned: list[str]
    held_out: list[str]

    def half(self, number: int) -> _Language:
        """The same with every other of the sentences held out."""
        return self._replace(held_out=self.held_out[number::2])

    @property
    def pieces(self) -> list[str]:
        """The sentences held out, and pieces cut from them."""
        return [*self.held_out, *cuts(self.held_out)]


def sentences(texts: Iterable[str]) -> Iterator[str]:
    """The sentences of some texts: what ends in a full stop or a line; those of under ten letters are left out."""
    for text in texts:
        for piece in _END.split(text):
            if letters(piece) >= 10:
                yield piece.strip()


def fit(target: str, texts: Mapping[str, Iterable[str]], *, reject: float = 0.005) -> Fitted:
    """An identifier for the language `target`, told apart from the others in `texts`.

    texts: language -> its trusted texts, in any order: the result rests on the set of their sentences alone. Of the
    others no more sentences are taken than of the target. reject: share of the held-out text that is called foreign.
    A fifth is held out: limits that are set on one half of it are reported on the other; then all is learned.
    Raises BadInput when a language has under 50 different sentences.
    """
    chosen = _chosen(target, texts)
    trial = learned_weights([one.learned for one in chosen])
    weights = trial.astype(np.float32)
    temper = _temper(weights, chosen)
    tried = []
    for half in (0, 1):
        seen = [one.half(1 - half) for one in chosen]
        model = Fitted(
            languages=tuple(one.code for one in chosen),
            limits=_limits(weights, seen, reject),
            report=_NOTHING,
            weights=trial.tobytes(),
            bits=BITS,
            longest=LONGEST,
            reject=reject,
            temper=temper,
        )
        tried.append((NgramModel(model), [one.half(half) for one in chosen]))
    return Fitted(
        languages=tuple(one.code for one in chosen),
        limits=_limits(weights, chosen, reject),
        report=_reported(tried, chosen),
        weights=learned_weights([[*one.learned, *one.held_out] for one in chosen]).tobytes(),
        bits=BITS,
        longest=LONGEST,
        reject=reject,
        temper=temper,
    )


def doubtful(fitted: Fitted, texts: Iterable[str]) -> list[tuple[str, str]]:
    """Sentences of the target that are taken for another language though they were learned as the target's: (language, sentence).

    A sample that holds text in another language shows it here. By the sentence, each once.
    """
    model = NgramModel(fitted)
    target = fitted.languages[0]
    guessed = ((model.guess(sentence)[0], sentence) for sentence in sorted(set(sentences(texts))))
    return [(language, sentence) for language, sentence in guessed if language not in (target, None)]


def cuts(forms: Sequence[str]) -> Iterator[str]:
    """Pieces of several lengths from each text, cut between words where there are words."""
    for number, form in enumerate(forms):
        for length in _PIECES:
            if len(form) > length + 2:
                start = (number * 7919 + length * 31) % (len(form) - length)
                start = max(form.rfind(" ", 0, start + 1), start - 15, 0)
                end = form.find(" ", start + length)
                piece = form[start : end if 0 <= end <= start + length + 15 else start + length].strip()
                if piece:
                    yield f" {piece} "


def _chosen(target: str, texts: Mapping[str, Iterable[str]]) -> list[_Language]:
    """The target first. Sentences in the order of their hashes, so that neither the choice nor the split follows the input's."""
    sorted_ = {code: _by_hash(sentences(texts[code])) for code in (target, *sorted(set(texts) - {target}))}
    for code, found in sorted_.items():
        if len(found) < LEAST:
            raise BadInput(
                f"{len(found)} different sentences in {code} are too few to learn it from",
                remedy=f"give at least {LEAST}, better some hundred",
            )
    most = min(len(sorted_[target]), MOST)
    return [_split(code, found[:most]) for code, found in sorted_.items()]


def _by_hash(found: Iterable[str]) -> list[str]:
    by_form = {normal_form(sentence): sentence for sentence in sorted(found)}
    hashed = sorted((hashlib.sha256(form.encode()).digest(), sentence) for form, sentence in by_form.items())
    return [form for _, sentence in hashed if (form := reduced(sentence))]


def _split(code: str, forms: Sequence[str]) -> _Language:
    learned = [form for index, form in enumerate(forms) if index % _HELD_OUT]
    return _Language(code, learned, list(forms[::_HELD_OUT]))


def _limits(weights: Weights, chosen: Sequence[_Language], reject: float) -> tuple[tuple[float, ...], ...]:
    """For each language its limits by length, on what is held out of it."""
    limits = []
    for index, one in enumerate(chosen):
        pieces = one.pieces
        means = [
            float(log_probabilities(weights, runs(form))[index]) / count_of_runs(len(form), LONGEST) for form in pieces
        ]
        limits.append(limits_of(means, [len(form) for form in pieces], reject))
    return tuple(limits)


def _temper(weights: Weights, chosen: Sequence[_Language]) -> float:
    """The factor under which the right languages are likeliest, on the mean of their log-probabilities."""
    judged = [
        (index, log_probabilities(weights, runs(form))) for index, one in enumerate(chosen) for form in one.pieces
    ]

    def surprise(temper: float) -> float:
        chances = [probabilities(sums, temper)[index] for index, sums in judged]
        return float(-np.log(np.maximum(chances, 1e-12)).mean())

    return min(_TEMPERS, key=surprise)


def _reported(tried: Sequence[tuple[NgramModel, Sequence[_Language]]], chosen: Sequence[_Language]) -> Report:
    whole: dict[str, Counter[str]] = {one.code: Counter() for one in chosen}
    short: dict[str, Counter[str]] = {one.code: Counter() for one in chosen}
    for model, unseen in tried:
        for one in unseen:
            whole[one.code] += _taken_for(model, one.held_out)
            short[one.code] += _taken_for(model, [form for form in cuts(one.held_out) if len(form) <= 40])
    target = chosen[0].code
    recall, precision = _recall_and_precision(whole, target)
    short_recall, short_precision = _recall_and_precision(short, target)
    return Report(
        learned={one.code: len(one.learned) for one in chosen},
        held_out={one.code: len(one.held_out) for one in chosen},
        recall=recall,
        precision=precision,
        short_recall=short_recall,
        short_precision=short_precision,
        confusions={code: dict(sorted(counts.items())) for code, counts in whole.items()},
    )


def _taken_for(model: NgramModel, forms: Iterable[str]) -> Counter[str]:
    return Counter(model.guess(form)[0] or UNKNOWN for form in forms)


def _recall_and_precision(taken: Mapping[str, Mapping[str, int]], target: str) -> tuple[float, float]:
    """Precision as if each language had as many texts: else it would tell how many were held out."""
    shares = {code: one.get(target, 0) / max(1, sum(one.values())) for code, one in taken.items()}
    finds = sum(shares.values())
    return round(shares[target], 4), round(shares[target] / finds, 4) if finds else 0.0
