from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mintza.errors import TemplateError, TrainingError
from mintza.models.templates import ChatTemplate
from mintza.records import ComponentCount, Verdict
from mintza.train.rows import PADDING, SHOWN, SUPERVISED, PackedRows, open_rows
from mintza.train.stage import REVISIONS

REFUSES_SYSTEM = ChatTemplate(
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    {},
)


def documents_of(rows: PackedRows) -> Iterator[tuple[list[int], list[int]]]:
    """Every document in the rows, cut where positions begin again: ids and marks. Padding is left out."""
    batch = rows.batch(range(len(rows)))
    for ids, positions, marks in zip(*batch, strict=True):
        starts = [*np.flatnonzero(positions == 0), len(ids)]
        for start, end in pairwise(starts):
            assert list(positions[start:end]) == list(range(end - start))
            if marks[start] != PADDING:
                assert PADDING not in marks[start:end]
                yield list(map(int, ids[start:end])), list(map(int, marks[start:end]))


def counts(yielded: list[Any]) -> list[ComponentCount]:
    return [record for record in yielded if isinstance(record, ComponentCount)]


def verdicts(yielded: list[Any]) -> list[Verdict]:
    return [record for record in yielded if isinstance(record, Verdict)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 60), min_size=1, max_size=25), st.integers(0, 3))
def test_every_token_of_every_document_lies_in_the_rows_exactly_once(
    prepare_rows: Any, make_document: Any, lengths: list[int], seed: int
) -> None:
    """Each document is a letter of its own, over and over; only the last part of one ends in the end-of-text."""
    with TemporaryDirectory() as folder:
        given_documents = [make_document(n, chr(97 + n) * length) for n, length in enumerate(lengths)]
        yielded = prepare_rows(Path(folder), {"corpus": given_documents}, sequence_length=16, seed=seed)
        found = [ids for ids, _ in documents_of(PackedRows(Path(folder), "train"))]
        index = open_rows(Path(folder))
    for n, length in enumerate(lengths):
        parts = [ids for ids in found if ids[0] == 97 + n]
        assert sorted(token for ids in parts for token in ids) == [97 + n] * length + [256]
        assert all(2 <= len(ids) <= 16 for ids in parts)
        assert sum(ids[-1] == 256 for ids in parts) == 1
    [count] = counts(yielded)
    assert count.tokens == index.train.tokens == sum(lengths) + len(lengths)
    assert count.split == sum(sum(ids[0] == 97 + n for ids in found) > 1 for n in range(len(lengths)))
    assert index.train.tokens + index.train.padding == 16 * index.train.rows


def test_the_first_token_of_each_document_bears_no_loss_and_all_others_do(
    tmp_path: Path, prepare_rows: Any, make_document: Any
) -> None:
    [count] = prepare_rows(tmp_path, {"corpus": [make_document(n, "abc" * 9) for n in range(5)]}, sequence_length=16)
    for _, marks in documents_of(PackedRows(tmp_path, "train")):
        assert marks == [SHOWN] + [SUPERVISED] * (len(marks) - 1)
    assert count.supervised_tokens == 5 * 28 - count.parts
    assert open_rows(tmp_path).train.supervised_tokens == count.supervised_tokens


def test_components_come_in_the_mixtures_order_and_an_empty_one_is_said_with_zeros(
    tmp_path: Path, prepare_rows: Any, make_document: Any, make_talk: Any
) -> None:
    mixture = {"corpus": [make_document(1, "abc")], "translated": [], "sampled": [make_talk(1), make_talk(2)]}
    corpus, translated, sampled = prepare_rows(tmp_path, mixture, sequence_length=160)
    assert (corpus.component, corpus.documents, corpus.conversations, corpus.tokens) == ("corpus", 1, 0, 4)
    assert translated == ComponentCount(
        component="translated", documents=0, conversations=0, tokens=0, supervised_tokens=0
    )
    assert (sampled.documents, sampled.conversations) == (0, 2)
    assert open_rows(tmp_path).end_of_turn == (258,)


def test_a_mixture_without_anything_is_an_error_with_a_remedy(tmp_path: Path, prepare_rows: Any) -> None:
    with pytest.raises(TrainingError, match="every component of the mixture is empty") as raised:
        prepare_rows(tmp_path, {"corpus": [], "translated": []})
    assert raised.value.remedy


def test_a_conversation_that_the_template_cannot_show_stops_the_stage_with_its_name(
    tmp_path: Path, prepare_rows: Any, make_conversation: Any, make_talk: Any
) -> None:
    odd = make_conversation(7, ("system", "s"), ("user", "u"), ("assistant", "a"))
    with pytest.raises(TemplateError) as raised:
        prepare_rows(tmp_path, {"sampled": [make_talk(1), odd]}, template=REFUSES_SYSTEM)
    assert "component 'sampled', conversation 'talk-7'" in str(raised.value)


def test_such_a_conversation_is_a_verdict_when_the_study_says_skip(
    tmp_path: Path, prepare_rows: Any, make_conversation: Any, make_talk: Any
) -> None:
    odd = make_conversation(7, ("system", "s"), ("user", "u"), ("assistant", "a"))
    yielded = prepare_rows(
        tmp_path,
        {"sampled": [make_talk(1), odd]},
        template=REFUSES_SYSTEM,
        unrenderable="skip",
        sequence_length=160,
    )
    [verdict] = verdicts(yielded)
    assert (verdict.record_id, verdict.reason) == ("talk-7", "the chat template cannot show it")
    assert counts(yielded)[0].conversations == 1


