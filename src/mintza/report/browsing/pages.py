"""Writes `browse/`: an index with a search, pages of answers exam by exam, pages of battles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from mintza.report import words
from mintza.report.browsing.answers import Asked, asked
from mintza.report.laying import TEMPLATES, environment
from mintza.report.made import Made
from mintza.report.material import Material
from mintza.report.sections.people import battle_view
from mintza.report.votes.people import People
from mintza.report.wording import Words

ITEMS_A_PAGE = 200
BATTLES_A_PAGE = 100
SHOWN = 150
"""Characters of a text that the search shows and searches."""
WHOLE = 1 << 20

Part = tuple[str, str]
"""Name of a file, and what it says of itself."""
Entry = tuple[int, str, str]
"""Place of the part, anchor in it, and the words that are searched."""


def browse(folder: Path, material: Material, made: Made, said: Words) -> None:
    """Write the pages. The same material gives the same bytes; every page opens from disk and asks for nothing elsewhere."""
    folder.mkdir(parents=True, exist_ok=True)
    css = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    (folder / "style.css").write_text(css, encoding="utf-8", newline="\n")
    parts: list[Part] = []
    entries: list[Entry] = []
    groups: list[tuple[str, list[int]]] = []
    for title, pages in (*_answers(material, made, said), *_battles(made.people, said)):
        places = []
        for name, heading, body, found in pages:
            places.append(len(parts))
            entries += [(len(parts), anchor, text) for anchor, text in found]
            parts.append((name, heading))
            _write(folder / name, heading, body, said)
        groups.append((title, places))
    (folder / "search.js").write_text(_search(parts, entries), encoding="utf-8", newline="\n")
    index = environment(said).get_template("browse.html.j2")
    view = [(title, [parts[place] for place in places]) for title, places in groups]
    text: str = index.render(title=material.title, groups=view, entries=len(entries))
    (folder / "index.html").write_text(text, encoding="utf-8", newline="\n")


Page = tuple[str, str, str, list[tuple[str, str]]]
"""File, heading, body, and what is searched of it."""


def _answers(material: Material, made: Made, said: Words) -> Iterator[tuple[str, Iterator[Page]]]:
    if material.answered is None:
        return
    numbers = {model.name: place for place, model in enumerate(material.models, 1)}
    legend = ", ".join(f"<b>{place}</b>&nbsp;{escape(name)}" for name, place in numbers.items())
    found = asked(material.answered.items(), material.answered.answers(), made.book, ITEMS_A_PAGE)
    for (exam, language), entries in found.items():
        title = f"{exam} ({words.language_name(language, material)})"
        yield title, _pages_of_exam(exam, language, title, entries, numbers, legend, said)


def _pages_of_exam(
    exam: str, language: str, title: str, entries: Sequence[Asked], numbers: dict[str, int], legend: str, said: Words
) -> Iterator[Page]:
    for start in range(0, len(entries), ITEMS_A_PAGE):
        some = entries[start : start + ITEMS_A_PAGE]
        place = start // ITEMS_A_PAGE + 1
        name = f"answers-{_file_name(exam)}-{_file_name(language)}-{place:03}.html"
        articles = "\n".join(_item(f"i{k}", one, numbers, said) for k, one in enumerate(some))
        body = f'<p class="under">{legend}</p>\n<p class="under">{escape(said("● right, ○ wrong; numbers are models."))}</p>\n{articles}'
        searched = [(f"i{k}", _shown(one.question)) for k, one in enumerate(some)]
        yield name, f"{title}, {start + 1} – {start + len(some)}", body, searched


def _item(anchor: str, one: Asked, numbers: dict[str, int], said: Words) -> str:
    lines = [f'<article id="{anchor}"><p class="key">{escape(one.id)}</p><p class="q">{escape(one.question)}</p>']
    if one.item is not None and one.item.choices:
        lines.append("<ol>")
        for place, choice in enumerate(one.item.choices):
            mark = "●" if place == one.item.answer else "○"
            lines.append(f"<li>{mark} {escape(choice)} {_who(one.chosen.get(place, ()), numbers)}</li>")
        lines.append("</ol>")
    if -1 in one.chosen:
        lines.append(f"<p>{escape(said('No number:'))} {_who(one.chosen[-1], numbers)}</p>")
    for model, text in sorted(one.texts.items(), key=lambda pair: numbers.get(pair[0], 0)):
        mark = "●" if model in one.right else "○"
        who = numbers.get(model)
        lines.append(
            f'<blockquote dir="auto"><b>{mark} {who if who else ""} {escape(model)}</b>{escape(words.cut(text, WHOLE))}</blockquote>'
        )
    for template, prompt in sorted(one.prompts.items()):
        how = said("chat template {digest}", digest=template) if template else said("plain text")
        lines.append(
            f"<details><summary>{escape(said('As asked'))}: {escape(how)}</summary>"
            f'<pre dir="auto">{escape(words.cut(prompt, WHOLE))}</pre></details>'
        )
    return "".join(lines) + "</article>"


def _who(models: Sequence[str], numbers: dict[str, int]) -> str:
    places = sorted(numbers[name] for name in models if name in numbers)
    return f'<span class="who">{" ".join(map(str, places))}</span>' if places else ""


def _battles(people: People | None, said: Words) -> Iterator[tuple[str, Iterator[Page]]]:
    if people is not None and people.arena.battles:
        yield said("Battles"), _pages_of_battles(people, said)


def _pages_of_battles(people: People, said: Words) -> Iterator[Page]:
    names = list(people.arena.battles)
    for start in range(0, len(names), BATTLES_A_PAGE):
        some = names[start : start + BATTLES_A_PAGE]
        articles, searched = [], []
        for k, name in enumerate(some):
            view = battle_view(people, name, longest=WHOLE)
            articles.append(_battle(f"b{k}", view, said))
            sides = view["sides"]
            first = next((text for who, text in sides[0]["turns"] if who == "user"), "")
            searched.append((f"b{k}", f"{_shown(first)} | {sides[0]['model']} – {sides[1]['model']} | {name}"))
        place = start // BATTLES_A_PAGE + 1
        yield (
            f"battles-{place:03}.html",
            f"{said('Battles')} {start + 1} – {start + len(some)}",
            "\n".join(articles),
            searched,
        )


def _battle(anchor: str, view: dict[str, object], said: Words) -> str:
    verdicts = view["verdicts"]
    sides = view["sides"]
    assert isinstance(verdicts, list)
    assert isinstance(sides, list)
    told = "; ".join(
        f"{said(criterion)}: {said(winner) if winner == 'tie' else winner} ({voter})"
        for criterion, winner, voter in verdicts
    )
    lines = [
        f'<article id="{anchor}"><p class="key">{escape(str(view["id"]))}</p><p>{escape(told or said("not judged, or left out"))}</p>'
    ]
    lines.append('<div class="sides">')
    for side in sides:
        lines.append(f'<div class="side"><h4>{side["letter"]}: {escape(side["model"])}</h4>')
        lines += [
            f'<blockquote dir="auto" class="{who}"><b>{who}</b>{escape(text)}</blockquote>'
            for who, text in side["turns"]
        ]
        lines.append("</div>")
    return "".join(lines) + "</div></article>"


def _write(path: Path, heading: str, body: str, said: Words) -> None:
    text = (
        f'<!doctype html>\n<html lang="{said.tag}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self' file: 'unsafe-inline'\">"
        f'<title>{escape(heading)}</title><link rel="stylesheet" href="style.css"></head>\n<body class="browse">\n'
        f'<main><p><a href="index.html">{escape(said("All parts"))}</a></p><h1>{escape(heading)}</h1>\n{body}\n</main>\n</body>\n</html>\n'
    )
    path.write_text(text, encoding="utf-8", newline="\n")


def _search(parts: Sequence[Part], entries: Sequence[Entry]) -> str:
    """A script that holds the words and nothing that runs; the index reads it when somebody searches."""
    data = {"parts": parts, "entries": entries}
    # A script is read as text of a page by no browser, but "</" is kept out of it all the same.
    return (
        "window.searched = " + json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/") + ";\n"
    )


def _shown(text: str) -> str:
    return words.cut(" ".join(text.split()), SHOWN)


def _file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-") or "exam"
