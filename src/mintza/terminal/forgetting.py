"""corpus forget: a request is written down, and what holds the documents is named."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rich.console import Console

from mintza.corpus.forgetting import Request, add_request, read_requests, requests_file
from mintza.errors import StudyError
from mintza.pipeline.lineage import Holding, holding, made_from
from mintza.records import Artifact
from mintza.store import Store
from mintza.study import load
from mintza.terminal.beyond import beyond

console = Console(highlight=False, soft_wrap=True)
SHOWN = 40


def forget(study: Path, what: str, reason: str, *, now: datetime, list_only: bool, unseen: bool) -> None:
    """Record the request beside the study and list documents, their copies and all that was made from them.

    now: in UTC.  list_only: nothing is recorded.  unseen: record what no corpus of the store holds, too; else StudyError.
    """
    loaded = load(study)
    store = Store(loaded.store)
    path = requests_file(loaded.path)
    request = Request(what=what, reason=reason, on=now.date().isoformat())
    found = holding(store, request)
    corpora = [artifact for artifact in store.artifacts() if artifact.stage == "corpus"]
    if corpora and not found and not unseen and not list_only:
        raise StudyError(
            f"no corpus in the store holds '{what}'",
            place=str(loaded.path),
            remedy="look for its id with `mintza show STUDY corpus`, or record it all the same with --unseen",
        )
    made = made_from(store, [one.corpus.key for one in found])
    _print(found, made, store)
    if found:
        _print_beyond(list(beyond(loaded, store, [*(one.corpus for one in found), *made])))
    if not corpora:
        console.print("no corpus is made yet, so nothing could be looked through", markup=False)
    if list_only:
        return
    if any(one.what == what for one in read_requests(path)):
        console.print(f"was asked for before: {path}", markup=False)
    else:
        add_request(path, request)
        console.print(f"recorded in {path}", markup=False)
    others = [str(other) for other in store.registered() if other != loaded.path]
    if others:
        console.print(f"other studies of this store, each with requests of its own: {', '.join(others)}", markup=False)
    console.print(
        f"next: `mintza run {study}` makes all this again without them; then `mintza gc {study}` removes what still holds them",
        markup=False,
    )


def _print(found: list[Holding], made: list[Artifact], store: Store) -> None:
    for one in found:
        asked = sum(held.how != "near copy" for held in one.held)
        copies = len(one.held) - asked
        console.print(f"corpus {one.corpus.key[:12]}: {asked:,} asked for, {copies:,} near copies", markup=False)
        for held in one.held[:SHOWN]:
            told = ", ".join(part for part in (held.split, held.how) if part)
            console.print(f"  {held.id}  ({told}{f' of {held.like}' if held.like else ''})", markup=False)
        if len(one.held) > SHOWN:
            console.print(f"  ... and {len(one.held) - SHOWN:,} more", markup=False)
    if made:
        console.print("made from these, by lineage:", markup=False)
    for artifact in made:
        name = f"{artifact.stage}/{artifact.cell}" if artifact.cell else artifact.stage
        console.print(f"  {name}  {artifact.key[:12]}  in {store.folder(artifact.stage, artifact.key)}", markup=False)


def _print_beyond(lines: list[str]) -> None:
    if lines:
        console.print("beyond the store's artifacts:", markup=False)
    for line in lines:
        console.print(f"  {line}", markup=False)
