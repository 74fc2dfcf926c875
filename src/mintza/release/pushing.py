"""The adapter to huggingface_hub: a release goes to the hub, a repository for each model and each set of data."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from mintza.errors import BadInput, MissingPart, StudyError
from mintza.release.manifest import ReleaseManifest

WHOLE_PARTS = ("models", "data", "corpus", "votes")
LONGEST = 96


class Repository(NamedTuple):
    """A repository to be. name: with its owner.  folder: in the release.  left_out: patterns of what is in others."""

    name: str
    kind: Literal["model", "dataset"]
    folder: str
    left_out: tuple[str, ...] = ()


def repositories(manifest: ReleaseManifest, folder: Path, owner: str) -> list[Repository]:
    """What a release becomes: its models, its data, and what binds them together. Raises StudyError when two are called alike."""
    name = manifest.name
    found = [
        Repository(address_of(owner, f"{name}-{model.variant}"), "model", f"models/{model.folder}")
        for model in manifest.models
    ]
    data = sorted(path.name for path in (folder / "data").glob("*") if path.is_dir())
    found += [Repository(address_of(owner, f"{name}-{part}"), "dataset", f"data/{part}") for part in data]
    for part in ("corpus", "votes"):
        if (folder / part).is_dir():
            found.append(Repository(address_of(owner, f"{name}-{part}"), "dataset", part))
    left_out = tuple(f"{part}/**" for part in WHOLE_PARTS)
    found.append(Repository(address_of(owner, f"{name}-release"), "dataset", ".", left_out))
    alike = {(one.kind, one.name) for one in found}
    if len(alike) < len(found):
        raise StudyError("two parts of the release would be called alike on the hub", place="release: {name: ...}")
    return found


def push(
    manifest: ReleaseManifest, folder: Path, owner: str, *, public: bool, say: Callable[[str], None]
) -> Iterator[str]:
    """Upload a release; yields the address of each repository when it is whole there.

    What is there already is not sent again, so that a push that was cut goes on when it is run again.
    Raises MissingPart without the package, a token or a network, BadInput with the hub's words when it refuses.
    """
    try:
        import huggingface_hub
        from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
    except ImportError as error:
        raise MissingPart("pushing needs huggingface_hub", remedy="run: pip install 'mintza[local]'") from error
    if huggingface_hub.get_token() is None:
        raise MissingPart(
            f"there is no token for the hub; the release lies whole in {folder}",
            remedy="run `hf auth login`, or set HF_TOKEN; then run the same command again",
        )
    api = huggingface_hub.HfApi(library_name="mintza")
    for one in repositories(manifest, folder, owner):
        say(f"{one.kind} {one.name}: from {one.folder}")
        try:
            made = api.create_repo(one.name, repo_type=one.kind, private=not public, exist_ok=True)
            api.upload_folder(
                repo_id=one.name,
                repo_type=one.kind,
                folder_path=folder / one.folder,
                ignore_patterns=list(one.left_out),
                commit_message=f"{manifest.name} {manifest.version}",
            )
        except (_transport_error(), OfflineModeIsEnabled, ConnectionError) as error:
            raise _unreachable(str(error), one.name, folder) from error
        except HfHubHTTPError as error:
            raise BadInput(
                f"the hub refuses: {_first_line(error)}",
                place=one.name,
                remedy=f"look at `release: {{hub: {owner}}}`, and whether the token may write there; then run the same command again",
            ) from error
        yield str(made)


def _transport_error() -> type[Exception]:
    """What the client under huggingface_hub raises when there is no network: from 2.4 on that of httpx2, before of httpx."""
    try:
        client = importlib.import_module("httpx2")
    except ImportError:
        client = importlib.import_module("httpx")
    raised: type[Exception] = client.TransportError
    return raised


def _unreachable(words: str, name: str, folder: Path) -> MissingPart:
    return MissingPart(
        f"the hub cannot be reached ({words.strip() or 'no network'}); the release lies whole in {folder}",
        place=name,
        remedy="run the same command again where there is a network: what is on the hub already is not sent again",
    )


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return "; ".join(lines[:3])


def address_of(owner: str, name: str) -> str:
    """A name as the hub takes it: letters, digits, `.`, `_` and `-`, none twice where the hub forbids it."""
    plain = re.sub(r"-{2,}", "-", re.sub(r"[^A-Za-z0-9._-]", "-", name)).replace("..", ".")
    if len(f"{owner}/{plain}") > LONGEST:
        raise StudyError(
            f"'{owner}/{plain}' is longer than the {LONGEST} letters that the hub takes",
            place="release: {name: ...}",
            remedy="give the release a shorter name, or fewer models to release",
        )
    return f"{owner}/{plain}"
