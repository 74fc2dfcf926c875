"""What the votes say, in sentences: which exams go with people, and what a factor is worth to them."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

from mintza.report import words
from mintza.report.material import Material
from mintza.report.votes.agreement import Agreed
from mintza.report.votes.people import People
from mintza.report.votes.worth import Worth

UNSEEN = "no agreement that this study can see"
CHOICE = ("overall", "content", "language")


class Said(NamedTuple):
    """A sentence and the number in it."""

    text: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


def predicted(people: People | None, material: Material) -> list[Said]:
    """A sentence a language, whose number is the correlation by the criterion that matters most."""
    if people is None:
        return [Said("Nobody has voted in this study yet, so it cannot say.")]
    if not people.standings:
        return [Said("The file of votes holds no vote that can be used, so this study cannot say.")]
    told = []
    for language in (material.target, *material.also):
        mine = [one for one in leading(people.agreements) if one.language == language.code]
        if mine:
            first = next(one for name in CHOICE for one in mine if one.criterion == name)
            told.append(Said(_sentence(mine, language.name), *first.spearman[:3]))
    few = "Too few models were both examined and voted on, so this study cannot say whether exams predict people."
    return told or [Said(few)]


def singles(people: People | None, material: Material) -> list[Said]:
    """A sentence for each correlation of an exam, for the findings."""
    found = people.agreements if people is not None else ()
    return [
        Said(
            f"{words.capital(exam_name(one, material))} and {voted(one.criterion)}: Spearman {correlation(one)}, Kendall "
            f"{signed(one.kendall.value)}, over {one.spearman.models} models" + ("." if one.seen else f"; {UNSEEN}."),
            *one.spearman[:3],
        )
        for one in found
    ]


def leading(found: Sequence[Agreed]) -> list[Agreed]:
    """For each language the mean over exams; where there is one exam, that."""
    means = {(one.criterion, one.language) for one in found if one.exam is None and one.kind == "accuracy"}
    return [
        one
        for one in found
        if one.kind == "accuracy" and (one.exam is None or (one.criterion, one.language) not in means)
    ]


def worth_to_people(people: People | None, factor: str) -> Said | None:
    """What a component or backbone is worth by the criterion that matters most; None where votes do not tell."""
    row = _worth(people, factor)
    if row is None:
        return None
    value, low, high, _ = row.effect
    span = f"{signed(low, 0)} to {signed(high, 0)}"
    name = row.source
    if row.seen:
        text = f"To people it is worth {signed(value, 0)} Elo points ({voted(name)}, {span})."
    else:
        text = f"To people it makes no difference that this study can see ({voted(name)}, {span} Elo points)."
    return Said(text, value, low, high)


def voted(criterion: str) -> str:
    """`votes on content`, `votes overall`."""
    return "votes overall" if criterion == "overall" else f"votes on {criterion}"


def signed(value: float, decimals: int = 2) -> str:
    """`+0.81`, with a true minus."""
    if not isfinite(value):
        return "not a number"
    text = f"{abs(value):.{decimals}f}"
    nought = not any(digit in "123456789" for digit in text)
    return ("" if nought else words.MINUS if value < 0 else "+") + text


def correlation(one: Agreed) -> str:
    """`+0.81 (+0.55 to +0.93)`."""
    found = one.spearman
    return f"{signed(found.value)} ({signed(found.low)} to {signed(found.high)})"


def exam_name(one: Agreed, material: Material) -> str:
    """`the mean of 15 exams in Basque`, `arc_eu_easy (Basque)`, `bits per byte on held-out Basque text`."""
    language = words.language_name(one.language, material)
    if one.kind == "bits_per_byte":
        return f"bits per byte of {language} ({words.source_name(one.exam or '')}), sign turned"
    return f"{one.exam} ({language})" if one.exam else f"the mean of {one.exams} exams in {language}"


def _sentence(mine: Sequence[Agreed], language: str) -> str:
    first = mine[0]
    what = f"the mean of {first.exams} exams" if first.exam is None else f"the exam {first.exam}"
    order = sorted(mine, key=lambda one: CHOICE.index(one.criterion))
    seen = [f"{voted(one.criterion)} (Spearman {correlation(one)})" for one in order if one.seen]
    unseen = [f"{voted(one.criterion)} ({correlation(one)})" for one in order if not one.seen]
    against = all(one.spearman.value < 0 for one in order if one.seen)
    parts = []
    if seen:
        parts.append(f"{what} {'goes against' if against else 'goes with'} {words.listed(seen)}")
    if unseen:
        parts.append(f"there is {UNSEEN} with {words.listed(unseen)}")
    return f"In {language}, over {first.spearman.models} models, {'; '.join(parts)}."


def _worth(people: People | None, factor: str) -> Worth | None:
    for criterion in CHOICE:
        for row in people.worths.effects if people is not None else ():
            if (row.source, row.factor) == (criterion, factor):
                return row
    return None
