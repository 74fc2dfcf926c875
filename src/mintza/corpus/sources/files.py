"""Which files a path means: one file, all below a folder, or all that a glob matches; sorted, each folder once."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mintza.errors import BadInput

_MAGIC = re.compile(r"[*?\[]")


class Found(NamedTuple):
    """path: where the file is.  name: relative to the path that was given, with slashes, NFC: it goes into ids."""

    path: Path
    name: str


def find(base: Path, path: str) -> list[Found] | None:
    """Files that `path` means, seen from `base`, sorted by name; None when there is nothing of that name.

    Hidden files and folders are left out. A folder behind a symbolic link is read once, and not at all when it holds the
    link itself. In a glob `**` stands for any number of folders.
    """
    whole = base / path
    if whole.is_dir():
        return _sorted(whole, _walk(whole))
    if whole.exists() or whole.is_symlink():
        return [Found(whole, unicodedata.normalize("NFC", whole.name))]
    parts = path.split("/")
    fixed = next((index for index, part in enumerate(parts) if _MAGIC.search(part)), None)
    if fixed is None:
        return None
    root = base / ("/".join(parts[:fixed]) or ("/" if path.startswith("/") else "."))
    if not root.is_dir():
        return None
    wanted = re.compile(_expression("/".join(parts[fixed:])))
    return [found for found in _sorted(root, _walk(root)) if wanted.fullmatch(found.name)]


def _sorted(root: Path, paths: Iterator[Path]) -> list[Found]:
    names = ((path, path.relative_to(root).as_posix()) for path in paths)
    return sorted(
        (Found(path, unicodedata.normalize("NFC", name)) for path, name in names), key=lambda found: found.name
    )


def _walk(root: Path) -> Iterator[Path]:
    """All files below a folder: first those in real folders, then those that only a link leads to."""
    seen = {os.path.realpath(root)}
    waiting = [root]
    links: list[Path] = []
    while waiting or links:
        if not waiting:
            link = links.pop(0)
            if not _leads_on(link, root, seen):
                continue
            seen.add(os.path.realpath(link))
            waiting.append(link)
        for entry in _entries(waiting.pop()):
            if entry.name.startswith("."):
                continue
            if not entry.is_dir():
                yield entry
            elif entry.is_symlink():
                links.append(entry)
            else:
                seen.add(os.path.realpath(entry))
                waiting.append(entry)
        links.sort()


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise BadInput(
            f"cannot be listed ({error.strerror})", place=str(folder), remedy="mend its permissions, or move it away"
        ) from None


def _leads_on(link: Path, root: Path, seen: set[str]) -> bool:
    """Whether a link leads to a folder that was not read yet and that the link itself does not lie in."""
    target = os.path.realpath(link)
    inside = (os.path.realpath(link.parent), os.path.realpath(root))
    return target not in seen and not any(Path(place).is_relative_to(target) for place in inside)


def _expression(glob: str) -> str:
    """The regular expression of a glob: `*` and `?` within a name, `**/` for any folders, `[abc]`, `[!abc]`."""
    out = ""
    rest = glob
    while rest:
        if rest.startswith("**/"):
            out, rest = out + "(?:.*/)?", rest[3:]
        elif rest.startswith("**"):
            out, rest = out + ".*", rest[2:]
        elif group := re.match(r"\[(!?)([^\]/]+)\]", rest):
            letters = re.sub(r"([\\\[\^&~|])", r"\\\1", group.group(2))
            out, rest = out + f"[{'^' if group.group(1) else ''}{letters}]", rest[group.end() :]
        else:
            out, rest = out + {"*": "[^/]*", "?": "[^/]"}.get(rest[0], re.escape(rest[0])), rest[1:]
    return out
