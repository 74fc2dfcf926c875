"""Which votes count: each check drops what it is for, keeps honest people, and an attack by many accounts moves little."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.crowd import MODELS, Crowd
from mintza.arena.ranking.board import standings
from mintza.arena.ranking.expected import unlikely
from mintza.arena.ranking.judged import JudgedBattle
from mintza.arena.ranking.screening import COHORT, OF_BATTLE, OF_VOTER, apart, screened
from mintza.arena.settings import Fair, Leaderboard


def vote(number: int, voter: str = "v", winner: str = "a", **more: object) -> JudgedBattle:
    made = JudgedBattle(
        f"b{number}",
        voter,
        "x",
        "y",
        winner,
        winner,
        winner,
        20.0,
        names_model=False,
        control="",
        hidden=False,
        joined="",
    )
    return made._replace(**more)  # type: ignore[arg-type]


def both_ways(count: int, voter: str = "v", **more: object) -> list[JudgedBattle]:
    return [vote(k, voter, "ab"[k % 2], **more) for k in range(count)]


def steps(battles: list[JudgedBattle], fair: Fair | None = None) -> set[str]:
    return {verdict.step for verdict in screened(battles, fair or Fair())}


def test_a_planted_a_named_and_a_hidden_battle_each_leave_a_verdict() -> None:
    battles = [vote(0, control="b"), vote(1, names_model=True), vote(2, hidden=True), vote(3)]
    found = screened(battles, Fair())
    assert [(verdict.record_id, verdict.step) for verdict in found] == [
        ("b0", "control"),
        ("b1", "names_model"),
        ("b2", "hidden"),
    ]
    assert not any(verdict.kept for verdict in found)


@pytest.mark.parametrize("flaw", ["failed", "empty", "cut"])
def test_a_battle_whose_answer_is_not_whole_leaves_a_verdict(flaw: str) -> None:
    (verdict,) = screened([vote(0, flaw=flaw), vote(1)], Fair())
    assert (verdict.record_id, verdict.step, verdict.kept) == ("b0", flaw, False)
    told = screened([vote(0, flaw=flaw)], Fair(cut_answers="count"))
    assert [each.step for each in told] == ([] if flaw == "cut" else [flaw])


@pytest.mark.parametrize(("seconds", "dropped"), [(2.9, True), (3.0, False)])
def test_who_votes_sooner_than_an_answer_is_read_does_not_count(seconds: float, dropped: bool) -> None:
    assert ("speed" in steps(both_ways(10, seconds=seconds))) is dropped
    assert not steps(both_ways(7, seconds=0.1)), "seven votes are too few to say so"


def test_who_does_not_find_planted_answers_worse_does_not_count() -> None:
    fine = both_ways(10)
    missed = [vote(100 + k, winner="b", control="b") for k in range(2)]
    found = [vote(200 + k, winner="a", control="b") for k in range(2)]
    assert "controls" in steps(fine + missed + [vote(300, winner="tie", control="a")])
    assert "controls" not in steps(fine + missed + found)
    assert "controls" not in steps(fine + missed), "two are too few"
    short = [vote(400 + k, winner="b", control="?") for k in range(5)]
    assert "controls" not in steps(fine + short), "nobody sees disorder in three words"


def test_who_votes_for_one_side_does_not_count() -> None:
    assert steps([vote(k, winner="a") for k in range(11)]) == {"side"}
    assert not steps([vote(k, winner="a") for k in range(10)])
    assert not steps([vote(k, winner="tie") for k in range(40)]), "a tie is no side"


def test_all_votes_of_whoever_is_left_out_have_a_verdict_and_nobody_elses() -> None:
    crowd = Crowd(1)
    crowd.honest(40, 12)
    lazy = [battle._replace(battle=f"z{k}", voter="z", overall="b") for k, battle in enumerate(crowd.battles[:20])]
    found = screened(crowd.battles + lazy, Fair())
    assert {verdict.record_id for verdict in found if verdict.step == "side"} == {battle.battle for battle in lazy}


MISSED = [vote(100 + k, winner="b", control="b") for k in range(3)]
ONE_PERSONS: dict[str, list[JudgedBattle]] = {
    "speed": both_ways(10, seconds=0.5),
    "controls": both_ways(10) + MISSED,
    "side": [vote(k, winner="a") for k in range(12)],
}


@pytest.mark.parametrize("step", ONE_PERSONS)
def test_what_staff_overruled_leaves_out_nothing_of_that_voter_and_all_of_another(step: str) -> None:
    mine = [battle._replace(overruled=(step,)) for battle in ONE_PERSONS[step]]
    others = [battle._replace(battle=f"o{battle.battle}", voter="w") for battle in ONE_PERSONS[step]]
    found = [verdict for verdict in screened(mine + others, Fair()) if verdict.step in OF_VOTER]
    assert {verdict.step for verdict in found} == {step}
    assert {verdict.record_id for verdict in found} == {battle.battle for battle in others}
    elsewhere = [battle._replace(overruled=tuple(each for each in OF_VOTER if each != step)) for battle in mine]
    assert step in steps(elsewhere), "another check that was overruled changes nothing"


def test_behind_a_check_that_was_overruled_the_next_one_still_looks() -> None:
    both = [vote(k, winner="a", seconds=0.5) for k in range(12)]
    assert steps(both) == {"speed"}
    assert steps([battle._replace(overruled=("speed",)) for battle in both]) == {"side"}
    assert steps([battle._replace(overruled=("side", "speed")) for battle in both]) == set()


def test_what_is_wrong_with_an_answer_cannot_be_overruled_for_a_voter() -> None:
    assert steps([vote(0, flaw="cut", overruled=("cut",)), vote(1, hidden=True, overruled=("hidden",))]) == {
        "cut",
        "hidden",
    }


@pytest.mark.parametrize("step", ["one_model", "cohort"])
def test_one_of_those_who_push_a_model_is_let_in_and_the_others_stay_out(step: str) -> None:
    crowd = Crowd(4)
    crowd.honest(200, 20)
    honest = len(crowd.battles)
    # Five are the fewest that are looked at together: without one of them, the others must not be too few.
    people, votes, joined = (6, 80, None) if step == "one_model" else (COHORT, 20, "2026-11-20T03")
    crowd.attack(people, votes, MODELS[8], joined=joined)

    def out(battles: list[JudgedBattle]) -> set[str]:
        names = {verdict.record_id for verdict in screened(battles, Fair()) if verdict.step == step}
        return {battle.voter for battle in battles[honest:] if battle.battle in names}

    found = out(crowd.battles)
    assert len(found) >= COHORT
    chosen = sorted(found)[0]
    let_in = [each._replace(overruled=(step,)) if each.voter == chosen else each for each in crowd.battles]
    assert out(let_in) == found - {chosen}


def test_honest_people_with_taste_of_their_own_count() -> None:
    crowd = Crowd(2, taste=0.5)
    crowd.honest(300, 30)
    crowd.honest(60, 12, joined="2026-11-05T12")  # a newspaper wrote about it
    assert len({verdict.record_id for verdict in screened(crowd.battles, Fair())}) <= 0.01 * len(crowd.battles)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.integers(0, 9))
def test_the_chance_of_so_many_successes_is_that_of_all_outcomes_added_up(chances: list[float], successes: int) -> None:
    total = 0.0
    for outcome in range(2 ** len(chances)):
        won = [bool(outcome >> k & 1) for k in range(len(chances))]
        weight = 1.0
        for happened, chance in zip(won, chances, strict=True):
            weight *= chance if happened else 1 - chance
        total += weight if sum(won) >= successes else 0.0
    assert unlikely(successes, chances) == pytest.approx(total, abs=1e-9)


def test_many_tries_are_close_to_their_exact_chance() -> None:
    exact, limit = unlikely(230, [0.5] * 400), unlikely(231, [0.5] * 402)
    assert limit == pytest.approx(exact, rel=0.25)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_votes_changes_no_verdict(seed: int) -> None:
    crowd = Crowd(seed)
    crowd.honest(6, 10)
    crowd.attack(3, 25, MODELS[-1])
    mixed = crowd.battles[:]
    random.Random(seed).shuffle(mixed)
    one, other = ({(v.record_id, v.step) for v in screened(battles, Fair())} for battles in (crowd.battles, mixed))
    assert one == other
    assert {step for _, step in one} <= {*OF_BATTLE, *OF_VOTER}


def ranks(battles: list[JudgedBattle]) -> dict[str, int]:
    columns, _, _ = standings(battles, MODELS, Leaderboard(replicas=100))
    return {row.model: place for place, row in enumerate(columns["overall"], 1)}


ATTACKS = {"few who vote much": (20, 80, None), "many of one hour": (200, 8, "2026-11-20T03")}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_moves_a_model_far_less_once_votes_are_checked(attack: str) -> None:
    people, votes, joined = ATTACKS[attack]
    crowd = Crowd(3)
    crowd.honest(300, 20)
    before, honest, target = ranks(crowd.battles), {battle.battle for battle in crowd.battles}, MODELS[8]
    crowd.attack(people, votes, target, joined=joined)
    out = {verdict.record_id for verdict in screened(crowd.battles, Fair())}
    unchecked = before[target] - ranks(crowd.battles)[target]
    checked = before[target] - ranks([battle for battle in crowd.battles if battle.battle not in out])[target]
    assert unchecked >= 2, "an attack that does nothing shows nothing"
    assert checked <= 1
    attackers = {battle.battle for battle in crowd.battles} - honest
    assert len(out & attackers) >= 0.8 * len(attackers)
    assert len(out & honest) <= 0.01 * len(honest)


def test_who_tosses_a_coin_is_shown_to_staff_and_still_counts() -> None:
    crowd = Crowd(5, taste=0.3)
    crowd.honest(150, 30)
    honest = {vote.voter for vote in crowd.battles}
    crowd.attack(3, 300, MODELS[0], knows=0.0)
    found = apart(crowd.battles, Fair())
    assert {each.voter for each in found} - honest == {vote.voter for vote in crowd.battles} - honest
    assert len({each.voter for each in found} & honest) <= 0.02 * len(honest)
    assert all(each.agreed < each.expected for each in found)
    assert not {verdict.record_id for verdict in screened(crowd.battles, Fair()) if verdict.step == "apart"}


def test_a_new_tier_opens_only_where_votes_tell_models_apart() -> None:
    crowd = Crowd(4, taste=0.2)
    crowd.honest(80, 20)
    columns, pairs, unsure = standings(crowd.battles, MODELS, Leaderboard(replicas=200))
    rows = columns["content"]
    assert [row.tier for row in rows] == sorted(row.tier for row in rows)
    assert all(one.score >= other.score for one, other in pairwise(rows))  # type: ignore[operator]
    assert sum(won + tied + lost for _, _, won, tied, lost in pairs) == len(crowd.battles)
    assert sum(row.battles for row in rows) == 2 * len(crowd.battles)
    assert all(0 <= chance <= 1 for _, _, chance in unsure)


def test_models_without_battles_and_apart_from_the_others_are_listed_without_a_score() -> None:
    battles = [*both_ways(6), *(vote(10 + k, winner="ab"[k % 2], a="p", b="q") for k in range(2))]
    columns, _, _ = standings(battles, ["x", "y", "p", "q", "new"], Leaderboard(replicas=100))
    reasons = {row.model: row.reason for row in columns["overall"]}
    assert reasons == {"x": "", "y": "", "p": "apart", "q": "apart", "new": "no_battle"}
    assert not standings([], ["x", "y"], Leaderboard(replicas=100))[1]
