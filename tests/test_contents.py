"""What files hold is remembered until one of them changes, and no longer."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintza import contents
from mintza.contents import remembered
from mintza.corpus.source_settings import FolderSource
from mintza.corpus.sources.folder import Folder
from mintza.store.memos import Memos

Change = Callable[[Path], object]


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as old at once."""
    monkeypatch.setattr(contents, "SETTLED", -1.0)


class Asked:
    """Reads files, and counts how often."""

    def __init__(self, *files: Path, whole: bool = True) -> None:
        self.files = files
        self.whole = whole
        self.times = 0

    def __call__(self) -> tuple[str, bool]:
        self.times += 1
        return "".join(file.read_text(encoding="utf-8") for file in self.files), self.whole


def write(folder: Path, **texts: str) -> list[Path]:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(path for path in folder.iterdir() if path.is_file())


@pytest.mark.usefixtures("settled")
def test_files_are_read_once_while_nobody_changes_them(tmp_path: Path) -> None:
    files = write(tmp_path, a="bat", b="bi")
    memo, asked = Memos(tmp_path / "store"), Asked(*files)
    assert [remembered(asked, files, memo, "x") for _ in range(3)] == ["batbi"] * 3
    assert asked.times == 1
    assert remembered(asked, files, memo, "y") == "batbi"
    assert asked.times == 2


def in_place(path: Path) -> None:
    """Other content of the same length, with the time of the old one."""
    before = path.stat()
    with path.open("r+") as file:
        file.write("lau")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def put_in_its_place(path: Path) -> None:
    """Another file of the same length and time under the same name."""
    before = path.stat()
    other = path.with_name("other")
    other.write_text("lau")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(path)


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("change", [in_place, put_in_its_place, lambda path: path.write_text("hiru")])
def test_a_change_is_seen_whatever_its_length_and_time(tmp_path: Path, change: Change) -> None:
    files = write(tmp_path, a="bat", b="bi")
    memo, asked = Memos(tmp_path / "store"), Asked(*files)
    remembered(asked, files, memo)
    time.sleep(0.02)  # a tick of the file system's clock
    change(files[0])
    assert remembered(asked, files, memo) == asked()[0]
    assert asked.times == 3


def test_nothing_is_kept_of_files_that_were_changed_a_moment_ago(tmp_path: Path) -> None:
    files = write(tmp_path, a="bat")
    memo, asked = Memos(tmp_path / "store"), Asked(*files)
    remembered(asked, files, memo)
    remembered(asked, files, memo)
    assert asked.times == 2
    assert not (tmp_path / "store").exists()


@pytest.mark.usefixtures("settled")
def test_nothing_is_kept_of_files_that_change_while_they_are_read(tmp_path: Path) -> None:
    files = write(tmp_path, a="bat")
    memo = Memos(tmp_path / "store")

    def work() -> tuple[str, bool]:
        found = files[0].read_text(encoding="utf-8")
        files[0].write_text("hiru")
        return found, True

    assert remembered(work, files, memo) == "bat"
    assert remembered(Asked(*files), files, memo) == "hiru"


@pytest.mark.usefixtures("settled")
def test_nothing_is_kept_of_files_that_could_not_all_be_read(tmp_path: Path) -> None:
    files = write(tmp_path, a="bat")
    memo, asked = Memos(tmp_path / "store"), Asked(*files, whole=False)
    assert [remembered(asked, files, memo) for _ in range(2)] == ["bat", "bat"]
    assert asked.times == 2


@pytest.mark.usefixtures("settled")
def test_a_source_that_could_be_read_only_in_part_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write(tmp_path, **{"a.txt": "bat", "b.txt": "bi"})
    settings = FolderSource(kind="folder", name="t", path=".", language="eus_Latn", license="CC0-1.0")
    source, memo = Folder(settings, base=tmp_path), Memos(tmp_path.with_name("store"))
    opened = Path.open

    def ailing(path: Path, *how: Any, **more: Any) -> Any:
        if path == files[0]:
            raise OSError(errno.EIO, "Input/output error")
        return opened(path, *how, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", ailing)
        in_part = source.fingerprint(memo)
    assert source.fingerprint(memo) == source.fingerprint() != in_part


@pytest.mark.usefixtures("settled")
def test_without_a_place_to_keep_it_all_is_read_again(tmp_path: Path) -> None:
    files = write(tmp_path, a="bat")
    (tmp_path / "store").write_text("a file where a folder should be")
    asked = Asked(*files)
    for memo in (None, Memos(tmp_path / "store")):
        assert remembered(asked, files, memo) == "bat"
    assert asked.times == 2


@pytest.mark.usefixtures("settled")
def test_a_file_that_is_gone_is_for_the_one_who_reads_it(tmp_path: Path) -> None:
    files = write(tmp_path, a="bat")
    memo, asked = Memos(tmp_path / "store"), Asked(*files)
    remembered(asked, files, memo)
    files[0].unlink()
    with pytest.raises(FileNotFoundError):
        remembered(asked, files, memo)