def test_what_cannot_be_learned_from_is_said(
    tmp_path: Path, prepare_rows: Any, make_conversation: Any, make_document: Any
) -> None:
    mixture = {
        "corpus": [make_document(1, ""), make_document(2, "abc")],
        "written": [
            make_conversation(1, ("user", "only a question")),
            make_conversation(2, ("user", "q"), ("assistant", "long " * 40)),
        ],
    }
    found = verdicts(prepare_rows(tmp_path, mixture))
    assert [(v.record_id, v.unit, v.reason) for v in found] == [
        ("probe/1", "document", "no text"),
        ("talk-1", "conversation", "no words of an assistant"),
        ("talk-2", "conversation", "longer than a row"),
    ]
    assert (found[2].value, found[2].threshold) == (222, 64)


def test_a_long_conversation_is_split_when_the_study_says_so(
    tmp_path: Path, prepare_rows: Any, make_conversation: Any
) -> None:
    long = make_conversation(2, ("user", "q"), ("assistant", "long " * 40))
    [count] = prepare_rows(tmp_path, {"written": [long]}, long_conversations="split")
    assert (count.conversations, count.split, count.tokens) == (1, 1, 222)


def test_weights_go_round_a_component_again_or_take_a_seeded_share(
    tmp_path: Path, prepare_rows: Any, make_document: Any
) -> None:
    mixture = {
        "twice": [make_document(n, f"t{n}") for n in range(10)],
        "half": [make_document(100 + n, f"h{n}") for n in range(10)],
        "none": [make_document(200, "n")],
    }
    weights = {"twice": 2.0, "half": 0.5, "none": 0.0, "not in this mixture": 3.0}
    twice, half, none = prepare_rows(tmp_path, mixture, weights=weights)
    assert [(c.documents, c.tokens) for c in (twice, half, none)] == [(10, 60), (5, 15), (0, 0)]
    found = sorted(bytes(ids[:-1]).decode() for ids, _ in documents_of(PackedRows(tmp_path, "train")))
    assert [text for text in found if text.startswith("t")] == sorted(2 * [f"t{n}" for n in range(10)])


STARTS = [("tokenizer", True, True), ("tokenizer", False, False), ("bos", False, True), ("nothing", True, False)]


@pytest.mark.parametrize(("start", "adds_bos", "found"), STARTS)
def test_a_document_begins_as_the_study_or_the_tokenizer_says(
    tmp_path: Path, prepare_rows: Any, make_document: Any, fake_tokenizer: Any, start: str, adds_bos: bool, found: bool
) -> None:
    fake_tokenizer.adds_bos = adds_bos
    prepare_rows(tmp_path, {"corpus": [make_document(1, "a")]}, tokenizer=fake_tokenizer, document_start=start)
    [(ids, _)] = documents_of(PackedRows(tmp_path, "train"))
    assert ids == ([257] if found else []) + [97, 256]


def test_held_out_documents_are_packed_apart(tmp_path: Path, prepare_rows: Any, make_document: Any) -> None:
    apart = [make_document(9, "zzz", "held-out")]
    [count] = prepare_rows(tmp_path, {"corpus": [make_document(1, "abc")]}, held_out=apart)
    assert count.documents == 1
    assert [ids for ids, _ in documents_of(PackedRows(tmp_path, "held-out"))] == [[122, 122, 122, 256]]
    assert [ids for ids, _ in documents_of(PackedRows(tmp_path, "train"))] == [[97, 98, 99, 256]]


def test_the_same_mixture_and_seed_give_the_same_bytes_and_another_seed_another_order(
    tmp_path: Path, prepare_rows: Any, make_document: Any
) -> None:
    mixture = {"corpus": [make_document(n, f"text {n}") for n in range(40)]}
    for name, seed in (("a", 33), ("b", 33), ("c", 34)):
        prepare_rows(tmp_path / name, mixture, seed=seed)
    contents = [open_rows(tmp_path / name).content for name in "abc"]
    assert contents[0] == contents[1] != contents[2]


def test_nothing_but_rows_stays_in_the_workspace(tmp_path: Path, prepare_rows: Any, make_document: Any) -> None:
    (tmp_path / "train.marks.npy").write_bytes(b"left by a kill")
    prepare_rows(tmp_path, {"corpus": [make_document(1, "abc")]})
    arrays = {f"{part}.{name}.npy" for part in ("train", "held-out") for name in ("input_ids", "positions", "marks")}
    assert {path.name for path in tmp_path.iterdir()} == arrays | {"index.json", "chat_template.jinja"}


def test_rows_that_are_not_there_are_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be read") as raised:
        open_rows(tmp_path)
    assert raised.value.remedy


def test_the_stages_bytes_are_the_golden_ones(
    tmp_path: Path, prepare_rows: Any, make_document: Any, make_talk: Any
) -> None:
    """When this fails on purpose, raise REVISIONS["prepare"] in mintza/train/stage.py and write the new digest here."""
    mixture = {
        "corpus": [make_document(n, f"Testu luze bat {n}. " * (4 + n % 5)) for n in range(9)],
        "sampled": [make_talk(n) for n in range(6)],
    }
    yielded = prepare_rows(tmp_path, mixture, held_out=[make_document(99, "Azkena.", "held-out")], sequence_length=120)
    lines = b"".join(msgspec.json.encode(record) + b"\n" for record in yielded)
    digest = hashlib.sha256(lines + open_rows(tmp_path).content.encode()).hexdigest()
    assert (REVISIONS["prepare"], digest) == (
        3,
        "fbde90be1e081a8bdfa23883d739aa2fc9f2843aad67eac349124e80227ca489",
    ), "the bytes changed: raise REVISION"
