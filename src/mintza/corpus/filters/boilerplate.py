"""Filter `boilerplate`: lines that stand in many documents of a source (menus, notices, footers) go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from mintza.corpus.filter_settings import BoilerplateFilterSettings
from mintza.corpus.filters.shapes import Edited
from mintza.records import Document, Step, Verdict
from mintza.text.normal import paragraphs, plain
from mintza.text.verdicts import dropped

STEP = "boilerplate"


class Boilerplate:
    """Counts each line once a document of its source; case, spaces and kinds of apostrophe make no difference."""

    def __init__(self, settings: BoilerplateFilterSettings) -> None:
        self._settings = settings

    def select(self, documents: Sequence[Document]) -> Iterator[Document | Verdict]:
        """The documents without such lines, and verdicts on the lines."""
        sizes = Counter(document.provenance.source for document in documents)
        seen: Counter[int] = Counter()
        for document in documents:
            seen.update(self.lines(document))
        for document in documents:
            left, verdicts = self.edited(document, seen, sizes)
            yield from verdicts
            if left is not None:
                yield left

    def lines(self, document: Document) -> set[int]:
        """A number for each of its lines, the same wherever the source has that line."""
        source = document.provenance.source
        return {_number(source, line) for line in map(plain, document.text.split("\n")) if line}

    def least(self, size: int) -> float:
        """In how many documents a line of a source of that many must stand to go."""
        return max(self._settings.min_documents, self._settings.min_share * size)

    def fewest(self, sizes: Iterable[int]) -> float:
        """Lines that stand in fewer documents go in none of the sources."""
        return min((self.least(size) for size in sizes), default=self._settings.min_documents)

    def edited(self, document: Document, seen: Mapping[int, int], sizes: Mapping[str, int]) -> Edited:
        """The document without lines that stand in many. seen: number of a line -> documents.  sizes: source -> documents."""
        source = document.provenance.source
        least = self.least(sizes[source])
        kept: list[str] = []
        verdicts = []
        for number, line in enumerate(document.text.split("\n"), start=1):
            key = plain(line)
            documents = seen.get(_number(source, key), 0) if key else 0
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


def _number(source: str, line: str) -> int:
    """64 bits: two lines of ten million are taken for one at a chance of 1 in 400,000."""
    import xxhash

    return xxhash.xxh3_64_intdigest(f"{source}\0{line}".encode("utf-8", "surrogatepass"))
