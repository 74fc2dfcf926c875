"""The gate: what a translating model was worth on parallel text, before it was let at a whole data set."""

from __future__ import annotations

from mintza.records.base import Record


class Trial(Record, frozen=True, kw_only=True):
    """One held-out segment and what the model made of it.

    record_id: of the ParallelSegment.  hypothesis: "" when there is none.
    failed: the check that drops it, or the cause why there is no translation; "" when it is kept.
    """

    record_id: str
    source: str
    reference: str
    hypothesis: str
    failed: str


class Failure(Record, frozen=True, kw_only=True):
    """How many segments failed for one cause. step: `translate`, or the check.  cause: its reason."""

    step: str
    cause: str
    segments: int


class Gate(Record, frozen=True, kw_only=True):
    """How a model translates held-out segments.

    model, revision: who translated.  segments: how many.  kept: that no check drops.  failures: the rest, by cause.
    chrf, bleu: chrF++ and BLEU (0 to 100) over all segments, a missing translation as an empty one.  *_low, *_high: 95 % interval.
    copied_chrf, copied_bleu: of the sources themselves, taken for translations.
    gain, gain_low, gain_high: chrF++ over that of the copy, on the same draws of segments.
    requests: asked, further tries included.  prompt_tokens, completion_tokens: of all of them.
    source_words, source_characters: that were to be translated.  tokens_per_word: written tokens over words of the kept translations.
    signature: how sacrebleu says the scores were made.
    """

    model: str
    revision: str
    source_language: str
    target_language: str
    segments: int
    kept: int
    failures: tuple[Failure, ...]
    chrf: float
    chrf_low: float
    chrf_high: float
    bleu: float
    bleu_low: float
    bleu_high: float
    copied_chrf: float
    copied_bleu: float
    gain: float
    gain_low: float
    gain_high: float
    requests: int
    prompt_tokens: int
    completion_tokens: int
    source_words: int
    source_characters: int
    tokens_per_word: float | None
    signature: str
