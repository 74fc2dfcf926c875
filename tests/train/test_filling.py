"""Documents are cut to fill rows: nothing is lost, nothing comes twice, nothing is cut that must not be, and not for little."""

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.train.filling import CUTS_A_ROW, Filled, Part, fill
from mintza.train.packing import pack
from mintza.train.rows import PADDING, SHOWN, SUPERVISED, PackedRows, open_rows
from mintza.train.settings import PrepareSettings

CAPACITY = 32
PIECES = st.lists(st.tuples(st.integers(1, CAPACITY), st.booleans()), max_size=60)
SHARES = st.sampled_from([0.0, 0.9, 0.99, 1.0])


def filled(pieces: list[tuple[int, bool]], share: float, shortest: int) -> Filled:
    lengths = [length for length, _ in pieces]
    may_cut = [int(document) for _, document in pieces]
    return fill(pack(lengths, CAPACITY), lengths, CAPACITY, may_cut=may_cut, share=share, shortest=shortest)


def stretches(pieces: list[tuple[int, bool]], found: Filled) -> list[list[Part]]:
    """Each row as stretches of pieces."""
    count = len(pieces)
    return [[Part(n, 0, pieces[n][0]) if n < count else found.parts[n - count] for n in row] for row in found.rows]


@given(PIECES, SHARES, st.integers(1, 8))
def test_every_token_of_every_piece_lies_in_the_rows_exactly_once(
    pieces: list[tuple[int, bool]], share: float, shortest: int
) -> None:
    found = [part for row in stretches(pieces, filled(pieces, share, shortest)) for part in row]
    tokens = sorted((part.piece, place) for part in found for place in range(part.start, part.end))
    assert tokens == [(piece, place) for piece, (length, _) in enumerate(pieces) for place in range(length)]


@given(PIECES, SHARES, st.integers(1, 8))
def test_only_what_may_be_cut_is_and_never_into_crumbs(
    pieces: list[tuple[int, bool]], share: float, shortest: int
) -> None:
    for part in filled(pieces, share, shortest).parts:
        assert pieces[part.piece][1]
        assert shortest <= part.end - part.start < pieces[part.piece][0]


@given(PIECES, SHARES, st.integers(1, 8))
def test_no_row_overflows_or_holds_two_parts_of_a_piece_and_none_is_empty(
    pieces: list[tuple[int, bool]], share: float, shortest: int
) -> None:
    for row in stretches(pieces, filled(pieces, share, shortest)):
        assert 0 < sum(part.end - part.start for part in row) <= CAPACITY
        assert len({part.piece for part in row}) == len(row)


@given(PIECES, SHARES, st.integers(1, 8))
def test_rows_are_never_more_and_each_that_is_saved_costs_few_cuts(
    pieces: list[tuple[int, bool]], share: float, shortest: int
) -> None:
    found = filled(pieces, share, shortest)
    saved = len(pack([length for length, _ in pieces], CAPACITY)) - len(found.rows)
    cuts = len(found.parts) - len({part.piece for part in found.parts})
    assert saved >= 0
    assert cuts <= CUTS_A_ROW * saved
    assert saved or not found.parts
    assert found == filled(pieces, share, shortest)


@pytest.mark.parametrize(
    ("shortest_document", "longest_document", "capacity"), [(260, 500, 512), (300, 420, 512), (5000, 7000, 8192)]
)
def test_rows_of_documents_longer_than_half_of_them_are_filled(
    shortest_document: int, longest_document: int, capacity: int
) -> None:
    luck = random.Random(5)
    lengths = [luck.randint(shortest_document, longest_document) for _ in range(2000)]
    rows = pack(lengths, capacity)
    found = fill(rows, lengths, capacity, may_cut=[1] * len(lengths), share=0.99, shortest=64)
    assert sum(lengths) / (len(rows) * capacity) < 0.8
    assert sum(lengths) / (len(found.rows) * capacity) > 0.985
    assert len({part.piece for part in found.parts}) < 0.7 * len(lengths)


def test_where_little_is_to_be_had_nothing_is_cut() -> None:
    """Rows of one document each, fifteen sixteenths full: a row saved would cost sixteen cuts."""
    lengths = [480] * 400
    found = fill(pack(lengths, 512), lengths, 512, may_cut=[1] * 400, share=0.99, shortest=64)
    assert found == Filled(pack(lengths, 512), [])


def numbered(number: int) -> str:
    """A text of which no six letters come twice, in any document."""
    return "".join(f"{number:02d}{place:02d}" for place in range(19 + number % 3))


