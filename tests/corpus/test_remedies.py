"""Each piece of bad input says what a person can do about it, and not only that something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from mintza.corpus.settings import FolderSource
from mintza.corpus.sources import open_source
from mintza.errors import BadInput
from mintza.records import Document

Write = Callable[[dict[str, str | bytes]], Path]
Source = Callable[..., FolderSource]

ROWS = 'id;text\n1;"bat, bi"\n'


def parquet(columns: dict[str, list[object]]) -> bytes:
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(columns), sink)
    return bytes(sink.getvalue())


@pytest.mark.parametrize(
    ("name", "content", "said", "remedy"),
    [
        ("a.txt", "mañana".encode("cp1252"), "not UTF-8 (byte 0xf1)", "iconv -f WINDOWS-1252 -t UTF-8"),
        ("a.txt", "mañana".encode("utf-16"), "in UTF-16, not UTF-8", "iconv -f UTF-16 -t UTF-8"),
        ("a.csv", "id,text\n1,bat\n".encode("utf-16"), "in UTF-16, not UTF-8", "iconv -f UTF-16 -t UTF-8"),
        ("a.jsonl", '{"text": "bat"}\n'.encode("utf-16"), "in UTF-16, not UTF-8", "iconv -f UTF-16 -t UTF-8"),
        ("a.csv", "id,text\n1,mañana\n".encode("cp1252"), "not UTF-8", "iconv -f WINDOWS-1252 -t UTF-8"),
        ("a.html", "<p>mañana</p>".encode("cp1252"), "not UTF-8 (byte 0xf1, no other", '<meta charset="windows-1252">'),
        ("a.jsonl", b'{"id": 1, "body": "bat"}\n', "'text' (it has id, body)", "(`text_field: NAME`)"),
        ("a.jsonl", b'[{"text": "bat"}]\n', "'text' (it is no object with keys)", "mend or remove it"),
        ("a.jsonl", b'{"text": null}\n', "'text' (what stands there is none)", "mend or remove it"),
        ("a.csv", b"id,body\n1,bat\n", "'text' (it has id, body)", "(`text_field: NAME`)"),
        ("a.csv", ROWS.encode(), "'text' (it has id;text, with ';' between them)", "with commas between the columns"),
        ("a.parquet", parquet({"id": [1], "body": ["bat"]}), "'text' (it has id, body)", "(`text_field: NAME`)"),
        ("a.parquet", parquet({"text": [1]}), "'text' (what stands there is none)", "mend or remove it"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    folder: Write, source: Source, name: str, content: bytes, said: str, remedy: str
) -> None:
    base = folder({name: content})
    with pytest.raises(BadInput) as caught:
        list(open_source(source("texts"), base=base).documents("refuse"))
    assert said in caught.value.message
    assert caught.value.remedy is not None
    assert remedy in caught.value.remedy
    assert caught.value.remedy.endswith(", or set corpus.on_bad_input: skip")


def test_what_many_call_otherwise_is_read_too(folder: Write, source: Source) -> None:
    page = "<html><body><p>Kaixo, lagunok! Gaur mendira igoko gara denok batera, eta bazkaltzera bueltatu.</p></body></html>"
    base = folder({"a.ndjson": '{"text": "bat"}\n', "b.XHTML": page})
    records = open_source(source("texts"), base=base).documents("refuse")
    assert [record.id for record in records if isinstance(record, Document)] == ["texts/a.ndjson:1", "texts/b.XHTML"]
