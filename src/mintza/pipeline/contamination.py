"""Which items of the exams that a corpus must not hold stood in it, and what went for it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from mintza.corpus.filters.overlap import items_held
from mintza.records import Artifact, Item, Verdict
from mintza.store import Store

EXAMPLES = 3


@dataclass(frozen=True)
class Contamination:
    """One exam. items: that it has in the study's languages.  found: that stood in documents.  documents: that went for them.

    examples: (item, document, beginning of the document), of items that most documents held first.
    """

    exam: str
    items: int
    found: int
    documents: int
    examples: tuple[tuple[str, str, str], ...] = ()

    @property
    def share(self) -> float:
        """Of its items, 0 to 1."""
        return self.found / self.items if self.items else 0.0

    def said(self) -> str:
        """A sentence."""
        if not self.found:
            return f"None of the {self.items:,} items of the exam {self.exam} stood in the corpus."
        return (
            f"Of the {self.items:,} items of the exam {self.exam}, {self.found:,} ({100 * self.share:.1f} %) stood in the "
            f"corpus; {self.documents:,} documents were left out for it."
        )


def kept_out_of(store: Store, corpus: Artifact) -> list[Contamination]:
    """Of the exams that a corpus in the store was kept free of; none where its study names none."""
    exams = [found for parent in corpus.parents if (found := store.find("exams", parent.key)) is not None]
    items = [item for exam in exams for item in store.read(exam, Item)]
    return contamination(items, store.read(corpus, Verdict))


def contamination(items: Iterable[Item], verdicts: Iterable[Verdict]) -> list[Contamination]:
    """Exam by exam, those with most of their items found first. items: of the exams that are kept out."""
    sizes = Counter(item.exam for item in items)
    holders: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        for name in items_held(verdict):
            holders[name].append(verdict)
    by_exam: dict[str, list[str]] = defaultdict(list)
    for name in holders:
        by_exam[name.partition("/")[0]].append(name)
    found = [_of(exam, size, {name: holders[name] for name in by_exam[exam]}) for exam, size in sizes.items()]
    return sorted(found, key=lambda one: (-one.share, one.exam))


def _of(exam: str, size: int, holders: dict[str, list[Verdict]]) -> Contamination:
    documents = {verdict.record_id for held in holders.values() for verdict in held}
    most = sorted(holders, key=lambda name: (-len(holders[name]), name))[:EXAMPLES]
    return Contamination(
        exam=exam,
        items=size,
        found=len(holders),
        documents=len(documents),
        examples=tuple(
            (name, holders[name][0].record_id, holders[name][0].excerpt.partition(" | ")[2][:200]) for name in most
        ),
    )
