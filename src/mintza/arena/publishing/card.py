"""The card of what is published: what it is, how it came to be, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mintza.arena.settings import ArenaSettings

if TYPE_CHECKING:
    from mintza.arena.publishing.exporting import ExportRow

_FIELDS = {
    "id": "of the battle",
    "voter": "pseudonym, the same for all votes of a person; of whoever withdrew, one that leads to nobody",
    "level, education": "as the voter said it, or null",
    "time, started_at": "of the vote and of the battle, UTC",
    "language": "ISO 639-3 and script",
    "model_a, model_b": "who stood on which side; `control:NAME` is a planted answer, its words in disorder (only in excluded.jsonl)",
    "winner_content, winner_language, winner_overall": "`a`, `tie` or `b`",
    "overall_asked": "overall was asked, since the others point to opposite models; else it is content's, or language's at a tie",
    "both_bad": "the voter found both bad",
    "reason": "in the voter's words, or null",
    "names_model": "an answer names a model, so the vote was not blind (only in excluded.jsonl)",
    "cut": "sides on which an answer reached max_tokens and ends there",
    "drawn_by": "how the pair was drawn: `uniform`, or `unsure` where the ranking was least sure; `imported` where nobody said",
    "consent_version": "what the voter had agreed to",
    "words": "`published`, or why the conversation is not here: `withdrawn`, `erased`, `hidden`",
    "left_out": "steps that left the vote out of the ranking, as in verdicts.jsonl; none in votes.jsonl",
    "overruled": "checks that left all votes of this voter out until the arena's staff looked at them and overruled the check",
    "asked_a, asked_b": "temperature, top_p and max_tokens; null where it is not known (imported rows; 0 in records.jsonl)",
    "conversation_a, conversation_b": "role and content of each message; the first is the system prompt",
}


def card(rows: Sequence[ExportRow], settings: ArenaSettings, made_at: str) -> str:
    """In Markdown, with the front matter that dataset hubs read."""
    counted = [row for row in rows if not row.verdicts]
    models = Counter(str(row.fields[f"model_{side}"]) for row in counted for side in ("a", "b"))
    parts = [
        _front(settings, counted),
        f"# {settings.title or 'Arena'}: votes and conversations\n",
        "People wrote prompts, two models answered without a name, and the people said which answer is better in content and in "
        "language, where these point to different ones also overall. Sides were drawn by lot. "
        f"{len(counted)} votes of {len({row.fields['voter'] for row in counted})} people on {len(models)} models"
        f"{_between(counted)}, exported {made_at[:10]}. Licence: {settings.publishing.licence}.\n",
        _files(rows, counted),
        "## Fields of a row\n\n| field | meaning |\n|---|---|\n"
        + "".join(f"| {name} | {means} |\n" for name, means in _FIELDS.items()),
        _left_out(rows),
        _masked(rows),
        _people(counted),
        "## Models\n\n| model | battles |\n|---|---|\n" + "".join(f"| {m} | {n} |\n" for m, n in models.most_common()),
        f"## Contact and take-down\n\n{settings.contact or 'Whoever runs the arena'}. Whoever finds themselves in this data can have it "
        "taken out of the next edition.\n",
    ]
    return "\n".join(part for part in parts if part)


def _between(counted: Sequence[ExportRow]) -> str:
    days = sorted(str(row.fields["time"])[:10] for row in counted)
    return f", cast between {days[0]} and {days[-1]}" if days and days[0] else ""


def _front(settings: ArenaSettings, counted: Sequence[ExportRow]) -> str:
    tongues = sorted({str(row.fields["language"])[:3] for row in counted}) or [(settings.language or "und")[:3]]
    listed = ", ".join(tongues)
    licence = settings.publishing.licence.lower().replace(" ", "-")
    return f"---\nlicense: {licence}\nlanguage: [{listed}]\ntask_categories: [text-generation]\ntags: [arena, preferences]\n---\n"


def _files(rows: Sequence[ExportRow], counted: Sequence[ExportRow]) -> str:
    return (
        "## Files\n\n| file | holds |\n|---|---|\n"
        f"| votes.jsonl | a row for each of the {len(counted)} battles whose vote counts |\n"
        f"| excluded.jsonl | the {len(rows) - len(counted)} others, in the same form |\n"
        "| verdicts.jsonl | why each of those does not count |\n"
        "| records.jsonl | the rows of votes.jsonl as records: a Battle, then its Votes |\n"
    )


def _left_out(rows: Sequence[ExportRow]) -> str:
    counts = Counter(verdict.reason for row in rows for verdict in row.verdicts)
    head = "## What does not count\n\n"
    if not counts:
        return f"{head}Every vote counts.\n{_overruled(rows)}"
    table = "".join(f"| {reason} | {n} |\n" for reason, n in counts.most_common())
    return f"{head}A battle can have several reasons.\n\n| reason | battles |\n|---|---|\n{table}{_overruled(rows)}"


def _overruled(rows: Sequence[ExportRow]) -> str:
    """Of the rows that count, those that a check alone would not have let in."""
    found = [row for row in rows if row.fields["overruled"] and not row.verdicts]
    if not found:
        return ""
    steps = Counter(str(step) for row in found for step in row.fields["overruled"])
    told = ", ".join(f"{step} {n}" for step, n in sorted(steps.items()))
    voters = {str(row.fields["voter"]) for row in found}
    return (
        f"\nOf the votes that count, {len(found)}, of {len(voters)} people, do so since staff looked at what a check had found and "
        f"overruled it ({told}). `overruled` says which they are.\n"
    )


def _masked(rows: Sequence[ExportRow]) -> str:
    kinds: Counter[str] = Counter()
    for row in rows:
        kinds.update(row.masked)
    without = Counter(str(row.fields["words"]) for row in rows if row.fields["words"] != "published")
    told = ", ".join(f"{kind} {n}" for kind, n in sorted(kinds.items())) or "nothing was found"
    listed = ", ".join(f"{state} {n}" for state, n in sorted(without.items()))
    missing = f" Conversations that are not here, though their votes are: {listed}." if listed else ""
    return (
        "## Personal data\n\nE-mail addresses, telephone numbers, account numbers and network addresses are replaced by "
        f"placeholders, so are names on a reviewed list and those that voters chose: {told}. What no pattern knows may be left.{missing}\n"
    )


def _people(counted: Sequence[ExportRow]) -> str:
    parts = []
    for field in ("level", "education"):
        said = {row.fields["voter"]: row.fields[field] for row in counted}
        counts = Counter(str(value) if value else "not said" for value in said.values())
        parts.append(f"{field}: " + ", ".join(f"{value} {n}" for value, n in sorted(counts.items())) + ".")
    return (
        "## Who took part\n\nPeople, by what they said of themselves. "
        + " ".join(parts)
        + " They chose to take part; they stand for nobody but themselves.\n"
    )
