"""The check that anybody can make of a release: its hashes, its lineage, the numbers in its cards, its tables made again."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from mintza.pipeline.keys import commit
from mintza.records import Artifact, Measurement
from mintza.release.cards import indexed, model_index, read_front_matter, results_table
from mintza.release.lineage import gaps, recorded
from mintza.release.manifest import (
    MANIFEST,
    SUMS,
    ModelEntry,
    ReleaseManifest,
    files_of,
    read_manifest,
    read_sums,
)
from mintza.report.tabled import Tabled, table_files
from mintza.store.disk import sha256_of_file

Row = tuple[str, str, str, float]
"""Model, exam, metric, value."""
Kind = Literal["files", "lineage", "cards", "tables", "report", "taken down"]


class Fault(NamedTuple):
    """Something that is wrong. kind: which check found it.  path: of the file, from the release.  what: in words."""

    kind: Kind
    path: str
    what: str


def verify(folder: Path) -> Iterator[Fault]:
    """Every fault of a release; nothing when it is whole. Raises BadInput when it is no release at all.

    The hashes say that a file is the one that was released; the other checks say that what was released belongs together.
    """
    manifest, sums = read_manifest(folder), read_sums(folder)
    faults = list(_files(folder, manifest, sums))
    yield from faults
    spoiled = {fault.path for fault in faults}
    yield from _lineage(folder, manifest)
    measurements = _measurements(folder) if "results/measurements.jsonl" not in spoiled else None
    if measurements is not None:
        for model in manifest.models:
            yield from _card(folder, model, measurements)
        yield from _tables(folder, manifest, measurements)
        yield from _report(folder, measurements)


def _files(folder: Path, manifest: ReleaseManifest, sums: dict[str, str]) -> Iterator[Fault]:
    there = files_of(folder)
    for name in sorted({*manifest.files, *sums, *there} - {MANIFEST}):
        said, summed, found = manifest.files.get(name), sums.get(name), there.get(name)
        if found is None:
            yield Fault("files", name, "it is missing")
        elif said is None and summed is None:
            yield Fault("files", name, "it does not belong to the release")
        elif found not in (said, summed):
            yield Fault("files", name, "it is not the file that was released: another sha256")
        elif said != found:
            yield Fault("files", MANIFEST, f"its sha256 of {name} is not the one of the file and of {SUMS}")
        elif summed != found:
            yield Fault("files", SUMS, f"its sha256 of {name} is not the one of the file and of {MANIFEST}")
    if MANIFEST not in sums:
        yield Fault("files", SUMS, f"it does not name {MANIFEST}")
    elif sums[MANIFEST] != sha256_of_file(folder / MANIFEST):
        yield Fault("files", MANIFEST, f"it is not the one that {SUMS} names: one of the two was changed")


def _lineage(folder: Path, manifest: ReleaseManifest) -> Iterator[Fault]:
    artifacts = recorded(folder)
    for path in sorted((folder / "lineage").glob("*.json")):
        if not any(path.name == f"{one.stage}-{one.key[:20]}.json" for one in artifacts):
            yield Fault("lineage", f"lineage/{path.name}", "it is no manifest of an artifact of this name")
    known = {artifact.key: artifact for artifact in artifacts}
    for what in gaps(artifacts):
        yield Fault("lineage", "lineage", what)
    for root in manifest.roots:
        if root not in known:
            yield Fault("lineage", "lineage", f"the artifact {root[:20]} of this release has no manifest")
    for model in manifest.models:
        yield from _model_files(folder, model, known.get(model.artifact))


def _report(folder: Path, measurements: list[Measurement]) -> Iterator[Fault]:
    """The report is, file by file, the one that its manifest names, and its numbers are the results': so its figures are of them."""
    there = folder / "results" / "report"
    made = next((one for one in recorded(folder) if one.stage == "report"), None)
    if made is None or not there.is_dir():
        return
    for name, digest in made.files.items():
        if not (there / name).is_file() or sha256_of_file(there / name) != digest:
            yield Fault("report", f"results/report/{name}", "it is not the file that the report's artifact has")
    name = "results/report/tables/measurements.csv"
    try:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            said = sorted(
                (row["model"], row["exam"], row["metric"], float(row["value"])) for row in csv.DictReader(file)
            )
    except (OSError, KeyError, ValueError) as error:
        yield Fault("report", name, f"its numbers cannot be read: {error}")
        return
    measured = sorted((one.model, one.exam, one.metric, one.value) for one in measurements)
    if not _alike(said, measured):
        yield Fault("report", name, "its numbers are not those of the results: the figures are of other data")


def _alike(said: list[Row], measured: list[Row]) -> bool:
    """Whether a table has these rows; it may have rounded them to ten digits."""
    return len(said) == len(measured) and all(
        one[:3] == other[:3] and math.isclose(one[3], other[3], rel_tol=1e-9)
        for one, other in zip(said, measured, strict=True)
    )


def _model_files(folder: Path, model: ModelEntry, artifact: Artifact | None) -> Iterator[Fault]:
    """The model's files are those that training left, by the hashes in its own manifest; the card is the release's."""
    if artifact is None:
        return
    for name, digest in artifact.files.items():
        inside = name.removeprefix("model/")
        path = folder / "models" / model.folder / inside
        if inside in (name, "README.md"):
            continue
        if not path.is_file() or sha256_of_file(path) != digest:
            yield Fault("lineage", f"models/{model.folder}/{inside}", "it is not the file that training left")


def _measurements(folder: Path) -> list[Measurement] | None:
    path = folder / "results" / "measurements.jsonl"
    if not path.is_file():
        return None
    return [msgspec.json.decode(line, type=Measurement) for line in path.read_bytes().splitlines()]


def _card(folder: Path, model: ModelEntry, measurements: list[Measurement]) -> Iterator[Fault]:
    name = f"models/{model.folder}/README.md"
    try:
        card = (folder / name).read_text(encoding="utf-8")
        said = indexed(read_front_matter(card))
    except (OSError, ValueError) as error:
        yield Fault("cards", name, f"its numbers cannot be read: {error}")
        return
    own = [one for one in measurements if one.model == model.variant]
    measured = indexed({"model-index": model_index(model.variant, own)})
    for key in sorted({*said, *measured}):
        exam = " ".join(key[:3])
        if key not in measured:
            yield Fault("cards", name, f"{exam}: the card has a value, the results have none")
        elif key not in said:
            yield Fault("cards", name, f"{exam}: the results have a value, the card has none")
        elif not math.isclose(said[key], measured[key], rel_tol=1e-12):
            yield Fault("cards", name, f"{exam}: the card says {said[key]}, the results {measured[key]}")
    untouched = [one for one in measurements if one.model == model.backbone]
    if own and results_table(own, untouched) not in card:
        yield Fault("cards", name, "its table is not the one that the results give")


def _tables(folder: Path, manifest: ReleaseManifest, measurements: list[Measurement]) -> Iterator[Fault]:
    if manifest.tables is None:
        return
    how = manifest.tables
    tabled = Tabled(title=how.title, languages=how.languages, equal=how.equal, names=how.names)
    for name, content in table_files(measurements, tabled)[1].items():
        path = folder / "results" / "tables" / name
        if not path.is_file() or path.read_bytes() != content.encode():
            made = (
                ""
                if manifest.commit in (None, commit())
                else f" (it was made by commit {manifest.commit}, this is another)"
            )
            yield Fault(
                "tables", f"results/tables/{name}", f"made again from the measurements it comes out otherwise{made}"
            )
