"""What holds documents of a corpus beyond the store's artifacts: releases, served files, cards, calibrations, identifiers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from mintza.records import Artifact
from mintza.release.lineage import recorded
from mintza.store import Store
from mintza.study import Study

SHOWN = 6


def beyond(study: Study, store: Store, affected: Sequence[Artifact]) -> Iterator[str]:
    """A line for each, with what to do. affected: corpora that hold the documents, and what was made from them."""
    keys = {artifact.key for artifact in affected}
    for folder in store.releases():
        yield from _release(folder, keys)
    if store.releases() and study.settings.release.hub is not None:
        yield f"what was pushed to {study.settings.release.hub}: push the new release, and tell those who have the old one"
    for artifact in affected:
        if store.served_from(artifact) is not None:
            yield f"{store.served_from(artifact)}: the file that {_name(artifact)} is served from; `mintza gc` removes it too"
    for folder in (store.root / "cards" / study.settings.name, store.root / "reports" / study.settings.name):
        if folder.exists():
            yield f"{folder}: may quote documents; it is written again with the next `{_VERBS[folder.parent.name]}`"
    for folder in store.cards():
        if any(key in _read(folder / "README.md") for key in keys):
            yield f"{folder}: a card that may quote documents; write it again with `mintza corpus card --out`, there and wherever it went"
    yield from _learned(study)


def _read(path: Path) -> str:
    """What is in a file; nothing when it is not there, or no text."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


_TOLD_FIRST = ("corpus", "train")
_VERBS = {"cards": "mintza corpus card", "reports": "mintza run"}


def _release(folder: Path, keys: set[str]) -> Iterator[str]:
    if not folder.exists():
        yield f"{folder}: a release was written there, which is not there any more; copies of it may be elsewhere"
        return
    held = [artifact for artifact in recorded(folder) if artifact.key in keys]
    made = [_name(one) for one in sorted(held, key=lambda one: (one.stage not in _TOLD_FIRST, one.stage))]
    if made:
        more = f" and {len(made) - SHOWN} more" if len(made) > SHOWN else ""
        yield (
            f"{folder}: a release that rests on {', '.join(made[:SHOWN])}{more}; make it anew after the next run, "
            "and tell those who have it"
        )


def _learned(study: Study) -> Iterator[str]:
    """Files that were counted from sources by hand; nobody wrote down from which documents."""
    quality = study.settings.corpus.filters.quality
    if quality is not None:
        yield (
            f"{study.base / quality.calibration}: holds words and letter counts of its source; "
            "when the documents were in it: `mintza corpus calibrate` again"
        )
    files = {model.file for language in study.languages for model in language.models if model.kind == "ngrams"}
    for file in sorted(files):
        yield f"{file}: learned from sources; when the documents were in them: `mintza corpus identifier` again"


def _name(artifact: Artifact) -> str:
    return f"{artifact.stage}/{artifact.cell}" if artifact.cell else artifact.stage
