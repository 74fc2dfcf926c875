"""Filter `personal`: e-mail addresses, telephone numbers, accounts and network addresses become placeholders."""

from __future__ import annotations

import msgspec

from mintza.corpus.filter_settings import PersonalFilterSettings
from mintza.corpus.filters.shapes import Edited
from mintza.records import Document, Step, Verdict
from mintza.text.personal import KINDS, PersonalKind, mask_personal

STEP = "personal"
_REASONS: dict[PersonalKind, str] = {
    "email": "e-mail address masked",
    "iban": "bank account masked",
    "ip": "network address masked",
    "phone": "telephone number masked",
}


class Personal:
    """Runs before all that keeps excerpts, so that no verdict repeats what was masked."""

    def __init__(self, settings: PersonalFilterSettings) -> None:
        self._kinds = [kind for kind in KINDS if getattr(settings, kind)]

    def edit(self, document: Document) -> Edited:
        """The document with placeholders, and a kept verdict for each thing that was masked; none quotes it."""
        masked = mask_personal(document.text, self._kinds)
        if not masked.found:
            return Edited(document)
        steps = (*document.provenance.steps, Step(done="personal data masked"))
        provenance = msgspec.structs.replace(document.provenance, steps=steps)
        verdicts = tuple(
            Verdict(record_id=document.id, unit="document", step=STEP, kept=True, reason=_REASONS[kind])
            for kind, count in masked.found.items()
            for _ in range(count)
        )
        return Edited(msgspec.structs.replace(document, text=masked.text, provenance=provenance), verdicts)
