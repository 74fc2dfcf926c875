"""What is in a folder is read, once, in order; what is broken is refused or skipped by name."""

from __future__ import annotations

import gzip
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from mintza.corpus.settings import CorpusSettings, FolderSource, PackageSource
from mintza.corpus.sources import open_source
from mintza.corpus.stage import fingerprint, requirements
from mintza.errors import BadInput
from mintza.records import Document, Verdict

Write = Callable[[dict[str, str | bytes]], Path]
Source = Callable[..., FolderSource]


def packed(text: str) -> bytes:
    return zstandard.ZstdCompressor().compress(text.encode())


def read(base: Path, settings: FolderSource | PackageSource, *, skip: bool = False) -> Iterator[Document | Verdict]:
    return open_source(settings, base=base).documents("skip" if skip else "refuse")


def ids(records: Iterator[Document | Verdict]) -> list[str]:
    return [record.id for record in records if isinstance(record, Document)]


def test_a_folder_is_read_with_all_below_it_in_order(folder: Write, source: Source) -> None:
    base = folder(
        {
            "b.txt": "bi",
            "a/z.md": "# a",
            "a/b.txt.gz": gzip.compress(b"gz"),
            "c.TXT.ZST": packed("zst"),
            ".hidden.txt": "no",
            "d.jsonl": '{"text": "lerroa", "id": "x"}\n\n{"text": "bigarrena"}\n',
            "e.jsonl.zst": packed('{"text": "a", "id": 7}') + packed('\n{"text": "b"}'),
            "f.pdf": b"%PDF",
        }
    )
    records = list(read(base, source("texts")))
    assert ids(iter(records)) == [
        "texts/a/b.txt.gz",
        "texts/a/z.md",
        "texts/b.txt",
        "texts/c.TXT.ZST",
        "texts/d.jsonl:x",
        "texts/d.jsonl:3",
        "texts/e.jsonl.zst:7",
        "texts/e.jsonl.zst:2",
    ]
    assert [(v.record_id, v.reason) for v in records if isinstance(v, Verdict)] == [
        ("texts/f.pdf", "not .txt, .md, .jsonl, .ndjson, .html, .htm, .xhtml, .csv, .tsv, .parquet")
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("texts/a/1.txt", ["texts/1.txt"]),
        ("texts/*.txt", ["texts/3.txt"]),
        ("texts/**/*.txt", ["texts/3.txt", "texts/a/1.txt", "texts/a/b/2.txt"]),
        ("texts/?/[!2]*.txt", ["texts/a/1.txt"]),
        ("texts/[ab]/**", ["texts/a/1.txt", "texts/a/b/2.txt"]),
    ],
)
def test_a_path_is_a_file_or_a_glob(folder: Write, source: Source, path: str, expected: list[str]) -> None:
    base = folder({"a/1.txt": "bat", "a/b/2.txt": "bi", "3.txt": "hiru"})
    assert ids(read(base, source(path))) == expected


