"""The engine: any number of workers, any size of shard, any order, kills and a full disk: the same bytes, and nothing done twice."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import language
from mintza.corpus import line_counts
from mintza.corpus.filter_settings import BoilerplateFilterSettings
from mintza.corpus.making import Task
from mintza.corpus.merging import merged, write_run
from mintza.corpus.pool import AHEAD, each_done
from mintza.corpus.settings import CorpusExecution, CorpusSettings, FiltersSettings, FolderSource
from mintza.corpus.sources.pieces import Unread
from mintza.corpus.stage import build
from mintza.errors import BadInput, MintzaError, StoreError
from mintza.progress import silent
from mintza.records import Document, Provenance, Step, Verdict
from mintza.store.disk import explained
from mintza.text.verdicts import dropped
from tasks import failing, slowly

Source = Callable[..., FolderSource]
LANGUAGES = [language("eus_Latn", "eu"), language("spa_Latn", "es"), language("eng_Latn", "en")]
FILTERS = FiltersSettings(boilerplate=BoilerplateFilterSettings(min_documents=20, min_share=0))
SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from corpus.test_engine import made_in
if __name__ == "__main__":
    print(made_in(Path(sys.argv[2]), Path(sys.argv[3]), workers=3, shard_size=4000))
"""
ENDLESS = """
import sys
sys.path.insert(0, sys.argv[1])
from mintza.corpus.pool import each_done
from slow_tasks import busy
if __name__ == "__main__":
    list(each_done(range(12), busy, workers=3))
"""


def made_in(base: Path, workspace: Path, *, names: str = "ab", seed: int = 1, **execution: Any) -> str:
    """sha256 of all that the stage gives for the folders `a` (train or held-out) and `b` (held-out)."""
    sources = tuple(
        FolderSource.model_validate(
            {
                "kind": "folder",
                "name": name,
                "path": name,
                "language": "eus_Latn",
                "license": "CC0-1.0",
                "split": "held-out" if name == "b" else "auto",
            }
        )
        for name in names
    )
    digest = hashlib.sha256()
    chosen = CorpusSettings(sources=sources, filters=FILTERS, execution=CorpusExecution(**execution))
    for record in build(
        chosen, base=base, languages=LANGUAGES, target=LANGUAGES[0], workspace=workspace, seed=seed, progress=silent
    ):
        digest.update(msgspec.json.encode(record) + b"\n")
    return digest.hexdigest()


def write_texts(base: Path, basque: list[str], count: int) -> None:
    """Texts of which some are copies, near copies, short, in Spanish, or hold a line that stands in many."""
    chance = random.Random(4)
    words = " ".join(basque).split()
    rows: list[str] = []
    for number in range(count):
        text = " ".join(chance.choices(words, k=chance.randint(30, 90)))
        text = chance.choice(rows) if rows and number % 7 == 0 else text
        text = f"{text} Amaitu da." if number % 11 == 0 else text
        rows.append(f"{text}\n\nOin oharra hemen" if number % 5 == 0 else text)
    for name, some in (("a", rows[::2]), ("b", rows[1::2])):
        lines = [json.dumps({"id": f"{number:04}", "text": text}) for number, text in enumerate(some)]
        for part in range(2):
            path = base / name / f"{part}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines[part::2]), encoding="utf-8")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory, basque: list[str]) -> Path:
    base = tmp_path_factory.mktemp("texts")
    write_texts(base, basque, 300)
    return base


