"""compare: is A better than B? One line a language with its test, then the exams."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path
from typing import NamedTuple

import click

from mintza.benchmark.comparing import Comparison, Difference, compare
from mintza.benchmark.comparing_seeds import Trained, compare_over_seeds
from mintza.benchmark.measures.exams import SUFFIX
from mintza.errors import BadInput, StudyError
from mintza.pipeline.cells import cells, resolve
from mintza.pipeline.plan import make_plan
from mintza.pipeline.run import states
from mintza.records import Measurement, Score
from mintza.store import Store
from mintza.study import load
from mintza.terminal.formats import read_measurements

ALPHA = 0.05
STUDIES = (".yaml", ".yml")
METHODS = {
    "McNemar": "McNemar's exact test over the items that both answered",
    "paired permutation": "a permutation of the two models within the items that both answered",
    "two proportions": "two proportions: the file keeps no items, so that these are taken for different ones",
    "items and seeds": "Student's t over items and seeds: another training counts as chance too",
    "z": "a z-test on the exams' standard errors: the file keeps no items",
}


class Side(NamedTuple):
    """A model's results. scores: None where the items are not there."""

    measurements: list[Measurement]
    scores: list[Score] | None


def compared(where: Path, a: str, b: str, exams: Sequence[str]) -> None:
    """Print what differs between two models of a study, or of a file of measurements. Raises StudyError or BadInput."""
    studied = where.suffix.lower() in STUDIES
    if studied and (several := _over_seeds(where, a, b, exams)) is not None:
        for line in lines(several, a, b):
            click.echo(line)
        return
    one, other = (_of_study(where, name) if studied else _of_file(where, name) for name in (a, b))
    scores = (one.scores, other.scores) if one.scores is not None and other.scores is not None else None
    found = compare(_chosen(one, exams, where, a), _chosen(other, exams, where, b), scores)
    if not found.exams:
        listed = "; ".join(found.apart) or "neither has a result"
        raise BadInput(f"{a} and {b} have no exam in common", place=str(where), remedy=listed)
    for line in lines(found, a, b):
        click.echo(line)


def lines(found: Comparison, a: str, b: str) -> Iterable[str]:
    """What is printed: an answer a language, a line an exam where there are several, what was not compared."""
    for whole in found.overall:
        yield _answer(whole, a, b)
        exams = [one for one in found.exams if one.language == whole.language]
        if len(exams) > 1:
            yield from (f"  {_exam(one)}" for one in exams)
    without = {one.language for one in found.overall}
    yield from (f"  {_exam(one)}" for one in found.exams if one.language not in without)
    yield from (f"not compared: {what}" for what in found.apart)


def _answer(one: Difference, a: str, b: str) -> str:
    better, worse = (a, b) if one.gain >= 0 else (b, a)
    if not isfinite(one.p):
        says = f"{better} has the better value than {worse}, and nothing says whether that is luck:"
    elif one.p <= ALPHA:
        says = f"{better} is better than {worse}:"
    else:
        says = f"no difference between {a} and {b} can be seen:"
    over = f"{one.exams} exams" if one.exams > 1 else f"{one.exam} ({one.metric})"
    return (
        f"{one.language}: {says} {_amount(one)} on {over}, {one.items} items; {_p(one.p)} by {METHODS[one.test]}; "
        f"smallest difference that these items show: {_unit(one, one.detectable)}"
    )


def _exam(one: Difference) -> str:
    mark = " *" if isfinite(one.adjusted) and one.adjusted <= ALPHA else ""
    values = f"{_unit(one, one.both[0])} and {_unit(one, one.both[1])}"
    return (
        f"{one.exam} ({one.metric}, {one.items} items): {values}, {_amount(one)}; "
        f"{_p(one.p)} ({one.test}), by Holm {_p(one.adjusted)}{mark}; can show {_unit(one, one.detectable)}"
    )


