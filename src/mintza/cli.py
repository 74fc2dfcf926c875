"""The verbs. Each loads only what it needs, so that `mintza --help` is there at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from mintza import __version__
from mintza.errors import MintzaError

STUDY = click.argument("study", type=click.Path(path_type=Path))


class _Verbs(click.Group):
    """The group of verbs, in the order in which one meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


class _OrStudy(click.Group):
    """A verb that takes STUDY, or one of its subcommands by its name: a study of such a name is written `./NAME`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return None, self.commands[""], args

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in self.commands if name]


def _told(verb: Callable[..., int | None]) -> Callable[..., None]:
    """Turn an error into one message and an exit code, never a traceback."""

    @wraps(verb)
    def wrapped(*arguments: Any, **options: Any) -> None:
        try:
            code = verb(*arguments, **options)
        except MintzaError as error:
            click.echo(f"mintza: {error}", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo("\nmintza: stopped; run again to go on from here", err=True)
            sys.exit(130)
        except BrokenPipeError:
            sys.exit(141)
        sys.exit(code or 0)

    return wrapped


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="mintza")
def main() -> None:
    """One study file in; an instructed model for a language, and the evidence for how it was made, out."""


@main.command()
@click.argument("language")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write it.  [default: LANGUAGE.yaml]")
@_told
def init(language: str, out: Path | None) -> None:
    """Write a study to start from for LANGUAGE, such as cym_Latn."""
    from mintza.terminal import verbs

    verbs.init(language, out)


@main.command()
@STUDY
@_told
def check(study: Path) -> int:
    """Say what is wrong or missing in STUDY, with the command that brings it. Runs nothing."""
    from mintza.terminal.checking import check as checked

    return checked(study)


@main.command()
@STUDY
@click.option("--limit", type=click.IntRange(min=1), help="Plan a trial of at most N records a stage.")
@_told
def plan(study: Path, limit: int | None) -> None:
    """Show stages x cells of STUDY: what is done, what would run, with estimated tokens and time."""
    from mintza.terminal import verbs

    verbs.plan(study, limit)


@main.command()
@STUDY
@click.option("--only", metavar="STAGE[/CELL]", help="Run one stage, or one cell of it, and what it is made from.")
@click.option(
    "--limit", type=click.IntRange(min=1), help="A trial of at most N records a stage; kept apart from the full run."
)
@_told
def run(study: Path, only: str | None, limit: int | None) -> None:
    """Run STUDY: make what is missing, skip what is complete."""
    from mintza.terminal import verbs

    verbs.run(study, only, limit)


@main.command()
@STUDY
@click.argument("artifact", metavar="STAGE[/CELL]", required=False)
@click.option("--sample", type=click.IntRange(min=0), default=3, show_default=True, help="How many records to print.")
@click.option(
    "--dropped", is_flag=True, help="Print records that were dropped, with the reasons, instead of kept ones."
)
@_told
def show(study: Path, artifact: str | None, sample: int, dropped: bool) -> None:
    """Show an artifact of STUDY: lineage, counts, why records were dropped, a sample."""
    from mintza.terminal import showing

    showing.show(study, artifact, sample, dropped)


@main.group()
def benchmark() -> None:
    """Bring in results that were measured elsewhere."""


@benchmark.command(name="import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="FILE: .jsonl(.zst), .json, .csv, .parquet")
@click.option(
    "--duplicates",
    type=click.Choice(["refuse", "newest", "first"]),
    default="refuse",
    show_default=True,
    help="Which of two results for the same model and exam, asked the same way.",
)
@_told
def import_results(paths: tuple[Path, ...], out: Path, duplicates: str) -> int:
    """Make measurements of result files and folders of lm-eval, and list what was odd."""
    from mintza.terminal import importing

    return importing.import_results(paths, out, duplicates)


@main.group(cls=_OrStudy, subcommand_metavar="STUDY | COMMAND [ARGS]...")
def report() -> None:
    """Make the report of STUDY from what is complete, and say where it is; or tables of a file."""


@report.command(name="")
@STUDY
@_told
def report_study(study: Path) -> None:
    """Make the report of STUDY from what is complete, and say where it is."""
    from mintza.terminal import verbs

    verbs.report(study)


@report.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--study", type=click.Path(path_type=Path), help="Its languages alone and in its order, its equal cells.")
@click.option("--rules", type=click.Choice(["reference"]), help="Exams, metrics and means of a published table.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to write into.")
@_told
def tables(file: Path, study: Path | None, rules: str | None, out: Path) -> None:
    """Print measurements in FILE as CSV, LaTeX and HTML, a table a language."""
    from mintza.terminal import tabulating

    tabulating.tables(file, study, rules, out)


@main.command()
@STUDY
@click.argument("variant")
@_told
def chat(study: Path, variant: str) -> None:
    """Talk to VARIANT of STUDY (or to one of its backbones) in the terminal."""
    from mintza.terminal import chatting

    chatting.chat(study, variant)


@main.command()
@click.argument("studies", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@_told
def gc(studies: tuple[Path, ...], yes: bool) -> None:
    """Remove what neither STUDIES nor any other study of their store refers to. Asks first."""
    from mintza.terminal import tidying

    tidying.gc(studies, yes)


@main.group()
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
@_told
def calibrate(study: Path, source: str, out: Path | None) -> None:
    """Measure a trusted source of STUDY, so that the quality filter knows what its language is like."""
    from mintza.terminal import calibrating

    calibrating.calibrated(study, source, out)


if __name__ == "__main__":
    main()
