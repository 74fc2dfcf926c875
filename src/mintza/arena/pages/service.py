"""What machines ask for: files, health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintza.arena.pages.rendering import statics
from mintza.arena.refusals import DatabaseDown, Refused
from mintza.arena.visit import Answer, Visit, as_json

if TYPE_CHECKING:
    from mintza.arena.app import Arena

FEWEST = 2


async def static(arena: Arena, visit: Visit) -> Answer:
    """A file of ours, by its name in a fixed list: nothing of the request becomes a path."""
    found = statics().get(visit.params["name"])
    if found is None:
        raise Refused("not_found", 404)
    data, kind, digest = found
    lasting = visit.query.get("v") == digest
    return Answer(data, kind=kind, headers={"Cache-Control": f"public, max-age={31536000 if lasting else 300}"})


async def health(arena: Arena, visit: Visit) -> Answer:
    """200 when the database answers and has the schema of this version, 503 when not."""
    up = await _schema(arena) is not None
    return as_json({"database": "up" if up else "down", "answering": len(arena.live)}, 200 if up else 503)


async def ready(arena: Arena, visit: Visit) -> Answer:
    """200 when battles can begin and votes can be kept; 503 when the database takes nothing, or no pair can be drawn."""
    try:
        await arena.database.write(lambda connection: connection.one(_SCHEMA))
        keeps = True
    except DatabaseDown:
        keeps = False
    models = len(arena.asking.drawable())
    well = keeps and models >= FEWEST
    return as_json({"database": "up" if keeps else "down", "models": models, "ready": well}, 200 if well else 503)


async def _schema(arena: Arena) -> str | None:
    try:
        # Of a table: SQLite would answer without looking at its file.
        row = await arena.database.read(lambda connection: connection.one(_SCHEMA))
    except DatabaseDown:
        return None
    return None if row is None else str(row["version_num"])


_SCHEMA = "SELECT version_num FROM alembic_version"


async def robots(arena: Arena, visit: Visit) -> Answer:
    """Only the landing page is for crawlers."""
    return Answer(
        b"User-agent: *\nDisallow: /battle\nDisallow: /me\nDisallow: /api/\n", kind="text/plain; charset=utf-8"
    )