def test_links_are_followed_once_and_never_round(folder: Write, source: Source, tmp_path: Path) -> None:
    base = folder({"a/1.txt": "bat"})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "2.txt").write_text("bi")
    (tmp_path / "elsewhere" / "up").symlink_to(tmp_path, target_is_directory=True)
    (base / "texts" / "a" / "loop").symlink_to(base / "texts", target_is_directory=True)
    (base / "texts" / "again").symlink_to(base / "texts" / "a", target_is_directory=True)
    (base / "texts" / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (base / "texts" / "linked2").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert ids(read(base, source("texts"))) == ["texts/a/1.txt", "texts/linked/2.txt"]


NOISE = random.Random(1).randbytes(3000)
BROKEN: dict[str, tuple[str, bytes, str, int | None]] = {
    "invalid UTF-8": ("x.txt", b"bat\nbi \xff hiru\n", "not UTF-8", 2),
    "UTF-16": ("x.txt", "kaixo".encode("utf-16"), "in UTF-16, not UTF-8", None),
    "binary": ("x.txt", b"\x7fELF\0\0\n", "binary, not text", 1),
    "gz cut short": ("x.txt.gz", gzip.compress(NOISE)[:-900], "cut short", None),
    "gz that is none": ("x.txt.gz", b"not a gzip file", "damaged", None),
    "gz cut short by lines": (
        "x.jsonl.gz",
        gzip.compress(b'{"text": "kaixo"}\n' * 9 + NOISE.hex().encode())[:-900],
        "cut short",
        10,
    ),
    "zst cut short": ("x.txt.zst", packed("kaixo " * 100_000)[:-3], "cut short", None),
    "zst that is none": ("x.txt.zst", b"not zstandard at all", "damaged", None),
    "broken JSON": ("x.jsonl", b'{"text": "bat"}\n{"text": "bi\n', "not JSON", 2),
    "half a surrogate pair": ("x.jsonl", b'{"text": "\\ud800 bat"}', "not JSON", 1),
    "a row without text": ("x.jsonl", b'\n{"body": "bat"}', "has no text under 'text'", 2),
    "a row that is a list": ("x.jsonl", b'["bat"]', "has no text under 'text'", 1),
    "bytes in a row": ("x.jsonl", b'{"text": "a\xff"}', "not UTF-8", 1),
    "a deep row": ("x.jsonl", b"[" * 100_000, "not JSON", 1),
    "a wrong id": ("x.jsonl", b'{"text": "bat", "id": true}', "has an id that is neither text nor a whole number", 1),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_named_with_its_line(folder: Write, source: Source, case: str) -> None:
    name, content, reason, line = BROKEN[case]
    base = folder({name: content, "good.txt": "ona"})
    place = f"{base / 'texts' / name}" + ("" if line is None else f":{line}")
    with pytest.raises(BadInput) as raised:
        list(read(base, source("texts")))
    assert raised.value.message.startswith(reason)
    assert raised.value.place == place
    assert "on_bad_input: skip" in raised.value.remedy


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_skipped_with_a_verdict_and_the_rest_is_read(
    folder: Write, source: Source, case: str
) -> None:
    name, content, reason, line = BROKEN[case]
    base = folder({name: content, "good.txt": "ona"})
    records = list(read(base, source("texts"), skip=True))
    verdicts = [record for record in records if isinstance(record, Verdict)]
    assert "texts/good.txt" in ids(iter(records))
    assert reason in [verdict.reason for verdict in verdicts]
    assert all(name in verdict.excerpt for verdict in verdicts)
    assert line is None or any(f"{name}:{line}" in verdict.excerpt for verdict in verdicts)


def test_lines_around_a_broken_one_are_kept(folder: Write, source: Source) -> None:
    base = folder({"x.jsonl": b'{"text": "bat"}\n{oops}\n{"text": "hiru"}'})
    assert ids(read(base, source("texts"), skip=True)) == ["texts/x.jsonl:1", "texts/x.jsonl:3"]


def test_what_cannot_be_opened_is_named(folder: Write, source: Source) -> None:
    base = folder({"good.txt": "ona"})
    (base / "texts" / "gone.txt").symlink_to(base / "nowhere.txt")
    (base / "texts" / "round.txt").symlink_to(base / "texts" / "round.txt")
    os.mkfifo(base / "texts" / "pipe.txt")
    records = list(read(base, source("texts"), skip=True))
    assert ids(iter(records)) == ["texts/good.txt"]
    assert [(v.record_id, v.reason) for v in records if isinstance(v, Verdict)] == [
        ("texts/gone.txt", "cannot be opened"),
        ("texts/pipe.txt", "not a file that can be read"),
        ("texts/round.txt", "cannot be opened"),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission_is_named(folder: Write, source: Source) -> None:
    base = folder({"good.txt": "ona", "closed.txt": "itxia"})
    (base / "texts" / "closed.txt").chmod(0)
    with pytest.raises(BadInput, match="cannot be opened"):
        list(read(base, source("texts")))


def test_what_is_empty_goes_with_a_verdict(folder: Write, source: Source) -> None:
    base = folder({"a.txt": "", "b.txt": " \n", "c.jsonl": "\n\n", "d.jsonl": '{"text": ""}', "e.txt": "bat"})
    records = list(read(base, source("texts")))
    assert ids(iter(records)) == ["texts/e.txt"]
    assert [v.reason for v in records if isinstance(v, Verdict)] == ["empty"] * 4


@pytest.mark.parametrize(
    "files",
    [
        {"x.jsonl": '{"id": "a", "text": "bat"}\n{"id": "a", "text": "bi"}'},
        {"x.jsonl": '{"text": "bat"}\n{"id": 1, "text": "bi"}'},
    ],
)
def test_ids_that_collide_are_refused_with_both_places(folder: Write, source: Source, files: Any) -> None:
    base = folder(files)
    with pytest.raises(BadInput) as raised:
        list(read(base, source("texts")))
    assert f"{base}/texts/x.jsonl:1" in str(raised.value)
    assert raised.value.place == f"{base}/texts/x.jsonl:2"
    first, second = read(base, source("texts"), skip=True)
    assert isinstance(first, Document)
    assert isinstance(second, Verdict)
    assert second.reason == "id was given before"
    assert "x.jsonl:1" in second.excerpt


def test_a_missing_folder_is_refused_by_name_unless_it_is_optional(folder: Write, source: Source) -> None:
    base = folder({"a.txt": "bat"})
    with pytest.raises(BadInput, match="nowhere") as raised:
        list(read(base, source("nowhere")))
    assert raised.value.place == "corpus source 'texts'"
    with pytest.raises(BadInput, match="nowhere"):
        fingerprint(CorpusSettings(sources=(source("nowhere"),)), base=base)
    absent = source("nowhere/*.txt", optional=True)
    assert fingerprint(CorpusSettings(sources=(absent,)), base=base) == {"texts": "absent"}
    (verdict,) = read(base, absent)
    assert isinstance(verdict, Verdict)
    assert verdict.reason == "optional source is not there"


def test_a_folder_without_any_text_is_refused(folder: Write, source: Source) -> None:
    base = folder({"a.pdf": b"%PDF"})
    with pytest.raises(BadInput, match="none of the 1 files"):
        list(read(base, source("texts")))
    (missing,) = requirements(CorpusSettings(sources=(source("texts"),)), base=base)
    assert "none of the 1 files" in str(missing)


def test_a_folder_that_is_still_empty_is_named_before_anything_runs(folder: Write, source: Source) -> None:
    base = folder({"a.txt": "bat"})
    (base / "texts" / "a.txt").unlink()
    (missing,) = requirements(CorpusSettings(sources=(source("texts"),)), base=base)
    assert "there is no file yet where its path leads" in str(missing)
    assert missing.remedy is not None
    assert missing.remedy.startswith("put texts there: .txt")


def test_the_fingerprint_is_of_names_and_contents(folder: Write, source: Source) -> None:
    def of(base: Path) -> str:
        return fingerprint(CorpusSettings(sources=(source("texts"),)), base=base)["texts"]

    base = folder({"a.txt": "bat", "b.txt": "bi"})
    first = of(base)
    (base / "texts" / "a.txt").touch()
    assert of(base) == first
    (base / "texts" / "a.txt").write_text("hiru")
    assert of(base) != first
    folder({"a.txt": "bat"})
    assert of(base) == first
    (base / "texts" / "b.txt").rename(base / "texts" / "c.txt")
    assert of(base) != first


def test_a_package_is_read_and_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "site" / "made_up_texts" / "data"
    inside.mkdir(parents=True)
    (inside / "a.txt").write_text("bat")
    (inside.parent / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path / "site")

    def package(name: str, path: str, *, optional: bool = False) -> PackageSource:
        return PackageSource(
            kind="package", name="p", package=name, path=path, language="eus_Latn", license="MIT", optional=optional
        )

    assert ids(read(tmp_path, package("made_up_texts", "data"))) == ["p/a.txt"]
    with pytest.raises(BadInput, match="has no other"):
        list(read(tmp_path, package("made_up_texts", "other")))
    with pytest.raises(BadInput, match="is not installed"):
        list(read(tmp_path, package("made_up_nowhere", "data")))
    assert len(list(read(tmp_path, package("made_up_nowhere", "data", optional=True)))) == 1
    with pytest.raises(ValueError, match="leaves the package"):
        package("made_up_texts", "../other")
