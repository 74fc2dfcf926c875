"""A budget leaves so many words of a source, whatever the order of its files, and says what went beyond it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mintza.corpus.filters.budget import Budget, Size
from mintza.corpus.source_settings import FolderSource
from mintza.errors import BadInput, StudyError
from mintza.records import Document, Verdict

Made = Callable[..., tuple[dict[str, Document], list[Verdict]]]
Write = Callable[[dict[str, str | bytes]], Path]


def source(name: str, words: int | None = None, weight: float | None = None, **budget: int | str) -> FolderSource:
    plain = {"kind": "folder", "name": name, "path": "x", "language": "eus_Latn", "license": "CC0-1.0"}
    given = {**({"words": words} if words else {}), **budget}
    return FolderSource.model_validate({**plain, "budget": given or None, "weight": weight})


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
    shares = budget.shares(dict(zip(names, has, strict=True)))
    unit = min(one / weight for one, weight in zip(has, weights, strict=True))
    for name, one, weight in zip(names, has, weights, strict=True):
        assert shares[name] <= one
        assert shares[name] == pytest.approx(unit * weight, abs=1)
    assert any(shares[name] == one for name, one in zip(names, has, strict=True))


def test_a_source_without_a_budget_or_a_weight_is_left_alone() -> None:
    sizes = [Size("a/1", "a", 10), Size("b/1", "b", 10)]
    assert Budget([source("a", words=5), source("b")], 1).beyond(sizes).keys() == {"a/1"}
    assert not Budget([source("b")], 1).asked
    only = Budget([source("a", weight=3.0), source("b")], 1)
    assert only.beyond(sizes) == {}


def test_a_weight_counts_what_a_budget_leaves() -> None:
    sizes = [Size(f"{name}/{number}", name, 10) for name in "ab" for number in range(100)]
    gone = Budget([source("a", words=100, weight=1), source("b", weight=2)], 1).beyond(sizes)
    left = [sum(size.words for size in sizes if size.source == name and size.id not in gone) for name in "ab"]
    assert left == [100, 200]
    assert {why.why for name, why in gone.items() if name.startswith("b")} == {
        "beyond the source's weight beside the others"
    }


@given(sizes=sizes_of, tokens=st.integers(1, 9000), a_word=st.integers(1, 7))
def test_a_budget_of_tokens_counts_tokens_and_a_weight_beside_it_words(
    sizes: list[Size], tokens: int, a_word: int
) -> None:
    sizes = [size._replace(tokens=size.words * a_word) for size in sizes]
    budget = Budget([source("a", tokens=tokens, backbone="small")], 1)
    assert budget.in_tokens("a")
    gone = budget.beyond(sizes)
    kept = sum(size.tokens for size in sizes if size.id not in gone)
    assert kept <= tokens
    assert all(kept + size.tokens > tokens for size in sizes if size.id in gone)
    assert all(why == (size.tokens, tokens, "beyond the source's budget of tokens")
               for size in sizes if (why := gone.get(size.id)))  # fmt: skip
    assert gone.keys() == Budget([source("a", words=tokens // a_word or 1)], 1).beyond(sizes).keys() or tokens < a_word


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({}, "one of the two"),
        ({"words": 5, "tokens": 5}, "one of the two"),
        ({"tokens": 5}, "a `backbone`, or by one in a folder"),
        ({"tokens": 5, "backbone": "a", "tokenizer": "b"}, "a `backbone`, or by one in a folder"),
        ({"words": 5, "backbone": "a"}, "without a backbone"),
    ],
)
def test_a_budget_that_leaves_open_what_it_counts_is_refused(given_: dict[str, int | str], said: str) -> None:
    plain = {"kind": "folder", "name": "a", "path": "x", "language": "eus_Latn", "license": "CC0-1.0"}
    with pytest.raises(ValidationError, match=said):
        FolderSource.model_validate({**plain, "budget": given_})


def test_words_beside_a_source_are_told_where_they_stand_now() -> None:
    plain = {"kind": "folder", "name": "a", "path": "x", "language": "eus_Latn", "license": "CC0-1.0"}
    with pytest.raises(ValidationError, match=r"budget: \{words: 5\}"):
        FolderSource.model_validate({**plain, "words": 5})


def test_in_the_stage_what_is_beyond_leaves_verdicts(folder: Write, made: Made, basque: list[str]) -> None:
    base = folder({f"{number}.txt": text for number, text in enumerate(basque)})
    words = sum(len(text.split()) for text in basque) // 2
    documents, verdicts = made(base, sources=(source("texts", words=words).model_copy(update={"path": "texts"}),))
    assert 0 < sum(len(one.text.split()) for one in documents.values()) <= words
    assert {(v.step, v.reason, v.threshold) for v in verdicts} == {
        ("budget", "beyond the source's budget of words", words)
    }
    assert len(documents) + len(verdicts) == len(basque)


def test_in_the_stage_a_budget_that_leaves_nothing_is_named(folder: Write, made: Made, basque: list[str]) -> None:
    base = folder({"a.txt": basque[0], "b.txt": basque[1]})
    with pytest.raises(BadInput, match="is left") as raised:
        made(base, sources=(source("texts", words=3).model_copy(update={"path": "texts"}),))
    assert "budget dropped 2 documents: beyond the source's budget of words" in str(raised.value.remedy)


def letters(texts: Sequence[str]) -> list[int]:
    """A token a character: no count of words comes to that."""
    return list(map(len, texts))


def test_in_the_stage_tokens_are_counted_by_the_sources_tokenizer(folder: Write, made: Made, basque: list[str]) -> None:
    base = folder({f"{number}.txt": text for number, text in enumerate(basque)})
    tokens = sum(map(len, basque)) // 2
    one = source("texts", tokens=tokens, backbone="small").model_copy(update={"path": "texts"})
    documents, verdicts = made(base, sources=(one,), counts={"texts": letters})
    kept = sum(len(one.text) for one in documents.values())
    assert tokens - max(map(len, basque)) <= kept <= tokens
    assert {(v.step, v.reason, v.threshold) for v in verdicts} == {
        ("budget", "beyond the source's budget of tokens", tokens)
    }
    assert sorted(v.value for v in verdicts if v.value) == sorted(
        len(text) for text in basque if text not in {one.text for one in documents.values()}
    )


def test_a_budget_of_tokens_that_nobody_counts_is_refused(folder: Write, made: Made, basque: list[str]) -> None:
    base = folder({"1.txt": basque[0]})
    one = source("texts", tokens=5, backbone="small").model_copy(update={"path": "texts"})
    with pytest.raises(StudyError, match="nobody counts the tokens"):
        made(base, sources=(one,))
