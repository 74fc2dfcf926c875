"""A budget leaves so many words of a source, whatever the order of its files, and says what went beyond it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.corpus.filters.budget import Budget, Size
from mintza.corpus.source_settings import FolderSource
from mintza.records import Document, Verdict

Made = Callable[..., tuple[dict[str, Document], list[Verdict]]]
Write = Callable[[dict[str, str | bytes]], Path]


def source(name: str, words: int | None = None, weight: float | None = None) -> FolderSource:
    plain = {"kind": "folder", "name": name, "path": "x", "language": "eus_Latn", "license": "CC0-1.0"}
    return FolderSource.model_validate({**plain, "words": words, "weight": weight})


sizes_of = st.lists(st.integers(1, 400), max_size=30).map(
    lambda sizes: [Size(f"a/{number}", "a", words) for number, words in enumerate(sizes)]
)


@given(sizes=sizes_of, words=st.integers(1, 3000), seed=st.integers(0, 5), shuffled=st.randoms())
def test_what_stays_fits_and_what_goes_would_not_have_and_the_order_does_not_matter(
    sizes: list[Size], words: int, seed: int, shuffled: random.Random
) -> None:
    budget = Budget([source("a", words=words)], seed)
    gone = budget.beyond(sizes)
    kept = sum(size.words for size in sizes if size.id not in gone)
    assert kept <= words
    assert all(kept + size.words > words for size in sizes if size.id in gone)
    again = list(sizes)
    shuffled.shuffle(again)
    assert budget.beyond(again) == gone


@given(has=st.tuples(*[st.integers(1, 5000)] * 3), weights=st.tuples(*[st.floats(0.01, 10)] * 3))
def test_weights_bring_sources_to_their_proportion_and_the_scarcest_stays_whole(
    has: tuple[int, ...], weights: tuple[float, ...]
) -> None:
    names = ("a", "b", "c")
    budget = Budget([source(name, weight=weight) for name, weight in zip(names, weights, strict=True)], 1)
    allowed = budget.allowed(dict(zip(names, has, strict=True)))
    unit = min(one / weight for one, weight in zip(has, weights, strict=True))
    for name, one, weight in zip(names, has, weights, strict=True):
        assert allowed[name].words <= one
        assert allowed[name].words == pytest.approx(unit * weight, abs=1)
    assert any(allowed[name].words == one for name, one in zip(names, has, strict=True))


def test_a_source_without_a_budget_or_a_weight_is_left_alone() -> None:
    sizes = [Size("a/1", "a", 10), Size("b/1", "b", 10)]
    assert Budget([source("a", words=5), source("b")], 1).beyond(sizes).keys() == {"a/1"}
    assert not Budget([source("b")], 1).asked
    only = Budget([source("a", weight=3.0), source("b")], 1)
    assert only.beyond(sizes) == {}


def test_a_weight_counts_what_a_budget_leaves() -> None:
    allowed = Budget([source("a", words=100, weight=1), source("b", weight=2)], 1).allowed({"a": 1000, "b": 1000})
    assert (allowed["a"].words, allowed["b"].words) == (100, 200)
    assert allowed["b"].why == "beyond the source's weight beside the others"


def test_in_the_stage_what_is_beyond_leaves_verdicts(folder: Write, made: Made, basque: list[str]) -> None:
    base = folder({f"{number}.txt": text for number, text in enumerate(basque)})
    words = sum(len(text.split()) for text in basque) // 2
    documents, verdicts = made(base, sources=(source("texts", words=words).model_copy(update={"path": "texts"}),))
    assert 0 < sum(len(one.text.split()) for one in documents.values()) <= words
    assert {(v.step, v.reason, v.threshold) for v in verdicts} == {
        ("budget", "beyond the source's budget of words", words)
    }
    assert len(documents) + len(verdicts) == len(basque)
