"""While sources are read, progress says how much of their files has come in, compressed or not."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fakes import language
from mintza.corpus.settings import CorpusExecution, CorpusSettings, FolderSource
from mintza.corpus.sources.meter import Meter, count
from mintza.corpus.stage import build

Source = Callable[..., FolderSource]
Write = Callable[[dict[str, str | bytes]], Path]
Said = tuple[int, int | None, str]


def said_of(base: Path, sources: tuple[FolderSource, ...], workspace: Path, size: int = 1000) -> list[Said]:
    said: list[Said] = []

    def told(done: int, total: int | None, note: str = "") -> None:
        said.append((done, total, note))

    known = [language("eus_Latn", "eu"), language("spa_Latn", "es")]
    settings = CorpusSettings(
        sources=sources, on_bad_input="skip", execution=CorpusExecution(workers=1, shard_size=size)
    )
    list(build(settings, base=base, languages=known, target=known[0], workspace=workspace, seed=1, progress=told))
    return said


def rows(basque: list[str], count: int) -> bytes:
    chance = random.Random(3)  # packs to a third
    texts = (f"{basque[number % 8]} {chance.randbytes(40).hex()}" for number in range(count))
    lines = (json.dumps({"id": f"{number}", "text": text}) for number, text in enumerate(texts))
    return "\n".join(lines).encode()


@pytest.mark.parametrize("packed", [False, True])
def test_the_share_of_the_files_that_was_read_is_said(
    folder: Write, source: Source, basque: list[str], tmp_path: Path, packed: bool
) -> None:
    content = rows(basque, 6000)
    name, data = ("a.jsonl.gz", gzip.compress(content, 1)) if packed else ("a.jsonl", content)
    base = folder({name: data, "b.txt": basque[1], "c.pdf": b"%PDF" * 1000})
    said = said_of(base, (source("texts"),), tmp_path / "work")
    total = -(-(len(data) + len(basque[1].encode())) // 1000)
    read, compared = said[:-1], said[-1]
    assert {(of, note.partition(" read, ")[0]) for _, of, note in read} == {(total, "kB")}
    assert all(before[0] <= after[0] for before, after in itertools.pairwise(read))
    halfway = next(done for done, _, note in read if "3,000 documents, texts" in note)
    assert 0.3 * total < halfway < 0.7 * total
    assert total - 1 <= read[-1][0] <= total
    assert read[-1][2] == "kB read, 6,001 documents, texts"
    assert compared[0] == compared[1]


def test_a_file_read_by_a_library_or_in_part_counts_whole_when_the_next_begins(
    folder: Write, source: Source, basque: list[str], tmp_path: Path
) -> None:
    table = tmp_path / "table.parquet"
    pq.write_table(pa.table({"text": [f"{number} {basque[number % 8]}" for number in range(300)]}), table)
    cut = gzip.compress(rows(basque, 300), 1)[:-20]
    base = folder({"a.parquet": table.read_bytes(), "b.jsonl.gz": cut, "c.txt": basque[2]})
    (base / "more").mkdir()
    (base / "more" / "d.txt").write_text(basque[3] * 50)
    said = said_of(base, (source("texts"), source("more", name="more")), tmp_path / "work")
    before = sum((base / name).stat().st_size for name in ("more/d.txt", "texts/a.parquet", "texts/b.jsonl.gz"))
    *_, last, _ = said
    assert last[2].endswith(", texts")
    assert last[0] >= before // 1000
    of_tables = [done for done, _, note in said if note.endswith(" 200 documents, texts")]
    assert of_tables == [(base / "more" / "d.txt").stat().st_size // 1000]


def test_where_nobody_knows_how_much_there_is_documents_are_counted() -> None:
    assert Meter(None).said(12, "hub") == (12, None, "documents read, hub")
    assert Meter(25_000_000, 12_600_000).said(1200, "a") == (12, 25, "MB read, 1,200 documents, a")


def test_bytes_are_counted_by_whoever_listens_and_by_nobody_else() -> None:
    outer, inner = Meter(100), Meter(100)
    count(1)
    with outer.listening():
        count(2)
        with inner.listening():
            count(4)
        count(8)
    count(16)
    assert (outer.done, inner.done) == (10, 4)
