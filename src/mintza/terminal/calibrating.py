"""corpus calibrate: a source is trusted, and what its texts are like is written down and shown."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from mintza.corpus import stage as corpus
from mintza.corpus.calibration import write_calibration
from mintza.corpus.filter_settings import QualityFilterSettings
from mintza.corpus.forgetting import read_requests, requests_file
from mintza.progress import silent
from mintza.study import load
from mintza.terminal.screen import screen
from mintza.text.quality import MEASURES, PERCENTILES, Calibration, calibrate, limits
from mintza.text.unspaced import share_unspaced

console = screen()
MOSTLY = 0.5


def calibrated(study: Path, source: str, out: Path | None) -> None:
    """Measure the texts of a source after the study's other filters, write the calibration, and print it."""
    loaded = load(study)
    documents = list(
        corpus.trusted(
            loaded.settings.corpus,
            source,
            base=loaded.base,
            languages=loaded.languages,
            target=loaded.target,
            progress=silent,
            requests=read_requests(requests_file(study)),
        )
    )
    language = next(one.language for one in loaded.settings.corpus.sources if one.name == source)
    calibration = calibrate([document.text for document in documents], language=language)
    if share_unspaced("".join(document.text for document in documents[:100])) > MOSTLY:
        console.print(
            "note: this is written without spaces between words; to these measures a word is what stands between white space,"
            " so that those of words say less (length, budgets and copies go by characters)",
            markup=False,
            soft_wrap=True,
        )
    path = out or loaded.base / f"{language}.calibration.json"
    write_calibration(calibration, path)
    _print(calibration)
    console.print(f"{calibration.texts:,} texts, {calibration.words:,} words of '{source}'", markup=False)
    console.print(f"wrote {path}", markup=False, soft_wrap=True)
    whole, base = path.absolute(), loaded.base.absolute()
    named = whole.relative_to(base) if whole.is_relative_to(base) else whole
    console.print(
        f"next: in the study, under corpus: filters: {{quality: {{calibration: {named}}}}}",
        markup=False,
        soft_wrap=True,
    )


def _print(calibration: Calibration) -> None:
    """Every percentile that is stored, and what a study with the usual slack would let through; within 80 columns."""
    allowed = limits(calibration, slack=QualityFilterSettings.model_fields["slack"].default)
    title = f"trusted texts in {calibration.language}, by percentile; kept: at the usual slack"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("measure", no_wrap=True)
    for name in (*(f"{percent} %" for percent in PERCENTILES), "kept"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, measure in MEASURES.items():
        low, high = (f"{bound:.3g}" for bound in allowed[name])
        kept = {"low": f">={low}", "high": f"<={high}", "both": f"{low}-{high}"}[measure.side]
        table.add_row(name, *(f"{value:.3g}" for value in calibration.percentiles[name]), kept)
    console.print(table)
