"""Measurements become tables: one a language, a row a model, a column an exam, the mean, and what is not comparable."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from mintza.records import Measurement
from mintza.report.rules import Rules
from mintza.report.scorebook import BIAS, SIBLINGS

NO_SHARES = frozenset(
    {
        "bias",
        "bias_ambig",
        "bias_disambig",
        "bias_gap_disambig",
        "bits_per_byte",
        "bleu",
        "brier_score",
        "byte_perplexity",
        "chrf",
        "mcc",
        "perplexity",
        "ter",
        "word_perplexity",
    }
)
"""Metrics that are no share of items, even where they happen to lie between 0 and 1."""


@dataclass(frozen=True)
class Column:
    """An exam. usual: how most models were asked, in words; a value got otherwise is marked.  counted: whether means are over it."""

    exam: str
    label: str
    usual: str
    counted: bool = True


@dataclass(frozen=True)
class Value:
    """A share, 0 to 1, not rounded. asked: metric, protocol, shots, in words.  marked: not asked as the column.

    low, high: 95 % interval, None where nobody gave one.  items: 0 where not known.  template: whether it was asked under a chat
    template; None for what an API was asked, which puts it under its own.
    """

    share: float
    asked: str
    marked: bool
    low: float | None = None
    high: float | None = None
    items: int = 0
    template: bool | None = None


@dataclass(frozen=True)
class ModelRow:
    """A model. values: by the column's label.  mean: unweighted, of all counted it has.  common: over those that all models have.

    over: how many exams the mean is over.
    """

    model: str
    values: Mapping[str, Value]
    mean: float | None
    common: float | None
    over: int = 0

    @property
    def plain(self) -> bool:
        """Whether it was asked in plain text throughout."""
        return {value.template for value in self.values.values()} - {None} == {False}


@dataclass(frozen=True)
class LanguageTable:
    """A table. language: ISO 639-3.  shared: labels of the exams that all models have.  notes: (model, exam, what), in order."""

    language: str
    columns: tuple[Column, ...]
    rows: tuple[ModelRow, ...]
    shared: tuple[str, ...]
    notes: tuple[tuple[str, str, str], ...]

    @property
    def counted(self) -> tuple[str, ...]:
        """Labels of the exams that means are over."""
        return tuple(column.label for column in self.columns if column.counted)

    @property
    def uneven(self) -> bool:
        """Whether some mean is over another set of exams than others."""
        return any(row.over < len(self.counted) for row in self.rows)

    @property
    def mixed(self) -> bool:
        """Whether some models were asked in plain text and others under a chat template."""
        under = any(value.template for row in self.rows for value in row.values.values())
        return under and any(row.plain for row in self.rows)


def language_tables(
    measurements: Iterable[Measurement],
    *,
    rules: Rules | None = None,
    languages: Sequence[str] = (),
    equal: Mapping[str, str] | None = None,
) -> list[LanguageTable]:
    """Tables of the exams (not of parts or sums), by language.

    rules: which exams and metrics; None: every exam, by its first metric that is a share.  languages: codes, these alone and
    in this order; none: all.  equal: models that stand for another (name -> the other), which get its row.
    """
    rows = [one for one in measurements if one.standing == "exam" and one.category != "intrinsic"]
    codes = {one.language: None for one in rows}
    if rules is not None:
        codes = {code: None for code in rules.exams if code in codes}
    order = [code for code in languages if code in codes] if languages else list(codes)
    by_file: dict[str, list[str]] = defaultdict(list)
    for code in order:
        by_file[code.partition("_")[0]].append(code)
    return [_table(short, several, rows, rules, equal or {}) for short, several in by_file.items()]


def _table(
    short: str, codes: Sequence[str], rows: Sequence[Measurement], rules: Rules | None, equal: Mapping[str, str]
) -> LanguageTable:
    notes: list[tuple[str, str, str]] = []
    columns: list[Column] = []
    cells: dict[str, dict[str, Value]] = {one.model: {} for one in rows if one.language in codes}
    names = Counter(exam for code in codes for exam in {one.exam for one in rows if one.language == code})
    for code in codes:
        by_exam: dict[str, list[Measurement]] = defaultdict(list)
        for one in rows:
            if one.language == code:
                by_exam[one.exam].append(one)
        for exam in rules.exams[code] if rules is not None else sorted(by_exam):
            label = exam if names[exam] <= 1 else f"{exam} ({code})"
            sibling = any(exam.endswith(end) and exam.removesuffix(end) in by_exam for end in SIBLINGS)
            column = _column(exam, label, by_exam.get(exam, []), rules, cells, notes, sibling=sibling)
            if column is not None:
                columns.append(column)
    for name, other in equal.items():
        if other in cells and name not in cells:
            cells[name] = cells[other]
            notes.append((name, "", f"not trained: equal to {other} by definition"))
    filled = {model: values for model, values in cells.items() if values}
    counted = [column.label for column in columns if column.counted]
    shared = tuple(label for label in counted if filled and all(label in values for values in filled.values()))
    made = tuple(_row(model, values, counted, shared) for model, values in filled.items())
    notes += [("", column.label, "in no mean: " + _why_not(column)) for column in columns if not column.counted]
    notes += [
        (row.model, "mean", f"over {row.over} of {len(counted)} exams: not comparable with other rows")
        for row in made
        if row.over < len(counted)
    ]
    return LanguageTable(short, tuple(columns), made, shared, tuple(notes))


def _row(model: str, values: Mapping[str, Value], counted: Sequence[str], shared: Sequence[str]) -> ModelRow:
    own = [value.share for label, value in values.items() if label in counted]
    mean = fsum(own) / len(own) if own else None
    common = fsum(values[label].share for label in shared) / len(shared) if shared else None
    return ModelRow(model, values, mean, common, len(own))


def _why_not(column: Column) -> str:
    return "it is asked otherwise beside itself" if column.exam.endswith(SIBLINGS) else "it is an exam of bias"


def _column(
    exam: str,
    label: str,
    found: Sequence[Measurement],
    rules: Rules | None,
    cells: dict[str, dict[str, Value]],
    notes: list[tuple[str, str, str]],
    *,
    sibling: bool,
) -> Column | None:
    """Put the values of an exam into the cells. None for an exam whose every metric is no share.

    sibling: it is another exam of the table, asked otherwise.
    """
    wanted = rules.wanted(exam) if rules is not None else _first_metrics(found)
    if not wanted:
        notes.append(("", exam, "left out: none of its metrics is a share of items"))
        return None
    taken: dict[str, list[Measurement]] = defaultdict(list)
    for metric in wanted:
        having = [one for one in found if one.metric == metric and one.model not in taken]
        for one in having:
            taken[one.model].append(one)
    usual = _usual(one for several in taken.values() for one in several)
    for model, several in taken.items():
        chosen = next((one for one in several if _asked(one) == usual), several[0])
        marked = _asked(chosen) != usual
        ends = (chosen.low, chosen.high, chosen.items)
        cells[model][label] = Value(chosen.value, _asked(chosen), marked, *ends, template=_template(chosen))
        if marked:
            notes.append((model, label, f"asked as {_asked(chosen)}, most others as {usual}"))
        for one in several:
            if one is not chosen:
                template = "under a chat template" if one.template else "in plain text"
                notes.append((model, label, f"also measured as {_asked(one)}, {template}, not shown"))
    bias = any(one.category == BIAS for one in found)
    return Column(exam, label, usual, counted=not bias and not sibling)


def _first_metrics(found: Sequence[Measurement]) -> tuple[str, ...]:
    """The exam's first metric, and then, for models that lack it, the others in their order; only what is a share."""
    shares: dict[str, bool] = {}
    for one in found:
        share = one.metric.partition(",")[0] not in NO_SHARES and 0 <= one.value <= 1
        shares[one.metric] = shares.get(one.metric, True) and share
    return tuple(metric for metric, share in shares.items() if share)


def _usual(found: Iterable[Measurement]) -> str:
    counted = Counter(_asked(one) for one in found)
    return max(counted, key=lambda asked: counted[asked], default="")


def _template(one: Measurement) -> bool | None:
    weighed = one.protocol in ("likelihood", "cloze")
    return True if one.template is not None else False if weighed else None


def _asked(one: Measurement) -> str:
    return f"{one.metric}, {one.protocol}, {one.shots} shots"
