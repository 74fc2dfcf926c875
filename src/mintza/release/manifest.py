"""The list of a release's files with their sha256, written twice: as manifest.json, and as SHA256SUMS for `sha256sum -c`."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mintza.errors import BadInput
from mintza.store.disk import sha256_of_file

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"


class ModelEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model of the release. folder: below `models/`.  variant: its name in the results.  artifact: key of what trained it.

    backbone: name in the results of what it started from.
    """

    folder: str
    variant: str
    artifact: str
    backbone: str = ""


class TablesEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the tables were made, so that anybody makes them again."""

    title: str
    languages: list[str]
    equal: dict[str, str]
    names: dict[str, str]


class ReleaseManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a release is. roots: keys of the artifacts that lie in it.  files: path -> sha256, without the two lists themselves."""

    name: str
    version: str
    study: str
    mintza: str
    commit: str | None
    licenses: dict[str, str]
    roots: list[str]
    models: list[ModelEntry]
    tables: TablesEntry | None
    files: dict[str, str]


def files_of(folder: Path) -> dict[str, str]:
    """Every file below a folder but the two lists: path -> sha256, sorted."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: sha256_of_file(path) for name, path in named.items() if name not in (MANIFEST, SUMS)}


def write_manifest(folder: Path, manifest: ReleaseManifest) -> None:
    """Write both lists; SHA256SUMS names manifest.json too."""
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    (folder / MANIFEST).write_bytes(content + b"\n")
    sums = {**manifest.files, MANIFEST: sha256_of_file(folder / MANIFEST)}
    lines = [f"{digest}  {name}\n" for name, digest in sorted(sums.items())]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


def read_manifest(folder: Path) -> ReleaseManifest:
    """The manifest of a release. Raises BadInput when it is missing or not one."""
    path = folder / MANIFEST
    try:
        return msgspec.json.decode(path.read_bytes(), type=ReleaseManifest)
    except OSError as error:
        raise BadInput(
            f"there is no manifest ({error.strerror})", place=str(path), remedy="give the folder of a release"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(
            f"the manifest is spoiled ({error})", place=str(path), remedy="get the release again; this copy is damaged"
        ) from None


def read_sums(folder: Path) -> dict[str, str]:
    """SHA256SUMS: path -> sha256. Raises BadInput when it is missing or a line of it is none."""
    path = folder / SUMS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"it cannot be read ({error})", place=str(path), remedy="get the release again") from None
    found = {}
    for number, line in enumerate(lines, 1):
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name:
            raise BadInput("this is no line of sums", place=f"{path}:{number}", remedy="get the release again")
        found[name] = digest
    return found
