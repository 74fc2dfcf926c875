"""Gathers what the dataset card of a study's corpus says, from the store."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from math import inf

from mintza.corpus import forgetting
from mintza.corpus.calibration import read_calibration
from mintza.corpus.chain import LIMIT
from mintza.corpus.filters import budget
from mintza.corpus.settings import SourceSettings
from mintza.errors import StudyError
from mintza.pipeline.budgets import said, stayed
from mintza.pipeline.contamination import kept_out_of
from mintza.pipeline.fertility import fertilities
from mintza.pipeline.material import stage_facts
from mintza.pipeline.plan import Plan
from mintza.pipeline.run import states
from mintza.records import Artifact, Document, Verdict
from mintza.report.dataset_card import CalibrationRow, CardFacts, SourceCount
from mintza.report.waterfalls import Example, dropped_examples, kept_examples, waterfall
from mintza.store import Store
from mintza.text.quality import MEASURES, PERCENTILES, limits
from mintza.text.unspaced import count_words
from mintza.text.verdicts import KEPT_INSTEAD

KEPT = 3
MOST_KEPT = 12
EACH_REASON = 2
MOST_DROPPED = 24


def card_facts(plan: Plan, store: Store) -> CardFacts:
    """Everything that the card says. Raises StudyError while the corpus of the study as it is now is not made."""
    state = states(plan, store)["corpus"]
    corpus = state.artifact
    if corpus is None or state.stale:
        raise StudyError(
            "the corpus is not made yet, or not of what the study says now",
            place=str(plan.study.path),
            remedy=f"mintza run {plan.study.typed} --only corpus",
        )
    study = plan.study
    facts = stage_facts(store, corpus)
    exams = kept_out_of(store, corpus)
    rows, on = _calibration(plan)
    sources, varieties, shown = _counted(plan, store, corpus)
    quoted = [one for one in facts.dropped if one.step != forgetting.STEP and one.excerpt]
    return CardFacts(
        name=study.settings.name,
        title=study.settings.title,
        target=study.target,
        also=study.languages[1:],
        key=corpus.key,
        content=corpus.content_sha256,
        finished_at=corpus.finished_at,
        sources=sources,
        waterfall=waterfall(facts),
        kept=kept_examples(shown),
        dropped=[_of_what(one) for one in dropped_examples(quoted, "document", EACH_REASON)[:MOST_DROPPED]],
        filters=study.settings.corpus.filters.model_dump(mode="json"),
        calibration=rows,
        calibrated_on=on,
        contamination=[one.said() for one in exams],
        fertility=[one.said() for one in fertilities(study, plan.parts, store, corpus)],
        masked=_masked(plan, corpus),
        masked_kinds=_masked_kinds(plan),
        varieties=varieties.most_common(),
        requests=len(forgetting.read_requests(forgetting.requests_file(study.path))),
        forgotten=sum(one.count for one in corpus.verdicts if one.step == forgetting.STEP),
        examples_of_exams=[example for one in exams for example in one.examples],
    )


@dataclass
class _Count:
    documents: list[int]
    words: list[int]
    characters: int = 0


def _counted(
    plan: Plan, store: Store, corpus: Artifact
) -> tuple[tuple[SourceCount, ...], Counter[str], list[Document]]:
    """What each source has in it; documents of each variety; and some documents of each source in the target, to be shown."""
    tokens = stayed(plan.study, plan.parts, store, corpus)
    beyond = _beyond(store, corpus)
    counts: dict[str, _Count] = defaultdict(lambda: _Count([0, 0], [0, 0]))
    varieties: Counter[str] = Counter()
    shown: dict[str, list[Document]] = {
        one.name: [] for one in plan.study.settings.corpus.sources if one.language == plan.study.target.code
    }
    each = max(1, KEPT // max(1, len(shown)))
    for document in store.read(corpus, Document):
        count = counts[document.provenance.source]
        examples = shown.get(document.provenance.source)
        if examples is not None and len(examples) < each:
            examples.append(document)
        if document.variety:
            varieties[document.variety] += 1
        side = int(document.split == "held-out")
        count.documents[side] += 1
        count.words[side] += count_words(document.text)
        count.characters += len(document.text)
    sources = tuple(
        SourceCount(
            name=one.name,
            kind=one.kind,
            license=one.license,
            language=one.language,
            url=one.url,
            documents=(counts[one.name].documents[0], counts[one.name].documents[1]),
            words=(counts[one.name].words[0], counts[one.name].words[1]),
            characters=counts[one.name].characters,
            share=_share(one, tokens.get(one.name), beyond),
        )
        for one in plan.study.settings.corpus.sources
    )
    return sources, varieties, [document for examples in shown.values() for document in examples][:MOST_KEPT]


def _of_what(example: Example) -> Example:
    """A copy says of what in its reason, and not before its text."""
    ((who, text),) = example.said
    if not text.startswith(KEPT_INSTEAD):
        return example
    name, _, copied = text.removeprefix(KEPT_INSTEAD).partition(" | ")
    return replace(example, why=f"{example.why}; {name} stays", said=((who, copied),))


def _beyond(store: Store, corpus: Artifact) -> Counter[tuple[str, str]]:
    """Step and source -> how many documents its limit, or its budget or weight, left out."""
    steps = {LIMIT, budget.STEP}
    if not any(one.step in steps for one in corpus.verdicts):
        return Counter()
    gone = (one for one in store.read(corpus, Verdict) if one.step in steps)
    return Counter((one.step, one.record_id.partition("/")[0]) for one in gone)


def _share(source: SourceSettings, tokens: int | None, beyond: Counter[tuple[str, str]]) -> str:
    """What a source might give, as a person reads it; empty for all of it."""
    limited = _within(source, tokens)
    parts = [f"{limited}; {beyond[budget.STEP, source.name]:,} documents were left out for it"] if limited else []
    if source.limit is not None:
        gone = beyond[LIMIT, source.name]
        parts.insert(0, f"at most {source.limit:,} documents, drawn before any filter; {gone:,} were not drawn")
    return "; ".join(parts)


def _within(source: SourceSettings, tokens: int | None) -> str:
    """Its budget and weight; empty where it has neither."""
    most, parts = source.budget, []
    if most is not None and most.words is not None:
        parts.append(f"at most {most.words:,} words")
    if most is not None and most.tokens is not None:
        left = f", of which {tokens:,} are in it" if tokens is not None else ""
        parts.append(f"at most {most.tokens:,} tokens by {said(most)}{left}")
    if source.weight is not None:
        parts.append(f"weight {source.weight:g}")
    return "; ".join(parts)


def _calibration(plan: Plan) -> tuple[list[CalibrationRow], str]:
    chosen = plan.study.settings.corpus.filters.quality
    if chosen is None:
        return [], ""
    calibration = read_calibration(plan.study.base / chosen.calibration)
    allowed = limits(calibration, slack=chosen.slack)
    rows = []
    for name, measure in MEASURES.items():
        one, middle, most = (calibration.percentiles[name][PERCENTILES.index(percent)] for percent in (1, 50, 99))
        low, high = allowed[name]
        bounds = [f"at least {low:.3g}"] * (low > 0) + [f"at most {high:.3g}"] * (high < inf)
        rows.append(CalibrationRow(measure.says, (one, middle, most), ", ".join(bounds) or "anything"))
    on = f"{calibration.texts:,} trusted texts in {calibration.language} with {calibration.words:,} words"
    return rows, on


def _masked(plan: Plan, corpus: Artifact) -> list[tuple[str, int]] | None:
    if plan.study.settings.corpus.filters.personal is None:
        return None
    return [(one.reason, one.count) for one in corpus.verdicts if one.step == "personal" and one.kept]


def _masked_kinds(plan: Plan) -> list[str]:
    chosen = plan.study.settings.corpus.filters.personal
    names = {
        "email": "e-mail addresses",
        "phone": "telephone numbers",
        "iban": "bank accounts",
        "ip": "network addresses",
    }
    return [names.get(kind, kind) for kind, on in chosen.model_dump().items() if on] if chosen else []
