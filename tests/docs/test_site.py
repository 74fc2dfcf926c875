"""The site: built whole without a network, every page found, every key and message on it, and a dead link is found out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from builder.messages import filled
from builder.notes import notes, split
from builder.site import NotLinked, guide_groups, stage
from builder.study_file import pages, sections
from docs.shell import ROOT
from mintza.errors import MintzaError
from mintza.records import Document
from mintza.settings import Settings
from mintza.study import StudySettings, load


def python(program: str) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own: Sphinx and its parts give warnings, which here are errors."""
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "docs")},
    )


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages before Sphinx reads them."""
    folder = tmp_path_factory.mktemp("staged") / "pages"
    stage(ROOT, folder)
    return folder


def test_the_site_is_built_without_a_warning_and_asks_nothing_of_other_addresses(tmp_path: Path) -> None:
    program = (
        f"from builder.site import build, Path; raise SystemExit(build(Path({str(ROOT)!r}), Path({str(tmp_path)!r})))"
    )
    done = python(program)
    assert done.returncode == 0, done.stderr
    site = tmp_path / "site"
    names = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert {"index.html", "tutorial.html", "reference/study/train.html", "decisions/index.html", "log.html"} <= names
    fetched = re.compile(
        r"""<(?:script|img|iframe)[^>]+src=["']https?:|<link[^>]+rel=["']stylesheet["'][^>]+href=["']https?:"""
    )
    for path in site.rglob("*.html"):
        assert not fetched.search(path.read_text(encoding="utf-8")), path
    for path in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?https?:|@import", path.read_text(encoding="utf-8")), path


def test_a_dead_link_fails(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    for name in ("conf.py", "site.css"):
        shutil.copy(ROOT / "docs" / "builder" / name, tmp_path / "pages" / name)
    text = "# A page\n\n[one](gone.md) [two](index.md#no-such-heading) [three](../outside.md) [four](#a-page)\n"
    (tmp_path / "pages" / "index.md").write_text(text, encoding="utf-8")
    done = python(f"from builder.site import Path, html; raise SystemExit(html(Path({str(tmp_path)!r})))")
    assert done.returncode == 1
    assert [name in done.stderr for name in ("gone", "no-such-heading", "outside", "a-page")] == [
        True,
        True,
        True,
        False,
    ]


def test_a_page_of_the_guide_that_nobody_links_stops_the_build(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    for name in ("CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "src").symlink_to(ROOT / "src")
    (tmp_path / "docs" / "guide" / "lost.md").write_text("# Lost\n", encoding="utf-8")
    with pytest.raises(NotLinked, match=r"lost\.md"):
        stage(tmp_path, tmp_path / "pages")


def test_the_guide_has_an_order_and_every_page_stands_in_it_once() -> None:
    groups = guide_groups(ROOT / "docs" / "guide" / "README.md")
    listed = [page for group in groups for page in group.pages]
    there = {f"guide/{path.stem}" for path in (ROOT / "docs" / "guide").glob("*.md")}
    assert len(listed) == len(set(listed))
    assert set(listed) == there - {"guide/README", "guide/glossary"}


def reachable(settings: type[BaseModel], found: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """All settings classes below one, by pydantic's own schema of JSON: its definitions name them."""
    defined = settings.model_json_schema().get("$defs", {})
    return found | {known for known in every_settings() if known.__name__ in defined}


def every_settings() -> list[type[BaseModel]]:
    below: list[type[BaseModel]] = list(Settings.__subclasses__())
    for known in below:
        below.extend(known.__subclasses__())
    return below


def test_every_key_of_a_study_stands_in_the_reference() -> None:
    text = "\n".join(pages(StudySettings).values())
    for settings in reachable(StudySettings, set()):
        for key in settings.model_fields:
            assert re.search(rf"^\| (\[)?`{key}`", text, re.MULTILINE), (settings, key)


def test_a_union_is_shown_kind_by_kind() -> None:
    found = {section.title for section in sections("backbones", StudySettings.model_fields["backbones"].annotation)}
    assert {"`backbones.NAME` with `kind: folder`", "`backbones.NAME` with `kind: hub`"} <= found


def test_a_docstring_is_told_apart_field_by_field() -> None:
    text = "One thing. first: what: it is.  second, third: both.\n\nfourth: over\n    two lines (third: no)."
    assert split(text, ["first", "second", "third", "fourth"]) == (
        "One thing.",
        {"first": "what: it is.", "second": "both.", "third": "both.", "fourth": "over two lines (third: no)."},
    )
    assert "id" in notes(Document, ["id", "text"])[1] or notes(Document, ["id", "text"])[0]


BROKEN = {
    "nme: x": "the key '",
    "- x": "a study is a mapping of keys",
    "name: a\nname: b": "is written twice",
    "name: 010": "as another number",
    "name: [": "not YAML",
}


@pytest.mark.parametrize(("text", "said"), BROKEN.items())
def test_what_is_said_of_a_broken_study_stands_on_the_page(text: str, said: str, staged: Path, tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(text, encoding="utf-8")
    with pytest.raises(MintzaError) as raised:
        load(study)
    assert said in str(raised.value)
    assert said in (staged / "check.md").read_text(encoding="utf-8")


def test_every_key_at_the_top_of_a_study_is_told_in_the_guide() -> None:
    guide = (ROOT / "docs" / "guide" / "study.md").read_text(encoding="utf-8")
    assert [key for key in StudySettings.model_fields if f"`{key}`" not in guide] == []


def test_every_file_that_says_something_of_a_study_is_on_the_page() -> None:
    page = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
    source = ROOT / "src" / "mintza"
    named = {
        path
        for names in re.findall(r"<!-- says: (.+) -->", page)
        for name in names.split()
        for path in source.glob(name)
    }
    telling = {
        path
        for pattern in ("study/*.py", "languages/*.py", "corpus/sources/*.py", "*/settings.py", "pipeline/check.py")
        for path in source.glob(pattern)
        if re.search(r"raise (StudyError|BadInput|MissingPart|ValueError)\(|Need\(", path.read_text(encoding="utf-8"))
    }
    assert telling - named <= {source / "study" / "starter.py"}, "name it in docs/check.md"


def test_a_file_that_is_gone_from_the_source_is_found_out() -> None:
    with pytest.raises(FileNotFoundError):
        filled("<!-- says: study/gone.py -->", ROOT / "src" / "mintza")
