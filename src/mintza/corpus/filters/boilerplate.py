"""Filter `boilerplate`: lines that stand in many documents of a source (menus, notices, footers) go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from mintza.corpus.filter_settings import BoilerplateFilterSettings
from mintza.corpus.filters.shapes import Edited
from mintza.records import Document, Step, Verdict
from mintza.text.normal import paragraphs, plain
from mintza.text.verdicts import dropped

STEP = "boilerplate"


class Boilerplate:
    """Counts each line once a document; case, spaces and kinds of apostrophe make no difference."""

    def __init__(self, settings: BoilerplateFilterSettings) -> None:
        self._settings = settings

    def select(self, documents: Sequence[Document]) -> Iterator[Document | Verdict]:
        sizes = Counter(document.provenance.source for document in documents)
        seen: dict[str, Counter[int]] = {source: Counter() for source in sizes}
        for document in documents:
            seen[document.provenance.source].update({hash(line) for line in _lines(document.text)})
        for document in documents:
            source = document.provenance.source
            least = max(self._settings.min_documents, self._settings.min_share * sizes[source])
            left, verdicts = self._edited(document, seen[source], least)
            yield from verdicts
            if left is not None:
                yield left

    def _edited(self, document: Document, seen: Counter[int], least: float) -> Edited:
        kept: list[str] = []
        verdicts = []
        for number, line in enumerate(document.text.split("\n"), start=1):
            key = plain(line)
            documents = seen[hash(key)] if key else 0
            if documents < least:
                kept.append(line)
                continue
            verdicts.append(self._verdict(f"{document.id}#{number}", documents, least, line))
        if not verdicts:
            return Edited(document)
        text = "\n\n".join(paragraphs("\n".join(kept)))
        if not text:
            whole = dropped(document.id, STEP, "nothing but repeated lines", unit="document", excerpt=document.text)
            return Edited(None, (*verdicts, whole))
        steps = (*document.provenance.steps, Step(done="repeated lines dropped"))
        provenance = msgspec.structs.replace(document.provenance, steps=steps)
        return Edited(msgspec.structs.replace(document, text=text, provenance=provenance), tuple(verdicts))

    def _verdict(self, name: str, documents: int, least: float, line: str) -> Verdict:
        return dropped(
            name,
            STEP,
            "line stands in many documents",
            unit="line",
            value=documents,
            threshold=round(least, 2),
            excerpt=line,
        )


def _lines(text: str) -> set[str]:
    return {line for line in map(plain, text.split("\n")) if line}
