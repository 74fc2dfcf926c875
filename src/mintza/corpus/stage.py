"""The stage: sources are read, cleaned, identified, freed of copies and split."""

from __future__ import annotations

import hashlib
import heapq
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mintza.contents import Memo
from mintza.corpus import forgetting
from mintza.corpus.calibration import calibration_for, calibration_sha256
from mintza.corpus.chain import LIMIT, ORDER, Chain, Recipe
from mintza.corpus.filters import boilerplate
from mintza.corpus.filters.budget import Counts
from mintza.corpus.making import Making
from mintza.corpus.settings import CorpusSettings, SourceSettings
from mintza.corpus.shards import Seal, Shards
from mintza.corpus.sources import open_source
from mintza.corpus.sources.meter import Meter
from mintza.corpus.sources.pieces import Unread
from mintza.errors import BadInput, StudyError
from mintza.progress import Progress
from mintza.records import Document, Item, Language, Verdict
from mintza.text.verdicts import dropped

if TYPE_CHECKING:
    from mintza.corpus.selecting import Selection

REVISIONS = {"corpus": 8}
LIBRARIES = {"corpus": ("pycld2", "py3langid", "fasttext-predict", "ftfy", "rensa", "xxhash")}


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
    counts: Mapping[str, Counts] | None = None,
) -> Iterator[Document | Verdict]:
    """Yield what was dropped, step by step, then the documents that are left, by id.

    base: folder that paths are relative to.  languages: those that sources may declare.  workspace: a folder; what a killed
    run of the same left there is used again, and it takes some three times the room of the texts.  seed: of limits and of
    the split.  exam_items: what no document may hold.
    requests: for take-down; what they mean goes with its near copies.
    counts: for each source with a budget of tokens, who counts them.
    The order of the input does not matter. Raises BadInput for input that is missing, broken (unless it is skipped) or
    when nothing is left, StudyError for a source in a language that is not given.
    """
    _check_languages(settings, [target, *languages])
    _check_counted(settings, counts or {})
    forgotten = forgetting.Forgotten(requests)
    recipe = Recipe(settings, base, (target, *languages), tuple(exam_items), seed)
    making = Making(recipe, workspace, _decided(recipe))
    folders, seals = making.shards(_read(settings, base, seed, progress, forgotten))
    folder, seal = making.aside([forgotten.aside[name] for name in sorted(forgotten.aside)])
    documents = sum(one.documents for one in seals)
    progress(documents, documents, "documents compared")
    with _merging(workspace) as merging, closing(Shards([folder, *folders], [seal, *seals])) as shards:
        from mintza.corpus.selecting import Selection  # numpy is loaded here, not by `mintza check`

        selection = Selection(
            shards,
            settings,
            aside=seal.documents,
            early=sum(one.early for one in seals),
            seed=seed,
            folder=merging,
            counts=counts,
        )
        _check_left(settings, selection, seals, target)
        yield from selection.verdicts(forgotten.aside)
        yield from selection.documents()


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
    chain = Chain(Recipe(alone, base, (target, *languages), (), 1))
    read = chain.cleaned(_read(alone, base, 1, progress, forgetting.Forgotten(requests)))
    if alone.filters.boilerplate is not None:
        cleaned = [record for record in read if isinstance(record, Document)]
        read = boilerplate.Boilerplate(alone.filters.boilerplate).select(cleaned)
    for record in chain.filtered(read):
        if isinstance(record, Document):
            yield record


def fingerprint(settings: CorpusSettings, *, base: Path, memo: Memo | None = None) -> dict[str, str]:
    """Source name -> sha256 of its names and contents, `absent` for an optional one that is not there; `:quality` -> that
    of the calibration, when there is one.

    memo: keeps what files hold until one of them changes. Raises BadInput for a missing one.
    """
    found = {source.name: open_source(source, base=base).fingerprint(memo) for source in settings.sources}
    if settings.filters.quality is not None:
        found[":quality"] = calibration_sha256(base / settings.filters.quality.calibration)
    return found


def language_key(language: Language) -> dict[str, Any]:
    """What of a language enters the corpus's key: what its texts are told by. What models are told in it may change, and the
    corpus stays."""
    read = {name: getattr(language, name) for name in ("code", "neighbours", "pycld2", "py3langid", "varieties")}
    fields: dict[str, Any] = msgspec.to_builtins(read)
    return fields | {"models": [{**msgspec.to_builtins(model), "file": None} for model in language.models]}


