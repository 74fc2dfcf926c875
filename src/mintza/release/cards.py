"""Cards in the hub's format: YAML between dashes for machines, the rest for people. Every number is read off the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import yaml

from mintza.records import Language, Measurement

DASHES = "---\n"


def front_matter(values: Mapping[str, Any]) -> str:
    """The machine's part of a card; what is None or empty is left out."""
    kept = {name: value for name, value in values.items() if value not in (None, [], {}, "")}
    return DASHES + yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=110) + DASHES


def read_front_matter(card: str) -> dict[str, Any]:
    """The machine's part of a card. Raises ValueError when there is none."""
    if not card.startswith(DASHES) or DASHES not in card[len(DASHES) :]:
        raise ValueError("the card has no part between dashes")
    try:
        found = yaml.safe_load(card[len(DASHES) :].split(DASHES, 1)[0])
    except yaml.YAMLError as error:
        raise ValueError(f"the part between dashes is no YAML ({error})".replace("\n", " ")) from None
    if not isinstance(found, dict):
        raise ValueError("the part between dashes is no mapping")  # noqa: TRY004 - the one error of a card
    return found


def told(measurements: Sequence[Measurement]) -> list[Measurement]:
    """Those that a card tells: how often each letter was chosen is for the results alone."""
    return [one for one in measurements if not one.metric.startswith("chosen_")]


def results_table(measurements: Sequence[Measurement], untouched: Sequence[Measurement]) -> str:
    """A card's table: a row a measurement, beside the untouched backbone where that was asked the same way."""
    before = {(m.exam, m.language, m.metric, _asked(m)): m for m in untouched}
    head = "| exam | language | metric | value | interval | untouched backbone | items | asked | shots |"
    rows = [head, "|---|---|---|---|---|---|---|---|---|"]
    for one in told(measurements):
        other = before.get((one.exam, one.language, one.metric, _asked(one)))
        between = "" if one.low is None or one.high is None else f"{one.low:.4f} to {one.high:.4f}"
        beside = "" if other is None else f"{other.value:.4f}"
        asked = f"{one.protocol}, {'plain' if one.template is None else 'chat template'}"
        cells = (one.exam, one.language, one.metric, f"{one.value:.4f}", between, beside, one.items, asked, one.shots)
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(rows)


def model_index(name: str, measurements: Sequence[Measurement]) -> list[dict[str, Any]]:
    """The hub's `model-index`: what a card tells of a model, values unrounded."""
    return [
        {
            "name": name,
            "results": [
                {
                    "task": {"type": "text-generation"},
                    "dataset": {"name": one.exam, "type": one.exam, "config": one.language},
                    "metrics": [
                        {
                            "type": one.metric,
                            "value": one.value,
                            "name": _asked(one),
                        }
                    ],
                }
                for one in told(measurements)
            ],
        }
    ]


def _asked(one: Measurement) -> str:
    template = "plain" if one.template is None else "chat template"
    return f"{one.metric}, {one.protocol}, {one.shots} shots, {template}"


def indexed(front: Mapping[str, Any]) -> dict[tuple[str, str, str, str], float]:
    """What a card's `model-index` says: (exam, language, metric, how it was asked) -> value. Raises ValueError when it is malformed."""
    try:
        return {
            (result["dataset"]["name"], result["dataset"]["config"], metric["type"], metric["name"]): float(
                metric["value"]
            )
            for entry in front.get("model-index", ())
            for result in entry["results"]
            for metric in result["metrics"]
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"its model-index is malformed ({error})") from None


def language_tags(languages: Sequence[Language]) -> list[str]:
    """The hub's codes of languages: BCP 47."""
    return [language.bcp47 for language in languages]


def rendered(template: str, **values: Any) -> str:
    """A card's text from a template of `cards/`."""
    import jinja2

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - a card is Markdown, and no page
        keep_trailing_newline=True,
    )
    environment.filters["percent"] = lambda share: f"{100 * share:.1f}"
    source = (resources.files("mintza.release") / "cards" / template).read_text(encoding="utf-8")
    return environment.from_string(source).render(**values)
