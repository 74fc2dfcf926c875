"""Input that would hurt: it is named and skipped, or refused, within bounded memory; what is only unusual is kept."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import tracemalloc
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from mintza.corpus.settings import FolderSource
from mintza.corpus.source_settings import ReadingLimits
from mintza.corpus.sources import open_source
from mintza.corpus.sources.seen import Seen
from mintza.errors import BadInput
from mintza.records import Document, Verdict

Write = Callable[[dict[str, str | bytes]], Path]
Source = Callable[..., FolderSource]
Packers = dict[str, Callable[[bytes], bytes]]

PACKERS: Packers = {
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor().compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
SMALL = ReadingLimits(document_bytes=1000)


def read(base: Path, settings: FolderSource, *, skip: bool = True) -> tuple[list[Document], list[Verdict]]:
    records = list(open_source(settings, base=base).documents("skip" if skip else "refuse"))
    documents = [record for record in records if isinstance(record, Document)]
    return documents, [record for record in records if isinstance(record, Verdict)]


def dropped_as(base: Path, settings: FolderSource, reason: str) -> tuple[list[str], Verdict]:
    """Ids of the documents that are left when the one bad piece goes by this reason; refusing it says the same."""
    documents, (verdict,) = read(base, settings)
    assert verdict.reason == reason
    with pytest.raises(BadInput, match=reason):
        read(base, settings, skip=False)
    return [document.id for document in documents], verdict


@pytest.mark.parametrize("suffix", PACKERS)
def test_every_compression_is_read_member_after_member(folder: Write, source: Source, suffix: str) -> None:
    pack = PACKERS[suffix]
    base = folder({f"x.jsonl{suffix}": pack('\ufeff{"text": "bat"}\n{"te'.encode()) + pack(b'xt": "bi"}\n')})
    documents, verdicts = read(base, source("texts"))
    assert [document.text for document in documents] == ["bat", "bi"]
    assert verdicts == []


@pytest.mark.parametrize("suffix", PACKERS)
def test_what_was_cut_short_is_named_after_what_came_before_it(folder: Write, source: Source, suffix: str) -> None:
    noise = random.Random(1).randbytes(700_000).hex().encode()  # longer than a block of bz2
    packed = PACKERS[suffix](b'{"text": "bat"}\n' * 2 + noise)
    base = folder({f"x.jsonl{suffix}": packed[:-200], "z.txt": "ona"})
    left, verdict = dropped_as(base, source("texts", limits=ReadingLimits()), "cut short")
    assert left == [f"texts/x.jsonl{suffix}:1", f"texts/x.jsonl{suffix}:2", "texts/z.txt"]
    assert f"x.jsonl{suffix}:3" in verdict.excerpt


@pytest.mark.parametrize("suffix", PACKERS)
def test_what_is_no_such_compression_is_damaged(folder: Write, source: Source, suffix: str) -> None:
    base = folder({f"x.txt{suffix}": b"this is no such file at all, and it goes on for a while", "z.txt": "ona"})
    assert dropped_as(base, source("texts"), "damaged")[0] == ["texts/z.txt"]


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_zip_bomb_is_stopped_before_it_fills_the_memory(folder: Write, source: Source, suffix: str) -> None:
    bomb = PACKERS[suffix](b'{"text": "a"}\n' + (b" " * 100_000 + b"\n") * 200)
    base = folder({f"x.jsonl{suffix}": bomb, "z.txt": "ona"})
    left, verdict = dropped_as(base, source("texts"), "grows too much when unpacked")
    assert left == [f"texts/x.jsonl{suffix}:1", "texts/z.txt"]
    assert "limits.unpacked_ratio" in verdict.excerpt


@pytest.mark.parametrize("suffix", ["", *PACKERS])
def test_a_very_long_line_is_passed_over_and_never_held(folder: Write, source: Source, suffix: str) -> None:
    limits = ReadingLimits(document_bytes=100_000, unpacked_ratio=1_000_000)
    content = b'{"text": "bat"}\n{"text": "' + b"a" * 50_000_000 + b'"}\n{"text": "hiru"}'
    base = folder({f"x.jsonl{suffix}": PACKERS.get(suffix, bytes)(content)})
    del content
    tracemalloc.start()
    left, verdict = dropped_as(base, source("texts", limits=limits), "larger than a document may be")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert left == [f"texts/x.jsonl{suffix}:1", f"texts/x.jsonl{suffix}:3"]
    assert f"x.jsonl{suffix}:2" in verdict.excerpt
    assert peak < 25_000_000  # most of it the window of xz


@pytest.mark.parametrize("name", ["x.txt", "x.md", "x.html", "x.jsonl", "x.csv"])
def test_a_document_above_the_limit_is_named(folder: Write, source: Source, name: str) -> None:
    begin = {"x.jsonl": '{"text": "', "x.csv": "text\n"}.get(name, "")
    base = folder({name: f"{begin}{'kaixo ' * 300}{'' if name != 'x.jsonl' else chr(34) + '}'}", "z.txt": "ona"})
    left, verdict = dropped_as(base, source("texts", limits=SMALL), "larger than a document may be")
    assert left == ["texts/z.txt"]
    assert "over 1,000 bytes (limits.document_bytes)" in verdict.excerpt


def test_a_binary_file_called_txt_is_named(folder: Write, source: Source) -> None:
    base = folder({"x.txt": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "z.txt": "ona"})
    assert dropped_as(base, source("texts"), "binary, not text")[0] == ["texts/z.txt"]


def test_what_cannot_be_read_though_it_opens_is_named(folder: Write, source: Source) -> None:
    memory = Path("/proc/self/mem")  # not even the superuser may read its beginning
    if not memory.exists():
        pytest.skip("no /proc on this system")
    base = folder({"z.txt": "ona"})
    (base / "texts" / "x.txt").symlink_to(memory)
    assert dropped_as(base, source("texts"), "cannot be opened")[0] == ["texts/z.txt"]


def test_a_page_of_ten_thousand_nested_tags_is_named(folder: Write, source: Source) -> None:
    html = f"<html><body><p>Kaixo</p>{'<div>' * 10_000}<p>Barruan</p>{'</div>' * 10_000}</body></html>"
    base = folder({"x.html": html, "z.txt": "ona"})
    assert dropped_as(base, source("texts"), "tags nested too deeply")[0] == ["texts/z.txt"]


def test_items_that_are_left_open_are_not_nested(folder: Write, source: Source) -> None:
    items = "".join(f"<li>Zerrendako {number}. gauza hemen dago idatzita, osorik." for number in range(600))
    base = folder({"x.html": f"<html><body><article><ul>{items}</ul></article></body></html>"})
    documents, verdicts = read(base, source("texts"))
    assert verdicts == []
    assert "599. gauza" in documents[0].text


RIGHT_TO_LEFT = "שלום עולם, זה משפט בעברית.\u200f\n\nالعربية لغة جميلة ٣٤"
PERSIAN = "می\u200cخواهم به خانه بروم. क्\u200dष"
COMBINING = "A\u0303o e\u0328\u0301 q\u0307\u0323 नमस्ते สวัสดี \u1112\u1161\u11ab"


@pytest.mark.parametrize("text", [RIGHT_TO_LEFT, PERSIAN, COMBINING])
def test_right_to_left_and_combining_marks_are_kept_as_they_stand(folder: Write, source: Source, text: str) -> None:
    html = f"<html><body><article><p>{text * 3}</p></article></body></html>"
    quoted = text.replace("\n", "\\n")
    base = folder({"a.txt": text, "b.jsonl": f'{{"text": "{quoted}"}}', "c.csv": f'text\n"{text}"\n', "d.html": html})
    documents, verdicts = read(base, source("texts"))
    assert verdicts == []
    assert [document.text for document in documents[:3]] == [text] * 3
    assert all(unicodedata.normalize("NFC", word) in documents[3].text for word in text.split())


def test_ids_are_remembered_by_the_hundred_thousand() -> None:
    seen = Seen()
    assert all(seen.first(f"a/{number}", number) is None for number in range(150_000))
    assert seen.first("a/3", 0) == 3
    assert seen.first("a/149999", 0) == 149_999
    assert seen.first("b/3", 7) is None


def test_a_bad_piece_is_counted_by_its_reason_alone(folder: Write, source: Source) -> None:
    base = folder({"x.jsonl": "\n".join(f'{{"text": "{letter * 2000}"}}' for letter in "ab")})
    _, verdicts = read(base, source("texts", limits=SMALL))
    assert [verdict.reason for verdict in verdicts] == ["larger than a document may be"] * 2


@pytest.mark.parametrize("suffix", [".zst", ""])
def test_a_line_of_a_gigabyte_is_passed_over_within_bounded_memory(folder: Write, source: Source, suffix: str) -> None:
    """Packed by zstd it is some 100 kB; plain it is a file with a hole, whose zeros the disk does not hold."""
    base = folder({"z.txt": "ona"})
    path = base / "texts" / f"x.jsonl{suffix}"
    if suffix:
        packer = zstandard.ZstdCompressor().compressobj()
        with path.open("wb") as file:
            file.write(packer.compress(b'{"text": "bat"}\n{"text": "'))
            for _ in range(1 << 6):
                file.write(packer.compress(b"a" * (1 << 24)))
            file.write(packer.compress(b'"}\n{"text": "hiru"}') + packer.flush())
    else:
        with path.open("wb") as file:
            file.write(b'{"text": "bat"}\n')
            file.seek(1 << 30)
            file.write(b'\n{"text": "hiru"}')
    limits = ReadingLimits(document_bytes=1_000_000, unpacked_ratio=1_000_000)
    tracemalloc.start()
    documents, verdicts = read(base, source("texts", limits=limits))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [document.text for document in documents] == ["bat", "hiru", "ona"]
    assert [verdict.reason for verdict in verdicts] == ["larger than a document may be"]
    assert peak < 20_000_000


def test_a_document_of_a_hundred_megabytes_is_named_by_the_usual_limits(folder: Write, source: Source) -> None:
    base = folder({"z.txt": "ona"})
    with (base / "texts" / "x.txt").open("wb") as file:
        for _ in range(100):
            file.write(b"kaixo " * 166_667)
    tracemalloc.start()
    left, _ = dropped_as(base, source("texts", limits=ReadingLimits()), "larger than a document may be")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert left == ["texts/z.txt"]
    assert peak < 100_000_000


def test_a_document_of_a_hundred_megabytes_goes_through_where_the_study_allows_it(
    folder: Write, source: Source
) -> None:
    base = folder({"x.txt": "kaixo " * 17_000_000, "z.txt": "ona"})
    documents, verdicts = read(base, source("texts", limits=ReadingLimits(document_bytes=200_000_000)))
    assert verdicts == []
    assert [len(document.text) for document in documents] == [102_000_000, 3]
