"""Near-duplicates among short user's turns: a planted set of 3 to 20 words, by character 5-grams."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from mintza.text.duplicates import near_duplicate_clusters

Change = Callable[[str], str]
SYLLABLES = [a + b + c for a in "bdfgklmnprstvz" for b in "aeiou" for c in ("", "n", "r", "s", "l")]
GREEK = str.maketrans("abdefgiklmnoprstuvz", "αβδεφγικλμνοπρστυβζ")


def word(chance: random.Random) -> str:
    return "".join(chance.choices(SYLLABLES, k=chance.randint(1, 3)))


def retyped(text: str, chance: random.Random) -> str:
    """The same turn as another person types it: case, marks, spaces."""
    changes: list[Change] = [
        lambda t: t.upper(),
        lambda t: t.capitalize() + "?",
        lambda t: t.replace(" ", "  "),
        lambda t: "  " + t + " !",
        lambda t: t + "...",
        lambda t: t.replace(" ", ", ", 1),
    ]
    for change in chance.sample(changes, 2):
        text = change(text)
    return text


def reworded(text: str, chance: random.Random) -> str:
    """A turn of 45 characters or more with one letter changed, or a short word before or after it."""
    place = chance.randrange(len(text))
    changes: list[Change] = [
        lambda t: t[:place] + "x" + t[place + 1 :],
        lambda t: "oh " + t,
        lambda t: t + " ta",
    ]
    return chance.choice(changes)(text)


def planted(chance: random.Random, pairs: int) -> tuple[list[str], list[int]]:
    """Turns, and for each the number of its family. Another turn shares the first two thirds of a family's words."""
    texts, families = [], []
    for family in range(pairs):
        count = chance.randint(3, 20)
        script = GREEK if family % 3 == 0 else {}
        words = [word(chance).translate(script) for _ in range(count)]
        text = " ".join(words)
        copy = reworded(text, chance) if len(text) >= 45 else text
        other = " ".join(
            [*words[: count * 2 // 3], *(word(chance).translate(script) for _ in range(count - count * 2 // 3))]
        )
        members = [(text, 2 * family), (retyped(copy, chance), 2 * family), (other, 2 * family + 1)]
        texts += [text for text, _ in members]
        families += [number for _, number in members]
    order = chance.sample(range(len(texts)), len(texts))
    return [texts[i] for i in order], [families[i] for i in order]


@pytest.mark.parametrize("seed", [1, 2])
def test_recall_and_precision_on_planted_turns_are_over_99_percent(seed: int) -> None:
    texts, families = planted(random.Random(seed), 2000)
    clusters = near_duplicate_clusters(texts, threshold=0.7, shingle="char-5")
    true = sum(_pairs(_sizes(families)))
    found = sum(_pairs(_sizes(clusters)))
    right = sum(_pairs(_sizes(list(zip(clusters, families, strict=True)))))
    assert true == 2000
    assert right / true >= 0.99, f"recall {right / true:.4f}"
    assert right / found >= 0.99, f"precision {right / found:.4f}"


def _sizes(labels: list[object] | list[int] | list[tuple[int, int]]) -> list[int]:
    counts: dict[object, int] = {}
    for label in labels:
        counts[label] = counts.get(label, 0) + 1
    return list(counts.values())


def _pairs(sizes: list[int]) -> list[int]:
    return [size * (size - 1) // 2 for size in sizes]
