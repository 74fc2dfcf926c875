"""`mintza corpus ...`: what one does to a corpus beside running its study."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import STUDY, told


@click.group()
def corpus() -> None:
    """Look after the corpus of a study."""


@corpus.command()
@STUDY
@click.option("--source", required=True, metavar="NAME", help="The source whose texts are trusted.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where to write it.  [default: LANGUAGE.calibration.json by the study]",
)
@told
def calibrate(study: Path, source: str, out: Path | None) -> None:
    """Measure a trusted source of STUDY, so that the quality filter knows what its language is like."""
    from mintza.terminal import calibrating

    calibrating.calibrated(study, source, out)


@corpus.command()
@STUDY
@click.argument("what", metavar="ID|PATTERN")
@click.option("--reason", default="not given", show_default=True, help="Why, in words; it is written down.")
@click.option("--list", "list_only", is_flag=True, help="List what is meant, and record nothing.")
@click.option("--unseen", is_flag=True, help="Record what no corpus of the store holds, too.")
@told
def forget(study: Path, what: str, reason: str, list_only: bool, unseen: bool) -> None:
    """Take documents down: ID, address or pattern. Lists them, their copies and what was made from them.

    The request is written into STUDY.forgotten.jsonl, and the next run leaves them out.
    """
    from datetime import UTC, datetime

    from mintza.terminal import forgetting

    forgetting.forget(study, what, reason, now=datetime.now(UTC), list_only=list_only, unseen=unseen)


@corpus.command()
@STUDY
@click.option("--source", required=True, metavar="NAME", help="The source whose language is learned.")
@click.option(
    "--against", multiple=True, metavar="NAME", help="A source to tell it from.  [default: all in other languages]"
)
@click.option(
    "--reject",
    type=click.FloatRange(0, 0.2),
    default=0.005,
    show_default=True,
    help="Share that may be lost as foreign.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where to write it.  [default: languages/CODE/CODE.identifier by the study]",
)
@click.option("--clean", is_flag=True, help="Do not learn the sentences that read like another language.")
@told
def identifier(
    study: Path, source: str, against: tuple[str, ...], reject: float, out: Path | None, clean: bool
) -> None:
    """Learn to tell the language of a source of STUDY from others, where no identifier knows it."""
    from mintza.terminal import identifying

    wanted = identifying.Wanted(against=against, reject=reject, clean=clean, out=out)
    identifying.identifier(study, source, wanted)


@corpus.command()
@STUDY
@click.option(
    "--out", type=click.Path(path_type=Path), help="The folder to write into.  [default: cards/NAME in the store]"
)
@told
def card(study: Path, out: Path | None) -> None:
    """Write the dataset card of STUDY's corpus: sources, licences, what filters dropped, exams, fertility, examples."""
    from mintza.terminal import carding

    carding.carded(study, out)
