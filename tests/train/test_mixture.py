"""How much of a component a mixture holds, what is held out of it, and the table that says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mintza.records import ComponentCount, Conversation, Message, Provenance, Verdict
from mintza.train.held_out import set_apart
from mintza.train.rows import PackedRows, open_rows
from mintza.train.settings import PrepareSettings
from mintza.train.taken import counted


def counts(yielded: list[Any]) -> list[ComponentCount]:
    return [record for record in yielded if isinstance(record, ComponentCount)]


@pytest.mark.parametrize(
    ("budget", "tokens", "documents"), [(4, 4, 1), (11, 8, 2), (40, 40, 10), (93, 92, 10), (3, 0, 0)]
)
def test_a_token_budget_takes_whole_rounds_and_as_much_of_a_seeded_sample_as_fits(
    tmp_path: Path, prepare_rows: Any, make_document: Any, budget: int, tokens: int, documents: int
) -> None:
    mixture = {"corpus": [make_document(n, f"t{n}x") for n in range(10)], "other": [make_document(100, "abc")]}
    [count, _] = counts(prepare_rows(tmp_path, mixture, token_budgets={"corpus": budget}))
    assert (count.tokens, count.documents) == (tokens, documents)


def test_another_seed_spends_a_budget_on_other_documents(tmp_path: Path, prepare_rows: Any, make_document: Any) -> None:
    mixture = {"corpus": [make_document(n, f"t{n}x") for n in range(10)]}
    found = set()
    for seed in range(4):
        prepare_rows(tmp_path, mixture, token_budgets={"corpus": 12}, seed=seed)
        ids = PackedRows(tmp_path, "train").batch([0]).input_ids[0]
        found.add(frozenset(bytes([token for token in ids if 0 < token < 256]).decode().replace("t", " ").split()))
    assert len(found) > 1


def test_a_component_has_a_weight_or_a_budget() -> None:
    with pytest.raises(ValidationError, match="a weight or a token budget, not both: corpus"):
        PrepareSettings(weights={"corpus": 2.0}, token_budgets={"corpus": 5})


def test_a_row_that_no_memory_holds_is_refused() -> None:
    with pytest.raises(ValidationError, match="1048576"):
        PrepareSettings(sequence_length=10**9)


def test_parts_of_long_documents_are_counted(tmp_path: Path, prepare_rows: Any, make_document: Any) -> None:
    [count] = prepare_rows(tmp_path, {"corpus": [make_document(1, "a" * 200), make_document(2, "a")]})
    assert (count.split, count.parts) == (1, 4)


def talk(number: int, component: str, parent: str | None = None) -> Conversation:
    return Conversation(
        id=f"{component}/{number}",
        language="eng_Latn",
        component=component,
        messages=(Message(role="user", content="Zer?"), Message(role="assistant", content=f"{component} {number}")),
        provenance=Provenance(source="probe", license="CC0-1.0"),
        parent_id=parent,
    )


def test_what_is_held_out_and_its_translations_are_measured_on_and_never_learned_from(
    tmp_path: Path, prepare_rows: Any, make_document: Any
) -> None:
    sampled = [talk(n, "sampled") for n in range(6)]
    translated = [talk(n, "translated", parent=f"sampled/{n}") for n in range(6)]
    yielded = prepare_rows(
        tmp_path,
        {"corpus": [make_document(1, "abc")], "sampled": sampled, "translated": translated},
        held_out={"sampled": sampled[:2], "written": [talk(9, "written")], "corpus": [make_document(7, "zzz")]},
        sequence_length=128,
    )
    assert [(c.conversations, c.held_out) for c in counts(yielded)] == [(0, 1), (4, 2), (4, 0)]
    left_out = [v for v in yielded if isinstance(v, Verdict)]
    assert [(v.record_id, v.reason) for v in left_out] == [
        (f"{component}/{n}", "held out") for component in ("sampled", "translated") for n in range(2)
    ]
    index = open_rows(tmp_path)
    assert [(part.component, part.first, part.rows, part.records) for part in index.held_out_of] == [
        ("sampled", 0, 1, 2),
        ("written", 1, 1, 1),
        ("corpus", 2, 1, 1),
    ]
    rows = PackedRows(tmp_path, "held-out").batch([0, 1, 2]).input_ids
    shown = [bytes(int(token) for token in row if token < 256).decode(errors="replace") for row in rows]
    assert ["sampled" in shown[0], "written 9" in shown[1], "zzz" in shown[2]] == [True] * 3


@given(st.sets(st.integers(0, 500), min_size=1, max_size=40), st.integers(1, 20))
def test_one_more_record_changes_one_of_those_that_are_set_apart_at_most(numbers: set[int], count: int) -> None:
    before = set_apart((talk(n, "sampled") for n in numbers), count)
    after = set_apart((talk(n, "sampled") for n in (*numbers, 501)), count)
    assert len(before) == min(count, len(numbers))
    assert len(before - after) <= 1
    assert after - before <= {"sampled/501"}


def test_a_translation_is_set_apart_with_its_original() -> None:
    originals = set_apart((talk(n, "sampled") for n in range(30)), 5)
    assert set_apart((talk(n, "translated", parent=f"sampled/{n}") for n in range(30)), 5) == originals


def test_the_table_has_a_line_a_component_and_a_sum() -> None:
    counts = [
        ComponentCount(
            component="corpus", documents=1200, conversations=0, tokens=5000, supervised_tokens=4900, split=3
        ),
        ComponentCount(
            component="sampled", documents=0, conversations=30, tokens=900, supervised_tokens=400, held_out=10
        ),
    ]
    assert counted(counts) == [
        "component  documents  conversations  tokens  supervised  in parts  held out",
        "corpus         1,200              0   5,000       4,900         3         0",
        "sampled            0             30     900         400         0        10",
        "all            1,200             30   5,900       5,300         3        10",
    ]
    assert len(counted(counts[:1])) == 2