def _amount(one: Difference) -> str:
    between = f" ({_number(one, one.low)} to {_number(one, one.high)})" if isfinite(one.low) else ""
    return f"{_number(one, one.value)}{' points' if one.share else ''}{between}"


def _number(one: Difference, value: float) -> str:
    return f"{100 * value:+.1f}" if one.share else f"{value:+.3f}"


def _unit(one: Difference, value: float) -> str:
    if not isfinite(value):
        return "none"
    return f"{100 * value:.1f}" if one.share else f"{value:.3f}"


def _p(value: float) -> str:
    if not isfinite(value):
        return "p is not known"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def _chosen(side: Side, exams: Sequence[str], where: Path, model: str) -> list[Measurement]:
    """Results of the exams that are named, or of all that are exams; not of what is the same exam asked otherwise."""
    if not exams:
        every = {(one.exam, one.language) for one in side.measurements}
        return [
            one
            for one in side.measurements
            if one.standing == "exam"
            and one.category != "intrinsic"
            and (_other_way_of(one), one.language) not in every
        ]
    known = {one.exam for one in side.measurements}
    for name in exams:
        if name not in known:
            raise BadInput(
                f"{model} has no result of '{name}'", place=str(where), remedy=_hint(name, sorted(known), "exams")
            )
    return [one for one in side.measurements if one.exam in exams]


def _other_way_of(one: Measurement) -> str | None:
    """The exam that a result is another way of asking of; None when it is an exam under its own protocol."""
    suffix = SUFFIX.get(one.protocol)
    return one.exam.removesuffix(suffix) if suffix and one.exam.endswith(suffix) else None


def _of_file(path: Path, model: str) -> Side:
    every = read_measurements(path)
    found = [one for one in every if one.model == model]
    if not found:
        names = sorted({one.model for one in every})
        raise BadInput(f"there is no model '{model}'", place=str(path), remedy=_hint(model, names, "models"))
    return Side(found, None)


def _over_seeds(path: Path, a: str, b: str, exams: Sequence[str]) -> Comparison | None:
    """What differs over the seeds of mixtures that are named without one; None where neither is. Raises StudyError."""
    table = cells(load(path).settings)
    seeds = [sorted(c.variant.seed for c in table if c.name == f"{name}.s{c.variant.seed}") for name in (a, b)]
    if not any(seeds):
        return None
    sides = []
    for name, own in zip((a, b), seeds, strict=True):
        members: list[tuple[int | None, str]] = [(seed, f"{name}.s{seed}") for seed in own]
        members = members or [(None, name)]
        found = [(seed, one, _of_study(path, one)) for seed, one in members]
        sides.append([Trained(seed, _chosen(side, exams, path, one), side.scores or ()) for seed, one, side in found])
    try:
        return compare_over_seeds(sides[0], sides[1])
    except ValueError as error:
        raise StudyError(
            f"{a} and {b} cannot be compared over their seeds: {error}",
            place=str(path),
            remedy=f"name single models, such as {next(f'{n}.s{own[0]}' for n, own in zip((a, b), seeds, strict=True) if own)}",
        ) from None


def _of_study(path: Path, model: str) -> Side:
    plan = make_plan(load(path))
    table = cells(plan.study.settings)
    name = resolve(model, table) if model in {cell.name for cell in table} else model
    now = states(plan, Store(plan.study.store))
    state = now.get(f"measure/{name}")
    if state is None:
        names = [node.removeprefix("measure/") for node in now if node.startswith("measure/")]
        raise StudyError(f"there is no model '{model}'", place=str(path), remedy=_hint(model, names, "models"))
    if state.artifact is None:
        raise StudyError(
            f"{model} is not measured yet", place=str(path), remedy=f"mintza run {path} --only measure/{name}"
        )
    store = Store(plan.study.store)
    return Side(list(store.read(state.artifact, Measurement)), list(store.read(state.artifact, Score)))


def _hint(name: str, known: Sequence[str], what: str) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return (f"did you mean '{close[0]}'? " if close else "") + f"known {what}: {listed or 'none'}"
