"""Near copies against an oracle that compares every pair of texts and shares no code with the finder."""

from __future__ import annotations

import random
import re
from itertools import combinations
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from mintza.text.duplicates import bands_and_rows, exact_key, near_duplicate_clusters, similarity

WORDS = [f"{a}{b}{c}" for a in "bdgklmnt" for b in "aeiou" for c in ("k", "n", "ra")]


Shingle = Literal["word-5", "char-5"]
SHINGLES: list[Shingle] = ["word-5", "char-5"]


def oracle_jaccard(a: str, b: str, shingle: Shingle) -> float:
    """Sets of plain strings; all inputs are lower-case ASCII words, so that no normal form is needed."""
    sets = []
    for text in (a, b):
        units = re.findall(r"[a-z]+", text) if shingle == "word-5" else list(" ".join(re.findall(r"[a-z]+", text)))
        joined = {tuple(units[i : i + 5]) for i in range(len(units) - 4)} if len(units) >= 5 else {tuple(units)}
        sets.append(joined)
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def connected(count: int, joined: list[tuple[int, int]]) -> list[int]:
    """First member of each text's connected component, by flooding."""
    first = list(range(count))
    changed = True
    while changed:
        changed = False
        for a, b in joined:
            low = min(first[a], first[b])
            changed = changed or first[a] != low or first[b] != low
            first[a] = first[b] = low
    return first


@st.composite
def families(draw: st.DrawFn) -> list[str]:
    """Texts of which some are others with a few words changed, in any order."""
    seed = draw(st.integers(0, 10_000))
    chance = random.Random(seed)
    texts: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        words = chance.choices(WORDS, k=draw(st.integers(1, 120)))
        for _ in range(draw(st.integers(1, 4))):
            copy = list(words)
            for _ in range(draw(st.integers(0, 6))):
                copy[chance.randrange(len(copy))] = chance.choice(WORDS)
            texts.append(" ".join(copy))
    chance.shuffle(texts)
    return texts


@settings(max_examples=60, deadline=None)
@given(texts=families(), threshold=st.sampled_from([0.5, 0.8, 0.9]), shingle=st.sampled_from(SHINGLES))
def test_what_is_joined_is_what_the_oracle_joins(texts: list[str], threshold: float, shingle: Shingle) -> None:
    pairs = list(combinations(range(len(texts)), 2))
    value = {(a, b): oracle_jaccard(texts[a], texts[b], shingle) for a, b in pairs}
    clusters = near_duplicate_clusters(texts, threshold=threshold, shingle=shingle)
    may = connected(len(texts), [pair for pair in pairs if value[pair] >= threshold])
    must = [pair for pair in pairs if value[pair] >= min(1.0, threshold + 0.1)]
    assert all(clusters[index] <= index for index in range(len(texts)))
    assert all(may[a] == may[b] for a, b in pairs if clusters[a] == clusters[b])
    assert all(clusters[a] == clusters[b] for a, b in must)
    for a, b in pairs[:20]:
        assert abs(similarity(texts[a], texts[b], shingle=shingle) - value[a, b]) < 1e-12


def test_planted_near_copies_are_found_and_half_copies_are_left_alone() -> None:
    chance = random.Random(7)
    texts: list[str] = []
    near: list[tuple[int, int]] = []
    for _ in range(1500):
        words = chance.choices(WORDS, k=chance.randint(80, 200))
        copy = list(words)
        for _ in range(chance.randint(1, 8)):
            copy[chance.randrange(len(copy))] = chance.choice(WORDS)
        near.append((len(texts), len(texts) + 1))
        texts += [" ".join(words), " ".join(copy)]
    value = {pair: oracle_jaccard(texts[pair[0]], texts[pair[1]], "word-5") for pair in near}
    planted = [pair for pair in near if value[pair] >= 0.8]
    others = [pair for pair in near if value[pair] < 0.8]
    clusters = near_duplicate_clusters(texts, threshold=0.8, shingle="word-5")
    found = sum(clusters[a] == clusters[b] for a, b in planted)
    assert len(planted) > 400
    assert len(others) > 400
    assert found / len(planted) >= 0.99
    assert not any(clusters[a] == clusters[b] for a, b in others)


def test_short_texts_are_joined_only_when_they_say_the_same() -> None:
    texts = ["Kaixo, mundua!", "kaixo mundua", "kaixo", "", " ", "mundua kaixo"]
    assert near_duplicate_clusters(texts, threshold=0.8, shingle="word-5") == [0, 0, 2, 3, 3, 5]
    assert near_duplicate_clusters([], threshold=0.8, shingle="word-5") == []


def test_the_exact_key_is_that_of_the_normal_form() -> None:
    assert exact_key("Kaixo, MUNDUA!") == exact_key("kaixo\nmundua")
    assert exact_key("kaixo") != exact_key("kaixo bai")
    assert len(exact_key("")) == 32


@given(threshold=st.floats(0.2, 1.0))
def test_the_bands_miss_under_one_pair_in_a_thousand_at_the_threshold(threshold: float) -> None:
    bands, rows = bands_and_rows(threshold)
    assert bands * rows <= 192
    assert (1 - threshold**rows) ** bands <= 1e-3
