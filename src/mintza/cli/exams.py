"""`mintza compare`, `mintza exam add`."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import told


@click.command()
@click.argument("where", metavar="STUDY|FILE", type=click.Path(path_type=Path))
@click.argument("a")
@click.argument("b")
@click.option("--exam", "exams", multiple=True, metavar="NAME", help="Only this one; may be given several times.")
@told
def compare(where: Path, a: str, b: str, exams: tuple[str, ...]) -> None:
    """Say whether model A is better than model B, with the test: in STUDY, or in a FILE of measurements."""
    from mintza.terminal import comparing

    comparing.compared(where, a, b, exams)


@click.group()
def exam() -> None:
    """Exams of one's own."""


@exam.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--in", "code", metavar="CODE", help="Language of the questions.  [default: as in NAME.eus_Latn.jsonl]")
@click.option("--as", "name", metavar="NAME", help="What the exam is called.  [default: FILE up to its first dot]")
@click.option("--category", default="knowledge", show_default=True, help="Of what it asks.")
@click.option("--license", "terms", metavar="NAME", help="SPDX id or name of its terms.")
@click.option("--shots", type=click.IntRange(min=0), default=0, show_default=True, help="Examples before a question.")
@click.option("--out", type=click.Path(path_type=Path), help="The definition.  [default: NAME.yaml beside FILE]")
@told
def add(
    file: Path, code: str | None, name: str | None, category: str, terms: str | None, shots: int, out: Path | None
) -> None:
    """Make an exam of the questions in FILE (.jsonl or .csv) and show one as it is asked."""
    from mintza.terminal import adding

    adding.added(file, adding.Wanted(code, name, category, terms, shots, out))