def requirements(settings: CorpusSettings, *, base: Path) -> list[BadInput]:
    """What of sources and calibration is missing on this machine or of no use, each with its remedy. Files are listed, not read."""
    missing = []
    for source in settings.sources:
        try:
            open_source(source, base=base).present()
        except BadInput as error:
            missing.append(error)
    try:
        calibration_for(settings, base)
    except BadInput as error:
        missing.append(error)
    return missing


def _read(
    settings: CorpusSettings, base: Path, seed: int, progress: Progress, forgotten: forgetting.Forgotten
) -> Iterator[Document | Verdict | Unread]:
    done = 0
    sources = sorted(settings.sources, key=lambda source: source.name)
    every = [(source, opened, opened.size()) for source in sources for opened in [open_source(source, base=base)]]
    known = [size for _, _, size in every if size is not None]
    meter = Meter(sum(known) if len(known) == len(every) else None)
    with meter.listening():
        for source, opened, size in every:
            # Who chooses among documents must know which there are.
            read = opened.documents if source.limit is not None else opened.unread
            records = forgotten.set_aside(
                opened.finished(record, settings.on_bad_input)
                if isinstance(record, Unread) and forgotten.means(record.id, record.url)
                else record
                for record in read(settings.on_bad_input)
            )
            with meter.all_of(size):
                for record in _limited(source, records, seed):
                    done += not isinstance(record, Verdict)
                    progress(*meter.said(done, source.name))
                    yield record


def _limited(
    source: SourceSettings, records: Iterable[Document | Verdict | Unread], seed: int
) -> Iterator[Document | Verdict | Unread]:
    """At most `limit` documents: those with the lowest hash of seed and id, so that the choice does not follow the order.

    The hash is the limit's own: by that of the split, those with the lowest would all be held-out.
    """
    if source.limit is None:
        yield from records
        return
    chosen: list[tuple[int, str, Document]] = []
    for record in records:
        if not isinstance(record, Document):
            yield record
            continue
        draw = int.from_bytes(hashlib.sha256(f"{LIMIT}:{seed}:{record.id}".encode()).digest()[:8], "big")
        heapq.heappush(chosen, (-draw, record.id, record))
        if len(chosen) > source.limit:
            _, name, _ = heapq.heappop(chosen)
            yield dropped(name, LIMIT, "beyond the source's limit", unit="document", threshold=source.limit)
    yield from (document for _, _, document in chosen)


def _decided(recipe: Recipe) -> str:
    """sha256 of what decides the result beside the sources' content: what was finished under another is made anew."""
    calibration = recipe.settings.filters.quality
    parts = [
        REVISIONS["corpus"],
        recipe.settings.bearing(),
        recipe.seed,
        [language_key(language) for language in recipe.languages],
        recipe.items,
        calibration and calibration_sha256(recipe.base / calibration.calibration),
    ]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


@contextmanager
def _merging(workspace: Path) -> Iterator[Path]:
    """A folder for runs, empty."""
    folder = workspace / "merging"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _check_languages(settings: CorpusSettings, languages: Sequence[Language]) -> None:
    codes = sorted({language.code for language in languages})
    for source in settings.sources:
        if source.language not in codes:
            raise StudyError(
                f"is declared to be in '{source.language}', which is not a language of the study ({', '.join(codes)})",
                place=f"corpus source '{source.name}'",
                remedy=f"correct its language, or add {source.language} to `also`",
            )


def _check_counted(settings: CorpusSettings, counts: Mapping[str, Counts]) -> None:
    for source in settings.sources:
        if source.budget is not None and source.budget.tokens is not None and source.name not in counts:
            raise StudyError(
                "nobody counts the tokens of its budget",
                place=f"corpus source '{source.name}'",
                remedy="name a `backbone` of the study, or a folder with a `tokenizer`",
            )


def _check_left(settings: CorpusSettings, selection: Selection, seals: Sequence[Seal], target: Language) -> None:
    """Raise BadInput when nothing is left of the target's documents (or of any, if no source is in the target)."""
    wanted = any(source.language == target.code for source in settings.sources)
    if selection.any_in(target.code if wanted else None):
        return
    counts = selection.causes()
    for seal in seals:
        for step, unit, reason, count in seal.causes:
            counts[step, unit, reason] += count
    most = sorted(counts.items(), key=lambda one: (-one[1], ORDER.index(one[0][0]), one[0]))[:6]
    causes = [f"{step} dropped {count} {unit}s: {reason}" for (step, unit, reason), count in most]
    raise BadInput(
        f"no document in {target.name} is left" if wanted else "no document is left",
        place="corpus",
        remedy=f"look at what dropped them ({'; '.join(causes) or 'the sources were empty'}), and at the filters' limits",
    )
