"""`mintza journal`, `mintza batch`, `mintza serve`, `mintza gguf`: asking models at scale, and giving them away."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import HOST, STUDY, told

ANY = click.Path(path_type=Path)


@click.command()
@STUDY
@told
def journal(study: Path) -> None:
    """Show what the models of STUDY were asked: answers, failures by cause, tokens, pace, cost."""
    from mintza.terminal import asking

    asking.journal(study)


@click.group()
def batch() -> None:
    """Ask models through files, as `vllm run-batch` and vendors' batch queues take them."""


@batch.command()
@STUDY
@click.option("--out", required=True, type=ANY, help="The new file of requests.")
@click.option("--only", metavar="STAGE[/CELL]", help="Only what this stage, or one cell of it, would ask.")
@told
def export(study: Path, out: Path, only: str | None) -> None:
    """Write the requests that stages of STUDY would send next to a file. Nothing is asked."""
    from mintza.terminal import asking

    asking.export(study, out, only)


@batch.command(name="import")
@STUDY
@click.argument("results", nargs=-1, required=True, type=ANY)
@told
def import_results(study: Path, results: tuple[Path, ...]) -> int:
    """Take the answers in RESULTS into the journal of STUDY, in any order."""
    from mintza.terminal import asking

    return asking.import_(study, results)


@click.command()
@click.argument("what", metavar="STUDY|FILE|FOLDER", type=ANY)
@click.argument("name", required=False)
@HOST
@click.option("--port", default=8080, show_default=True, help="0 for any that is free.")
@click.option("--key-file", type=ANY, help="A file that holds the key; else the variable MINTZA_SERVE_KEY.")
@click.option("--slots", default=8, show_default=True, type=click.IntRange(min=1), help="Answers at a time.")
@click.option("--context", default=4096, show_default=True, type=click.IntRange(min=64), help="Tokens of one chat.")
@click.option(
    "--number", type=click.IntRange(min=0), help="Be this one of the processes that serve model NAME: for jobs."
)
@told
def serve(
    what: Path,
    name: str | None,
    *,
    host: str,
    port: int,
    key_file: Path | None,
    slots: int,
    context: int,
    number: int | None,
) -> None:
    """Serve a backbone or variant NAME of STUDY, or a model in a FILE or FOLDER, as OpenAI's API."""
    from mintza.terminal import serving

    if name is not None and number is not None:
        serving.serve_number(what, name, number)
        return
    serving.serve(what, name, host=host, port=port, key_file=key_file, slots=slots, context=context)


@click.command()
@click.argument("what", metavar="STUDY|FOLDER", type=ANY)
@click.argument("name", required=False)
@click.option("--out", required=True, type=ANY, help="The file to write.")
@told
def gguf(what: Path, name: str | None, out: Path) -> None:
    """Write NAME of STUDY, or the model in a FOLDER, as a GGUF file of 8 bits a weight, for llama.cpp."""
    from mintza.terminal import gguf as exporting

    exporting.gguf(what, name, out)
