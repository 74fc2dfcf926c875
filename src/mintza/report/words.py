"""Words and numbers as the page writes them: the unit of each measure, signs, intervals, lists."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from math import isfinite

from mintza.report.material import ComponentFacts, Material
from mintza.report.scorebook import BITS_PREFIX, Kind, Measure

MINUS = "\u2212"
LONGEST = 420
"""Characters of a text that is quoted, before the ellipsis."""
NO_INTERVAL = "no interval"
WORDS_OF_KINDS = {
    "corpus": "the corpus",
    "sampled": "sampled instructions",
    "translated": "translated instructions",
    "written": "written conversations",
}


def number(kind: Kind, value: float, *, signed: bool = False) -> str:
    """A value in the unit of its measure: bits per byte to three decimals, shares in per cent to one."""
    if not isfinite(value):
        return "not a number"
    text = f"{abs(value):.3f}" if kind == "bits_per_byte" else f"{abs(100 * value):.1f}"
    nought = not any(digit in "123456789" for digit in text)
    sign = "" if nought else MINUS if value < 0 else "+" if signed else ""
    return sign + text


def span(kind: Kind, low: float, high: float, *, signed: bool = False) -> str:
    """`0.380 to 0.445`; `no interval` where an end is not known, as over one item alone."""
    if not (isfinite(low) and isfinite(high)):
        return NO_INTERVAL
    return f"{number(kind, low, signed=signed)} to {number(kind, high, signed=signed)}"


def unit(kind: Kind) -> str:
    """What a difference is counted in, as it stands after the number."""
    return "" if kind == "bits_per_byte" else " points"


def what(measure: Measure, material: Material) -> str:
    """`bits per byte on held-out Basque text`, `accuracy in the Basque exam`, ..."""
    language = language_name(measure.language, material)
    if measure.kind == "bits_per_byte":
        source = f" from {source_name(measure.exam)}" if measure.exam else ""
        return f"bits per byte on held-out {language} text{source}"
    if measure.kind == "right_language":
        return f"the rate of answers in {language}"
    return f"accuracy in {measure.exam} ({language})" if measure.exam else f"exam accuracy in {language}"


def things(kind: Kind, count: int) -> str:
    """`34 texts`, `1 item`, `12 answers`."""
    word = {"bits_per_byte": "text", "accuracy": "item", "right_language": "answer"}[kind]
    return counted(count, word)


def counted(count: int, word: str) -> str:
    """`1 text`, `1,200 texts`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def over(kind: Kind, pairs: int, seeds: int, items: int) -> str:
    """`4 pairs, 36 texts`; with seeds `12 pairs of 3 seeds, 36 texts`."""
    of = f" of {seeds} seeds" if seeds else ""
    return f"{counted(pairs, 'pair')}{of}, {things(kind, items)}"


def added_to(pair: tuple[str, str], material: Material) -> str:
    """What the second of a pair is, so that a sentence can say what something was added to: `english + basque`, `the untouched x`."""
    other = next((model for model in material.models if model.name == pair[1]), None)
    backbones = {model.backbone for model in material.models if model.role != "reference"}
    if other is None or other.role != "variant":
        return f"the untouched {pair[1]}"
    mixture = " + ".join(other.mixture)
    return f"{other.backbone} with {mixture}" if len(backbones) > 1 else mixture


def source_name(exam: str) -> str:
    """The source of texts that `bits_per_byte.SOURCE` names."""
    return exam.removeprefix(BITS_PREFIX)


def language_name(code: str, material: Material) -> str:
    """`Basque` for `eus_Latn`; the code when the study does not name the language."""
    names = {language.code: language.name for language in (material.target, *material.also)}
    return names.get(code, code or "an unnamed language")


def component_label(name: str, material: Material) -> str:
    """`the corpus`, `sampled instructions in English`, with the component's own name where it says more."""
    facts = facts_of(name, material)
    if facts is None:
        return f"the component {name}"
    label = WORDS_OF_KINDS[facts.kind]
    if facts.kind != "corpus":
        label += f" in {language_name(facts.language, material)}"
    return label if facts.name == facts.kind else f"{label} ({facts.name})"


def facts_of(name: str, material: Material) -> ComponentFacts | None:
    """What is known of a component; None when it is not complete."""
    return next((facts for facts in material.components if facts.name == name), None)


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def capital(text: str) -> str:
    """With its first letter large."""
    return text[:1].upper() + text[1:]


def percent(level: float) -> str:
    """`95 %`."""
    return f"{100 * level:g} %"


def cut(text: str, longest: int = LONGEST) -> str:
    """A text that fits: without control characters, and with an ellipsis where it was longer."""
    clean = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return clean if len(clean) <= longest else clean[: longest - 1].rstrip() + "…"
