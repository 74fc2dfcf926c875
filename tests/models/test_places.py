from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from mintza.models.places import Places
from mintza.models.schemas import violation


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


@given(st.lists(st.tuples(st.sampled_from(["put", "drop"]), st.integers(0, 30), st.integers(0, 2**63)), max_size=80))
def test_a_table_of_places_is_a_dictionary(steps: list[tuple[str, int, int]]) -> None:
    table, model = Places(), dict[str, int]()
    for step, name, number in steps:
        if step == "put":
            table.put(key(name), number)
            model[key(name)] = number
        else:
            table.drop(key(name))
            model.pop(key(name), None)
    assert len(table) == len(model)
    assert all(table.get(key(name)) == model.get(key(name)) for name in range(31))


def test_a_table_grows_and_keeps_what_it_has() -> None:
    table = Places()
    for number in range(20_000):
        table.put(key(number), number)
    assert len(table) == 20_000
    assert all(table.get(key(number)) == number for number in range(20_000))
    assert key(20_001) not in table


def test_a_schema_is_kept_to_or_the_place_is_named() -> None:
    turn = {"type": "object", "properties": {"n": {"enum": [1, 2]}}, "required": ["n"], "additionalProperties": False}
    schema = {"type": "array", "items": turn, "minItems": 1, "maxItems": 2}
    assert violation('[{"n": 1}, {"n": 2}]', schema) == ""
    wrong = {
        "[": "no JSON",
        "{}": "no array",
        "[]": "length of the answer is 0",
        '[{"n": 3}]': "[0].n is none",
        "[{}]": "has no 'n'",
        '[{"n": 1, "m": 1}]': "'m' too many",
        "[true]": "[0] is no object",
    }
    for text, why in wrong.items():
        assert why in violation(text, schema)
