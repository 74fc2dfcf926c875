"""corpus identifier: a source is trusted, and an identifier learns its language from it, apart from the languages of others."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from mintza.corpus import stage as corpus
from mintza.corpus.forgetting import read_requests, requests_file
from mintza.corpus.settings import SourceSettings
from mintza.errors import StudyError
from mintza.progress import silent
from mintza.study import Study, load
from mintza.terminal.screen import screen
from mintza.text.fitting import doubtful, fit, sentences
from mintza.text.identifier_files import write_fitted
from mintza.text.identify import knows
from mintza.text.ngrams import Fitted, Report

console = screen()
SHOWN = 5
WIDE = 100


@dataclass(frozen=True)
class Wanted:
    """against: names of other sources; all in other languages when there are none.  reject: share that may be lost as foreign.

    clean: sentences of the source that a first identifier takes for another language are not learned.
    out: `languages/CODE/CODE.identifier` by the study when it is None.
    """

    against: tuple[str, ...]
    reject: float
    clean: bool
    out: Path | None


def identifier(study: Path, source: str, wanted: Wanted) -> None:
    """Learn the language of a source, write the identifier, and print what it does on sentences it has not seen.

    Raises StudyError for a source that is not there, BadInput for too little text.
    """
    loaded = load(study)
    target = _source(loaded, source).language
    texts = _by_language(loaded, source, target, wanted.against)
    fitted = fit(target, texts, reject=wanted.reject)
    doubts = doubtful(fitted, texts[target])
    if wanted.clean and doubts:
        without = {sentence for _, sentence in doubts}
        texts[target] = [sentence for sentence in sentences(texts[target]) if sentence not in without]
        fitted = fit(target, texts, reject=wanted.reject)
    path = wanted.out or loaded.base / "languages" / target / f"{target}.identifier"
    sha256 = write_fitted(fitted, path)
    _print(target, fitted.report)
    _print_doubts(fitted, doubts, clean=wanted.clean)
    console.print(f"wrote {path}", markup=False, soft_wrap=True)
    told = f"models:\n  - {{kind: ngrams, file: {path.name}, sha256: {sha256}}}"
    console.print(f"next: into languages/{target}/identifiers.yaml by the study\n{told}", markup=False, soft_wrap=True)
    _print_others(loaded, target, fitted, path)


def _by_language(study: Study, source: str, target: str, against: tuple[str, ...]) -> dict[str, list[str]]:
    """Language -> texts of the sources that are learned from."""
    names = against or tuple(one.name for one in study.settings.corpus.sources if one.language != target)
    texts: dict[str, list[str]] = {}
    for one in [_source(study, name) for name in (source, *names)]:
        if one.language == target and one.name != source:
            remedy = "name sources in other languages under --against"
            raise StudyError(f"'{one.name}' is in {target} too", place="corpus", remedy=remedy)
        texts.setdefault(one.language, []).extend(_texts(study, one.name))
    return texts


def _source(study: Study, name: str) -> SourceSettings:
    for one in study.settings.corpus.sources:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in study.settings.corpus.sources)
    raise StudyError(f"there is no source '{name}'", place="corpus", remedy=f"known: {known}")


def _texts(study: Study, name: str) -> Iterator[str]:
    """The source's texts, cleaned; neither its language nor its length is judged, since the first is what is to be learned."""
    settings = study.settings.corpus
    filters = settings.filters.model_copy(update={"language": None, "length": None})
    documents = corpus.trusted(
        settings.model_copy(update={"filters": filters}),
        name,
        base=study.base,
        languages=study.languages,
        target=study.target,
        progress=silent,
        requests=read_requests(requests_file(study.path)),
    )
    return (document.text for document in documents)


def _print(target: str, report: Report) -> None:
    title = "sentences held out, and what they were taken for"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("in", no_wrap=True)
    for name in ("learned", "held out"):
        table.add_column(name, justify="right", no_wrap=True)
    taken = sorted({code for counts in report.confusions.values() for code in counts})
    for code in taken:
        table.add_column(code, justify="right", no_wrap=True)
    for code, counts in report.confusions.items():
        shown = (f"{counts.get(one, 0):,}" for one in taken)
        table.add_row(code, f"{report.learned[code]:,}", f"{report.held_out[code]:,}", *shown)
    console.print(table)
    console.print(f"{target}: recall {report.recall:.4f}, precision {report.precision:.4f}")
    console.print(
        f"pieces of 12 to 40 characters: recall {report.short_recall:.4f}, precision {report.short_precision:.4f}"
    )


def _print_others(study: Study, target: str, fitted: Fitted, path: Path) -> None:
    """The other languages that it tells and nothing else knows: until their folders name it, nothing is identified."""
    for language in study.languages:
        if language.code == target or language.code not in fitted.languages or knows(language):
            continue
        file = os.path.relpath(path.absolute(), study.base.absolute() / "languages" / language.code)
        console.print(
            f"no other knows {language.name} ({language.code}), which it tells too: into languages/{language.code}/identifiers.yaml"
            f"\nmodels:\n  - {{kind: ngrams, file: {file}}}",
            markup=False,
            soft_wrap=True,
        )


def _print_doubts(fitted: Fitted, doubts: Sequence[tuple[str, str]], *, clean: bool) -> None:
    """What of the sample reads like another language: nobody can read all of it, everybody can read five sentences."""
    if len(fitted.languages) == 1:
        told = "no other language was given: only what is unlike all of this text will be told apart from it"
        console.print(f"{told}; better give a source in each neighbour, too", markup=False, soft_wrap=True)
    if not doubts:
        return
    step = max(1, len(doubts) // SHOWN)
    some = "1 sentence of the sample reads" if len(doubts) == 1 else f"{len(doubts):,} sentences of the sample read"
    console.print(f"{some} like another language, for instance:", markup=False)
    for language, sentence in doubts[::step][:SHOWN]:
        console.print(f"  {language}: {sentence[:WIDE]}", markup=False, soft_wrap=True)
    if clean:
        console.print("they were not learned, so that the recall is that of what is left")
    else:
        console.print("when they are in another language, learn without them: --clean", soft_wrap=True)
