"""backup, restore: an arena's database and its secret in one folder, taken while it serves, and brought back."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from mintza import __version__
from mintza.arena.app import url_of
from mintza.errors import BadInput, MissingPart, StoreError
from mintza.terminal.arena import read_settings

console = Console(highlight=False)
SECRET, MANIFEST = "secret", "backup.json"
SQLITE, POSTGRESQL = "arena.sqlite", "arena.pgdump"


class _Place(NamedTuple):
    """Where an arena's data lie. file: of SQLite, None for PostgreSQL at `url`."""

    folder: Path
    url: str
    file: Path | None


def backup(file: Path, out: Path) -> None:
    """Write database, secret and their sums into a new folder. Raises BadInput, StoreError, MissingPart."""
    place = _place(file)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput("this is no empty folder", place=str(out), remedy="name a new folder for each back-up")
    if not (place.folder / SECRET).exists():
        raise BadInput(
            "there is no secret yet", place=str(place.folder / SECRET), remedy="start the arena once, as its own user"
        )
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadInput(error.strerror or str(error), place=str(out), remedy="name a folder to write in") from None
    if place.file is None:
        _tool("pg_dump", "--format=custom", "--no-owner", f"--file={out / POSTGRESQL}", place.url)
    else:
        if not place.file.exists():
            raise BadInput("there is no database yet", place=str(place.file), remedy="start the arena once")
        _copied(place.file, out / SQLITE)
    shutil.copyfile(place.folder / SECRET, out / SECRET)
    parts = sorted(path for path in out.iterdir() if path.name != MANIFEST)
    for path in parts:
        path.chmod(0o600)
    sums = {path.name: _sha256(path) for path in parts}
    told = {"mintza": __version__, "made_at": datetime.now(UTC).isoformat(timespec="seconds"), "sha256": sums}
    (out / MANIFEST).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in parts)
    _print(f"{', '.join(sums)} in {out}, {size / 1e6:.1f} MB. The key that seals e-mail addresses is not among them.")


def restore(file: Path, out: Path) -> None:
    """Bring a back-up back, where nothing is. The schema is brought up to date at the next start. Raises as `backup` does."""
    place = _place(file)
    try:
        told = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        wrong = [name for name, digest in told["sha256"].items() if _sha256(out / name) != digest]
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"this is no whole back-up: {error}", place=str(out), remedy="take another") from None
    if wrong:
        raise BadInput(f"{wrong[0]} is not as it was written", place=str(out), remedy="take another back-up")
    wanted = POSTGRESQL if place.file is None else SQLITE
    if wanted not in told["sha256"]:
        raise BadInput(
            f"there is no {wanted} in it: it is of the other kind of database",
            place=str(out),
            remedy="set DATABASE_URL, or unset it, as it was",
        )
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if place.file is None:
        # It stops at the first table that is there already, and leaves everything as it was.
        _tool("pg_restore", "--no-owner", "--single-transaction", f"--dbname={place.url}", str(out / POSTGRESQL))
    else:
        if place.file.exists():
            raise BadInput("there is a database already", place=str(place.file), remedy="stop the arena, move it away")
        _copied(out / SQLITE, place.file)
    shutil.copyfile(out / SECRET, place.folder / SECRET)
    (place.folder / SECRET).chmod(0o600)
    _print(f"brought back, as it was at {told['made_at']}")


def _place(file: Path) -> _Place:
    settings, _ = read_settings(file)
    folder = file.resolve().parent / settings.execution.data
    url = url_of(folder)
    return _Place(folder, url, Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None)


def _copied(source: Path, target: Path) -> None:
    """A whole copy of a SQLite database, also while somebody writes to it. Raises StoreError for one that is damaged."""
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(part)) as other:
            one.backup(other)
            (said,) = other.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        raise StoreError(
            f"the copy of the database is not whole: {said}", remedy="look at the disk; keep older back-ups"
        )
    part.chmod(0o600)
    part.replace(target)


def _tool(name: str, *words: str) -> None:
    """One of PostgreSQL's own tools. Raises MissingPart, StoreError."""
    found = shutil.which(name)
    if found is None:
        raise MissingPart(
            f"{name} is not installed", remedy="apt-get install postgresql-client, of the server's version"
        )
    done = subprocess.run(
        [found, *words], capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    if done.returncode:
        why = done.stderr.strip().splitlines() or ["no reason given"]
        raise StoreError(f"{name}: {why[0]}", remedy="an empty database, and tools as new as the server, are needed")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _print(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
