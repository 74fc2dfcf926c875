"""What was made from what: artifacts and their ancestors, parents first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from mintza.records import Artifact


def lineage_of(nodes: Sequence[str], known: Mapping[str, Artifact]) -> list[Artifact]:
    """The artifacts of these nodes and all that they were made from, parents first."""
    found: dict[str, Artifact] = {}
    for node in nodes:
        for artifact in ancestors(known[node], known):
            found.setdefault(artifact.key, artifact)
        found.setdefault(known[node].key, known[node])
    return list(found.values())


def ancestors(artifact: Artifact, known: Mapping[str, Artifact]) -> list[Artifact]:
    """What an artifact was made from, as far as it is among `known`, parents first."""
    by_key = {a.key: a for a in known.values()}
    found: dict[str, Artifact] = {}

    def visit(one: Artifact) -> None:
        for parent in one.parents:
            if parent.key in by_key and parent.key not in found:
                visit(by_key[parent.key])
                found[parent.key] = by_key[parent.key]

    visit(artifact)
    return list(found.values())


def gaps(artifacts: Iterable[Artifact]) -> list[str]:
    """What is missing in a lineage: parents that are not there, or are there with another content. [] when it is whole."""
    known = {artifact.key: artifact for artifact in artifacts}
    found = []
    for artifact in known.values():
        name = f"{artifact.stage}/{artifact.cell}" if artifact.cell else artifact.stage
        for parent in artifact.parents:
            if parent.key not in known:
                found.append(f"{name} was made from {parent.key[:20]}, which is missing")
            elif known[parent.key].content_sha256 != parent.content_sha256:
                found.append(f"{name} was made from another content of {parent.key[:20]}")
    return found


def recorded(folder: Path) -> list[Artifact]:
    """The artifacts that a release says it was made from, parents not first; what is no manifest is passed over."""
    found = []
    for path in sorted((folder / "lineage").glob("*.json")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=Artifact))
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            continue
    return found
