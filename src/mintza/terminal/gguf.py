"""gguf: a backbone or variant as one file that llama.cpp and what is built on it can load."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from mintza.errors import BadInput
from mintza.terminal.serving import found_model

console = Console(highlight=False)


def gguf(what: Path, name: str | None, out: Path) -> None:
    """Write `out`, whole or not at all. Raises BadInput when it is there already, and as `found_model`."""
    if out.exists():
        raise BadInput("there is a file of this name already", place=str(out), remedy="say another --out, or remove it")
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=".gguf-") as aside:
        found = found_model(what, name, Path(aside), file_only=True)
        whole = Path(aside) / "whole.gguf"
        shutil.copyfile(found.location, whole)
        whole.rename(out)
    console.print(f"{out}: {found.name}, {out.stat().st_size / 1e6:,.1f} MB", markup=False, soft_wrap=True)
    if found.template:
        console.print(
            "  the study gives this model a chat template of its own, which is not in the file: give it to the engine",
            soft_wrap=True,
        )
