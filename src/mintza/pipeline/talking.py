"""The functions of the stages that sample, judge and filter conversations, and of the gate; `makers` has the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial

import msgspec

from mintza import languages
from mintza.errors import GateClosed, StudyError
from mintza.instruct import stage as instruct
from mintza.instruct.judging import Judge
from mintza.instruct.sampling import MARKDOWN
from mintza.instruct.settings import FilterSettings, SampleSettings
from mintza.models.tokenizers import ids_that_begin, load_tokenizer
from mintza.pipeline.parallel import pairs_of
from mintza.pipeline.work import Work
from mintza.progress import silent
from mintza.records import Artifact, Conversation, Gate, Judgement, Language, Record, SamplePrompts
from mintza.store import Store
from mintza.study import Study
from mintza.study.schema import InstructSettings
from mintza.text.identify import Identifier, cascade
from mintza.translate import stage as translate
from mintza.translate.gate import shortfalls
from mintza.translate.settings import GateSettings


def prompts_of(study: Study, settings: SampleSettings, language: Language) -> SamplePrompts | None:
    """The prompts of a language's folder, where sampling uses them. Raises StudyError when it has none."""
    if not settings.prompted:
        return None
    return languages.load_sample_prompts(language.code, search=(study.base / "languages",))


def prompts_digest(study: Study, settings: SampleSettings, language: Language) -> dict[str, str]:
    """sha256 of those prompts; nothing where they are not used."""
    prompts = prompts_of(study, settings, language)
    return {} if prompts is None else {language.code: hashlib.sha256(msgspec.json.encode(prompts)).hexdigest()}


def make_sample(
    work: Work, *, settings: InstructSettings, model: str, judge: str | None, language: Language, name: str
) -> Iterator[Record]:
    """Conversations that a model wrote by itself; with top-up, until the filters keep as many as are wanted."""
    survivors = None
    if settings.sample.top_up:
        judging = None
        if judge is not None:
            judging = partial(Judge(settings.judge, model=work.model(judge), language=language).run, progress=silent)
        survivors = instruct.survivors_of(
            settings.filter, language=language, identifier=identifier_of(work, language), judged=judging
        )
    return instruct.sample(
        settings.sample,
        model=work.model(model),
        language=language,
        component=name,
        license=work.parts.license_of_asked(model),
        progress=work.progress,
        prompts=prompts_of(work.study, settings.sample, language),
        survivors=survivors,
        banned=banned_of(work, model) if settings.sample.turn.markdown == "bias" else (),
    )


def banned_of(work: Work, model: str) -> tuple[int, ...]:
    """Ids of the model's tokens that begin with markdown. Raises StudyError when its tokenizer is not known here."""
    backbone = getattr(work.parts.provider(model), "backbone", None)
    if backbone is None:
        raise StudyError(
            f"the tokenizer of model {model!r} is not known, so no token of it can be banned",
            place=str(work.study.path),
            remedy="name its `backbone` under models, or `turn: {markdown: redraw}`",
        )
    return ids_that_begin(load_tokenizer(work.backbone(backbone).location), MARKDOWN)


def make_judge(
    work: Work, *, settings: InstructSettings, judge: str, language: Language, source: str
) -> Iterator[Record]:
    """What the judge says of each conversation that the filters before it keep."""
    return instruct.judge(
        settings.judge,
        settings.filter.before_judge,
        work.records(source, Conversation),
        model=work.model(judge),
        language=language,
        identifier=identifier_of(work, language),
        progress=work.progress,
    )


def make_filter(
    work: Work,
    *,
    settings: FilterSettings,
    language: Language,
    source: str,
    judged: str | None,
    at_most: int | None,
) -> Iterator[Record]:
    """Sampled conversations that pass every filter."""
    return instruct.filter_(
        settings,
        work.records(source, Conversation),
        language=language,
        identifier=identifier_of(work, language),
        judgements=work.records(judged, Judgement) if judged else (),
        at_most=at_most,
    )


def make_gate(work: Work, *, model: str, source: Language) -> Iterator[Record]:
    """What the translating model is worth on held-out parallel text."""
    settings = work.study.settings.translate
    return translate.gate(
        settings.translate,
        settings.check,
        pairs_of(work.study, source),
        model=work.model(model),
        source=source,
        target=work.study.target,
        identifier=identifier_of(work, work.study.target, source),
        seed=1,
        progress=work.progress,
    )


def refuse_at_gate(artifact: Artifact, store: Store, *, settings: GateSettings) -> None:
    """Raise GateClosed when a gate's numbers are not what the study asks for."""
    gate = next(iter(store.read(artifact, Gate)))
    missing = shortfalls(gate, settings)
    if missing:
        raise GateClosed(
            f"{gate.model} did not pass the gate on {gate.segments} segments: {'; '.join(missing)}; nothing was translated",
            place=f"gate/{artifact.cell}",
            remedy="look at `mintza translate gate STUDY`; then name another `translate: {translate: {model: NAME}}`, show it "
            "`examples`, or lower the thresholds under `translate: {gate: ...}`",
        )


def identifier_of(work: Work, *first: Language) -> Identifier:
    """The identifier that knows these languages and all of the study's."""
    codes = {language.code for language in first}
    return cascade((*first, *(other for other in work.study.languages if other.code not in codes)))
