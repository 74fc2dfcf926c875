"""Text for the corpus's bench: a real text multiplied with variation, and copies planted in it whose likeness is known.

Shares no code with what it measures.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NEAR, EXACT, HARD = 5000, 1000, 1000


def varied(help_pages: Path, megabytes: float, seed: int = 5) -> Iterator[dict[str, Any]]:
    """Rows of so many megabytes: the pages, again and again, every fifth word replaced by one from anywhere."""
    chance = random.Random(seed)
    pages = [json.loads(line)["text"].split(" ") for line in help_pages.open(encoding="utf-8")]
    vocabulary = [word for page in pages for word in page if "\n" not in word]
    size = number = 0
    while size < megabytes * 1e6:
        words = list(pages[number % len(pages)])
        for at in chance.sample(range(len(words)), len(words) // 5):
            if "\n" not in words[at]:
                words[at] = vocabulary[int(chance.random() * len(vocabulary))]
        text = " ".join(words)
        size += len(text.encode())
        yield {"id": f"{number:08}", "text": text}
        number += 1


def write(rows: Iterator[dict[str, Any]], path: Path) -> int:
    """Write rows as JSONL; gives the bytes of their texts."""
    size = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            size += len(row["text"].encode())
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return size


def planted(help_pages: Path, seed: int = 6) -> Iterator[dict[str, Any]]:
    """Originals `o...`, near copies `near...` at Jaccard 0.85 to 0.99, exact ones `exact...`, and `hard...` ones at 0.40 to 0.60."""
    chance = random.Random(seed)
    wanted = NEAR + EXACT + HARD
    number = 0
    for row in varied(help_pages, 1e9, seed):
        text = str(row["text"])
        if len(text.split()) < 120:
            continue
        kind = "near" if number < NEAR else "exact" if number < NEAR + EXACT else "hard"
        low, high = {"near": (0.85, 0.99), "exact": (1.0, 1.0), "hard": (0.40, 0.60)}[kind]
        copy = text.upper().replace(" ", "  ") if kind == "exact" else _copy(text, low, high, chance)
        yield {"id": f"o{number:05}", "text": text}
        yield {"id": f"{kind}{number:05}", "text": copy}
        number += 1
        if number == wanted:
            return


def jaccard(a: str, b: str) -> float:
    """Of the sets of runs of five words."""
    sets = []
    for text in (a, b):
        words = re.findall(r"\w+", text.casefold())
        sets.append({tuple(words[at : at + 5]) for at in range(len(words) - 4)})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def _copy(text: str, low: float, high: float, chance: random.Random) -> str:
    """The text with as many words changed as bring it between the two."""
    goal = chance.uniform(low + 0.005, high - 0.005)
    words = text.split(" ")
    changed = max(1, int(len(words) * (1 - goal) / (1 + goal) / 5))
    while True:
        copy = list(words)
        for at in chance.sample(range(len(words)), min(changed, len(words))):
            copy[at] = f"aldatuta{chance.randrange(10**6)}"
        found = " ".join(copy)
        value = jaccard(text, found)
        if low <= value <= high:
            return found
        changed = changed + 1 if value > high else max(1, changed - 1)
