"""Templates into pages; everything is escaped, whoever wrote it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintza.arena.pages.messages import message
from mintza.arena.words import words as words_of
from mintza.web.templates import StaticFile, static_files
from mintza.web.templates import environment as templates_of

if TYPE_CHECKING:
    from jinja2 import Environment

    from mintza.arena.app import Arena
    from mintza.arena.visit import Answer, Visit

ROOM = Path(__file__).parents[1]


@lru_cache(maxsize=64)
def environment(tag: str) -> Environment:
    """The templates in a language; a name that is not given is an error."""
    return templates_of(ROOM / "templates", words_of(tag).translations)


@lru_cache(maxsize=1)
def statics() -> dict[str, StaticFile]:
    """Every static file by name."""
    return static_files(ROOM / "static")


def asset(name: str) -> str:
    """The address of a static file, new when its content is."""
    return f"/static/{name}?v={statics()[name].digest}"


def moment(at: str) -> str:
    """A time of the database to the minute, as people read it."""
    return f"{at[:10]} {at[11:16]} UTC"


def page(arena: Arena, visit: Visit, template: str, status: int = 200, **values: Any) -> Answer:
    """A page in the reader's language."""
    from mintza.arena.visit import Answer

    made = environment(visit.words.tag).get_template(f"{template}.html.j2")
    text = made.render(
        arena=arena,
        settings=arena.settings,
        visit=visit,
        person=visit.person,
        words=visit.words,
        interfaces=[words_of(tag) for tag in arena.settings.interface],
        csrf=visit.csrf,
        asset=asset,
        language=arena.language,
        moment=moment,
        **values,
    )
    return Answer(text.encode(), status, cookies={"visitor": visit.visitor})


def refusal(arena: Arena, visit: Visit, code: str, status: int, *, back: str = "/") -> Answer:
    """A page that says no, and why."""
    return page(arena, visit, "refusal", status, message=visit.words(message(code)), code=code, back=back)
