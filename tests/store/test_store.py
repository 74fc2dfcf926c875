import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mintza.errors import Held, StoreError
from mintza.records import Message, ModelRef, Parent, Verdict
from mintza.store import Description, Lock, Store
from mintza.store.disk import explained


def described(key: str = "a" * 64, stage: str = "sample") -> Description:
    return Description(
        key=key,
        stage=stage,
        cell=None,
        parents=(Parent(key="b" * 64, content_sha256="c" * 64),),
        settings={"n": 1},
        revision=1,
        libraries={"numpy": "2.0"},
        execution={},
        commit=None,
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    store.prepare()
    return store


def test_an_artifact_is_there_only_once_it_is_sealed(store: Store) -> None:
    writer = store.writer(described())
    writer.add(Message(role="user", content="kaixo"))
    assert store.find("sample", "a" * 64) is None
    sealed = writer.seal()
    assert store.find("sample", "a" * 64) == sealed
    assert sealed.records == {"Message": 1}
    assert [m.content for m in store.read(sealed, Message)] == ["kaixo"]


def test_what_was_abandoned_leaves_nothing(store: Store) -> None:
    writer = store.writer(described())
    writer.add(Message(role="user", content="kaixo"))
    writer.abandon()
    assert store.find("sample", "a" * 64) is None
    assert list(store.artifacts()) == []


def test_a_folder_without_a_manifest_is_not_an_artifact(store: Store) -> None:
    writer = store.writer(described())
    writer.add(Message(role="user", content="kaixo"))
    sealed = writer.seal()
    (store.folder("sample", sealed.key) / "manifest.json").unlink()
    assert store.find("sample", sealed.key) is None
    again = store.writer(described())
    again.add(Message(role="user", content="agur"))
    assert [m.content for m in store.read(again.seal(), Message)] == ["agur"]


def test_the_content_hash_is_of_records_and_files_and_of_nothing_else(store: Store) -> None:
    def sealed(key: str, text: str, name: str) -> str:
        workspace = store.workspace("sample", key)
        (workspace / "model").mkdir()
        (workspace / "model" / name).write_text("weights")
        (workspace / "scratch").write_text("not kept")
        writer = store.writer(described(key))
        writer.add(Message(role="user", content=text))
        return writer.seal(workspace, ["model"]).content_sha256

    same = sealed("1" * 64, "kaixo", "w"), sealed("2" * 64, "kaixo", "w")
    assert same[0] == same[1]
    assert sealed("3" * 64, "agur", "w") != same[0]
    assert sealed("4" * 64, "kaixo", "v") != same[0]


def test_kept_verdicts_are_counted_and_dropped_ones_filed_too(store: Store) -> None:
    writer = store.writer(described())
    for kept in (True, True, False):
        writer.add(Verdict(record_id="x", unit="document", step="length", kept=kept, reason="short"))
    sealed = writer.seal()
    assert {(v.kept, v.count) for v in sealed.verdicts} == {(True, 2), (False, 1)}
    assert len(list(store.read(sealed, Verdict))) == 1


def test_two_readers_hold_a_shared_lock_and_a_writer_is_told_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with Lock(path, "x", shared=True), Lock(path, "x", shared=True):
        pass
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path; from mintza.store import Lock\n"
            f"with Lock(Path({str(path)!r}), 'corpus'): print('held', flush=True); time.sleep(30)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Held, match=f"corpus is held by process {holder.pid}"), Lock(path, "corpus"):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        said: list[str] = []
        with Lock(path, "corpus", waiting=said.append):
            assert os.getpid()
    finally:
        holder.kill()
        holder.wait()
        if holder.stdout:
            holder.stdout.close()


def test_who_waits_goes_on_when_the_holder_is_done(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    code = (
        "import time; from pathlib import Path; from mintza.store import Lock\n"
        f"with Lock(Path({str(path)!r}), 'x'): print('held', flush=True); time.sleep(0.4)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        said: list[str] = []
        with Lock(path, "x", waiting=said.append):
            assert len(said) == 1
            assert str(holder.pid) in said[0]


def test_a_full_disk_is_said_in_words_with_the_remedy(store: Store) -> None:
    writer = store.writer(described())
    (folder,) = (store.root / "temporary").glob(f"sample-{'a' * 20}.*")
    (folder / "Message-00000.jsonl.zst").symlink_to("/dev/full")
    writer.add(Message(role="user", content="x" * 100))
    with pytest.raises(StoreError, match="disk is full") as caught:
        writer.seal()
    assert "free room" in str(caught.value)
    assert store.find("sample", "a" * 64) is None


def test_a_store_that_cannot_be_written_says_so() -> None:
    with pytest.raises(StoreError) as caught:
        Store(Path("/sys/mintza-store")).prepare()
    assert "/sys/mintza-store" in str(caught.value)


def test_explained_names_the_file_that_failed(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"), explained(tmp_path):
        (tmp_path / "nowhere" / "x").read_bytes()


def test_a_spoiled_manifest_is_named(store: Store) -> None:
    sealed = store.writer(described()).seal()
    (store.folder("sample", sealed.key) / "manifest.json").write_text('{"key": 1')
    with pytest.raises(StoreError, match="manifest is spoiled"):
        store.find("sample", sealed.key)


def test_a_journal_lies_by_model_and_revision_outside_every_artifact(store: Store) -> None:
    ref = ModelRef(name="a/b", provider="embedded", location="/x", revision="0123456789abcdef0123456789")
    assert store.journal_folder(ref) == store.root / "journals" / "a_b_0123456789abcdef0123"


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.03])
def test_a_kill_at_any_moment_leaves_whole_artifacts_or_none(store: Store, delay: float) -> None:
    code = (
        "from pathlib import Path\n"
        "from mintza.records import Message\n"
        "from mintza.store import Description, Store\n"
        f"store = Store(Path({str(store.root)!r}))\n"
        "print('ready', flush=True)\n"
        "for n in range(10000):\n"
        "    d = Description(key=f'{n:064d}', stage='s', cell=None, parents=(), settings={}, revision=1,\n"
        "        libraries={}, execution={}, commit=None)\n"
        "    w = store.writer(d)\n"
        "    [w.add(Message(role='user', content=str(i))) for i in range(20)]\n"
        "    w.seal()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05 + delay)
        process.kill()
    for artifact in store.artifacts():
        assert [m.content for m in store.read(artifact, Message)] == [str(i) for i in range(20)]


def test_a_writer_given_up_for_dead_cannot_spoil_what_is_made_in_its_place(store: Store) -> None:
    orphan = store.writer(described())
    orphan.add(Message(role="user", content="old"))
    heir = store.writer(described())
    heir.add(Message(role="user", content="new"))
    orphan.add(Message(role="user", content="older still"))
    sealed = heir.seal()
    with pytest.raises(StoreError):
        orphan.seal()
    assert store.find("sample", "a" * 64) == sealed
    assert [m.content for m in store.read(sealed, Message)] == ["new"]


@pytest.mark.parametrize("content", ["{", "[1]", '{"a": 1}', "null", "\x00"])
def test_a_list_of_studies_that_is_none_is_named_with_its_file(store: Store, content: str) -> None:
    (store.root / "studies.json").write_text(content, encoding="utf-8")
    with pytest.raises(StoreError, match="list of studies is spoiled") as caught:
        store.registered()
    assert caught.value.place == str(store.root / "studies.json")
    assert "remove the file" in caught.value.remedy


def test_a_store_that_is_a_file_holds_nothing_and_cannot_be_prepared(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    store = Store(tmp_path / "file")
    assert store.registered() == store.releases() == store.cards() == ()
    assert list(store.artifacts()) == []
    with pytest.raises(StoreError, match="Not a directory"):
        store.prepare()