@pytest.fixture(scope="module")
def undisturbed(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return made_in(texts, tmp_path_factory.mktemp("undisturbed"))


def test_a_task_comes_to_its_worker_as_it_was_whatever_it_holds(tmp_path: Path) -> None:
    whole = Document(
        id="a/1",
        text="Kaixo, ñ",
        language="eus_Latn",
        language_score=0.5,
        language_backend="declared",
        split="held-out",
        cluster="a/1",
        provenance=Provenance(source="a", license="MIT", url="https://a.eus", steps=(Step(done="x", by="y"),)),
    )
    half = msgspec.structs.replace(whole, text="\ud800")
    verdict = dropped("a/2", "read", "empty", unit="document")
    unread = Unread("a", "a/3", None, tmp_path, "x.html", "", (b"<p>",))
    for records in ((whole, whole), (half,), (whole, verdict), (unread, whole), ()):
        task = Task(tmp_path / "1", "digest", records, None, tmp_path / "frequent.json")
        assert pickle.loads(pickle.dumps(task)) == task


@pytest.mark.parametrize(("workers", "shard_size"), [(1, 3_000), (1, 20_000), (2, 9_000), (3, 50_000)])
def test_workers_and_shards_do_not_change_a_byte(
    texts: Path, undisturbed: str, tmp_path: Path, workers: int, shard_size: int
) -> None:
    assert made_in(texts, tmp_path, workers=workers, shard_size=shard_size) == undisturbed


def test_neither_the_order_of_sources_nor_that_of_rows_changes_a_byte(
    texts: Path, undisturbed: str, tmp_path: Path
) -> None:
    assert made_in(texts, tmp_path / "one", names="ba", shard_size=7_000) == undisturbed
    for path in texts.glob("*/*.jsonl"):
        turned = tmp_path / "texts" / path.relative_to(texts)
        turned.parent.mkdir(parents=True, exist_ok=True)
        turned.write_text("\n".join(reversed(path.read_text(encoding="utf-8").split("\n"))), encoding="utf-8")
    assert made_in(tmp_path / "texts", tmp_path / "two", shard_size=7_000) == undisturbed


def seals(workspace: Path) -> dict[str, int]:
    """Finished shards, and when their seals were written."""
    return {path.parent.name: path.stat().st_mtime_ns for path in workspace.glob("shards/*/seal.json")}


def test_what_a_run_had_finished_is_used_again_but_not_when_spoiled_or_under_other_settings(
    texts: Path, tmp_path: Path
) -> None:
    first = made_in(texts, tmp_path, shard_size=9_000)
    finished = seals(tmp_path)
    assert len(finished) > 5
    assert made_in(texts, tmp_path, shard_size=9_000) == first
    assert seals(tmp_path) == finished
    spoiled = tmp_path / "shards" / "000002" / "columns.u64"
    spoiled.write_bytes(bytes(spoiled.stat().st_size))
    assert made_in(texts, tmp_path, shard_size=9_000) == first
    assert {name for name, at in seals(tmp_path).items() if at != finished[name]} == {"000002"}
    assert made_in(texts, tmp_path, shard_size=9_000, seed=2) != first
    assert not set(seals(tmp_path).values()) & set(finished.values())


def test_a_run_that_is_killed_twice_ends_with_the_same_bytes_and_leaves_no_worker(
    texts: Path, undisturbed: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", SCRIPT, str(Path(__file__).parents[1]), str(texts), str(tmp_path)]
    # A worker imports the file that its parent began with, so that the script must be one.
    script = tmp_path.parent / "run.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command[1:3] = [str(script)]
    for pieces in ("cleaned/*/seal.json", "shards/*/seal.json"):
        with subprocess.Popen(command) as process:
            deadline = time.monotonic() + 60
            while not list(tmp_path.glob(pieces)) and time.monotonic() < deadline:
                time.sleep(0.005)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
            os.kill(process.pid, signal.SIGKILL)
        assert len(children) >= 2
        deadline = time.monotonic() + 10
        while any(map(is_alive, children)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(map(is_alive, children))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == undisturbed, done.stderr


@pytest.mark.parametrize("moment", ["importing", "working"])
def test_workers_end_at_once_with_whoever_asked_them_wherever_they_are(tmp_path: Path, moment: str) -> None:
    script = tmp_path / "run.py"
    script.write_text(ENDLESS, encoding="utf-8")
    environment = {**os.environ, "MARKS": str(tmp_path), "SLOW": moment}
    with subprocess.Popen([sys.executable, str(script), str(Path(__file__).parents[1])], env=environment) as process:
        deadline = time.monotonic() + 60
        workers: set[str] = set()
        while len(workers) < 2 and time.monotonic() < deadline:
            time.sleep(0.005)
            marked = {path.name.rpartition("-")[2] for path in tmp_path.glob(f"{moment}-*")}
            workers = marked - {str(process.pid)}
        os.kill(process.pid, signal.SIGKILL)
    assert len(workers) == 2
    deadline = time.monotonic() + 1
    while any(map(is_alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(is_alive, workers))


def is_alive(pid: str) -> bool:
    """Whether a process runs; one that has ended and waits to be fetched does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_is_named_with_its_remedy_and_what_was_finished_is_intact(
    texts: Path, undisturbed: str, tmp_path: Path, workers: int
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(small)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        with pytest.raises(StoreError, match="the disk is full") as raised, explained(small):
            made_in(texts, small, workers=workers, shard_size=20_000)
        assert "free room" in raised.value.remedy
        finished = {path.parent: path.read_bytes() for path in small.glob("cleaned/*/seal.json")}
        assert finished
        subprocess.run(["mount", "-o", "remount,size=100m", str(small)], check=True)
        assert made_in(texts, small, workers=workers, shard_size=20_000) == undisturbed
        assert all((folder / "seal.json").read_bytes() == before for folder, before in finished.items())
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_an_error_in_a_worker_is_the_one_that_this_process_would_have_raised(texts: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.jsonl").write_bytes((texts / "a" / "0.jsonl").read_bytes() + b"\n{")
    with pytest.raises(BadInput, match="not JSON"):
        made_in(tmp_path, tmp_path / "work", names="a", workers=2, shard_size=2_000)


def test_errors_of_workers_come_back_with_place_remedy_and_number() -> None:
    with pytest.raises(BadInput, match="three") as bad:
        list(each_done([1, 3], failing, workers=2))
    assert (bad.value.place, bad.value.remedy) == ("here", "none")
    with pytest.raises(OSError, match="full") as full:
        list(each_done([7], failing, workers=2))
    assert (full.value.errno, full.value.filename) == (errno.ENOSPC, "there")
    with pytest.raises(MintzaError, match="ended from outside") as ended:
        list(each_done([5] * 100, failing, workers=2))
    assert "shard_size" in ended.value.remedy


@pytest.mark.parametrize(("count", "workers"), [(0, 2), (1, 2), (2, 3), (400, 1), (400, 2), (400, 4)])
def test_every_task_is_done_once(count: int, workers: int) -> None:
    tasks = [8 + number for number in range(count)]
    assert sorted(each_done(tasks, failing, workers=workers)) == tasks


def test_all_work_this_process_among_them_and_tasks_are_taken_as_they_come_free() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(200):
            taken.append(number)
            yield number

    others = AHEAD * 2
    by: Counter[int] = Counter()
    for done, (_, pid) in enumerate(each_done(tasks(), slowly, workers=3), 1):
        by[pid] += 1
        assert len(taken) - done <= others + 1 or len(taken) <= 3
    assert len(by) == 3
    assert os.getpid() in by
    assert min(by.values()) > 20


def test_one_task_starts_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a worker was started"))
    assert list(each_done([8], failing, workers=4)) == [8]


def test_more_runs_than_are_open_at_once_come_in_one_order_the_earlier_first(tmp_path: Path) -> None:
    chance = random.Random(2)

    def verdict(name: int, run: int) -> Verdict:
        return Verdict(record_id=f"{name:02}", unit="document", step="read", kept=False, reason=f"{run:03}")

    runs = [[verdict(name, run) for name in sorted(chance.choices(range(40), k=3))] for run in range(150)]
    written = [write_run(tmp_path / f"{number}.jsonl", run) for number, run in enumerate(runs)]
    found = list(merged(written, key=lambda one: one.record_id, folder=tmp_path))
    every = [one for run in runs for one in run]
    assert found == sorted(every, key=lambda one: (one.record_id, one.reason))


numbers = st.sets(st.integers(0, 8).map(lambda n: n * ((1 << 61) - 1)))


@settings(max_examples=30, deadline=None)
@given(shards=st.lists(st.lists(numbers, max_size=5), min_size=1, max_size=4), least=st.integers(1, 4))
def test_lines_are_counted_on_disk_as_in_memory(
    tmp_path_factory: pytest.TempPathFactory, shards: list[list[set[int]]], least: int
) -> None:
    folders = [tmp_path_factory.mktemp("lines") for _ in shards]
    for folder, lines in zip(folders, shards, strict=True):
        line_counts.write(folder, lines)
    whole: Counter[int] = Counter()
    for lines in shards:
        for some in lines:
            whole.update(some)
    expected = {number: count for number, count in whole.items() if count >= least}
    assert line_counts.frequent(folders, least=least) == expected
