"""Items that stand in the training data: a model that has read an exam is measured on the rest of it too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mintza.records import Item, Score

OVERLAP = "overlap"
CLEAN, UNSEEN = "_clean", "_unseen"
"""After the name of a metric: over the items of an exam that do not stand in the corpus, or in what the model was trained on."""

Held = frozenset[tuple[str, str, str]]
"""Items that stand there: exam, language, id."""


def scores(items: Iterable[Item], texts: Iterable[str], *, min_share: float) -> Iterator[Score]:
    """The largest share of each examined item that one text holds; none for an item that no text holds `min_share` of."""
    from mintza.text.overlap import Index

    every = {f"{item.exam}/{item.language}/{item.id}": item for item in items if not item.example}
    index = Index(text for name, item in every.items() for text in _texts(name, item))
    largest: dict[str, float] = {}
    for text in texts:
        for one in index.held(text, min_share=min_share):
            largest[one.name] = max(one.share, largest.get(one.name, 0.0))
    for name in sorted(largest):
        item = every[name]
        yield Score(
            exam=item.exam,
            item_id=item.id,
            model="",
            metric=OVERLAP,
            value=largest[name],
            weight=1.0,
            language=item.language,
        )


def held(found: Iterable[Score]) -> Held:
    """The items of `scores`."""
    return frozenset((score.exam, score.language, score.item_id) for score in found)


def _texts(name: str, item: Item) -> Iterator[tuple[str, str]]:
    yield name, item.question
    yield name, "\n".join([item.question, *item.choices])
