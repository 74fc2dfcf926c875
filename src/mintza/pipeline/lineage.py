"""What documents are in a store, by id or pattern, with their copies; and what was made from an artifact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mintza.corpus.forgetting import Request, kept_instead
from mintza.records import Artifact, Document, Verdict
from mintza.store import Store

How = Literal["asked for", "near copy", "dropped, quoted in a verdict"]


@dataclass(frozen=True)
class Held:
    """A document that a corpus holds. split: "" for one that was dropped.  like: id of what it is a copy of, "" for what was asked for."""

    id: str
    how: How
    split: str = ""
    like: str = ""


@dataclass(frozen=True)
class Holding:
    """A corpus in the store, and what of the wanted documents is in it, by id."""

    corpus: Artifact
    held: tuple[Held, ...]


def holding(store: Store, request: Request) -> list[Holding]:
    """Every corpus of the store, of any study, that holds a document that a request means, or a copy of one."""
    found = []
    for artifact in store.artifacts():
        if artifact.stage == "corpus":
            held = _held(store, artifact, request)
            if held:
                found.append(Holding(artifact, tuple(held[name] for name in sorted(held))))
    return found


def made_from(store: Store, keys: Iterable[str]) -> list[Artifact]:
    """Every artifact of the store that one of these was a parent of, and what was made from those, in the store's order."""
    every = list(store.artifacts())
    reached = set(keys)
    size = -1
    while size < len(reached):
        size = len(reached)
        reached.update(one.key for one in every if any(parent.key in reached for parent in one.parents))
    return [one for one in every if one.key in reached - set(keys)]


def _held(store: Store, corpus: Artifact, request: Request) -> dict[str, Held]:
    """Two passes: clusters and copies of what was asked for are known only when all ids were seen."""
    found: dict[str, Held] = {}
    clusters: dict[str, str] = {}
    for document in store.read(corpus, Document):
        if request.means(document.id, document.provenance.url):
            found[document.id] = Held(document.id, "asked for", document.split)
            clusters.setdefault(document.cluster, document.id)
    copies: list[tuple[str, str]] = []
    for verdict in store.read(corpus, Verdict):
        kept = kept_instead(verdict)
        name = verdict.record_id.partition("#")[0] if verdict.unit in ("paragraph", "line") else verdict.record_id
        if kept is not None:
            copies.append((name, kept))
        if verdict.excerpt and request.means(name):
            found.setdefault(name, Held(name, "dropped, quoted in a verdict"))
    alike = _alike(copies, found, clusters)
    for document in store.read(corpus, Document):
        like = alike.get(document.id) or clusters.get(document.cluster)
        if like is not None and document.id not in found:
            found[document.id] = Held(document.id, "near copy", document.split, like)
    for name, like in alike.items():
        found.setdefault(name, Held(name, "near copy", like=like))
    return found


def _alike(copies: list[tuple[str, str]], found: dict[str, Held], clusters: dict[str, str]) -> dict[str, str]:
    """Copy -> what it is a copy of, both ways along the pairs of copy and kept, as far as they reach."""
    alike: dict[str, str] = {}
    known = {name: name for name in found} | clusters
    size = -1
    while size < len(alike):
        size = len(alike)
        for one, other in copies:
            for here, there in ((one, other), (other, one)):
                if here in known and there not in known:
                    known[there] = alike[there] = known[here]
    return alike
