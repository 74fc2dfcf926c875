"""Pages and tables in a folder become documents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from mintza.corpus.settings import CorpusSettings, FolderSource
from mintza.corpus.sources import open_source
from mintza.corpus.stage import fingerprint
from mintza.errors import BadInput
from mintza.records import Document, Verdict

Write = Callable[[dict[str, str | bytes]], Path]
Source = Callable[..., FolderSource]

PAGE = """<html><head><title>Etxea</title><style>p {{}}</style></head><body>
<nav><ul><li><a href="/">Hasiera</a></li><li><a href="/b">Berriak</a></li></ul></nav>
<article><h1>Euskal Herriko mendiak</h1>
<p>{0}</p><p>Mendi hau oso ezaguna da inguruko herrietan, eta igandero jende asko igotzen da bertara.</p></article>
<script>var a = "ez naiz testua";</script><footer><p>Eskubide guztiak erreserbatuta</p></footer></body></html>"""


def read(base: Path, settings: FolderSource) -> tuple[dict[str, str], dict[str, str]]:
    """Text by id of what is read, reason by id of what is not."""
    records = list(open_source(settings, base=base).documents("skip"))
    texts = {record.id: record.text for record in records if isinstance(record, Document)}
    return texts, {record.record_id: record.reason for record in records if isinstance(record, Verdict)}


def write_parquet(path: Path, columns: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.table(columns), path)


def test_of_a_page_the_main_text_is_read(folder: Write, source: Source, basque: list[str]) -> None:
    base = folder({"a.html": PAGE.format(basque[0])})
    (record,) = open_source(source("texts"), base=base).documents("refuse")
    assert isinstance(record, Document)
    first, second, third = record.text.split("\n\n")
    assert first.endswith("Euskal Herriko mendiak")
    assert second == basque[0]
    assert third.startswith("Mendi hau")
    assert [(step.done, step.by) for step in record.provenance.steps] == [("main text extracted", "trafilatura")]


def test_a_page_says_its_own_character_set_and_none_is_guessed(
    folder: Write, source: Source, basque: list[str]
) -> None:
    text = "Iruñeko kaleetan “jai” handia egin zuten, eta gau osoan dantzan aritu ziren lagunekin plazan."
    named = PAGE.format(text).replace("<head>", '<head><meta charset="iso-8859-1">')
    base = folder({"a.html": named.encode("cp1252"), "b.html": PAGE.format(text).encode("cp1252")})
    texts, reasons = read(base, source("texts"))
    assert text in texts["texts/a.html"]
    assert reasons == {"texts/b.html": "not UTF-8"}


def test_words_of_a_sentence_are_not_lost_for_the_class_of_what_they_stand_in(
    folder: Write, source: Source, basque: list[str]
) -> None:
    said = "{0}Tresnak{1} menuan sakatu {0}Makroak{1}, eta gero {0}Gorde{1} botoia; horrela lan guztia diskoan geratuko da."
    marked = said.format('<span class="menuitem">', "</span>")
    menu = '<div><span class="menu">Hasiera</span></div>'
    base = folder({"a.html": PAGE.format(f"{basque[0]}</p>{menu}<p>{marked}")})
    texts, _ = read(base, source("texts"))
    assert said.format("", "") in texts["texts/a.html"].split("\n\n")
    assert "Hasiera" not in texts["texts/a.html"]


def test_of_a_table_the_rows_are_read_and_not_the_line_below_its_head(
    folder: Write, source: Source, basque: list[str]
) -> None:
    table = "<table><tr><th>Izena</th><th>Adina</th></tr><tr><td>Ane</td><td>12</td></tr></table>"
    base = folder({"a.html": PAGE.format(f"{basque[0]}</p>{table}<p>")})
    texts, _ = read(base, source("texts"))
    rows = [row for row in texts["texts/a.html"].split("\n\n") if "|" in row]
    assert [row.replace("|", " ").split() for row in rows] == [["Izena", "Adina"], ["Ane", "12"]]


def test_spaces_without_width_between_the_words_of_a_page_are_read(folder: Write, source: Source) -> None:
    khmer = "ចុច\u200bក្នុង\u200bឯកសារ ដែល\u200bអ្នក\u200bចង់\u200bបញ្ចូល\u200bលិបិក្រម ។ " * 5
    base = folder({"a.html": PAGE.format(khmer), "b.html": PAGE.format(khmer.replace("\u200b", "&#8203;"))})
    texts, _ = read(base, source("texts"))
    assert all(khmer.strip() in text for text in texts.values())
    assert len(texts) == 2


def test_a_page_without_text_leaves_a_verdict(folder: Write, source: Source) -> None:
    base = folder({"a.html": "<html><body></body></html>", "b.html": "", "z.txt": "ona"})
    assert read(base, source("texts"))[1] == {"texts/a.html": "no main text", "texts/b.html": "no main text"}


def test_a_row_of_csv_is_a_document(folder: Write, source: Source) -> None:
    rows = 'id,text,year\nx,"bat, ""bi""\nhiru",1999\n,lau,2000\n\n7,bost,2001\n'
    base = folder({"a.csv": rows, "b.tsv": "body\ttext\n1\tsei\n"})
    assert read(base, source("texts"))[0] == {
        "texts/a.csv:x": 'bat, "bi"\nhiru',
        "texts/a.csv:4": "lau",
        "texts/a.csv:7": "bost",
        "texts/b.tsv:2": "sei",
    }


def test_a_bad_row_of_csv_is_named_and_the_others_are_read(folder: Write, source: Source) -> None:
    rows = b'id,text\na,bat\nb,bi,hiru\nc,l\xffau\nd,"bost"x\ne,sei\n'
    base = folder({"a.csv": rows, "b.csv": "id,body\n1,bat\n", "c.csv": ""})
    texts, reasons = read(base, source("texts"))
    assert list(texts) == ["texts/a.csv:a", "texts/a.csv:e"]
    assert reasons == {
        "texts/a.csv:3": "has another number of fields than the first row",
        "texts/a.csv:4": "not UTF-8",
        "texts/a.csv:5": "not a row",
        "texts/b.csv": "has no column 'text'",
        "texts/c.csv": "empty",
    }


def test_quotation_marks_between_tabs_are_text_unless_they_stand_around_a_field(folder: Write, source: Source) -> None:
    rows = [
        "id\ttext",
        'a\t"Kaixo" esan zuen',
        'b\t"Kaixo, esan zuen',
        'c\tbat "bi" hiru"',
        'd\t"lau ""bost"" sei"',
        'e\t"lehen lerroa',
        'bigarrena"',
        "",
        'f\t"',
    ]
    base = folder({"a.tsv": "\r\n".join(rows), "b.tsv": 'text\tid\n"bat\nbi"\tx\n"hiru\nlau\n'})
    texts, reasons = read(base, source("texts"))
    assert texts == {
        "texts/a.tsv:a": '"Kaixo" esan zuen',
        "texts/a.tsv:b": '"Kaixo, esan zuen',
        "texts/a.tsv:c": 'bat "bi" hiru"',
        "texts/a.tsv:d": 'lau "bost" sei',
        "texts/a.tsv:e": "lehen lerroa\nbigarrena",
        "texts/a.tsv:f": '"',
        "texts/b.tsv:x": "bat\nbi",
    }
    assert reasons == {"texts/b.tsv:4": "has another number of fields than the first row"}


def test_a_field_between_tabs_that_never_ends_is_not_held(folder: Write, source: Source) -> None:
    base = folder({"a.tsv": 'id\ttext\na\tbat\nb\t"' + "lerroa\n" * 2000 + "c\tbi\n"})
    small = source("texts", limits={"document_bytes": 500})
    texts, reasons = read(base, small)
    assert texts == {"texts/a.tsv:a": "bat", "texts/a.tsv:c": "bi"}
    assert reasons == {"texts/a.tsv:3": "larger than a document may be"}


def test_a_quote_that_is_never_closed_costs_its_row_only_up_to_the_end(folder: Write, source: Source) -> None:
    base = folder({"a.csv": 'id,text\na,bat\nb,"bi\nc,hiru\n'})
    texts, reasons = read(base, source("texts"))
    assert list(texts) == ["texts/a.csv:a"]
    assert reasons == {"texts/a.csv:3": "not a row"}


def test_a_row_of_parquet_is_a_document(folder: Write, source: Source) -> None:
    base = folder({})
    write_parquet(base / "texts" / "a.parquet", {"id": [1, 2, 3], "text": ["bat", None, "hiru"], "n": [1, 2, 3]})
    write_parquet(base / "texts" / "b.parquet", {"body": ["lau"] * 200})
    texts, reasons = read(base, source("texts"))
    assert texts == {"texts/a.parquet:1": "bat", "texts/a.parquet:3": "hiru"}
    assert reasons == {"texts/a.parquet:2": "has no text under 'text'", "texts/b.parquet": "has no column 'text'"}
    assert len(read(base, source("texts/b.parquet", text_field="body"))[0]) == 200


@pytest.mark.parametrize("cut", [0, 4, 100, -9])
def test_parquet_that_was_cut_short_or_is_none_is_damaged(folder: Write, source: Source, cut: int) -> None:
    base = folder({"z.txt": "ona"})
    path = base / "texts" / "a.parquet"
    write_parquet(path, {"text": [f"{number} kaixo" for number in range(1000)]})
    path.write_bytes(path.read_bytes()[:cut])
    texts, reasons = read(base, source("texts"))
    assert list(texts) == ["texts/z.txt"]
    assert reasons == {"texts/a.parquet": "damaged"}


def test_parquet_that_grows_too_much_is_named(folder: Write, source: Source) -> None:
    base = folder({"z.txt": "ona"})
    pyarrow.parquet.write_table(
        pyarrow.table({"text": ["a" * 30_000_000]}),
        base / "texts" / "a.parquet",
        compression="zstd",
        use_dictionary=False,
        write_statistics=False,
    )
    assert read(base, source("texts"))[1] == {"texts/a.parquet": "grows too much when unpacked"}


def test_the_fingerprint_names_the_libraries_of_what_is_read_and_no_others(folder: Write, source: Source) -> None:
    base = folder({"a.txt": "bat"})
    settings = CorpusSettings(sources=(source("texts"),))
    plain = "99fbfc96"  # of a name and its content alone: sources that need no library keep their keys
    assert fingerprint(settings, base=base)["texts"].startswith(plain)


def test_a_folder_of_other_files_is_refused_by_name(folder: Write, source: Source) -> None:
    base = folder({"a.pdf": b"%PDF"})
    with pytest.raises(BadInput, match=r"none of the 1 files here is .txt, .md, .jsonl, .ndjson, .html"):
        read(base, source("texts"))
