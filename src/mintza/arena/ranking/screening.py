"""Which votes count. Pure: the same votes give the same verdicts, and whatever does not count has one.

Checks of a voter look at all their votes together, and leave all of them out; so they wait for some votes first, and are
told to nobody who votes. What staff overruled for somebody leaves out nothing of theirs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import exp, log
from statistics import median
from typing import NamedTuple

from mintza.arena.ranking.expected import expectation, unlikely
from mintza.arena.ranking.judged import JudgedBattle
from mintza.arena.settings import Fair
from mintza.records import Verdict

FLAWS = {
    "failed": "an answer is not whole",
    "empty": "an answer is empty",
    "cut": "an answer was cut at its limit",
}
OF_BATTLE = ("control", "names_model", *FLAWS, "hidden")
OF_VOTER = ("speed", "controls", "side", "one_model", "cohort")
ENOUGH_CONTROLS = 3
PUSHED = 0.9
"""Share of a model's battles that it gets from somebody who votes for it: taste seldom goes so far."""
PASSES = 3
COHORT = 5
"""Voters of one hour that are looked at together."""
Finding = tuple[str, str, float, float]
"""What a check of a voter found: step, reason, what was measured, the limit."""


def screened(battles: Sequence[JudgedBattle], fair: Fair) -> list[Verdict]:
    """A verdict for each vote that does not count, and each step by which it does not; in the order of the votes."""
    found = [verdict for battle in battles for verdict in _of_battle(battle, fair)]
    dropped = {verdict.record_id for verdict in found}
    left = [battle for battle in battles if battle.battle not in dropped]
    by_voter = _grouped(battles, lambda battle: battle.voter)
    reasons: dict[str, Finding] = {}
    for voter, votes in by_voter.items():
        if len(votes) < fair.checked_after:
            continue
        if (reason := next((each for each in _careless(votes, fair) if _holds(each, votes)), None)) is not None:
            reasons[voter] = reason
    # Whoever is left out no longer bends what the others are held against.
    for _ in range(PASSES):
        reasons |= _partial(left, reasons, fair)
    for voter, why in reasons.items():
        found += [_verdict(battle.battle, *why) for battle in by_voter[voter]]
    order = {battle.battle: place for place, battle in enumerate(battles)}
    return sorted(found, key=lambda verdict: order[verdict.record_id])


def _verdict(
    battle: str, step: str, reason: str, value: float | None = None, threshold: float | None = None
) -> Verdict:
    return Verdict(
        record_id=battle, unit="conversation", step=step, kept=False, reason=reason, value=value, threshold=threshold
    )


def _of_battle(battle: JudgedBattle, fair: Fair) -> Iterable[Verdict]:
    if battle.control:
        yield _verdict(battle.battle, "control", "one answer was planted")
    if battle.names_model:
        yield _verdict(battle.battle, "names_model", "an answer names a model")
    if battle.flaw and not (battle.flaw == "cut" and fair.cut_answers == "count"):
        yield _verdict(battle.battle, battle.flaw, FLAWS[battle.flaw])
    if battle.hidden:
        yield _verdict(battle.battle, "hidden", "taken out by staff")


def _holds(finding: Finding, votes: Sequence[JudgedBattle]) -> bool:
    """Whether it leaves the votes out. votes: of one voter."""
    return finding[0] not in votes[0].overruled


def _careless(votes: Sequence[JudgedBattle], fair: Fair) -> Iterator[Finding]:
    """Why a person's votes say nothing: too fast, planted answers preferred, always the same side."""
    times = [vote.seconds for vote in votes if vote.seconds is not None]
    if len(times) >= fair.checked_after and (middle := median(times)) < fair.seconds:
        yield "speed", "half of this person's votes came sooner than an answer is read", middle, fair.seconds
    controls = [vote for vote in votes if vote.control in ("a", "b")]
    missed = sum(vote.content in (vote.control, "tie") for vote in controls)
    if len(controls) >= ENOUGH_CONTROLS and missed / len(controls) > fair.controls_missed:
        yield "controls", "planted answers were not found worse", missed / len(controls), fair.controls_missed
    sides = [vote.overall for vote in votes if vote.overall != "tie"]
    left = sum(side == "a" for side in sides)
    if sides and (chance := 2 * unlikely(max(left, len(sides) - left), [0.5] * len(sides))) < fair.chance:
        yield "side", "votes for one side, whatever stood there", chance, fair.chance


