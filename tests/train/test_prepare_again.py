"""Preparation that is killed, that meets a full disk, that finds what an earlier try left."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mintza.records import Document
from mintza.train.reading import LOT_RECORDS, lots
from mintza.train.rows import PackedRows, open_rows

MANY = 2 * LOT_RECORDS + 500


@pytest.fixture
def counting(fake_tokenizer: Any) -> Any:
    """A tokenizer that knows how many texts it was given."""

    class Counting(type(fake_tokenizer)):  # type: ignore[misc]
        asked = 0

        def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
            self.asked += len(texts)
            return list(super().encode_all(texts))

    return Counting()


@pytest.fixture
def documents(make_document: Callable[..., Document]) -> list[Document]:
    return [make_document(number, f"text {number}" * (1 + number % 3)) for number in range(MANY)]


def in_a_child(work: Callable[[], object]) -> int:
    """How a process that does this ends: its exit status, or minus the signal that ended it; 9 when it raised OSError."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except OSError:
            os._exit(9)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def deadly(documents: Iterable[Document], at: int) -> Iterator[Document]:
    for number, document in enumerate(documents):
        if number == at:
            os.kill(os.getpid(), signal.SIGKILL)
        yield document


def test_after_a_kill_only_the_lot_that_was_under_way_is_encoded_again_and_the_bytes_are_the_same(
    tmp_path: Path, prepare_rows: Any, counting: Any, documents: list[Document]
) -> None:
    whole = prepare_rows(tmp_path / "whole", {"corpus": documents})
    died = in_a_child(lambda: prepare_rows(tmp_path / "killed", {"corpus": deadly(documents, MANY - 1)}))
    assert died == -signal.SIGKILL
    again = prepare_rows(tmp_path / "killed", {"corpus": documents}, tokenizer=counting)
    assert counting.asked == MANY - 2 * LOT_RECORDS
    assert again == whole
    assert open_rows(tmp_path / "killed") == open_rows(tmp_path / "whole")
    for path in (tmp_path / "whole").iterdir():
        assert path.read_bytes() == (tmp_path / "killed" / path.name).read_bytes()


def test_a_lot_whose_records_have_changed_or_that_is_not_whole_is_encoded_again(
    tmp_path: Path, prepare_rows: Any, counting: Any, documents: list[Document], make_document: Any
) -> None:
    in_a_child(lambda: prepare_rows(tmp_path, {"corpus": deadly(documents, MANY - 1)}))
    [tokens] = tmp_path.glob("lots/corpus.00001.tokens")
    tokens.write_bytes(tokens.read_bytes()[:-1])
    documents[5] = make_document(5, "something else")
    prepare_rows(tmp_path, {"corpus": documents}, tokenizer=counting)
    assert counting.asked == MANY
    prepare_rows(tmp_path / "fresh", {"corpus": documents})
    assert open_rows(tmp_path) == open_rows(tmp_path / "fresh")


def test_lots_that_were_encoded_under_other_settings_are_not_used(
    tmp_path: Path, prepare_rows: Any, counting: Any, documents: list[Document]
) -> None:
    in_a_child(lambda: prepare_rows(tmp_path, {"corpus": deadly(documents, MANY - 1)}))
    prepare_rows(tmp_path, {"corpus": documents}, tokenizer=counting, document_start="bos")
    assert counting.asked == MANY


def test_a_disk_that_is_full_in_the_middle_is_an_error_and_what_was_encoded_is_used_again(
    tmp_path: Path, prepare_rows: Any, counting: Any, documents: list[Document]
) -> None:
    lot = sum(len(document.text) + 1 for document in documents[:LOT_RECORDS])

    def without_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5 * lot + 4096, resource.RLIM_INFINITY))
        prepare_rows(tmp_path, {"corpus": documents}, sequence_length=64)

    assert in_a_child(without_room) == 9
    assert not (tmp_path / "index.json").exists()
    assert list(tmp_path.glob("lots/*.lot"))
    prepare_rows(tmp_path, {"corpus": documents}, tokenizer=counting)
    assert counting.asked < MANY
    assert len(PackedRows(tmp_path, "train")) == open_rows(tmp_path).train.rows


def test_lots_depend_on_the_records_alone(make_document: Any) -> None:
    long = [make_document(number, "x" * (1 << 22)) for number in range(6)]
    assert [len(lot) for lot in lots(long)] == [4, 2]
    assert [len(lot) for lot in lots([make_document(1, "")] * (LOT_RECORDS + 1))] == [LOT_RECORDS, 1]