def test_prepared_rows_are_filled_and_their_parts_counted(
    tmp_path: Path, prepare_rows: Any, make_document: Any, make_talk: Any
) -> None:
    mixture = {
        "corpus": [make_document(n, numbered(n)) for n in range(40)],
        "sampled": [make_talk(n) for n in range(4)],
    }
    whole, *_ = prepare_rows(tmp_path / "whole", mixture, sequence_length=128, filled=0)
    corpus, sampled = prepare_rows(tmp_path / "cut", mixture, sequence_length=128)
    before, after = (open_rows(tmp_path / name).train for name in ("whole", "cut"))
    assert before.tokens / (before.rows * 128) < 0.75
    assert after.tokens / (after.rows * 128) > 0.95
    assert after.tokens == before.tokens
    assert (whole.split, sampled.split) == (0, 0)
    assert corpus.parts - corpus.split == whole.supervised_tokens - corpus.supervised_tokens > 0
    assert before.supervised_tokens - after.supervised_tokens == corpus.parts - corpus.split
    assert after.supervised_tokens == corpus.supervised_tokens + sampled.supervised_tokens


def test_parts_of_a_document_are_stretches_of_it_each_with_positions_of_its_own(
    tmp_path: Path, prepare_rows: Any, make_document: Any
) -> None:
    prepare_rows(tmp_path, {"corpus": [make_document(n, numbered(n)) for n in range(40)]}, sequence_length=128)
    rows = PackedRows(tmp_path, "train")
    covered: dict[int, list[tuple[int, int]]] = {}
    for ids, positions, marks in zip(*rows.batch(range(len(rows))), strict=True):
        starts = [*(place for place, number in enumerate(positions) if number == 0), 128]
        for start, end in pairwise(starts):
            if marks[start] == PADDING:
                continue
            assert list(positions[start:end]) == list(range(end - start))
            assert list(marks[start:end]) == [SHOWN] + [SUPERVISED] * (end - start - 1)
            assert end - start >= 16
            text = bytes(int(token) for token in ids[start:end] if token < 256).decode()
            [number] = [n for n in range(40) if text in numbered(n)]
            first = numbered(number).index(text)
            covered.setdefault(number, []).append((first, first + end - start))
    assert sum(len(stretches) > 1 for stretches in covered.values()) > 5
    for number in range(40):
        edges = [edge for stretch in sorted(covered[number]) for edge in stretch]
        assert edges[0] == 0
        assert edges[-1] == len(numbered(number)) + 1
        assert edges[1:-1:2] == edges[2::2]


def test_a_document_that_comes_twice_is_cut_each_time_by_itself(
    tmp_path: Path, prepare_rows: Any, make_document: Any
) -> None:
    mixture = {"corpus": [make_document(n, f"{n:03d}" + "x" * (76 + n % 7)) for n in range(20)]}
    [count] = prepare_rows(tmp_path, mixture, sequence_length=128, weights={"corpus": 2.0})
    index = open_rows(tmp_path).train
    assert index.tokens == count.tokens == 2 * sum(80 + n % 7 for n in range(20))
    assert index.supervised_tokens == count.supervised_tokens
    assert index.tokens / (index.rows * 128) > 0.95


def test_rows_that_whole_conversations_leave_empty_are_said_with_what_can_be_had(
    tmp_path: Path, prepare_rows: Any, make_document: Any, make_talk: Any
) -> None:
    notes: list[str] = []
    listen = {"progress": lambda done, total, note="": notes.append(note), "sequence_length": 150}
    talks = {"sampled": [make_talk(n) for n in range(8)]}
    prepare_rows(tmp_path / "talks", talks, **listen)
    index = open_rows(tmp_path / "talks").train
    assert index.rows == 8, "each is over half a row, so no two go together"
    share, of_longer = index.tokens / (8 * 150), index.tokens / (3 * 300)
    assert notes[-1] == (
        f"rows of 150, {share:.1%} filled; conversations are not cut: at most {share:.1%} can be, "
        f"of rows of 300 {of_longer:.1%} would"
    )
    documents = {"corpus": [make_document(n, numbered(n)) for n in range(40)]}
    prepare_rows(tmp_path / "both", talks | documents, **listen)
    assert notes[-1].startswith("rows of 150, 9")
    assert "at most" not in notes[-1]


def test_what_loss_is_measured_on_is_never_cut(tmp_path: Path, prepare_rows: Any, make_document: Any) -> None:
    apart = [make_document(n, "y" * 80, "held-out") for n in range(30)]
    prepare_rows(tmp_path, {"corpus": [make_document(99, "abc")]}, held_out=apart, sequence_length=128)
    assert open_rows(tmp_path).held_out.pieces == open_rows(tmp_path).held_out.rows == 30


def test_the_demos_documents_fill_their_rows_to_98_percent() -> None:
    """Lengths of the demo's Basque texts under SmolLM2's tokenizer; rows of 512, the emptiest left out."""
    lengths = json.loads((Path(__file__).parent / "demo_lengths.json").read_text())
    settings = PrepareSettings(sequence_length=512)
    found = fill(
        pack(lengths, 512),
        lengths,
        512,
        may_cut=[1] * len(lengths),
        share=settings.filled,
        shortest=settings.least_part,
    )
    numbers = [*lengths, *(part.end - part.start for part in found.parts)]
    held = sorted(sum(numbers[number] for number in row) for row in found.rows)
    assert sum(held[1:]) / (512 * len(held[1:])) >= 0.98
