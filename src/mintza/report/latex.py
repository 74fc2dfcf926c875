"""The report's tables for a paper: booktabs, short names, numbers as a reader wants them."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from mintza.report import words
from mintza.report.made import Made
from mintza.report.material import Material
from mintza.report.printing import as_latex, escaped
from mintza.report.sections.people import factor_name, p_value
from mintza.report.votes.people import People
from mintza.report.votes.ratings import Rated
from mintza.report.votes.telling import exam_name, signed

SIGNS = {
    words.MINUS: "$-$",
    "×": r"$\times$",
    "–": "--",
    "†": r"$^{\dagger}$",
    "·": r"$\cdot$",
    "●": r"$\bullet$",
    "◆": r"$\diamond$",
}


def latex_files(made: Made, material: Material) -> dict[str, str]:
    """File name -> text. Each is a `tabular` that needs `booktabs` alone."""
    files = {f"benchmark-{one.table.language}.tex": as_latex(one.main, one.seen) for one in made.full}
    files["effects.tex"] = _effects(made, material)
    if made.tradeoff.rows:
        files["tradeoff.tex"] = _tradeoff(made, material)
    if made.people is not None and made.people.standings:
        files["ratings.tex"] = _ratings(made.people)
        files["factors.tex"] = _factors(made.people, material)
        files["agreement.tex"] = _agreement(made.people, material)
    return files


def booktabs(head: Sequence[str], rows: Sequence[Sequence[str]], *, words_first: int = 1) -> str:
    """A table from plain text, which is escaped; the first columns are words, the others numbers. None of its rows is empty."""
    width = len(head)
    lines = [
        "% needs \\usepackage{booktabs}",
        f"\\begin{{tabular}}{{{'l' * words_first}{'r' * (width - words_first)}}}",
        "\\toprule",
        " & ".join(_printed(cell) for cell in head) + r" \\",
        "\\midrule",
        *(" & ".join(_printed(cell) for cell in row) + r" \\" for row in rows),
        "\\bottomrule",
        "\\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _printed(text: str) -> str:
    found = escaped(text)
    for sign, printed in SIGNS.items():
        found = found.replace(sign, printed)
    return found


def _effects(made: Made, material: Material) -> str:
    rows = []
    for effect in made.effects:
        if not effect.pooled or effect.measure.exam is not None or effect.differs in ("variant", "mixture"):
            continue
        kind = effect.measure.kind
        subject = effect.subject
        if effect.differs == "component":
            subject = words.capital(words.component_label(subject, material))
        value = words.number(kind, effect.value, signed=True)
        rows.append(
            [
                subject,
                words.capital(words.what(effect.measure, material)),
                value,
                words.span(kind, effect.low, effect.high, signed=True),
                p_value(effect.p),
                f"{len(effect.pairs)}",
                f"{effect.seeds or '–'}",
                f"{effect.items:,}" + ("†" if effect.templates_differ else ""),
            ]
        )
    return booktabs(
        ["Difference made by", "Measure", "Effect", "Interval", "p", "Pairs", "Seeds", "Items"], rows, words_first=2
    )


def _tradeoff(made: Made, material: Material) -> str:
    languages = [words.language_name(gain.language, material) for gain in made.tradeoff.rows[0].gains]
    rows = [
        [row.model, *(_with_span(gain.value, gain.low, gain.high, 1) for gain in row.gains), f"{row.exams}"]
        for row in made.tradeoff.rows
    ]
    return booktabs(["Variant", *languages, "Exams"], rows)


def _ratings(people: People) -> str:
    names = [one.criterion for one in people.standings]
    main = people.standing("overall") or people.standings[0]
    of = [{row.model: row for row in one.rows} for one in people.standings]
    rows = []
    for row in main.rows:
        cells = [row.model]
        for standing in of:
            cells += _rated(standing.get(row.model))
        rows.append(cells)
    head = ["Model", *(cell for name in names for cell in (words.capital(name), "Tier"))]
    return booktabs(head, rows)


def _rated(row: Rated | None) -> list[str]:
    """Score with its interval, and tier."""
    if row is None or not isfinite(row.score):
        return ["–", "–"]
    span = f" ({row.low:.0f} to {row.high:.0f})" if row.interval else ""
    return [f"{row.score:.0f}{span}", f"{row.tier}"]


def _factors(people: People, material: Material) -> str:
    rows = []
    for row in people.worths.effects:
        digits = 0 if row.unit == "Elo" else 1
        value, low, high, _ = row.effect
        known = {language.code for language in (material.target, *material.also)}
        source = (
            f"exams, {words.language_name(row.source, material)}" if row.source in known else f"votes, {row.source}"
        )
        span = f"{signed(low, digits)} to {signed(high, digits)}" if isfinite(low) and isfinite(high) else "–"
        rows.append(
            [source, factor_name(row.factor, material), f"{signed(value, digits)} {row.unit}", span, p_value(row.holm)]
        )
    return booktabs(["Source", "Factor", "Effect", "90 % interval", "p, Holm"], rows, words_first=2)


def _agreement(people: People, material: Material) -> str:
    criteria = list(dict.fromkeys(one.criterion for one in people.agreements))
    by_exam: dict[str, dict[str, str]] = {}
    models: dict[str, int] = {}
    for one in people.agreements:
        name = exam_name(one, material)
        found = one.spearman
        by_exam.setdefault(name, {})[one.criterion] = _with_span(found.value, found.low, found.high, 2)
        models[name] = found.models
    rows = [
        [name, *(cells.get(criterion, "–") for criterion in criteria), f"{models[name]}"]
        for name, cells in by_exam.items()
    ]
    return booktabs(["Exam", *(words.capital(name) for name in criteria), "Models"], rows)


def _with_span(value: float, low: float | None, high: float | None, digits: int) -> str:
    if low is None or high is None or not (isfinite(low) and isfinite(high)):
        return signed(value, digits)
    return f"{signed(value, digits)} ({signed(low, digits)} to {signed(high, digits)})"
