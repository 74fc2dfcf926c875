"""Parallel text for translators: from a file, or from a source of the corpus that brings it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, runtime_checkable

from mintza.corpus.sources import open_source
from mintza.errors import StudyError
from mintza.instruct.settings import PairsSource, WrittenSettings
from mintza.instruct.sources import ParallelText
from mintza.records import Document, Language, ParallelSegment
from mintza.study import Study
from mintza.translate.pairs import Divided, between, divided, fingerprint, read_pairs
from mintza.translate.settings import FilePairs, GateSettings


@runtime_checkable
class Parallel(Protocol):
    """A source of the corpus that has parallel text."""

    def pairs(self) -> Iterator[ParallelSegment]:
        """The segments, each once."""
        ...

    def fingerprint(self) -> str:
        """What of the source its documents depend on."""
        ...


def pairs_fingerprint(study: Study) -> dict[str, str]:
    """What of the study's parallel text enters keys. Raises BadInput or MissingPart when it is not there."""
    settings = study.settings.translate.pairs
    assert settings is not None
    if isinstance(settings, FilePairs):
        return fingerprint(settings, base=study.base)
    return {settings.source: str(_of_corpus(study, settings.source).fingerprint())}


def pairs_of(study: Study, source: Language) -> Divided:
    """The examples and the held-out segments of a study, from `source` to its language; nothing where it has no pairs."""
    settings = study.settings.translate
    if settings.pairs is None:
        return Divided((), ())
    if isinstance(settings.pairs, FilePairs):
        segments = read_pairs(settings.pairs, base=study.base, source=source, target=study.target)
    else:
        segments = between(_of_corpus(study, settings.pairs.source).pairs(), source, study.target)
    gate = settings.gate or GateSettings()
    return divided(
        segments,
        examples=settings.translate.examples,
        held_out=gate.segments if settings.gate else 0,
        characters=(gate.min_characters, gate.max_characters),
    )


def parallel_text(
    study: Study, settings: WrittenSettings, held_out: Callable[[], Iterable[Document]] = tuple
) -> ParallelText | None:
    """The parallel text that a component of `pairs` names, without that of pages that are held out; None for another component.

    Raises StudyError when no source of the corpus has it.
    """
    if not isinstance(settings.source, PairsSource):
        return None
    opened = _of_corpus(study, settings.source.source)
    pages = {document.id for document in held_out()}

    def segments() -> Iterator[ParallelSegment]:
        return (segment for segment in opened.pairs() if segment.id.partition("#")[0] not in pages)

    return ParallelText(fingerprint=opened.fingerprint, segments=segments)


def _of_corpus(study: Study, name: str) -> Parallel:
    found = next((one for one in study.settings.corpus.sources if one.name == name), None)
    opened = open_source(found, base=study.base) if found else None
    if not isinstance(opened, Parallel):
        having = [
            one.name for one in study.settings.corpus.sources if isinstance(open_source(one, base=study.base), Parallel)
        ]
        raise StudyError(
            f"the corpus has no source {name!r} that brings parallel text",
            place=f"{study.path}: pairs",
            remedy=f"known: {', '.join(having) or 'none'}; or `pairs: {{kind: file, ...}}`",
        )
    return opened
