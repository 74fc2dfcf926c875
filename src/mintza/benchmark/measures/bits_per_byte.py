"""Bits per byte of held-out text: how well a model predicts it, whatever its tokenizer."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import log

from mintza.benchmark.measures.numbers import finite
from mintza.benchmark.measures.scored import scored
from mintza.benchmark.settings import BitsPerByteSettings
from mintza.models.seam import Pair, TextModel
from mintza.progress import Progress
from mintza.records import Answer, Document, Score

PREFIX = "bits_per_byte."


def chosen(settings: BitsPerByteSettings, documents: Iterable[Document]) -> list[Document]:
    """At most `documents` of each language and source, drawn by id and seed; in the order of language, source, id.

    Neither the order of the documents nor what else is held out changes the draw. Documents without text are left out.
    """
    groups: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for document in documents:
        if document.text.strip():
            groups[document.language, document.provenance.source].append(document)
    drawn = []
    for _, group in sorted(groups.items()):
        lucky = sorted(group, key=lambda d: hashlib.sha256(f"{settings.seed}:{d.id}".encode()).digest())
        drawn += sorted(lucky[: settings.documents], key=lambda d: d.id)
    return drawn


def beginning(text: str, characters: int) -> str:
    """The first `characters` of a text or fewer: back to the end of a paragraph if that keeps half, else of a word."""
    text = text.strip()
    if len(text) <= characters:
        return text
    cut = text[: characters + 1]
    paragraph = cut.rfind("\n\n")
    if paragraph >= characters / 2:
        return cut[:paragraph].rstrip()
    spaces = [found.start() for found in re.finditer(r"\s", cut)]
    return cut[: spaces[-1]].rstrip() if spaces else cut[:characters]


def answers(
    settings: BitsPerByteSettings, model: TextModel, documents: Iterable[Document], progress: Progress
) -> Iterator[Answer]:
    """One answer a chosen document: nats and bytes of its beginning, scored from nothing. Raises ModelError."""
    drawn = chosen(settings, documents)
    texts = [beginning(document.text, settings.characters) for document in drawn]
    likelihoods = model.likelihood([Pair(context="", continuation=text) for text in texts])
    for done, (document, text, likelihood) in enumerate(zip(drawn, texts, likelihoods, strict=True), start=1):
        progress(done, len(drawn), "held-out texts")
        yield Answer(
            exam=f"{PREFIX}{document.provenance.source}",
            item_id=document.id,
            model=model.ref.name,
            language=document.language,
            protocol="likelihood",
            log_likelihoods=finite([likelihood.log_likelihood], model, document.id),
            utf8_bytes=(len(text.encode()),),
        )


def score(answer: Answer) -> Score:
    """Nats to bits, by bytes; the weight is the bytes, so that a weighted mean is all bits by all bytes."""
    (nats,), (size,) = answer.log_likelihoods, answer.utf8_bytes
    return scored(answer, "bits_per_byte", -nats / log(2) / size, weight=float(size))
