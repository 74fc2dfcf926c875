"""A dump becomes the plain text of its articles, a page at a time."""

from __future__ import annotations

import bz2
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from mintza.corpus.source_settings import WikipediaSource
from mintza.corpus.sources import open_source
from mintza.corpus.sources.wikitext import plain_text
from mintza.errors import BadInput
from mintza.records import Document, Verdict

Write = Callable[[dict[str, str | bytes]], Path]

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="eu"><siteinfo><sitename>Wikipedia</sitename>
<base>https://eu.wikipedia.org/wiki/Azala</base><namespaces><namespace key="0" case="first-letter" />
<namespace key="6" case="first-letter">Fitxategi</namespace><namespace key="14" case="first-letter">Kategoria</namespace>
</namespaces></siteinfo>"""
ARTICLE = """{{Infotaula<!-- x -->|izena=Bilbo|x={{a|b}}}}
[[Fitxategi:Bilbao.jpg|thumb|[[Bilbo]]ko ''ikuspegia'']][[Irudi:Zaharra.png]]
'''Bilbo''' ({{lang-es|Bilbao}}; {{IPA|x}}) [[Bizkaia|Bizkaiko]] [[hiriburu]]a da.<ref name="a">{{c|url=x}}</ref> Nerbioi&nbsp;ibaia.

