"""Filter `quality`: documents go that read unlike a trusted sample of their language."""

from __future__ import annotations

from mintza.corpus.filter_settings import QualityFilterSettings
from mintza.records import Document, Verdict
from mintza.text.quality import MEASURES, Calibration, limits, meter, worst
from mintza.text.verdicts import EXCERPT
from mintza.text.vocabulary import Vocabulary

STEP = "quality"


class Quality:
    """Judges documents in the calibrated language by the sample's percentiles; those in other languages are kept.

    vocabulary: in which other filters look the same texts up.
    """

    def __init__(
        self, settings: QualityFilterSettings, calibration: Calibration, vocabulary: Vocabulary | None = None
    ) -> None:
        self._language = calibration.language
        self._meter = meter(calibration, vocabulary)
        self._limits = limits(calibration, slack=settings.slack)

    def judge(self, document: Document) -> Verdict:
        """A verdict with the first measure that is outside its limits; a document without words is kept."""
        judged = document.language == self._language and bool(document.text.strip())
        found = worst(self._meter.take(document.text), self._limits) if judged else None
        return Verdict(
            record_id=document.id,
            unit="document",
            step=STEP,
            kept=found is None,
            reason=_reason(found.measure, high=found.value > found.limit) if found else "reads like the trusted sample",
            value=round(found.value, 4) if found else None,
            threshold=round(found.limit, 4) if found else None,
            excerpt=document.text[:EXCERPT] if found else "",
        )


def _reason(measure: str, *, high: bool) -> str:
    return f"{'more' if high else 'less'} than in trusted texts: {MEASURES[measure].says}"
