"""The gate: the translating model shows on held-out parallel text what it is worth, before it is paid for a data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mintza.models.seam import TextModel
from mintza.progress import Progress
from mintza.records import Conversation, Failure, Gate, Language, Message, ParallelSegment, Trial, Verdict
from mintza.text.identify import Identifier
from mintza.translate import checks
from mintza.translate.pairs import Divided
from mintza.translate.scores import Scores, gain
from mintza.translate.settings import CheckSettings, GateSettings, TranslateSettings
from mintza.translate.translating import Spent, Translator


class Tried(NamedTuple):
    """A segment, what the model made of it, and the step and cause that drop it ("" when nothing does)."""

    segment: ParallelSegment
    hypothesis: str
    step: str
    cause: str


def trials(
    settings: TranslateSettings,
    check: CheckSettings,
    pairs: Divided,
    *,
    model: TextModel,
    source: Language,
    target: Language,
    identifier: Identifier,
    progress: Progress,
) -> tuple[list[Tried], Spent]:
    """Every held-out segment, translated as one user's turn by the same requests, tries and checks as a data set's."""
    whole = settings.model_copy(update={"limit": None})
    translator = Translator(whole, model=model, source=source, target=target, component="gate", examples=pairs.examples)
    chosen = [checks.make(one, source=source, target=target, identifier=identifier) for one in check.checks]
    originals = [_as_conversation(segment) for segment in pairs.held_out]
    tried = []
    for segment, original, made in zip(pairs.held_out, originals, translator.run(originals, progress), strict=True):
        if isinstance(made, Verdict):
            tried.append(Tried(segment, "", made.step, made.reason))
            continue
        verdicts = (judge.judge(original, made) for judge in chosen)
        first = next((verdict for verdict in verdicts if verdict is not None), None)
        step, cause = (first.step, first.reason) if first else ("", "")
        tried.append(Tried(segment, made.messages[0].content, step, cause))
    return tried, translator.spent


def measured(tried: Sequence[Tried], spent: Spent, *, model: TextModel, scores: Scores) -> Iterator[Trial | Gate]:
    """Each trial, then the gate's numbers. tried: at least one."""
    for one in tried:
        yield Trial(
            record_id=one.segment.id,
            source=one.segment.source,
            reference=one.segment.target,
            hypothesis=one.hypothesis,
            failed=f"{one.step}: {one.cause}" if one.step else "",
        )
    said, sources, references = (
        [one.hypothesis for one in tried],
        [one.segment.source for one in tried],
        [one.segment.target for one in tried],
    )
    chrf, copied = scores.chrf(said, references), scores.chrf(sources, references)
    bleu, copied_bleu = scores.bleu(said, references), scores.bleu(sources, references)
    more, more_low, more_high = gain(chrf, copied)
    failures = Counter((one.step, one.cause) for one in tried if one.step)
    words = sum(len(text.split()) for text in said)
    first = tried[0].segment
    yield Gate(
        model=model.ref.name,
        revision=model.ref.revision,
        source_language=first.source_language,
        target_language=first.target_language,
        segments=len(tried),
        kept=sum(not one.step for one in tried),
        failures=tuple(Failure(step=s, cause=c, segments=n) for (s, c), n in failures.most_common()),
        chrf=chrf.value,
        chrf_low=chrf.low,
        chrf_high=chrf.high,
        bleu=bleu.value,
        bleu_low=bleu.low,
        bleu_high=bleu.high,
        copied_chrf=copied.value,
        copied_bleu=copied_bleu.value,
        gain=more,
        gain_low=more_low,
        gain_high=more_high,
        requests=spent.requests,
        prompt_tokens=spent.prompt_tokens,
        completion_tokens=spent.completion_tokens,
        source_words=sum(len(text.split()) for text in sources),
        source_characters=sum(map(len, sources)),
        tokens_per_word=spent.completion_tokens / words if words else None,
        signature=scores.chrf_signature,
    )


def shortfalls(gate: Gate, settings: GateSettings) -> list[str]:
    """What is missing to the study's thresholds, in words with both numbers; nothing when the gate is passed."""
    found = []
    if gate.chrf < settings.min_chrf:
        found.append(f"chrF++ {gate.chrf:.1f} is under min_chrf {settings.min_chrf:g}")
    if gate.gain_low <= settings.min_gain:
        found.append(
            f"over a plain copy it gains {gate.gain:.1f} chrF++ [{gate.gain_low:.1f}, {gate.gain_high:.1f}]; "
            f"the lower end is not over min_gain {settings.min_gain:g}"
        )
    failed = 1 - gate.kept / gate.segments
    if failed > settings.max_failed:
        found.append(f"{failed:.0%} of the segments failed, over max_failed {settings.max_failed:.0%}")
    return found


def _as_conversation(segment: ParallelSegment) -> Conversation:
    return Conversation(
        id=segment.id,
        language=segment.source_language,
        component="gate",
        messages=(Message(role="user", content=segment.source),),
        provenance=segment.provenance,
    )
