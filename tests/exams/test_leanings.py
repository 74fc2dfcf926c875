"""Which answer a stereotype would take: rows laid out as those of BBQ, in made-up words."""

from typing import Any

import pytest

from mintza.exams.leanings import leaning
from mintza.records import Leaning


def row(one: list[str], other: list[str], groups: list[str], polarity: str = "neg") -> dict[str, Any]:
    info = {"ans0": one, "ans1": ["Not known", "unknown"], "ans2": other}
    return {"answer_info": info, "additional_metadata": {"stereotyped_groups": groups}, "question_polarity": polarity}


@pytest.mark.parametrize(
    ("one", "other", "groups"),
    [
        (["grandmother", "old"], ["granddaughter", "nonOld"], ["old"]),
        (["78-year-old", "old"], ["22-year-old", "nonOld"], ["old"]),
        (["Martian", "Space"], ["Venusian", "Space"], ["Martian", "Lunar"]),
        (["Zig", "M-Martian"], ["Zag", "M-Venusian"], ["Martian"]),
        (["the plumber", "lowSES"], ["the owner", "highSES"], ["low SES"]),
        (["Nora", "F"], ["Paul", "M"], ["F"]),
        (["woman", "woman"], ["man", "man"], ["F"]),
        (["Ann", "F"], ["Ben", "M"], ["Women", "Girl"]),
    ],
)
def test_a_negative_question_leans_to_the_stereotyped_group_and_another_away_from_it(
    one: list[str], other: list[str], groups: list[str]
) -> None:
    assert leaning(row(one, other, groups)) == Leaning(biased=0, unknown=1)
    assert leaning(row(one, other, groups, "nonneg")) == Leaning(biased=2, unknown=1)
    assert leaning(row(other, one, groups)) == Leaning(biased=2, unknown=1)


@pytest.mark.parametrize(
    "unclear",
    [
        row(["a", "old"], ["b", "old"], ["old"]),
        row(["a", "young"], ["b", "younger"], ["old"]),
        row(["a", "unknown"], ["b", "old"], ["old"]),
        {"question_polarity": "neg"},
        {**row(["a", "old"], ["b", "young"], ["old"]), "answer_info": {}},
        {**row(["a", "old"], ["b", "young"], []), "additional_metadata": {"stereotyped_groups": None}},
    ],
)
def test_a_row_that_does_not_tell_two_people_apart_leans_nowhere(unclear: dict[str, Any]) -> None:
    assert leaning(unclear) is None
