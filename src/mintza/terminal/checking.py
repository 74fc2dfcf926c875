"""check: what it prints, and the exit code."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.pipeline.check import check as look_over
from mintza.study import load


def check(study: Path) -> int:
    """Print facts, doubts and needs; 0 when nothing is missing, else 1."""
    loaded = load(study)
    found = look_over(loaded)
    click.echo(f"{loaded.settings.title} ({study})")
    for fact in found.facts:
        click.echo(f"  {fact}")
    for doubt in found.doubts:
        click.echo(f"note: {doubt}")
    for need in found.needs:
        click.echo(f"missing: {need.what}\n  remedy: {need.remedy}")
    if found.needs:
        click.echo(f"{len(found.needs)} missing; next: bring them, then mintza check {study}")
        return 1
    click.echo(f"nothing is missing; next: mintza plan {study}, then mintza run {study}")
    return 0
