"""Conversations: a model writes them (sample), those worth keeping are kept (filter), people's own are read (written)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from mintza.errors import BadInput
from mintza.instruct import filters
from mintza.instruct.judging import Judge
from mintza.instruct.sampling import Sampler
from mintza.instruct.settings import Filter, FilterSettings, JudgeSettings, SampleSettings, WrittenSettings
from mintza.instruct.sources import ParallelText, Row, Shape, open_rows
from mintza.instruct.topping_up import Survivors, topped_up
from mintza.models.seam import TextModel
from mintza.progress import Progress
from mintza.records import Conversation, Judgement, Language, SamplePrompts, Verdict
from mintza.text.identify import Identifier
from mintza.text.normal import well_formed
from mintza.text.verdicts import dropped

REVISIONS = {"sample": 2, "judge": 1, "filter": 3, "written": 2}
LIBRARIES: dict[str, tuple[str, ...]] = {
    "sample": (),
    "judge": ("pycld2", "py3langid", "rensa"),
    "filter": ("pycld2", "py3langid", "rensa"),
    "written": (),
}


def sample(
    settings: SampleSettings,
    *,
    model: TextModel,
    language: Language,
    component: str,
    license: str,
    progress: Progress,
    prompts: SamplePrompts | None = None,
    survivors: Survivors | None = None,
    banned: tuple[int, ...] = (),
) -> Iterator[Conversation | Verdict]:
    """Yield conversations that the model wrote, and a verdict for each draw that came to none.

    license: of the model, which its words travel under.  prompts: of the language, where the settings ask for them.
    survivors: how many the filters keep, where the settings ask to top up.  banned: ids with which no
    turn begins. Raises TemplateError when the model's chat template does not show where the user's words begin, ModelError
    when the model fails.
    """
    sampler = Sampler(
        settings,
        model=model,
        language=language,
        component=component,
        license=license,
        prompts=prompts,
        banned=banned,
    )
    if settings.top_up:
        assert survivors is not None, "topping up needs to know who survives"
        yield from topped_up(sampler, settings.conversations, survivors, progress)
    else:
        yield from sampler.run(settings.conversations, progress)


def judge(
    settings: JudgeSettings,
    before: Sequence[Filter],
    sampled: Iterable[Conversation],
    *,
    model: TextModel,
    language: Language,
    identifier: Identifier,
    progress: Progress,
) -> Iterator[Judgement | Verdict]:
    """Yield a judgement of each conversation that the filters before the judge keep, or a verdict why there is none.

    Raises ModelError when the model fails.
    """
    rules = FilterSettings(filters=tuple(before))
    kept = filter_(rules, sampled, language=language, identifier=identifier)
    conversations = (record for record in kept if isinstance(record, Conversation))
    yield from Judge(settings, model=model, language=language).run(conversations, progress)


def filter_(
    settings: FilterSettings,
    sampled: Iterable[Conversation],
    *,
    language: Language,
    identifier: Identifier,
    judgements: Iterable[Judgement] = (),
    at_most: int | None = None,
) -> Iterator[Conversation | Verdict]:
    """Yield each conversation that passes every filter, and a verdict, of the first that drops it, for each other.

    at_most: of those that pass, the first so many are kept.
    """
    known = {judgement.record_id: judgement for judgement in judgements}
    stream: Iterable[Conversation | Verdict] = sampled
    for chosen in settings.filters:
        made = filters.make(chosen, language=language, identifier=identifier, judgements=known)
        stream = filters.apply(made, stream)
    kept = 0
    for record in stream:
        kept += isinstance(record, Conversation)
        if isinstance(record, Conversation) and at_most is not None and kept > at_most:
            excerpt = record.messages[0].content
            yield dropped(record.id, "top_up", "enough are kept already", unit="conversation", excerpt=excerpt)
        else:
            yield record


def survivors_of(
    settings: FilterSettings,
    *,
    language: Language,
    identifier: Identifier,
    judged: Callable[[Iterable[Conversation]], Iterator[Judgement | Verdict]] | None,
) -> Survivors:
    """How many conversations the filters keep. judged: asks the judge; each conversation once over all calls."""
    known: dict[str, Judgement] = {}
    asked: set[str] = set()
    rules = FilterSettings(filters=settings.before_judge)

    def survivors(conversations: Collection[Conversation]) -> int:
        if judged is not None:
            before = filter_(rules, conversations, language=language, identifier=identifier)
            new = [one for one in before if isinstance(one, Conversation) and one.id not in asked]
            asked.update(conversation.id for conversation in new)
            known.update({one.record_id: one for one in judged(new) if isinstance(one, Judgement)})
        kept = filter_(settings, conversations, language=language, identifier=identifier, judgements=known.values())
        return sum(isinstance(record, Conversation) for record in kept)

    return survivors


def written(
    settings: WrittenSettings,
    *,
    base: Path,
    component: str,
    language: Language,
    parallel: ParallelText | None = None,
) -> Iterator[Conversation | Verdict]:
    """Yield the conversations of a source, and, where bad rows are skipped, a verdict for each of those.

    parallel: the parallel text of the corpus's source that a source of `pairs` names.
    Raises BadInput naming file and line at a bad row unless they are skipped, and when no conversation is there at all;
    MissingPart when the source is not here.
    """
    rows = open_rows(settings.source, base=base, language=language.code, parallel=parallel)
    shape = Shape(settings=settings.source, source=rows.name, component=component, language=language.code)
    seen: set[str] = set()
    for ordinal, row in enumerate(rows):
        if len(seen) == settings.limit:
            break
        if not shape.belongs(row):
            continue
        try:
            conversation = _once(shape.conversation(row, ordinal), row, seen)
        except BadInput as error:
            if settings.on_bad_input == "refuse":
                raise
            shown = "" if row.value is None else well_formed(str(row.value))
            yield dropped(row.place, "written", error.message, excerpt=shown, unit="line")
            continue
        yield conversation
    if not seen:
        raise BadInput(
            "no conversation is there", place=rows.name, remedy="look at the file, or at `only` and `messages`"
        )


def fingerprint(settings: WrittenSettings, *, base: Path, parallel: ParallelText | None = None) -> dict[str, str]:
    """sha256 of what `written` would read, by the source's name. Raises BadInput or MissingPart when it is not there."""
    rows = open_rows(settings.source, base=base, parallel=parallel)
    return {rows.name: rows.fingerprint()}


def _once(conversation: Conversation, row: Row, seen: set[str]) -> Conversation:
    if conversation.id in seen:
        raise BadInput(
            "its id stands in an earlier row too",
            place=f"{row.place}, id {conversation.id}",
            remedy="give each conversation its own id",
        )
    seen.add(conversation.id)
    return conversation
