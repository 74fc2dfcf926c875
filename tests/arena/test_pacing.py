"""Two answers at one pace: whole, together, and blind."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.telling import Event, Seen, features, linear, told, trees
from mintza.arena.battles.pacing import SIDES, Pacer
from mintza.arena.settings import Side


@given(st.lists(st.tuples(st.sampled_from(SIDES), st.text(max_size=9), st.booleans()), max_size=60))
def test_what_is_shown_is_what_was_written_whatever_the_order(steps: list[tuple[Side, str, bool]]) -> None:
    pacer, shown, written = Pacer(7, 1.0, random.Random(0)), {"a": "", "b": ""}, {"a": "", "b": ""}
    for at, (side, text, tick) in enumerate(steps):
        pacer.add(side, text, at)
        written[side] += text
        if tick:
            flush = pacer.tick(at)
            assert len(flush.a) == len(flush.b), "while both go on neither is ahead"
            shown["a"] += flush.a
            shown["b"] += flush.b
            assert len(flush.a) <= 7
            assert len(flush.b) <= 7
    for side in SIDES:
        pacer.end(side, len(steps))
    for at in range(len(steps), 5000):
        flush = pacer.tick(at)
        shown["a"] += flush.a
        shown["b"] += flush.b
        if flush.over:
            break
    assert shown == written


def test_nothing_is_shown_before_both_have_begun() -> None:
    pacer = Pacer(50, 0.1, random.Random(0))
    pacer.add("a", "quick", 0.0)
    assert pacer.tick(0.1)[:2] == ("", "")
    pacer.add("b", "slow", 0.2)
    assert pacer.tick(0.2)[:2] == ("q", "s"), "the first letters appear at once"


def test_what_comes_in_lumps_appears_evenly() -> None:
    """Thirty characters every second, of both: no tick brings a lump, and both appear a second or so later than they came."""
    pacer, shown = Pacer(500, 0.1, random.Random(0)), list[int]()
    for tick in range(300):
        if tick % 10 == 0:
            for side in SIDES:
                pacer.add(side, "x" * 30, tick / 10)
        shown.append(len(pacer.tick(tick / 10).a))
        assert pacer.shown("a") == pacer.shown("b")
    assert max(shown) < 15
    assert 30 <= len(pacer.text("a")) - pacer.shown("a") <= 75


def test_of_models_that_say_everything_at_once_nothing_can_be_seen() -> None:
    pacer = Pacer(500, 0.1, random.Random(0))
    for side in SIDES:
        pacer.add(side, "x" * 100, 0.0)
        pacer.end(side, 0.0)
    assert any(pacer.tick(at / 10).over for at in range(4))


def test_the_end_is_told_with_the_last_words_and_the_longer_goes_on_as_the_slower_came() -> None:
    """The quick one has been ready for long: its rest appears at the pace of the slow one, through whose end nothing stops."""
    pacer, shown = Pacer(500, 0.1, random.Random(0)), {"a": [], "b": []}  # type: tuple[Pacer, dict[Side, list[int]]]
    pacer.add("a", "x" * 600, 0.0)
    pacer.end("a", 0.0)
    overs = []
    for at in range(400):
        if at < 100:
            pacer.add("b", "yyy", at / 10)
        if at == 100:
            pacer.end("b", at / 10)
        flush = pacer.tick(at / 10)
        for side, text in zip(SIDES, flush[:2], strict=True):
            shown[side].append(len(text))
        overs.append(flush.over)
    last = max(at for at, count in enumerate(shown["a"]) if count)
    assert overs.index(True) == last
    assert 195 <= last <= 225, "600 characters by three at a tick"
    for begin in (20, 90, 100, 110, 150):
        assert 20 <= sum(shown["a"][begin : begin + 10]) <= 40, begin


def test_the_rest_of_an_answer_does_not_take_for_ever() -> None:
    """The slow model wrote three characters in as many minutes: the other's thousand do not take days."""
    pacer = Pacer(60, 0.1, random.Random(0))
    pacer.add("a", "x" * 1000, 0.0)
    pacer.end("a", 0.0)
    for at in range(4):
        pacer.add("b", "y", 60.0 * at)
        pacer.tick(60.0 * at)
    pacer.end("b", 180.1)
    ticks = next(tick for tick in range(2000) if pacer.tick(180.1 + tick / 10).over)
    assert 300 < ticks < 450


