"""Where templates come from. The only file of the room that knows jinja2."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mintza.report.wording import Words

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
ENGLISH = Words("eng_Latn")


def environment(said: Words = ENGLISH) -> Environment:
    """Templates, with `_` for a fixed sentence in the language of the page; a name that is not given is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # Everything is escaped: a conversation may hold HTML.
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["_"] = said
    return found
