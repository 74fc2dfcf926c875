"""Every word that a page or the script can show goes through gettext: none stands in a template or in the script as it is."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOM = Path(__file__).parents[2] / "src" / "mintza" / "arena"
TEMPLATES = sorted((ROOM / "templates").glob("*.j2"))
# What is the same in every language: units, names of settings, an example of a date's form.
SAME = {"temperature", "top", "max", "tokens", "UTC"}
SPOKEN = {"alt", "title", "placeholder", "aria-label", "content", "label"}
_WIDTH = re.compile(r"\{% block width %\}\w+")
_JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")


class Shown(HTMLParser):
    """Texts of a template, and attributes that are read to somebody, without what Jinja puts in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.found += [value or "" for name, value in attributes if name in SPOKEN]


def bare(text: str) -> set[str]:
    return {word for word in WORD.findall(text) if word not in SAME}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_a_word_as_it_is(template: Path) -> None:
    text = _WIDTH.sub("", template.read_text(encoding="utf-8"))
    found = bare(" ".join(Shown(_JINJA.sub(" ", text)).found))
    assert not found, found
    # Texts inside Jinja's own braces: every one with a space in it is marked, or a name of something.
    for braces in _JINJA.findall(text):
        without = re.sub(r"\b(?:_|n?gettext)\((?:\"[^\"]*\"|'[^']*')(?:, \"[^\"]*\")?", "", braces)
        for one, other in re.findall(r"\"([^\"]*)\"|'([^']*)'", without):
            assert not re.search(r"[^\W\d_]{2,} [^\W\d_]{2,}", one or other), (template.name, one or other)


def test_the_test_finds_a_word_that_is_not_marked() -> None:
    html = '<p>{{ _("Marked") }} bare</p><a title="spoken" href="/address">{% if x %}<b>{{ y }}</b>{% endif %}</a>'
    assert bare(" ".join(Shown(_JINJA.sub(" ", html)).found)) == {"bare", "spoken"}


def test_the_script_says_only_what_the_page_gives_it() -> None:
    script = (ROOM / "static" / "battle.js").read_text(encoding="utf-8")
    script = re.sub(r"//[^\n]*|/\*.*?\*/", "", script, flags=re.DOTALL)
    texts = [one or other for one, other in re.findall(r"\"([^\"\n]*)\"|`([^`]*)`", script)]
    assert len(texts) > 50
    sentences = [
        text
        for text in texts
        if re.search(r"[a-z]{2,} [a-z]{2,}", text) and text != "use strict" and "[" not in text and "#" not in text
    ]
    assert sentences == []
