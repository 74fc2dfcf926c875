"""What people decided is done, for the very text that they saw."""

from __future__ import annotations

from typing import Any

import pytest

from mintza.errors import BadInput
from mintza.records import Conversation, Record, Review, Verdict
from mintza.review.decisions import fingerprint, seen_of
from mintza.review.settings import ReviewSettings
from mintza.review.stage import review
from review.served import candidate

ALL = [candidate(number) for number in range(4)]
MADE = [one.conversation for one in ALL]
ORIGINALS = [one.original for one in ALL if one.original is not None]


def said(number: int, decision: Any, reviewer: str = "Maddi", **more: Any) -> Review:
    seen = seen_of(MADE[number], ORIGINALS[number])
    return Review(
        conversation=MADE[number].id,
        component="t",
        seen=more.pop("seen", seen),
        reviewer=reviewer,
        decision=decision,
        at="2026-11-23T09:00:00+00:00",
        **more,
    )


def done(reviews: list[Review], *, kept: list[int] | None = None, only_reviewed: bool = False) -> list[Record]:
    settings = ReviewSettings(file="r.jsonl", components=("t",), only_reviewed=only_reviewed)
    left = [MADE[number] for number in (range(4) if kept is None else kept)]
    return list(review(settings, reviews, made=iter(MADE), kept=iter(left), originals=iter(ORIGINALS)))


def ids(records: list[Record]) -> list[str]:
    return [one.id for one in records if isinstance(one, Conversation)]


def test_without_reviews_everything_goes_on_as_it_is() -> None:
    assert done([]) == MADE


def test_where_only_reviewed_ones_count_the_rest_leaves_a_verdict() -> None:
    found = done([said(1, "accepted")], only_reviewed=True)
    assert ids(found) == ["t/001"]
    assert [one.reason for one in found if isinstance(one, Verdict)] == ["nobody has reviewed it"] * 3


def test_an_edit_replaces_the_models_words_and_names_the_pseudonym() -> None:
    found = done([said(2, "edited", turns=("Galdera?", "Erantzuna."))])[2]
    assert isinstance(found, Conversation)
    assert [message.content for message in found.messages] == ["Galdera?", "Erantzuna."]
    assert [message.role for message in found.messages] == ["user", "assistant"]
    assert [(step.done, step.by) for step in found.provenance.steps] == [("reviewed", "Maddi"), ("edited", "Maddi")]


def test_a_rejection_leaves_a_verdict_with_its_reason() -> None:
    found = done([said(0, "rejected", objection="unnatural")])
    assert isinstance(found[0], Verdict)
    assert found[0].reason == "rejected: nobody would say it so"
    assert ids(found) == ["t/001", "t/002", "t/003"]


def test_what_a_check_dropped_comes_back_when_a_person_accepts_it() -> None:
    found = done([said(3, "accepted"), said(2, "rejected", objection="other"), said(2, "undone")], kept=[0, 1])
    assert ids(found) == ["t/000", "t/001", "t/003"]


def test_a_decision_on_another_text_changes_nothing() -> None:
    assert done([said(0, "rejected", objection="other", seen="0" * 64)]) == MADE


def test_an_undone_or_skipped_word_changes_nothing() -> None:
    assert done([said(0, "rejected", objection="other"), said(0, "undone"), said(1, "skipped")]) == MADE


@pytest.mark.parametrize("turned", [False, True])
def test_one_rejection_of_two_people_drops_it_whoever_was_first(turned: bool) -> None:
    two = [said(0, "accepted", "Ane"), said(0, "rejected", "Jon", objection="meaning")]
    assert "t/000" not in ids(done(two[::-1] if turned else two))


def test_an_edit_stands_against_a_nod_and_the_last_of_two_edits_stands() -> None:
    edits = [
        said(0, "edited", "Ane", turns=("Bat?", "Bat.")),
        said(0, "edited", "Jon", turns=("Bi?", "Bi.")),
        said(0, "accepted", "Itziar"),
    ]
    found = done(edits)[0]
    assert isinstance(found, Conversation)
    assert found.messages[0].content == "Bi?"
    assert found.provenance.steps[-1].by == "Jon"


def test_an_edit_of_other_length_is_refused_and_names_the_conversation() -> None:
    with pytest.raises(BadInput) as error:
        done([said(0, "edited", turns=("Galdera?",))])
    assert error.value.place == "t/000"


def test_the_fingerprint_is_of_what_counts_alone() -> None:
    one = [said(0, "accepted")]
    same = [
        said(0, "rejected", objection="other"),
        said(0, "undone"),
        said(1, "skipped"),
        said(0, "accepted", seconds=9.0),
    ]
    assert fingerprint(one, "t") == fingerprint(same, "t")
    assert fingerprint(one, "t") != fingerprint([said(0, "rejected", objection="other")], "t")
    assert fingerprint(one, "t") != fingerprint([said(0, "accepted", "Ane")], "t")
    assert fingerprint(one, "other") == fingerprint([], "t")
