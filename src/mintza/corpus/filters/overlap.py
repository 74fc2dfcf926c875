"""Filter `overlap`: documents go that hold an item of an exam, so that nobody is examined on what was learned by heart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mintza.corpus.filter_settings import OverlapFilterSettings
from mintza.records import Document, Item, Verdict
from mintza.text.overlap import Index
from mintza.text.verdicts import EXCERPT
from mintza.text.vocabulary import Vocabulary

STEP = "overlap"
HOLDS = "holds: "


class Overlap:
    """Looks for each item's question, and for its question with its choices; in every language of the exams at once.

    vocabulary: in which other filters look the same texts up.
    """

    def __init__(
        self, settings: OverlapFilterSettings, items: Iterable[Item], vocabulary: Vocabulary | None = None
    ) -> None:
        self._settings = settings
        self._index = Index((text for item in items for text in _texts(item)), vocabulary)

    def judge(self, document: Document) -> Verdict:
        """One verdict, on the exam of the item that is held most; documents of held-out sources are kept: nobody learns them.

        The excerpt names every item that is held, however many they are, before the text.
        """
        held = (
            [] if document.split == "held-out" else self._index.held(document.text, min_share=self._settings.min_share)
        )
        most = min(held, key=lambda one: (-one.share, one.name), default=None)
        return Verdict(
            record_id=document.id,
            unit="document",
            step=STEP,
            kept=most is None,
            reason=f"holds items of the exam {most.name.partition('/')[0]}" if most else "holds no item of an exam",
            value=round(most.share, 4) if most else None,
            threshold=self._settings.min_share,
            excerpt=f"{HOLDS}{', '.join(one.name for one in held)} | {document.text[:EXCERPT]}" if most else "",
        )


def items_held(verdict: Verdict) -> tuple[str, ...]:
    """Names (`EXAM/ID.LANGUAGE`) of the items for which a document went; none for other verdicts."""
    if verdict.step != STEP or not verdict.excerpt.startswith(HOLDS):
        return ()
    return tuple(verdict.excerpt.removeprefix(HOLDS).partition(" | ")[0].split(", "))


def _texts(item: Item) -> Iterator[tuple[str, str]]:
    name = f"{item.exam}/{item.id}.{item.language}"
    yield name, item.question
    yield name, "\n".join([item.question, *item.choices])
