"""Conversations: a model writes them (sample), those worth keeping are kept (filter), people's own are read (written)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from mintza.errors import BadInput
from mintza.instruct import filters
from mintza.instruct.sampling import Sampler
from mintza.instruct.settings import FilterSettings, SampleSettings, WrittenSettings
from mintza.instruct.sources import Row, Shape, open_rows
from mintza.models.seam import TextModel
from mintza.progress import Progress
from mintza.records import Conversation, Language, Verdict
from mintza.text.identify import Identifier
from mintza.text.normal import well_formed
from mintza.text.verdicts import dropped

REVISIONS = {"sample": 1, "filter": 1, "written": 1}
LIBRARIES: dict[str, tuple[str, ...]] = {
    "sample": (),
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
) -> Iterator[Conversation | Verdict]:
    """Yield conversations of one exchange that the model wrote, and a verdict for each draw that came to none.

    license: of the model, which its words travel under. Raises TemplateError when the model's chat template does not
    show where the user's words begin, ModelError when the model fails.
    """
    sampler = Sampler(settings, model=model, language=language, component=component, license=license)
    yield from sampler.run(progress)


def filter_(
    settings: FilterSettings, sampled: Iterable[Conversation], *, language: Language, identifier: Identifier
) -> Iterator[Conversation | Verdict]:
    """Yield each conversation that passes every filter, and a verdict, of the first that drops it, for each other."""
    stream: Iterable[Conversation | Verdict] = sampled
    for chosen in settings.filters:
        stream = filters.apply(filters.make(chosen, language=language, identifier=identifier), stream)
    yield from stream


def written(
    settings: WrittenSettings, *, base: Path, component: str, language: Language
) -> Iterator[Conversation | Verdict]:
    """Yield the conversations of a source, and, where bad rows are skipped, a verdict for each of those.

    Raises BadInput naming file and line at a bad row unless they are skipped, and when no conversation is there at all;
    MissingPart when the source is not here.
    """
    rows = open_rows(settings.source, base=base)
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


def fingerprint(settings: WrittenSettings, *, base: Path) -> dict[str, str]:
    """sha256 of what `written` would read, by the source's name. Raises BadInput or MissingPart when it is not there."""
    rows = open_rows(settings.source, base=base)
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
