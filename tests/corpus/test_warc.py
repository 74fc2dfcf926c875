"""Crawled pages: the main text of each, the rest with a verdict."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from mintza.corpus.source_settings import WarcSource
from mintza.corpus.sources import open_source
from mintza.errors import BadInput
from mintza.records import Document, Verdict

Write = Callable[[dict[str, str | bytes]], Path]

PAGE = "<html><body><nav><a href='/'>Hasiera</a></nav><article><p>{0}</p></article></body></html>"


def record(kind: str, number: int, body: bytes, content_type: str = "application/http; msgtype=response") -> bytes:
    """A record as the standard (ISO 28500) writes it, made here without the library that reads it."""
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number:04}>\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
        f"WARC-Target-URI: https://adibidea.eus/{number}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def answer(body: bytes, kind: str = "text/html; charset=utf-8", status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}\r\n".encode() + body


def settings(path: str = "texts", **limits: int) -> WarcSource:
    plain = {
        "kind": "warc",
        "name": "crawl",
        "path": path,
        "language": "eus_Latn",
        "license": "other",
        "limits": limits,
    }
    return WarcSource.model_validate(plain)


def read(base: Path, source: WarcSource) -> tuple[list[Document], dict[str, str]]:
    records = list(open_source(source, base=base).documents("skip"))
    verdicts = {verdict.record_id: verdict.reason for verdict in records if isinstance(verdict, Verdict)}
    return [document for document in records if isinstance(document, Document)], verdicts


@pytest.fixture
def crawl(basque: list[str]) -> list[bytes]:
    page = PAGE.format(basque[0]).encode()
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(page), page)
    latin = PAGE.format("Iruñeko kaleetan jai handia egin zuten atzo gauean. " * 6).encode("latin-1")
    return [
        record("warcinfo", 0, b"software: probak\r\n", "application/warc-fields"),
        record("request", 1, b"GET / HTTP/1.1\r\n\r\n", "application/http; msgtype=request"),
        record("response", 2, answer(page)),
        record("response", 3, answer(gzip.compress(page), more="Content-Encoding: gzip\r\n")),
        record("response", 4, answer(chunked, more="Transfer-Encoding: chunked\r\n")),
        record("response", 5, answer(latin, "text/html; charset=iso-8859-1")),
        record("response", 6, answer(b"\x89PNG", "image/png")),
        record("response", 7, answer(page, status="404 Not Found")),
        record("response", 8, answer(b"<html><body></body></html>")),
        record("response", 9, answer(b"<p>\xff\xfe</p>", "text/html")),
        record("conversion", 10, basque[1].encode(), "text/plain"),
    ]


def test_each_page_is_a_document_with_its_own_address(folder: Write, crawl: list[bytes], basque: list[str]) -> None:
    base = folder({"a.warc.gz": b"".join(map(gzip.compress, crawl)), "b.txt": "not a crawl"})
    documents, verdicts = read(base, settings())
    assert [document.id for document in documents] == [f"crawl/a.warc.gz:{n:04}" for n in (2, 3, 4, 5, 10)]
    assert [document.text for document in documents[:3]] == [basque[0]] * 3
    assert documents[3].text.startswith("Iruñeko")
    assert documents[4].text == basque[1]
    assert documents[0].provenance.url == "https://adibidea.eus/2"
    assert documents[0].provenance.steps[0].done == "main text extracted"
    assert verdicts == {
        "crawl/a.warc.gz:0006": "not a page of text",
        "crawl/a.warc.gz:0007": "the server did not answer with the page",
        "crawl/a.warc.gz:0008": "no main text",
        "crawl/a.warc.gz:0009": "not UTF-8",
        "crawl/b.txt": "not .warc, .wet",
    }


def test_a_plain_file_reads_as_a_packed_one(folder: Write, crawl: list[bytes]) -> None:
    base = folder({"plain/a.warc": b"".join(crawl), "packed/a.warc.gz": b"".join(map(gzip.compress, crawl))})
    plain, _ = read(base, settings("texts/plain"))
    packed, _ = read(base, settings("texts/packed"))
    assert [document.text for document in plain] == [document.text for document in packed]


@pytest.mark.parametrize("packed", [True, False])
def test_a_crawl_that_was_cut_short_gives_what_came_before(folder: Write, crawl: list[bytes], packed: bool) -> None:
    whole = b"".join(map(gzip.compress, crawl[:5])) if packed else b"".join(crawl[:5])
    name = "a.warc.gz" if packed else "a.warc"
    base = folder({name: whole[:-40]})
    documents, verdicts = read(base, settings())
    assert [document.id[-4:] for document in documents][:2] == ["0002", "0003"]
    assert verdicts[f"crawl/{name}"] == "cut short"
    with pytest.raises(BadInput, match="cut short"):
        list(open_source(settings(), base=base).documents("refuse"))


def test_what_is_no_crawl_is_damaged(folder: Write) -> None:
    base = folder({"a.warc": "Kaixo, hau ez da WARC fitxategi bat.\n" * 20, "b.warc": ""})
    assert read(base, settings())[1] == {"crawl/a.warc": "damaged", "crawl/b.warc": "empty"}


def test_a_page_above_the_limit_is_named_and_the_next_is_read(
    folder: Write, crawl: list[bytes], basque: list[str]
) -> None:
    bomb = answer(gzip.compress(b"a" * 3_000_000), more="Content-Encoding: gzip\r\n")
    base = folder({"a.warc": record("response", 1, bomb) + crawl[2]})
    documents, verdicts = read(base, settings(document_bytes=100_000))
    assert [document.text for document in documents] == [basque[0]]
    assert verdicts == {"crawl/a.warc:0001": "larger than a document may be"}
