"""Taking the text out of pages and articles is left to workers; what comes out is the same to the byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mintza.corpus.forgetting import Request
from mintza.corpus.settings import FolderSource
from mintza.corpus.sources import open_source
from mintza.corpus.sources.pieces import Unread
from mintza.errors import BadInput
from mintza.records import Document, Verdict

Made = Callable[..., tuple[dict[str, Document], list[Verdict]]]
Write = Callable[[dict[str, str | bytes]], Path]
Source = Callable[..., FolderSource]
DEEP = f"<html><body>{'<div>' * 300}<p>Barruan</p>{'</div>' * 300}</body></html>"


def pages(basque: list[str]) -> dict[str, str | bytes]:
    """Eight pages, one of them with nothing on it, one in the wrong language, one broken."""
    found: dict[str, str | bytes] = {
        f"{number}.html": f"<html><body><nav>Hasiera</nav><article><p>{text}</p><p>{text[::-1]}</p></article></body></html>"
        for number, text in enumerate(basque)
    }
    return {**found, "empty.html": "<html><body></body></html>", "deep.html": DEEP, "plain.txt": basque[0] + " Bai."}


def test_pages_are_left_for_later_and_come_to_what_reading_at_once_gives(
    folder: Write, source: Source, basque: list[str]
) -> None:
    opened = open_source(source("texts"), base=folder(pages(basque)))
    later = list(opened.unread("skip"))
    assert sum(isinstance(one, Unread) for one in later) == len(basque) + 2
    assert [opened.finished(one, "skip") if isinstance(one, Unread) else one for one in later] == list(
        opened.documents("skip")
    )


def test_any_number_of_workers_gives_the_same(folder: Write, made: Made, basque: list[str]) -> None:
    base = folder(pages(basque))
    alone = made(base, on_bad_input="skip", execution={"workers": 1})
    assert made(base, on_bad_input="skip", execution={"workers": 2, "shard_size": 500}) == alone
    documents, verdicts = alone
    assert {"texts/0.html", "texts/plain.txt"} <= documents.keys()
    steps = {verdict.record_id: verdict.reason for verdict in verdicts if verdict.step == "read"}
    assert steps == {"texts/empty.html": "no main text", "texts/deep.html": "tags nested too deeply"}
    assert documents["texts/0.html"].provenance.steps[0].by == "trafilatura"


def test_a_worker_that_meets_a_broken_page_says_where_it_is(folder: Write, made: Made, basque: list[str]) -> None:
    base = folder(pages(basque))
    with pytest.raises(BadInput, match="tags nested too deeply") as raised:
        made(base, execution={"workers": 2, "shard_size": 500})
    assert raised.value.place == str(base / "texts" / "deep.html")


def test_a_limit_counts_what_has_text_and_a_request_is_met_before(
    folder: Write, made: Made, source: Source, basque: list[str]
) -> None:
    base = folder(pages(basque))
    asked = [Request(what="texts/1.html", reason="asked", on="2026-11-30")]
    documents, verdicts = made(base, on_bad_input="skip", requests=asked)
    assert "texts/1.html" not in documents
    assert not any(verdict.excerpt for verdict in verdicts if verdict.record_id == "texts/1.html")
    few, verdicts = made(base, on_bad_input="skip", sources=(source("texts", limit=3),), filters={"language": None})
    beyond = [one for one in verdicts if one.step == "limit"]
    assert len(few) == 3
    assert len(beyond) == len(basque) + 1 - 3
