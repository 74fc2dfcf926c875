"""The verbs, one file a group. Each loads only what it needs, so that `mintza --help` is there at once."""

from __future__ import annotations

import os

import click

from mintza import __version__
from mintza.cli import cluster, models, release, study
from mintza.cli.arena import arena
from mintza.cli.benchmark import benchmark
from mintza.cli.corpus import corpus
from mintza.cli.exams import compare, exam
from mintza.cli.instruct import instruct
from mintza.cli.report import report
from mintza.cli.review import review
from mintza.cli.told import Verbs
from mintza.cli.translate import translate

# Else pydantic reads what every installed package says of itself, in search of plug-ins: on a cluster's shared disk, for each job.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="mintza")
def main() -> None:
    """One study file in; an instructed model for a language, and the evidence for how it was made, out."""


for verb in (
    *(study.init, study.check, study.plan, study.run, study.show),
    *(benchmark, report, study.chat, study.gc, corpus),
    *(exam, compare),
    *(instruct, translate, review),
    *(models.journal, models.batch, models.serve, models.gguf),
    arena,
    *(cluster.submit, cluster.status, cluster.cancel),
    *(release.release, release.verify),
):
    main.add_command(verb)
