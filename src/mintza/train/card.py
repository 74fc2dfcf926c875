"""The model card: what a variant is made of, how it was trained, what came out; the README.md of its folder."""

from __future__ import annotations

from collections.abc import Sequence

from mintza.records import Backbone, ComponentCount, Record, TrainingStep, Variant
from mintza.train.settings import LoraMethod, TrainSettings

FIGURE = "curve.svg"
SHOWN = (
    ("peak_learning_rate", "peak learning rate"),
    ("warm_up", "warm-up, share of the steps"),
    ("final_share", "end of the cosine, share of the peak"),
    ("rows_per_step", "rows a step"),
    ("beta_1", "AdamW beta 1"),
    ("beta_2", "AdamW beta 2"),
    ("epsilon", "AdamW epsilon"),
    ("weight_decay", "weight decay"),
    ("gradient_clip", "gradient clipping"),
    ("neftune_alpha", "NEFTune alpha"),
    ("precision", "precision of the computation (weights: fp32)"),
)


class Lineage(Record, frozen=True, kw_only=True):
    """Where a variant comes from, as far as the rows do not say.

    study: its title.  languages: BCP 47.  counts: of the components of the mixture.  licenses: (component, licence), as often as needed.
    """

    study: str = ""
    languages: tuple[str, ...] = ()
    counts: tuple[ComponentCount, ...] = ()
    licenses: tuple[tuple[str, str], ...] = ()


def model_card(
    settings: TrainSettings,
    *,
    backbone: Backbone,
    variant: Variant,
    lineage: Lineage,
    steps: Sequence[TrainingStep],
    sequence_length: int,
) -> str:
    """The card, in Markdown with the header that the Hugging Face hub reads. Nothing in it is of this machine or this hour."""
    parts = [
        _header(backbone, lineage),
        f"# {variant.name}",
        f"A variant of **{backbone.name}** ({_said(backbone.license)}; revision `{backbone.revision}`), trained on "
        f"{_listed(variant.mixture)} with seed {variant.seed}"
        + (f", in the study *{lineage.study}*." if lineage.study else "."),
        "## Data",
        _data(variant, lineage),
        "## Training",
        _training(settings, steps, sequence_length),
        f"![Loss by step]({FIGURE})",
        "## What came out",
        _outcome(steps),
        "## Limits",
        "No safety training was done beyond what the backbone had. What the model says can be wrong, and as biased as its data. "
        "The terms of the backbone and of every source above apply to it.",
        "Made with Mintza. `metrics.jsonl` holds every step.",
    ]
    return "\n\n".join(parts) + "\n"


def _header(backbone: Backbone, lineage: Lineage) -> str:
    languages = "".join(f"\n- {code}" for code in lineage.languages)
    lines = ["---", "library_name: transformers", "pipeline_tag: text-generation", f"base_model: {backbone.name}"]
    if backbone.license:
        lines += ["license: other", f'license_name: "{backbone.license.replace(chr(34), chr(39))}"']
    if languages:
        lines.append(f"language:{languages}")
    return "\n".join([*lines, "---"])


def _data(variant: Variant, lineage: Lineage) -> str:
    counts = {count.component: count for count in lineage.counts}
    rows = ["| component | documents | conversations | tokens | supervised | licences |", "|---|---|---|---|---|---|"]
    for name in variant.mixture:
        count = counts.get(name)
        numbers = [count.documents, count.conversations, count.tokens, count.supervised_tokens] if count else [None] * 4
        licences = sorted({licence for component, licence in lineage.licenses if component == name})
        cells = ["not recorded" if number is None else f"{number:,}" for number in numbers]
        rows.append(f"| {name} | {' | '.join(cells)} | {', '.join(licences) or 'not recorded'} |")
    return "\n".join(rows) + "\n\nIn one epoch. Supervised tokens are those that bear loss."


def _training(settings: TrainSettings, steps: Sequence[TrainingStep], sequence_length: int) -> str:
    values = settings.model_dump(mode="json")
    method = settings.method
    how = (
        f"low-rank adapters (rank {method.rank}, alpha {method.alpha:g}), merged"
        if isinstance(method, LoraMethod)
        else "all weights"
    )
    rows = [("trained", how), ("sequence length, packed", f"{sequence_length:,}"), ("steps", f"{len(steps):,}")]
    rows += [("tokens seen", f"{steps[-1].tokens_seen:,}"), _length(settings)]
    rows += [(words, _number(values[name])) for name, words in SHOWN]
    return "\n".join(["| setting | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def _length(settings: TrainSettings) -> tuple[str, str]:
    if settings.token_budget is not None:
        return "token budget, padding included", f"{settings.token_budget:,}"
    return "times through the data", f"{settings.epochs:g}"


def _outcome(steps: Sequence[TrainingStep]) -> str:
    rows = [("training loss, first step", steps[0].loss), ("training loss, last step", steps[-1].loss)]
    held = [step for step in steps if step.held_out_loss is not None]
    for step in dict.fromkeys((held[0], held[-1]) if held else ()):
        rows.append((f"held-out loss, step {step.step}", step.held_out_loss or 0.0))
        rows += [(f"... on {name} alone", loss) for name, loss in step.held_out_losses]
    table = ["| measure | nats a supervised token |", "|---|---|"]
    return "\n".join([*table, *(f"| {name} | {value:.4f} |" for name, value in rows)])


def _said(license_: str) -> str:
    return f"licence: {license_}" if license_ else "licence not recorded"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
