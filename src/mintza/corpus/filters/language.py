"""Filter `language`: paragraphs that are not in the language of their source go, and documents with too little of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from mintza.corpus.filters.shapes import Edited
from mintza.corpus.settings import LanguageFilterSettings
from mintza.errors import StudyError
from mintza.records import Document, Language, Step, Verdict
from mintza.text.identify import UNKNOWN, Identified, Identifier
from mintza.text.normal import letters, paragraphs
from mintza.text.scripts import share_in_script_of
from mintza.text.unspaced import has_words
from mintza.text.varieties import Varieties
from mintza.text.verdicts import dropped
from mintza.text.vocabulary import Vocabulary

STEP = "language"
# Of the letters, in a script that names and commands in Latin letters stand among.
SHOWN = 0.2

Side = Literal["right", "wrong", "open"]


class _Judged(NamedTuple):
    """A paragraph. side: `open` when it is too short, without letters, or the identifier is not sure enough."""

    text: str
    letters: int
    identified: Identified | None
    side: Side


class LanguageByParagraph:
    """Judges each paragraph by itself: names, lists and quotations in one do not decide for the others.

    languages: those whose varieties are told apart.  vocabulary: in which other filters look the same texts up.
    Raises StudyError when the settings name a variety that none of the languages has.
    """

    def __init__(
        self,
        settings: LanguageFilterSettings,
        identifier: Identifier,
        languages: Sequence[Language] = (),
        vocabulary: Vocabulary | None = None,
    ) -> None:
        self._settings = settings
        self._identifier = identifier
        self._varieties = {one.code: Varieties(one.varieties, vocabulary) for one in languages if one.varieties}
        check_varieties(settings, languages)

    def edit(self, document: Document) -> Edited:
        judged = [self._judged(one, document.language) for one in paragraphs(document.text)]
        if not any(one.side == "right" for one in judged):
            judged = self._together(judged, document.language)
        inside, outside = (sum(one.letters for one in judged if one.side == side) for side in ("right", "wrong"))
        share = inside / (inside + outside) if inside else 0.0
        if not inside or share < self._settings.min_share:
            return Edited(None, (self._verdict_on_whole(document, share),))
        numbered = enumerate(judged, start=1)
        verdicts = tuple(self._verdict(document, number, one) for number, one in numbered if one.side == "wrong")
        kept = self._kept(document, [one for one in judged if one.side != "wrong"])
        varieties = self._varieties.get(document.language)
        return Edited(kept, verdicts) if varieties is None else self._labelled(kept, varieties, verdicts)

    def _labelled(self, document: Document, varieties: Varieties, verdicts: tuple[Verdict, ...]) -> Edited:
        """The document with its variety; a verdict counts it, and drops it when the study leaves it out."""
        variety = varieties.of(document.text)
        if not variety:
            return Edited(document, verdicts)
        chosen, left_out = self._settings.keep_varieties, self._settings.drop_varieties
        if variety in left_out or (chosen is not None and variety not in chosen):
            reason = f"in the variety {variety}"
            return Edited(None, (*verdicts, dropped(document.id, STEP, reason, unit="document", excerpt=document.text)))
        counted = Verdict(
            record_id=document.id, unit="document", step=STEP, kept=True, reason=f"in the variety {variety}"
        )
        return Edited(msgspec.structs.replace(document, variety=variety), (*verdicts, counted))

    def _judged(self, paragraph: str, code: str) -> _Judged:
        count = letters(paragraph)
        if not count or not has_words(paragraph, self._settings.short_words):
            return _Judged(paragraph, count, None, "open")
        return self._asked(paragraph, count, code, self._settings.min_score)

    def _together(self, judged: list[_Judged], code: str) -> list[_Judged]:
        """No paragraph is surely right by itself: the open ones are asked as one text, and being mostly in the language is enough."""
        whole = "\n\n".join(one.text for one in judged if one.side == "open")
        if not (count := letters(whole)):
            return judged
        asked = self._asked(whole, count, code, self._settings.min_share)
        return [
            one._replace(identified=asked.identified, side=asked.side) if one.side == "open" else one for one in judged
        ]

    def _asked(self, text: str, count: int, code: str, limit: float) -> _Judged:
        found = self._identifier.identify(text)
        side: Side = "right" if found.language == code else "wrong"
        if found.score < limit or (side == "wrong" and _shows_its_script(text, code)):
            side = "open"
        return _Judged(text, count, found, side)

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


def _shows_its_script(text: str, code: str) -> bool:
    """Whether words in the language's own script stand among others: `Κλήση Python Scripts από Basic` is no English.

    Latin letters show nothing: names in them stand in texts of every language.
    """
    return not code.endswith("_Latn") and share_in_script_of(code, text) >= SHOWN


def check_varieties(settings: LanguageFilterSettings, languages: Sequence[Language]) -> None:
    """Raise StudyError for a variety that none of the languages has."""
    known = sorted({variety.name for language in languages for variety in language.varieties})
    for name in (*settings.drop_varieties, *(settings.keep_varieties or ())):
        if name not in known:
            raise StudyError(
                f"there is no variety '{name}'",
                place="corpus filter `language`",
                remedy=f"known: {', '.join(known) or 'none; a language names its varieties in its folder'}",
            )