def test_a_side_that_begins_anew_catches_up_before_the_other_goes_on() -> None:
    pacer = Pacer(4, 1.0, random.Random(0))
    for side in SIDES:
        pacer.add(side, "x" * 400, 0)
    for at in range(4):
        pacer.tick(at)
    before = pacer.shown("a")
    assert before == pacer.shown("b") > 4
    pacer.reset("b")
    pacer.add("b", "c" * 400, 4)
    for at in range(4, 40):
        flush = pacer.tick(at)
        assert len(flush.b) <= 4
        assert not flush.a or pacer.shown("b") >= before - 4
    assert pacer.shown("a") == pacer.shown("b") > before


def bursts(luck: random.Random, quick: Side) -> list[float]:
    """Times at which a battle's pieces appear, by side: one model writes three times as fast, in bursts on the ticks themselves.

    Lengths are drawn alike for both, so that the times alone could tell.
    """
    pacer = Pacer(60, 0.1, random.Random(luck.random()))
    left = {side: luck.randint(200, 900) for side in SIDES}
    wait = {side: luck.uniform(1, 4) if side == quick else luck.uniform(3, 15) for side in SIDES}
    times: dict[Side, list[tuple[int, int]]] = {"a": [], "b": []}
    for tick in range(1500):
        for side in SIDES:
            if tick >= wait[side] and left[side] > 0 and luck.random() < 0.6:
                count = min(left[side], luck.randint(10, 40) if side == quick else luck.randint(3, 14))
                pacer.add(side, "x" * count, tick / 10)
                left[side] -= count
                if left[side] <= 0:
                    pacer.end(side, tick / 10)
        flush = pacer.tick(tick / 10)
        for side, text in zip(SIDES, flush[:2], strict=True):
            if text:
                times[side].append((tick, len(text)))
        if flush.over:
            break
    found = []
    for side in SIDES:
        at = np.array([tick for tick, _ in times[side]])
        many = np.array([count for _, count in times[side]])
        gaps = np.diff(at) if len(at) > 1 else np.zeros(1)
        found += [at[0], gaps.mean(), gaps.std(), gaps.max(), many.mean(), many.std(), many[0], len(at) / (at[-1] + 1)]
    return found


def accuracy(seed: int, battles: int, blind: bool) -> float:
    """How often a linear classifier, fitted on half of so many battles, tells in the other half on which side the quick model stood."""
    luck, half = random.Random(seed), battles // 2
    sides = [luck.choice(SIDES) for _ in range(battles)]
    values = np.array([bursts(luck, side) for side in sides])
    # Without the pacing, the time of the first word alone tells: the classifier is able to see it.
    if not blind:
        values[:, 0] += [0 if side == "a" else 6 for side in sides]
    values = (values - values.mean(0)) / (values.std(0) + 1e-9)
    features = np.hstack([values, values[:, :8] - values[:, 8:], np.ones((battles, 1))])
    is_a = np.array([1.0 if side == "a" else -1.0 for side in sides])
    weights, *_ = np.linalg.lstsq(features[:half], is_a[:half], rcond=None)
    return float((np.sign(features[half:] @ weights) == is_a[half:]).mean())


def test_a_classifier_on_arrival_times_learns_next_to_nothing_of_which_side_is_quick() -> None:
    # The seeds are fixed: it passes or fails for good. The standard error of a seed is 0.016.
    right = np.mean([accuracy(seed, 2000, blind=True) for seed in range(3)])
    assert abs(right - 0.5) <= 0.02, right


def test_the_same_classifier_learns_it_where_times_tell() -> None:
    assert accuracy(0, 400, blind=False) > 0.9


LENGTHS = (2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 10, 11, 13)
TICK_S = 0.02


