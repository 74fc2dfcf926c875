"""Taking the records of a mixture in: each encoded, cut to the row and put in the spool, or refused with a verdict."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

import xxhash

from mintza.errors import TemplateError
from mintza.models.seam import Tokenizer
from mintza.models.templates import ChatTemplate
from mintza.progress import Progress
from mintza.records import ComponentCount, Conversation, Document, Verdict
from mintza.text.verdicts import dropped
from mintza.train.rendering import Rendered, end_of_turn, parts, render_conversation, render_document
from mintza.train.schedule import shuffled
from mintza.train.settings import PrepareSettings
from mintza.train.spool import Spool

STEP = "prepare"


@dataclass
class Taken:
    """What was taken of one component, record by record.

    records: pieces of each record in the spool.  supervised: tokens that bear loss, of each record.
    documents: for each record, whether it is a document.
    """

    records: list[range] = field(default_factory=list)
    supervised: list[int] = field(default_factory=list)
    documents: list[bool] = field(default_factory=list)

    def in_one_epoch(self, weight: float, name: str, seed: int) -> list[int]:
        """Numbers of the records that an epoch of the mixture holds: whole rounds, and a seeded sample for what is left."""
        count = len(self.records)
        rounds = int(weight)
        sample = shuffled(count, seed, xxhash.xxh3_64_intdigest(name.encode()))[: round((weight - rounds) * count)]
        return [*(number for _ in range(rounds) for number in range(count)), *sorted(sample)]

    def count(self, name: str, epoch: list[int], spool: Spool) -> ComponentCount:
        """What these records bring; a record that comes again brings its tokens again."""
        used = set(epoch)
        return ComponentCount(
            component=name,
            documents=sum(self.documents[number] for number in used),
            conversations=sum(not self.documents[number] for number in used),
            tokens=sum(spool.length(piece) for number in epoch for piece in self.records[number]),
            supervised_tokens=sum(self.supervised[number] for number in epoch),
            split=sum(len(self.records[number]) > 1 for number in used),
        )


class Reader:
    """Encodes records into a spool. ends: control tokens that were seen to end an assistant's turn."""

    def __init__(
        self, settings: PrepareSettings, tokenizer: Tokenizer, template: ChatTemplate | None, progress: Progress
    ) -> None:
        self._settings = settings
        self._tokenizer = tokenizer
        self._template = template
        self._progress = progress
        self._bos = settings.document_start == "bos" or (settings.document_start == "tokenizer" and tokenizer.adds_bos)
        self._done = 0
        self.ends: set[int] = set()

    def take(
        self, name: str, records: Iterable[Document | Conversation], spool: Spool
    ) -> Generator[Verdict, None, Taken]:
        """Take every record; yields a verdict for each that is left out. Raises TemplateError unless settings say `skip`."""
        taken = Taken()
        for record in records:
            self._done += 1
            self._progress(self._done, None, name)
            found = self._document(record) if isinstance(record, Document) else self._conversation(record)
            if isinstance(found, Verdict):
                yield found
                continue
            pieces = parts(found, self._settings.sequence_length)
            taken.records.append(range(len(spool), len(spool) + len(pieces)))
            taken.supervised.append(sum(piece.supervised.count(1) for piece in pieces))
            taken.documents.append(isinstance(record, Document))
            for piece in pieces:
                spool.add(piece)
        return taken

    def _document(self, document: Document) -> Rendered | Verdict:
        found = render_document(document, self._tokenizer, bos=self._bos)
        if found.ids:
            return found
        return dropped(document.id, STEP, "no text", unit="document")

    def _conversation(self, conversation: Conversation) -> Rendered | Verdict:
        longest = self._settings.sequence_length
        try:
            found = self._rendered(conversation)
        except TemplateError as error:
            if self._settings.unrenderable == "refuse":
                raise
            return _refused(conversation, "the chat template cannot show it", said=error.message)
        if 1 not in found.supervised[1:]:
            return _refused(conversation, "no words of an assistant")
        if len(found.ids) > longest and self._settings.long_conversations == "drop":
            return _refused(conversation, "longer than a row", value=len(found.ids), threshold=longest)
        end = end_of_turn(found, self._tokenizer)
        if end is not None:
            self.ends.add(end)
        return found

    def _rendered(self, conversation: Conversation) -> Rendered:
        place = f"component '{conversation.component}', conversation '{conversation.id}'"
        if self._template is None:
            raise TemplateError(
                "the backbone has no chat template, and conversations cannot be shown without one",
                place=place,
                remedy="give the backbone a `template` in the study",
            )
        try:
            return render_conversation(conversation, self._tokenizer, self._template)
        except TemplateError as error:
            raise TemplateError(
                error.message,
                place=place,
                remedy="give the backbone another `template`, or leave such conversations out: "
                "`prepare: {unrenderable: skip}`",
            ) from error


def _refused(
    conversation: Conversation,
    reason: str,
    *,
    value: float | None = None,
    threshold: float | None = None,
    said: str | None = None,
) -> Verdict:
    words = [message.content for message in conversation.messages]
    return dropped(
        conversation.id,
        STEP,
        reason,
        unit="conversation",
        value=value,
        threshold=threshold,
        excerpt=" | ".join([said, *words] if said else words),
    )
