"""Taking the records of a mixture in: each encoded, cut to the row and put in a lot, or refused with a verdict."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from pathlib import Path

import xxhash

from mintza.errors import TemplateError
from mintza.models.seam import Tokenizer
from mintza.models.templates import ChatTemplate, Span, spans
from mintza.progress import Progress
from mintza.records import Conversation, Document, Verdict
from mintza.text.verdicts import dropped
from mintza.train.held_out import root
from mintza.train.rendering import Rendered, end_of_turn, parts, render_conversations, render_documents
from mintza.train.settings import PrepareSettings
from mintza.train.spool import LotIndex, LotWriter, Spool, read_lot
from mintza.train.taken import Taken

STEP = "prepare"
AT_ONCE = 64
"""Records that are encoded together."""
LOT_RECORDS, LOT_CHARACTERS = 4096, 1 << 24

Taught = Document | Conversation


class Reader:
    """Encodes records into lots in a folder. decides: digest of all but the records that decides what they are encoded as.

    apart: roots of the records that are held out; they and what was made of them are left out.
    ends: control tokens that were seen to end an assistant's turn.
    """

    def __init__(
        self,
        settings: PrepareSettings,
        tokenizer: Tokenizer,
        template: ChatTemplate | None,
        *,
        folder: Path,
        decides: str,
        progress: Progress,
    ) -> None:
        self._settings = settings
        self._tokenizer = tokenizer
        self._template = template
        self._folder = folder
        self._decides = decides
        self._progress = progress
        self._bos = settings.document_start == "bos" or (settings.document_start == "tokenizer" and tokenizer.adds_bos)
        self._done = 0
        self.apart: Collection[str] = frozenset()
        self.ends: set[int] = set()

    def take(self, name: str, records: Iterable[Taught], spool: Spool) -> Generator[Verdict, None, Taken]:
        """Take every record; yields a verdict for each that is left out. Raises TemplateError unless settings say `skip`.

        A lot that an earlier try left, of the same records, is used as it is.
        """
        taken = Taken(spool)
        for number, lot in enumerate(lots(records)):
            path = self._folder / f"{name}.{number:05d}.lot"
            made_of = self._digest(lot)
            index = read_lot(path, made_of) or self._encode(lot, path, made_of)
            self.ends.update(index.ends)
            spool.add(path, index)
            taken.add(array("q", index.pieces), array("q", index.supervised), index.documents)
            yield from index.verdicts
            self._done += len(lot)
            self._progress(self._done, None, name)
        return taken

    def _digest(self, lot: Sequence[Taught]) -> str:
        digest = xxhash.xxh3_128(self._decides.encode())
        for record in lot:
            out = "held out" if root(record) in self.apart else ""
            digest.update(f"\0\0{out}\0{record.id}".encode())
            if isinstance(record, Document):
                digest.update(f"\0{record.text}".encode(errors="surrogatepass"))
            else:
                for message in record.messages:
                    digest.update(f"\0{message.role}\0{message.content}".encode(errors="surrogatepass"))
        return digest.hexdigest()

    def _encode(self, lot: Sequence[Taught], path: Path, made_of: str) -> LotIndex:
        writer = LotWriter()
        verdicts: list[Verdict] = []
        ends: set[int] = set()
        for first in range(0, len(lot), AT_ONCE):
            several = lot[first : first + AT_ONCE]
            for record, found in zip(several, self._several(several), strict=True):
                if isinstance(found, Rendered):
                    found = self._checked(record, found)
                if isinstance(found, Verdict):
                    verdicts.append(found)
                    continue
                if isinstance(record, Conversation) and (end := end_of_turn(found, self._tokenizer)) is not None:
                    ends.add(end)
                pieces = parts(found, self._settings.sequence_length, self._settings.least_part)
                writer.add(pieces, document=isinstance(record, Document))
            self._progress(self._done + first + len(several), None, path.name.partition(".")[0])
        return writer.seal(path, made_of, verdicts, ends)

    def _several(self, several: Sequence[Taught]) -> Iterator[Rendered | Verdict]:
        """Each record encoded, or why not, in their order."""
        shown: list[Sequence[Span] | Verdict | None] = [self._shown(record) for record in several]
        texts = [
            record.text
            for record, seen in zip(several, shown, strict=True)
            if isinstance(record, Document) and seen is None
        ]
        documents = iter(render_documents(texts, self._tokenizer, bos=self._bos) if texts else ())
        talks = [seen for seen in shown if seen is not None and not isinstance(seen, Verdict)]
        conversations = iter(render_conversations(talks, self._tokenizer) if talks else ())
        for seen in shown:
            if isinstance(seen, Verdict):
                yield seen
            else:
                yield next(documents if seen is None else conversations)

    def _shown(self, record: Taught) -> Sequence[Span] | Verdict | None:
        """The spans of a conversation, None for a document, a verdict for what is left out."""
        if root(record) in self.apart:
            return _refused(record, "held out")
        if isinstance(record, Document):
            return None
        place = f"component '{record.component}', conversation '{record.id}'"
        if self._template is None:
            raise TemplateError(
                "the backbone has no chat template, and conversations cannot be shown without one",
                place=place,
                remedy="give the backbone a `template` in the study",
            )
        try:
            return spans(self._template, record.messages)
        except TemplateError as error:
            if self._settings.unrenderable == "skip":
                return _refused(record, "the chat template cannot show it", said=error.message)
            raise TemplateError(
                error.message,
                place=place,
                remedy="give the backbone another `template`, or leave such conversations out: "
                "`prepare: {unrenderable: skip}`",
            ) from error

    def _checked(self, record: Taught, found: Rendered) -> Rendered | Verdict:
        longest = self._settings.sequence_length
        if isinstance(record, Document):
            return found if found.ids else _refused(record, "no text")
        if 1 not in found.supervised[1:]:
            return _refused(record, "no words of an assistant")
        if len(found.ids) > longest and self._settings.long_conversations == "drop":
            return _refused(record, "longer than a row", value=len(found.ids), threshold=longest)
        return found


def lots(records: Iterable[Taught]) -> Iterator[list[Taught]]:
    """The records in lots, which depend on nothing but them."""
    lot: list[Taught] = []
    characters = 0
    for record in records:
        lot.append(record)
        words = [record.text] if isinstance(record, Document) else [message.content for message in record.messages]
        characters += sum(map(len, words))
        if len(lot) == LOT_RECORDS or characters >= LOT_CHARACTERS:
            yield lot
            lot, characters = [], 0
    if lot:
        yield lot


def _refused(
    record: Taught,
    reason: str,
    *,
    value: float | None = None,
    threshold: float | None = None,
    said: str | None = None,
) -> Verdict:
    if isinstance(record, Document):
        return dropped(record.id, STEP, reason, unit="document")
    words = [message.content for message in record.messages]
    return dropped(
        record.id,
        STEP,
        reason,
        unit="conversation",
        value=value,
        threshold=threshold,
        excerpt=" | ".join([said, *words] if said else words),
    )
