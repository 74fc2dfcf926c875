"""Templates and static files of a room. Everything is escaped, whoever wrote it; a name that is not given is an error."""

from __future__ import annotations

import gettext
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jinja2 import Environment

KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


def environment(folder: Path, translations: gettext.NullTranslations) -> Environment:
    """The templates of a folder in a language."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(translations.gettext, translations.ngettext, newstyle=True)  # type: ignore[attr-defined]
    return made


class StaticFile(NamedTuple):
    """kind: for Content-Type.  digest: 12 hex digits of its content."""

    content: bytes
    kind: str
    digest: str


def static_files(folder: Path) -> dict[str, StaticFile]:
    """Every static file of a folder by name."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in KINDS:
            content = path.read_bytes()
            found[path.name] = StaticFile(content, KINDS[path.suffix], hashlib.sha256(content).hexdigest()[:12])
    return found
