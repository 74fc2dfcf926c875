"""corpus identifier: a source is trusted, and an identifier learns its language from it, apart from the languages of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mintza.corpus import stage as corpus
from mintza.corpus.settings import SourceSettings
from mintza.errors import StudyError
from mintza.progress import silent
from mintza.study import Study, load
from mintza.text.fitting import fit
from mintza.text.identifier_files import write_fitted
from mintza.text.ngrams import Report

console = Console(highlight=False)


def identifier(study: Path, source: str, against: tuple[str, ...], reject: float, out: Path | None) -> None:
    """Learn the language of a source, write the identifier, and print what it does on sentences it has not seen.

    against: names of other sources; all in other languages when there are none. out: `languages/CODE/CODE.identifier`
    by the study when it is None. Raises StudyError for a source that is not there, BadInput for too little text.
    """
    loaded = load(study)
    target = _source(loaded, source).language
    names = against or tuple(one.name for one in loaded.settings.corpus.sources if one.language != target)
    chosen = [_source(loaded, name) for name in (source, *names)]
    texts: dict[str, list[str]] = {}
    for one in chosen:
        if one.language == target and one.name != source:
            remedy = "name sources in other languages under --against"
            raise StudyError(f"'{one.name}' is in {target} too", place="corpus", remedy=remedy)
        texts.setdefault(one.language, []).extend(_texts(loaded, one.name))
    fitted = fit(target, texts, reject=reject)
    path = out or loaded.base / "languages" / target / f"{target}.identifier"
    sha256 = write_fitted(fitted, path)
    _print(target, fitted.report)
    if len(texts) == 1:
        console.print("no other language was given: only what is unlike all of this text will be told apart from it")
    console.print(f"wrote {path}", markup=False, soft_wrap=True)
    told = f"models:\n  - {{kind: ngrams, file: {path.name}, sha256: {sha256}}}"
    console.print(f"next: into languages/{target}/identifiers.yaml by the study\n{told}", markup=False, soft_wrap=True)


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
    )
    return (document.text for document in documents)


def _print(target: str, report: Report) -> None:
    table = Table(title="sentences held out, and what they were taken for", title_justify="left")
    table.add_column("in", no_wrap=True)
    for name in ("learned from", "held out"):
        table.add_column(name, justify="right")
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