def written(luck: random.Random, first_s: float, every_s: float) -> list[tuple[float, str | None]]:
    """When a model writes which token, and when it says that it is done, which is when the next would have come."""
    at, left, word, made = first_s * luck.uniform(0.5, 1.5), luck.randint(48, 144), 0, list[tuple[float, str | None]]()
    while left > 0:
        begins = "" if word else " "
        word = word or luck.choice(LENGTHS)
        part = min(word, luck.randint(2, 6))
        word -= part
        made.append((at, begins + "x" * part))
        left -= part + len(begins)
        at += every_s * luck.uniform(0.5, 1.5)
    return [*made, (at, None)]


def seen(luck: random.Random, quick: Side, *, paced: bool) -> Seen:
    """A battle of a quick model and one three times as slow, as a page would see it; or with every token as soon as it is written."""
    slow: Side = "b" if quick == "a" else "a"
    both = {quick: written(luck, 0.02, 0.004), slow: written(luck, 0.06, 0.012)}
    waiting = sorted((at, side, text) for side in SIDES for at, text in both[side] if text is not None or paced)
    if not paced:
        texts = [(at, side, text or "") for at, side, text in waiting]
        events = [
            Event(at, "piece", text if side == "a" else "", text if side == "b" else "", "a")
            for at, side, text in texts
        ]
        return Seen([*events, Event(waiting[-1][0], "over", "", "", "a")])
    pacer, events, now, begun, over = Pacer(60, TICK_S, random.Random(luck.random())), [], TICK_S, False, False
    while not over:
        if waiting and waiting[0][0] <= now:
            at, side, text = waiting.pop(0)
            pacer.end(side, at) if text is None else pacer.add(side, text, at)
            if pacer.begun and not begun:
                begun, now = True, at
            continue
        flush = pacer.tick(now)
        if flush.a or flush.b:
            events.append(Event(now, "piece", flush.a, flush.b, "a"))
        over, now = flush.over, now + TICK_S
    return Seen([*events, Event(now - TICK_S, "over", "", "", "a")])


@cache
def battles(seed: int, count: int, *, paced: bool) -> tuple[list[list[float]], list[Side]]:
    """What a page would see of so many, and on which side the quick model stood."""
    luck = random.Random(seed)
    quick = [luck.choice(SIDES) for _ in range(count)]
    return [features(seen(luck, side, paced=paced)) for side in quick], quick


@pytest.mark.parametrize("by", [linear, trees])
def test_a_classifier_on_what_a_page_would_see_learns_next_to_nothing_of_which_side_is_quick(by: Any) -> None:
    found = np.mean([told(*battles(seed, 1500, paced=True), by) for seed in range(3)])
    # The seeds are fixed: it passes or fails for good.
    assert abs(found - 0.5) <= 0.02, found


def test_the_same_classifier_learns_it_where_tokens_are_shown_as_they_are_written() -> None:
    assert told(*battles(0, 300, paced=False)) > 0.9


def test_every_tick_brings_a_letter_while_both_write() -> None:
    """Words of two slow models, ten a second, with pauses: no tick without a letter, from the first on."""
    luck, pacer, waiting = random.Random(3), Pacer(60, 0.15, random.Random(3)), list[tuple[float, Side]]()
    for side in SIDES:
        at = 0.0
        for _ in range(200):
            waiting.append((at, side))
            at += luck.uniform(0.05, 0.15) + (0.5 if luck.random() < 0.02 else 0)
    waiting.sort()
    shown, now = list[int](), 0.0
    while waiting:
        while waiting and waiting[0][0] <= now:
            at, side = waiting.pop(0)
            pacer.add(side, "hitza ", at)
        shown.append(len(pacer.tick(now).a))
        now += 0.15
    assert min(shown) >= 1


def test_one_that_stalls_beyond_the_others_end_is_waited_for_and_does_not_hurry_afterwards() -> None:
    """The quick one's hundred letters have been there for long; the slow one writes on, falls silent for five seconds, and writes on."""
    pacer, shown = Pacer(500, 0.1, random.Random(0)), list[int]()
    pacer.add("a", "x" * 100, 0.0)
    pacer.end("a", 0.0)
    for tick in range(300):
        if not 150 <= tick < 200:
            pacer.add("b", "yyy", tick / 10)
        shown.append(len(pacer.tick(tick / 10).b))
    assert sum(shown[190:200]) == 0, "what has not come cannot appear"
    assert max(shown[200:]) <= 8, "three letters at a tick before, and no burst after"
