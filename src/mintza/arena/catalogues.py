"""The catalogues of the pages' words brought up to date: `python -m mintza.arena.catalogues`. It names what is not translated yet."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mintza.arena.words import LOCALE

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ROOM = Path(__file__).parent
METHODS = [("**.py", "python"), ("**/templates/**.j2", "jinja2")]
WIDTH = 120


def extracted() -> Catalog:
    """Every message of the source, in alphabetical order."""
    from babel.messages.catalog import Catalog
    from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

    found = Catalog(project="Mintza")
    keywords = {**DEFAULT_KEYWORDS, "N_": None, "words": None, "many": (1, 2)}
    for _, _, message, _, context in extract_from_dir(ROOM, METHODS, keywords=keywords):
        found.add(message, context=context)
    return found


def files() -> Iterator[Path]:
    """The catalogue of each language."""
    yield from sorted(LOCALE.glob("*/LC_MESSAGES/arena.po"))


def read(file: Path) -> Catalog:
    """A catalogue; what it says of plurals is believed, also where Babel knows another rule."""
    from babel.messages.pofile import read_po

    with file.open("rb") as opened:
        return read_po(opened, locale=file.parts[-3])


def update(file: Path, source: Catalog) -> list[str]:
    """Take up what is new and leave out what is gone; the messages that have no translation. The head stays as it is."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    head, _, _ = file.read_text(encoding="utf-8").partition("\n\n")
    known = read(file)
    made = Catalog(locale=file.parts[-3], fuzzy=False)
    # As many forms as the head says, not as Babel would have it: of Spanish it knows one more, of Basque one less.
    made.mime_headers = [("Plural-Forms", known.plural_forms)]
    for message in source:
        if message.id:
            there = known.get(message.id)
            made.add(message.id, there.string if there else None, flags=message.flags)
    body = io.BytesIO()
    write_po(body, made, width=WIDTH, sort_output=True, no_location=True, omit_header=True)
    file.write_bytes(f"{head}\n\n".encode() + body.getvalue())
    return [str(each.id) for each in made if each.id and not translated(each.string)]


def translated(string: str | list[str] | tuple[str, ...] | None) -> bool:
    """Whether there is a translation, of a plural in every form."""
    return bool(string) and all(string or "")


def main() -> None:
    """Update all of them."""
    source = extracted()
    for file in files():
        for message in update(file, source):
            sys.stdout.write(f"{file.parts[-3]}: {message}\n")


if __name__ == "__main__":
    main()
