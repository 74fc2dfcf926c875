"""Filter `language`: paragraphs that are not in the language of their source go, and documents with too little of it."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from mintza.corpus.filters.shapes import Edited
from mintza.corpus.settings import LanguageFilterSettings
from mintza.records import Document, Step, Verdict
from mintza.text.identify import UNKNOWN, Identified, Identifier
from mintza.text.normal import letters, paragraphs, words
from mintza.text.verdicts import dropped

STEP = "language"


Side = Literal["right", "wrong", "open"]


class _Judged(NamedTuple):
    """A paragraph. side: `open` when it is too short, without letters, or the identifier is not sure enough."""

    text: str
    letters: int
    identified: Identified | None
    side: Side


class LanguageByParagraph:
    """Judges each paragraph by itself: names, lists and quotations in one do not decide for the others."""

    def __init__(self, settings: LanguageFilterSettings, identifier: Identifier) -> None:
        self._settings = settings
        self._identifier = identifier

    def edit(self, document: Document) -> Edited:
        judged = [self._judged(one, document.language) for one in paragraphs(document.text)]
        if all(one.side == "open" for one in judged):
            # No paragraph is sure by itself: the whole is asked, and being mostly in the language is enough.
            judged = [self._asked(document.text, document.language, self._settings.min_share)]
        inside, outside = (sum(one.letters for one in judged if one.side == side) for side in ("right", "wrong"))
        share = inside / (inside + outside) if inside else 0.0
        if not inside or share < self._settings.min_share:
            return Edited(None, (self._verdict_on_whole(document, share),))
        numbered = enumerate(judged, start=1)
        verdicts = tuple(self._verdict(document, number, one) for number, one in numbered if one.side == "wrong")
        return Edited(self._kept(document, [one for one in judged if one.side != "wrong"]), verdicts)

    def _judged(self, paragraph: str, code: str) -> _Judged:
        count = letters(paragraph)
        if not count or len(words(paragraph)) < self._settings.short_words:
            return _Judged(paragraph, count, None, "open")
        return self._asked(paragraph, code, self._settings.min_score)

    def _asked(self, text: str, code: str, limit: float) -> _Judged:
        found = self._identifier.identify(text)
        side: Side = "right" if found.language == code else "wrong"
        return _Judged(text, letters(text), found, side if found.score >= limit else "open")

    def _kept(self, document: Document, kept: list[_Judged]) -> Document:
        right = [one for one in kept if one.side == "right"]
        backends = {one.identified.backend for one in right if one.identified}
        changes = {
            "text": "\n\n".join(one.text for one in kept),
            "language_score": round(sum(one.letters for one in right) / sum(one.letters for one in kept), 4),
            "language_backend": backends.pop() if len(backends) == 1 else self._identifier.name,
        }
        if changes["text"] != document.text:
            steps = (*document.provenance.steps, Step(done="paragraphs in other languages dropped"))
            changes["provenance"] = msgspec.structs.replace(document.provenance, steps=steps)
        return msgspec.structs.replace(document, **changes)

    def _verdict_on_whole(self, document: Document, share: float) -> Verdict:
        return dropped(
            document.id,
            STEP,
            f"too little in {document.language}",
            unit="document",
            value=round(share, 4),
            threshold=self._settings.min_share,
            excerpt=document.text,
        )

    def _verdict(self, document: Document, number: int, one: _Judged) -> Verdict:
        found = one.identified or Identified(UNKNOWN, 0.0, "")
        language = "a language that is not likely here" if found.language == UNKNOWN else found.language
        return dropped(
            f"{document.id}#{number}",
            STEP,
            f"in {language}",
            unit="paragraph",
            value=round(found.score, 4),
            threshold=self._settings.min_score,
            excerpt=one.text,
        )