def _partial(battles: Sequence[JudgedBattle], known: Mapping[str, object], fair: Fair) -> dict[str, Finding]:
    """Voters, and groups that joined in one hour, whose votes on one model are far from all others' and too many for chance.

    Somebody for whom that was overruled stays in the group that is looked at, or the others might be too few to be found.
    """
    trusted = [battle for battle in battles if battle.voter not in known]
    expected = expectation(trusted)
    by_voter = _grouped(trusted, lambda battle: battle.voter)
    found: dict[str, Finding] = {}
    for voter, votes in by_voter.items():
        if len(votes) >= fair.checked_after and (chance := _one_model(votes, expected)) < fair.chance:
            reason = "votes for or against one model, far from everybody else's"
            if _holds(finding := ("one_model", reason, chance, fair.chance), votes):
                found[voter] = finding
    for hour, votes in _grouped(trusted, lambda battle: battle.joined).items():
        voters = {vote.voter for vote in votes}
        if not hour or len(voters) < COHORT or len(votes) < fair.checked_after:
            continue
        # Of ten thousand honest hours none should be left out.
        if (chance := _one_model(votes, expected)) < fair.chance / 100:
            reason = "people who joined in one hour vote for or against one model, far from everybody else"
            finding = ("cohort", reason, chance, fair.chance / 100)
            found |= {voter: finding for voter in voters if voter not in found and _holds(finding, by_voter[voter])}
    return found


def _one_model(votes: Sequence[JudgedBattle], expected: Mapping[tuple[str, str], float]) -> float:
    """How unlikely it is that an honest crowd's votes look so much like those of somebody who votes for or against one model.

    An e-value: how much likelier the votes are if that model gets nine in ten of them and the rest is a coin, or as everybody's,
    averaged over all models, both directions and both rests; its inverse bounds the chance, whatever was looked at before.
    Source: Ville's inequality; Vovk and Wang (2021), E-values: calibration, combination and applications.
    """
    coin = 0.0
    of_model: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for vote in votes:
        if vote.overall == "tie" or (vote.a, vote.b) not in expected:
            continue
        chance = expected[vote.a, vote.b] if vote.overall == "a" else 1 - expected[vote.a, vote.b]
        rest = log(0.5 / chance)
        coin += rest
        for model, won in ((vote.a, vote.overall == "a"), (vote.b, vote.overall == "b")):
            sums = of_model[model]
            sums[0] += log((PUSHED if won else 1 - PUSHED) / chance)
            sums[1] += log((1 - PUSHED if won else PUSHED) / chance)
            sums[2] += rest
    logs = [
        sums[direction] + (coin - sums[2] if elsewhere else 0.0)
        for sums in of_model.values()
        for direction in (0, 1)
        for elsewhere in (True, False)
    ]
    if not logs:
        return 1.0
    most = max(logs)
    evidence = most + log(sum(exp(each - most) for each in logs) / len(logs))
    return min(1.0, exp(-evidence)) if evidence < 700 else 0.0


class Apart(NamedTuple):
    """Somebody whose votes are likelier of a coin than of everybody. agreed: share of votes for the model that everybody's expect.

    expected: what that share would be of a vote like everybody's.
    """

    voter: str
    votes: int
    agreed: float
    expected: float


def apart(battles: Sequence[JudgedBattle], fair: Fair) -> list[Apart]:
    """Voters for staff to look at, by the same kind of e-value as above; nobody is left out for having another opinion."""
    expected = expectation(battles)
    found = []
    for voter, votes in sorted(_grouped(battles, lambda battle: battle.voter).items()):
        chances = [
            expected[vote.a, vote.b] if vote.overall == "a" else 1 - expected[vote.a, vote.b]
            for vote in votes
            if vote.overall != "tie" and (vote.a, vote.b) in expected
        ]
        if len(chances) >= fair.checked_after and sum(log(0.5 / chance) for chance in chances) > -log(fair.chance):
            agreed = sum(chance > 0.5 for chance in chances) / len(chances)
            found.append(Apart(voter, len(chances), agreed, sum(max(c, 1 - c) for c in chances) / len(chances)))
    return found


def _grouped(battles: Iterable[JudgedBattle], of: Callable[[JudgedBattle], str]) -> dict[str, list[JudgedBattle]]:
    groups: dict[str, list[JudgedBattle]] = defaultdict(list)
    for battle in battles:
        groups[of(battle)].append(battle)
    return groups
