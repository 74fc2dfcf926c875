"""The stage: sources are read, cleaned, identified, freed of copies and split."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mintza.corpus import forgetting
from mintza.corpus.calibration import calibration_sha256, read_calibration
from mintza.corpus.filters import (
    boilerplate,
    budget,
    exact,
    language,
    length,
    mixing,
    near,
    normalise,
    overlap,
    personal,
    quality,
)
from mintza.corpus.filters.shapes import Edit, Judging, Select
from mintza.corpus.filters.split import SplitByCluster
from mintza.corpus.settings import CorpusSettings, SourceSettings
from mintza.corpus.sources import open_source
from mintza.corpus.sources.reading import STEP as READ
from mintza.errors import BadInput, StudyError
from mintza.progress import Progress
from mintza.records import Document, Item, Language, Verdict
from mintza.text.identify import cascade
from mintza.text.verdicts import dropped

REVISIONS = {"corpus": 3}
LIBRARIES = {"corpus": ("pycld2", "py3langid", "rensa", "xxhash")}

LIMIT = "limit"
ORDER = (
    READ,
    LIMIT,
    normalise.STEP,
    personal.STEP,
    boilerplate.STEP,
    language.STEP,
    length.STEP,
    mixing.STEP,
    quality.STEP,
    overlap.STEP,
    exact.STEP,
    near.STEP,
    forgetting.STEP,
    budget.STEP,
)


def build(
    settings: CorpusSettings,
    *,
    base: Path,
    languages: Sequence[Language],
    target: Language,
    workspace: Path,
    seed: int,
    progress: Progress,
    exam_items: Iterable[Item] = (),
    requests: Sequence[forgetting.Request] = (),
) -> Iterator[Document | Verdict]:
    """Yield what was dropped, step by step, then the documents that are left, by id.

    base: folder that paths are relative to.  languages: those that sources may declare.  workspace: an empty folder (not
    used while all fits in memory).  seed: of limits and of the split.  exam_items: what no document may hold.
    requests: for take-down; what they mean goes with its near copies.
    The order of the input does not matter. Raises BadInput for input that is missing, broken (unless it is skipped) or
    when nothing is left, StudyError for a source in a language that is not given.
    """
    _check_languages(settings, [target, *languages])
    forgotten = forgetting.Forgotten(requests)
    cleaned = _each(_cleaning(settings), _read(settings, base, seed, progress, forgotten))
    filters = _filters_of_one(settings, base, [target, *languages], exam_items)
    read = list(_each(filters, _without_boilerplate(settings, cleaned)))
    verdicts = _verdicts(read)
    # Where two are alike, held-out ones stay: what is measured on must not be lost to what is trained on.
    left = sorted(_documents(read), key=lambda document: (document.split != "held-out", document.id))
    left = [*forgotten.cleaned(lambda records: _each(_cleaning(settings), records)), *left]
    for select in _comparing(settings):
        selected = list(select.select(left))
        verdicts += _verdicts(selected)
        left = _documents(selected)
    selected = list(forgotten.drop([*verdicts, *left]))
    verdicts, left = _verdicts(selected), _documents(selected)
    for select in _choosing(settings, seed):
        selected = list(select.select(left))
        verdicts += _verdicts(selected)
        left = _documents(selected)
    _check_left(settings, left, verdicts, target)
    yield from sorted(verdicts, key=_place_of_verdict)
    yield from sorted(left, key=lambda document: document.id)


def trusted(
    settings: CorpusSettings,
    name: str,
    *,
    base: Path,
    languages: Sequence[Language],
    target: Language,
    progress: Progress,
    requests: Sequence[forgetting.Request] = (),
) -> Iterator[Document]:
    """The documents of one source after every filter that looks at one alone, but quality: what a calibration is made of.

    requests: for take-down, as in `build`; their near copies stay.

    Raises StudyError when no source has the name, BadInput as `build` does.
    """
    chosen = tuple(source for source in settings.sources if source.name == name)
    if not chosen:
        names = ", ".join(source.name for source in settings.sources)
        raise StudyError(f"there is no source '{name}'", place="corpus", remedy=f"known: {names}")
    filters = settings.filters.model_copy(update={"quality": None})
    alone = settings.model_copy(update={"sources": chosen, "filters": filters, "decontaminate_against": ()})
    _check_languages(alone, [target, *languages])
    read = _read(alone, base, 1, progress, forgetting.Forgotten(requests))
    cleaned = _without_boilerplate(alone, _each(_cleaning(alone), read))
    for record in _each(_filters_of_one(alone, base, [target, *languages], ()), cleaned):
        if isinstance(record, Document):
            yield record


def fingerprint(settings: CorpusSettings, *, base: Path) -> dict[str, str]:
    """Source name -> sha256 of its names and contents, `absent` for an optional one that is not there; `:quality` -> that
    of the calibration, when there is one.

    Raises BadInput for a missing one.
    """
    found = {source.name: open_source(source, base=base).fingerprint() for source in settings.sources}
    if settings.filters.quality is not None:
        found[":quality"] = calibration_sha256(base / settings.filters.quality.calibration)
    return found


def requirements(settings: CorpusSettings, *, base: Path) -> list[BadInput]:
    """Sources that are missing on this machine, each with its remedy. Files are listed, not read."""
    missing = []
    for source in settings.sources:
        try:
            open_source(source, base=base).present()
        except BadInput as error:
            missing.append(error)
    if settings.filters.quality is not None:
        try:
            read_calibration(base / settings.filters.quality.calibration)
        except BadInput as error:
            missing.append(error)
    return missing


def _read(
    settings: CorpusSettings, base: Path, seed: int, progress: Progress, forgotten: forgetting.Forgotten
) -> Iterator[Document | Verdict]:
    done = 0
    for source in sorted(settings.sources, key=lambda source: source.name):
        records = forgotten.set_aside(open_source(source, base=base).documents(settings.on_bad_input))
        for record in _limited(source, records, seed):
            done += isinstance(record, Document)
            progress(done, None, source.name)
            yield record


def _limited(source: SourceSettings, records: Iterable[Document | Verdict], seed: int) -> Iterator[Document | Verdict]:
    """At most `limit` documents: those with the lowest hash of seed and id, so that the choice does not follow the order."""
    if source.limit is None:
        yield from records
        return
    chosen: list[tuple[int, str, Document]] = []
    for record in records:
        if isinstance(record, Verdict):
            yield record
            continue
        draw = int.from_bytes(hashlib.sha256(f"{seed}:{record.id}".encode()).digest()[:8], "big")
        heapq.heappush(chosen, (-draw, record.id, record))
        if len(chosen) > source.limit:
            _, name, _ = heapq.heappop(chosen)
            yield dropped(name, LIMIT, "beyond the source's limit", unit="document", threshold=source.limit)
    yield from (document for _, _, document in chosen)


def _each(filters: Sequence[Edit], records: Iterable[Document | Verdict]) -> Iterator[Document | Verdict]:
    """The filters that look at one document at a time."""
    for record in records:
        if isinstance(record, Verdict):
            yield record
            continue
        left: Document | None = record
        for one in filters:
            if left is not None:
                left, verdicts = one.edit(left)
                yield from verdicts
        if left is not None:
            yield left


def _cleaning(settings: CorpusSettings) -> list[Edit]:
    """What comes before all that compares documents, or quotes them in a verdict."""
    masking = settings.filters.personal
    return [normalise.Normalise(), *([personal.Personal(masking)] if masking is not None else [])]


def _without_boilerplate(
    settings: CorpusSettings, records: Iterable[Document | Verdict]
) -> Iterator[Document | Verdict]:
    if settings.filters.boilerplate is None:
        yield from records
        return
    cleaned = list(records)
    yield from _verdicts(cleaned)
    yield from boilerplate.Boilerplate(settings.filters.boilerplate).select(_documents(cleaned))


def _filters_of_one(
    settings: CorpusSettings, base: Path, languages: Sequence[Language], exam_items: Iterable[Item]
) -> list[Edit]:
    filters: list[Edit] = []
    chosen = settings.filters
    if chosen.language is not None:
        filters.append(language.LanguageByParagraph(chosen.language, cascade(languages)))
    if chosen.length is not None:
        filters.append(Judging(length.Length(chosen.length)))
    if chosen.mixing is not None:
        filters.append(Judging(mixing.Mixing(chosen.mixing)))
    if chosen.quality is not None:
        calibration = read_calibration(base / chosen.quality.calibration)
        filters.append(Judging(quality.Quality(chosen.quality, calibration)))
    if settings.decontaminate_against:
        filters.append(Judging(overlap.Overlap(chosen.overlap, exam_items)))
    return filters


def _comparing(settings: CorpusSettings) -> list[Select]:
    """The filters that compare all documents."""
    selections: list[Select] = [exact.Exact()] if settings.filters.exact is not None else []
    return [*selections, near.Near(settings.filters.near)]


def _choosing(settings: CorpusSettings, seed: int) -> list[Select]:
    """Budgets, and the split."""
    within = budget.Budget(settings.sources, seed)
    return [*([within] if within.asked else []), SplitByCluster(settings.held_out_share, seed)]


def _documents(records: Iterable[Document | Verdict]) -> list[Document]:
    return [record for record in records if isinstance(record, Document)]


def _verdicts(records: Iterable[Document | Verdict]) -> list[Verdict]:
    return [record for record in records if isinstance(record, Verdict)]


def _place_of_verdict(verdict: Verdict) -> tuple[int, str, int]:
    name, _, number = verdict.record_id.rpartition("#")
    if verdict.unit in ("paragraph", "line") and number.isdecimal():
        return ORDER.index(verdict.step), name, int(number)
    return ORDER.index(verdict.step), verdict.record_id, 0


def _check_languages(settings: CorpusSettings, languages: Sequence[Language]) -> None:
    codes = sorted({language.code for language in languages})
    for source in settings.sources:
        if source.language not in codes:
            raise StudyError(
                f"is declared to be in '{source.language}', which is not a language of the study ({', '.join(codes)})",
                place=f"corpus source '{source.name}'",
                remedy=f"correct its language, or add {source.language} to `also`",
            )


def _check_left(
    settings: CorpusSettings, left: Sequence[Document], verdicts: Sequence[Verdict], target: Language
) -> None:
    """Raise BadInput when nothing is left of the target's documents (or of any, if no source is in the target)."""
    wanted = any(source.language == target.code for source in settings.sources)
    if any(document.language == target.code or not wanted for document in left):
        return
    counts = Counter((verdict.step, verdict.unit, verdict.reason) for verdict in verdicts)
    causes = [f"{step} dropped {count} {unit}s: {reason}" for (step, unit, reason), count in counts.most_common(6)]
    raise BadInput(
        f"no document in {target.name} is left" if wanted else "no document is left",
        place="corpus",
        remedy=f"look at what dropped them ({'; '.join(causes) or 'the sources were empty'}), and at the filters' limits",
    )
