"""What machines ask for: files, health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintza.arena.pages.rendering import statics
from mintza.arena.refusals import DatabaseDown, Refused
from mintza.arena.visit import Answer, Visit, as_json

if TYPE_CHECKING:
    from mintza.arena.app import Arena


async def static(arena: Arena, visit: Visit) -> Answer:
    """A file of ours, by its name in a fixed list: nothing of the request becomes a path."""
    found = statics().get(visit.params["name"])
    if found is None:
        raise Refused("not_found", 404)
    data, kind, digest = found
    lasting = visit.query.get("v") == digest
    return Answer(data, kind=kind, headers={"Cache-Control": f"public, max-age={31536000 if lasting else 300}"})


async def health(arena: Arena, visit: Visit) -> Answer:
    """200 when the database answers, 503 when it does not."""
    try:
        await arena.database.read(lambda connection: connection.one("SELECT 1 AS one"))
    except DatabaseDown:
        return as_json({"database": "down", "answering": len(arena.live)}, 503)
    return as_json({"database": "up", "answering": len(arena.live)})


async def robots(arena: Arena, visit: Visit) -> Answer:
    """Only the landing page is for crawlers."""
    return Answer(
        b"User-agent: *\nDisallow: /battle\nDisallow: /me\nDisallow: /api/\n", kind="text/plain; charset=utf-8"
    )
