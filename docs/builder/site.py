"""Puts the pages together in a folder, in an order, and has Sphinx make HTML of them. Nothing is fetched."""

from __future__ import annotations

import importlib
import re
import shutil
from pathlib import Path
from typing import NamedTuple

from builder import api, commands, messages, study_file


class NotLinked(Exception):
    """A page of docs/ that no reader would find."""


class Group(NamedTuple):
    """A heading of the navigation, and under it pages without their `.md`: what each is called there, "" for its own heading."""

    caption: str
    pages: dict[str, str]


def build(root: Path, out: Path) -> int:
    """Stage the pages of the checkout `root` in out/pages and build out/site; gives Sphinx's exit code."""
    for old in (out / "pages", out / "site"):
        shutil.rmtree(old, ignore_errors=True)
    stage(root, out / "pages")
    return html(out)


def html(out: Path) -> int:
    """Make out/site of out/pages; gives Sphinx's exit code, where a warning is an error."""
    from sphinx.cmd.build import build_main

    flags = ["-b", "html", "-W", "--keep-going", "-q", "-j", "1", "-d", str(out / "doctrees"), "-E"]
    return int(build_main([*flags, str(out / "pages"), str(out / "site")]))


def stage(root: Path, pages: Path) -> None:
    """Copy what is written and write what is generated. Raises NotLinked for a page that stands in no order."""
    docs = root / "docs"
    shutil.copytree(docs, pages, ignore=shutil.ignore_patterns("builder"))
    for name in ("CONTRIBUTING", "CHANGELOG"):
        shutil.copy(root / f"{name}.md", pages / f"{name.lower()}.md")
    for name in ("conf.py", "site.css"):
        shutil.copy(docs / "builder" / name, pages / name)
    check = pages / "check.md"
    check.write_text(messages.filled(check.read_text(encoding="utf-8"), root / "src" / "mintza"), encoding="utf-8")
    reference = _reference(pages)
    guide = guide_groups(docs / "guide" / "README.md")
    _nothing_forgotten(docs, guide)
    decisions = _decisions(pages / "decisions")
    known = ("index", "tutorial", "check", "log")
    further = sorted(path.stem for path in docs.glob("*.md") if path.stem not in known)
    groups = [
        Group("Begin", dict.fromkeys(["tutorial", "check", "guide/README", "guide/glossary"], "")),
        *guide,
        Group("Reference", dict.fromkeys(reference, "")),
        Group("The project", dict.fromkeys([*further, decisions, "log", "changelog", "contributing"], "")),
    ]
    index = pages / "index.md"
    index.write_text(index.read_text(encoding="utf-8") + "".join(map(_toctree, groups)), encoding="utf-8")


def guide_groups(readme: Path) -> list[Group]:
    """The order of the guide: the headings of its README and the pages linked under each."""
    groups: list[Group] = []
    for line in readme.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            groups.append(Group(line.removeprefix("## "), {}))
        for title, name in re.findall(r"\[([^\]]+)\]\(([a-z_-]+)\.md\)", line):
            if groups:
                groups[-1].pages[f"guide/{name}"] = title
    return [group for group in groups if group.pages]


def _nothing_forgotten(docs: Path, guide: list[Group]) -> None:
    linked = {page for group in guide for page in group.pages} | {"guide/README", "guide/glossary"}
    lost = sorted({f"guide/{path.stem}" for path in (docs / "guide").glob("*.md")} - linked)
    if lost:
        raise NotLinked(f"docs/guide/README.md links no page {', '.join(f'{page}.md' for page in lost)}")


def _toctree(group: Group) -> str:
    entries = [f"{title} <{page}>" if title else page for page, title in group.pages.items()]
    return "\n".join(["", "```{toctree}", f":caption: {group.caption}", ":hidden:", "", *entries, "```", ""])


def _decisions(folder: Path) -> str:
    lines = ["# Decisions\n", "Why things are as they are; one short page each.\n"]
    names = sorted(path.stem for path in folder.glob("[0-9]*.md"))
    for name in names:
        title = (folder / f"{name}.md").read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        number, _, said = title.partition(" ")
        lines.append(f"- [{number.rstrip(':')} {said[:1].upper()}{said[1:]}]({name}.md)")
    lines += ["", "```{toctree}", ":hidden:", "", *names, "```", ""]
    (folder / "index.md").write_text("\n".join(lines), encoding="utf-8")
    return "decisions/index"


def _reference(pages: Path) -> list[str]:
    """Write the generated pages; gives their names in order."""
    from mintza.cli import main
    from mintza.study import StudySettings

    folder = pages / "reference"
    (folder / "study").mkdir(parents=True)
    (folder / "command-line.md").write_text(commands.page(main), encoding="utf-8")
    keys = study_file.pages(StudySettings)
    keys["index"] += "\n".join(["", "```{toctree}", ":hidden:", "", *study_file.own_pages(StudySettings), "```", ""])
    for name, text in keys.items():
        (folder / "study" / f"{name}.md").write_text(text, encoding="utf-8")
    rooms = {"records": "Records", "stats": "Functions of stats", "text": "Functions of text"}
    for room, title in rooms.items():
        text = api.page(importlib.import_module(f"mintza.{room}"), title)
        (folder / f"{room}.md").write_text(text, encoding="utf-8")
    return ["reference/study/index", "reference/command-line", *(f"reference/{room}" for room in rooms)]
