"""The verbs of a study: init, check, plan, run, show, chat, gc."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import STUDY, told
from mintza.errors import BadInput


@click.command()
@click.argument("language")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write it.  [default: LANGUAGE.yaml]")
@told
def init(language: str, out: Path | None) -> None:
    """Write a study to start from for LANGUAGE, such as cym_Latn."""
    from mintza.terminal import verbs

    verbs.init(language, out)


@click.command()
@STUDY
@told
def check(study: Path) -> int:
    """Say what is wrong or missing in STUDY, with the command that brings it. Runs nothing."""
    from mintza.terminal.checking import check as checked

    return checked(study)


@click.command()
@STUDY
@click.option("--limit", type=click.IntRange(min=1), help="Plan a trial of at most N records a stage.")
@told
def plan(study: Path, limit: int | None) -> None:
    """Show stages x cells of STUDY: what is done, what would run, with estimated tokens and time."""
    from mintza.terminal import verbs

    verbs.plan(study, limit)


@click.command()
@STUDY
@click.option("--only", metavar="STAGE[/CELL]", help="Run one stage, or one cell of it, and what it is made from.")
@click.option(
    "--limit", type=click.IntRange(min=1), help="A trial of at most N records a stage; kept apart from the full run."
)
@click.option("--alone", metavar="KEY", help="Make what --only names and nothing else, if its key is KEY: for jobs.")
@click.option("--share", metavar="K/N", help="With --alone: ask share K of N of its requests, and make nothing.")
@told
def run(study: Path, only: str | None, limit: int | None, alone: str | None, share: str | None) -> None:
    """Run STUDY: make what is missing, skip what is complete."""
    from mintza.terminal import verbs

    if (alone and (not only or limit)) or (share and not alone):
        raise BadInput(
            "options that do not go together" if limit else "an option is missing",
            place="mintza run",
            remedy="--alone goes with --only and not with --limit; --share goes with --alone",
        )
    if only and alone and share:
        verbs.run_share(study, only, alone, share)
    elif only and alone:
        verbs.run_alone(study, only, alone)
    else:
        verbs.run(study, only, limit)


@click.command()
@STUDY
@click.argument("artifact", metavar="STAGE[/CELL]", required=False)
@click.option(
    "--sample",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="How many records to print; with --dropped, of each reason.",
)
@click.option(
    "--dropped", is_flag=True, help="Print records that were dropped, with the reasons, instead of kept ones."
)
@told
def show(study: Path, artifact: str | None, sample: int, dropped: bool) -> None:
    """Show an artifact of STUDY: lineage, counts, why records were dropped, a sample."""
    from mintza.terminal import showing

    showing.show(study, artifact, sample, dropped)


@click.command()
@STUDY
@click.argument("variant")
@told
def chat(study: Path, variant: str) -> None:
    """Talk to VARIANT of STUDY (or to one of its backbones) in the terminal."""
    from mintza.terminal import chatting

    chatting.chat(study, variant)


@click.command()
@click.argument("studies", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@told
def gc(studies: tuple[Path, ...], yes: bool) -> None:
    """Remove what neither STUDIES nor any other study of their store refers to. Asks first."""
    from mintza.terminal import tidying

    tidying.gc(studies, yes)