== Hutsa ==
=== Hau ere ===
{| class="wikitable"
! Urtea
| 1900 || [[Bilbo]]
{|
| barruan
|}
|}
== Geografia ==
* Mendia: [[Pagasarri]]<ref name="a" />
* H<sub>2</sub>O eta [http://a.eus webgunea]
<gallery>
Fitxategi:a.jpg|ez
</gallery>
== Erreferentziak ==
<references/>
[[Kategoria:Bilbo]] [[en:Bilbao]] __NOTOC__
"""
TEXT = "Bilbo (Bilbao) Bizkaiko hiriburua da. Nerbioi ibaia.\n\nGeografia\n\nMendia: Pagasarri\nH2O eta webgunea"


def page(number: int, title: str, text: str, namespace: int = 0, more: str = "") -> str:
    return (
        f"<page><title>{escape(title)}</title><ns>{namespace}</ns><id>{number}</id>{more}<revision><id>9{number}</id>"
        f"<contributor><id>7</id></contributor><model>wikitext</model><text>{escape(text)}</text></revision></page>\n"
    )


def settings(**more: Any) -> WikipediaSource:
    plain = {"kind": "wikipedia", "name": "wiki", "path": "texts", "language": "eus_Latn", "license": "CC-BY-SA-4.0"}
    return WikipediaSource.model_validate({**plain, **more})


def read(base: Path, source: WikipediaSource) -> tuple[list[Document], dict[str, str]]:
    records = list(open_source(source, base=base).documents("skip"))
    verdicts = {verdict.record_id: verdict.reason for verdict in records if isinstance(verdict, Verdict)}
    return [document for document in records if isinstance(document, Document)], verdicts


DUMP = (
    HEAD
    + page(1, "Bilbo & ingurua", ARTICLE)
    + page(2, "Bilbao", "#BIRZUZENDU [[Bilbo]]", more='<redirect title="Bilbo" />')
    + page(3, "Eztabaida:Bilbo", "Kaixo", namespace=1)
    + page(4, "Bilbo (argipena)", "{{argipen}}\n* [[Bilbo]]")
    + page(5, "Hutsa", "{{zirriborro}}")
    + page(6, "Txikia", "Herri bat.")
    + "</mediawiki>"
)


@pytest.mark.parametrize("packed", [True, False])
def test_articles_become_plain_text_and_the_rest_leaves_verdicts(folder: Write, packed: bool) -> None:
    name = "eu.xml.bz2" if packed else "eu.xml"
    base = folder({name: bz2.compress(DUMP.encode()) if packed else DUMP})
    documents, verdicts = read(base, settings(disambiguation=("argipen",), min_letters=3))
    assert [(document.id, document.text) for document in documents] == [
        (f"wiki/{name}:1", TEXT),
        (f"wiki/{name}:6", "Herri bat."),
    ]
    assert documents[0].provenance.url == "https://eu.wikipedia.org/wiki/Bilbo_%26_ingurua"
    assert documents[0].provenance.steps[0].by == "mwparserfromhell"
    assert verdicts == {
        f"wiki/{name}:2": "a redirect",
        f"wiki/{name}:3": "not an article",
        f"wiki/{name}:4": "a list of meanings",
        f"wiki/{name}:5": "a stub",
    }


def test_a_dump_that_was_cut_short_gives_what_came_before(folder: Write) -> None:
    base = folder({"a.xml": DUMP[: DUMP.index("Txikia")], "b.xml.bz2": bz2.compress(DUMP.encode())[:-10]})
    documents, verdicts = read(base, settings())
    assert documents[0].text == TEXT
    assert verdicts["wiki/a.xml"] == "cut short"
    assert verdicts["wiki/b.xml.bz2"] == "cut short"
    with pytest.raises(BadInput, match="cut short"):
        list(open_source(settings(path="texts/a.xml"), base=base).documents("refuse"))


def test_what_is_no_dump_is_named(folder: Write) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;">]><mediawiki>&c;</mediawiki>'
    base = folder({"a.xml": "<mediawiki><page></mediawiki>", "b.xml": bomb, "c.xml": "", "d.xml": "<feed></feed>"})
    assert read(base, settings())[1] == {
        "wiki/a.xml": "not XML",
        "wiki/b.xml": "declares entities, as no dump does",
        "wiki/c.xml": "no page of a wiki in it",
        "wiki/d.xml": "no page of a wiki in it",
    }


def test_pages_with_the_same_number_collide(folder: Write) -> None:
    base = folder({"a.xml": HEAD + page(1, "Bat", "Lehena da.") + page(1, "Bi", "Bigarrena da.") + "</mediawiki>"})
    documents, verdicts = read(base, settings())
    assert [document.text for document in documents] == ["Lehena da."]
    assert verdicts == {"wiki/a.xml:1": "id was given before"}


def test_an_article_above_a_limit_is_named_and_the_next_is_read(folder: Write) -> None:
    pages = page(1, "Luzea", "a " * 3000) + page(2, "Sakona", "{{a|" * 3000) + page(3, "Ona", "Testu ona da.")
    base = folder({"a.xml": f"{HEAD}{pages}</mediawiki>"})
    documents, verdicts = read(base, settings(limits={"document_bytes": 5000}, path="texts/a.xml"))
    assert [document.text for document in documents] == ["Testu ona da."]
    assert verdicts["wiki/a.xml:1"] == verdicts["wiki/a.xml:2"] == "larger than a document may be"
    assert read(base, settings())[1] == {"wiki/a.xml:2": "markup nested too deeply"}


def test_memory_does_not_grow_with_the_dump(folder: Write) -> None:
    def peak(pages: int) -> int:
        text = "Hau artikulu bat da, eta testu arrunta dauka barruan. " * 40
        base = folder({"a.xml": HEAD + "".join(page(n, f"Bat {n}", text) for n in range(pages)) + "</mediawiki>"})
        source = open_source(settings(), base=base)
        tracemalloc.start()
        assert sum(1 for _ in source.documents("refuse")) == pages
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(20)  # what the libraries load at first
    assert peak(600) < peak(100) + 300_000


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("''[[a|b]]'' '''c''' {{d}}", "b c"),
        ("[[:Kategoria:Hiriak]] [[Bilbo#Historia]]", "Kategoria:Hiriak Bilbo"),
        ("שלום {{x}}עולם [[עברית|בעברית]]", "שלום עולם בעברית"),
        ("می\u200cخواهم [[خانه]]", "می\u200cخواهم خانه"),
        ("a<br/>b<nowiki>[[c]]</nowiki>", "a\nb[[c]]"),
        ("== a ==\n== b ==\ntext\n=== c ===\n", "b\n\ntext"),
        ("(; ) bat [ ] bi", "bat bi"),
        ("<math>x</math><pre>y</pre><div>lau</div>", "lau"),
        ("a {{formatnum:188102}} b{{nbsp}}c {{#if: {{{x|}}} | bai | ez }} {{d|{{lang|fr|e}}}}", "a 188102 b c"),
        ("{{lang|fr|Saint-[[Sébastien|Sebastien]]}} ({{IPA|x}}; {{lang-es|Bilbao}})", "Saint-Sebastien (Bilbao)"),
        ("a {{Lang|la|b|italic=no}} <nowiki>[[c]]</nowiki> {{nowrap|[[d|e]] f}}", "a b [[c]] e f"),
        ("-{zh-hans:a; zh-hant:b}- -{c}- [[w:es:San]] [[:fr:San|d]] [[wikt:e]]", "a c d"),
        ("עיר __ללא_תוכן__ גדולה __विषयसूची_हटाएँ__ a_b __ c __", "עיר גדולה a_b __ c __"),
        ("a <code>int x</code> b <code>c\nd</code>", "a int x b"),
    ],
)
def test_wikitext_becomes_what_a_reader_sees(wikitext: str, text: str) -> None:
    assert plain_text(wikitext, left_out={"fitxategi"}, shown=settings().shown_templates) == text


REAL = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://www.mediawiki.org/xml/export-0.11/ http://www.mediawiki.org/xml/export-0.11.xsd" version="0.11"
 xml:lang="eu"><siteinfo><sitename>Wikipedia</sitename><dbname>euwiki</dbname><base>https://eu.wikipedia.org/wiki/Azala</base>
<generator>MediaWiki 1.43</generator><case>first-letter</case><namespaces><namespace key="-2" case="first-letter">Media</namespace>
<namespace key="0" case="first-letter" /><namespace key="6" case="first-letter">Fitxategi</namespace>
<namespace key="14" case="first-letter">Kategoria</namespace><namespace key="828" case="first-letter">Modulu</namespace></namespaces>
</siteinfo>
"""


def revision(text: str, model: str = "wikitext", who: str = "<username>A</username><id>1</id>", mark: str = "") -> str:
    return (
        f"<revision><id>9</id><parentid>8</parentid><timestamp>2026-10-01T10:20:30Z</timestamp><contributor>{who}</contributor>"
        f"<minor/><comment>[[Kategoria:Ez]]</comment><origin>9</origin><model>{model}</model><format>text/x-wiki</format>"
        f'<text bytes="9" sha1="a" xml:space="preserve"{mark}>{escape(text)}</text><sha1>a</sha1></revision>'
    )


def test_a_dump_of_schema_0_11_with_all_that_stands_beside_the_text(folder: Write) -> None:
    pages = [
        ("Donostia", 0, revision("'''Donostia''' hiria da.<ref>a</ref>", who="<ip>10.0.0.1</ip>")),
        ("Zaharra", 0, revision("#BIRZUZENDU [[Donostia]]")),
        ("Zaharragoa", 0, revision("#REDIRECT: [[Ez:Dago]] {{R}}")),
        ("Ezabatua", 0, revision("", mark=' deleted="deleted"')),
        ("Modulu:A", 828, revision("return {}", "Scribunto")),
        ("Datuak", 0, revision("{}", "json")),
        ("Zerrenda", 0, revision("# bat [[Donostia]]\n# bi " + "hiria da " * 50)),
    ]
    body = "".join(
        f"<page><title>{title}</title><ns>{space}</ns><id>{number}</id>{text}</page>"
        for number, (title, space, text) in enumerate(pages, 1)
    )
    base = folder({"eu.xml": f"{REAL}{body}</mediawiki>"})
    documents, verdicts = read(base, settings())
    assert [(one.id, one.provenance.url) for one in documents] == [
        ("wiki/eu.xml:1", "https://eu.wikipedia.org/wiki/Donostia"),
        ("wiki/eu.xml:7", "https://eu.wikipedia.org/wiki/Zerrenda"),
    ]
    assert documents[0].text == "Donostia hiria da."
    assert [verdicts[f"wiki/eu.xml:{number}"] for number in range(2, 7)] == [
        "a redirect",
        "a redirect",
        "a stub",
        "not an article",
        "not an article",
    ]
