"""Data sets of a hub as they lie on this machine: what is there, what is missing and how it is brought. Asks no network."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mintza.errors import MissingPart
from mintza.exams.definition import Brought, Found

PACKAGES = ("lm_eval", "datasets")


class Wanted(NamedTuple):
    """A data set that an exam needs."""

    exam: str
    data: Brought


def wanted(exams: Iterable[Found]) -> Iterator[Wanted]:
    """Every data set that the exams need of a hub, in their order."""
    for found in exams:
        for data in found.definition.languages.values():
            if isinstance(data, Brought):
                yield Wanted(found.definition.name, data)


def place(hub: Path, data: Brought) -> Path:
    """The folder of a data set."""
    return hub / data.dataset


def missing(exams: Iterable[Found], hub: Path) -> list[MissingPart]:
    """What is missing of the exams' data sets and of the packages that read them: one error each, at most two."""
    needed = list(wanted(exams))
    if not needed:
        return []
    errors = []
    absent = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if absent:
        errors.append(
            MissingPart(
                f"exams of a hub are read by {' and '.join(absent)}, not installed",
                place="exams.take",
                remedy='pip install "mintza[local]"',
            )
        )
    gone = [one for one in needed if not any(_files(place(hub, one.data)))]
    if gone:
        errors.append(_to_bring(gone, hub))
    return errors


def fingerprint(folder: Path) -> str:
    """sha256 over names and contents of a data set's files, hidden ones left out."""
    total = hashlib.sha256()
    for path in _files(folder):
        with path.open("rb") as stream:
            own = hashlib.file_digest(stream, "sha256").hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()}\n{own}\n".encode())
    return total.hexdigest()


def _files(folder: Path) -> list[Path]:
    every = (path for path in folder.rglob("*") if path.is_file())
    return sorted(p for p in every if not any(part.startswith(".") for part in p.relative_to(folder).parts))


def _to_bring(gone: list[Wanted], hub: Path) -> MissingPart:
    """One error that lists what is missing, with a command a data set."""
    exams: dict[str, list[str]] = {}
    commands: dict[str, str] = {}
    for exam, data in gone:
        exams.setdefault(data.dataset, []).append(exam)
        download = f"hf download {data.dataset} --repo-type dataset --revision {data.revision} --local-dir "
        commands[data.dataset] = (
            f"{data.bring} (all below {hub.name}/{data.dataset})"
            if data.bring
            else f"{download}{hub.name}/{data.dataset}"
        )
    listed = "; ".join(f"{dataset} (for {', '.join(dict.fromkeys(of))})" for dataset, of in exams.items())
    count = "a data set that was" if len(exams) == 1 else f"{len(exams)} data sets that were"
    return MissingPart(
        f"the exams need {count} not brought yet: {listed}",
        place=f"exams in {hub}",
        remedy="on a machine with a network, with the package huggingface_hub:\n    "
        + "\n    ".join(commands.values())
        + f"\n  then copy the folder {hub.name} to {hub}; or leave the exams out of exams.take",
    )
