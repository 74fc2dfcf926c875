"""The dataset card of a corpus: a README with the front matter that dataset hubs read, from true numbers only."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import yaml

from mintza.records import Language
from mintza.report.waterfalls import Example, Waterfall

WATERFALL = "waterfall.svg"
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_MILLIONS = ((10**7, "1M<n<10M"), (10**8, "10M<n<100M"), (10**9, "100M<n<1B"))
# SPDX ids that hubs know by the same name in lower case.
_KNOWN = re.compile(
    r"(?:cc0-1\.0|cc-by(?:-sa|-nc|-nd|-nc-sa|-nc-nd)?-[2-4]\.[05]|mpl-2\.0|mit|apache-2\.0|bsd-[23]-clause|odc-by|gpl-[23]\.0|gfdl)"
)
_MARKS = re.compile(r"([\\`*_{}\[\]#|~])")
QUOTED = 300
RECORDS = """## Records

A document is a line of JSON:

| key | what |
|---|---|
| `id` | source and place in it, unique |
| `text` | in Unicode's form NFC; paragraphs with an empty line between them |
| `language`, `language_score`, `language_backend` | code; share of its letters in paragraphs of that language; which identifier said so |
| `variety` | orthography or dialect; empty where none shows |
| `split`, `cluster` | `train` or `held-out`; id of the first of its near copies, which are all on one side |
| `provenance` | source, licence, address, and what was done to the text |"""


@dataclass(frozen=True)
class SourceCount:
    """A source as it is in the corpus. documents, words: of train and held-out.  characters: of both.

    share: what it might give at most, when the study says so; a sentence's part.
    """

    name: str
    kind: str
    license: str
    language: str
    url: str | None
    documents: tuple[int, int]
    words: tuple[int, int]
    characters: int
    share: str = ""


@dataclass(frozen=True)
class CalibrationRow:
    """A measure of quality. percentiles: at 1, 50 and 99 per cent of the trusted texts.  allowed: as a person reads it."""

    measure: str
    percentiles: tuple[float, float, float]
    allowed: str


@dataclass(frozen=True)
class CardFacts:
    """What a card says. key, content: of the artifact.  settings: of the filters, as YAML would have them.

    contamination, fertility: sentences.  masked: (what, how often) of personal data; None when nothing is masked.
    masked_kinds: what is looked for.  varieties: (name, in how many documents) of orthographies and dialects.
    requests, forgotten: for take-down, and the documents that left for them.
    """

    name: str
    title: str
    target: Language
    also: tuple[Language, ...]
    key: str
    content: str
    finished_at: str
    sources: tuple[SourceCount, ...]
    waterfall: Waterfall
    kept: Sequence[Example]
    dropped: Sequence[Example]
    filters: dict[str, object]
    calibration: Sequence[CalibrationRow] = ()
    calibrated_on: str = ""
    contamination: Sequence[str] = ()
    fertility: Sequence[str] = ()
    masked: Sequence[tuple[str, int]] | None = None
    masked_kinds: Sequence[str] = ()
    varieties: Sequence[tuple[str, int]] = ()
    requests: int = 0
    forgotten: int = 0
    examples_of_exams: Sequence[tuple[str, str, str]] = field(default_factory=tuple)


def card(facts: CardFacts) -> str:
    """The text of README.md; the figure lies beside it as `waterfall.svg`."""
    parts = [_front_matter(facts), f"# {facts.title}: the corpus", _summary(facts), _sources(facts), RECORDS]
    parts += [
        _waterfall(facts),
        _exams(facts),
        _calibration(facts),
        _fertility(facts),
        _examples(facts),
        _personal(facts),
        _take_down(facts),
    ]
    parts.append(_made(facts))
    return "\n\n".join(part for part in parts if part) + "\n"


def _front_matter(facts: CardFacts) -> str:
    documents = sum(sum(one.documents) for one in facts.sources)
    present = {one.language for one in facts.sources if sum(one.documents)}
    languages = [one.bcp47 for one in (facts.target, *facts.also) if one.code in present]
    spdx = sorted({one.license for one in facts.sources if sum(one.documents)})
    known = [one.lower() for one in spdx if _KNOWN.fullmatch(one.lower())]
    other = [one for one in spdx if not _KNOWN.fullmatch(one.lower())]
    matter: dict[str, object] = {
        "pretty_name": facts.title,
        "language": languages,
        "license": [*known, *(["other"] if other else [])],
        **({"license_name": ", ".join(other)} if other else {}),
        "multilinguality": ["monolingual" if len(languages) == 1 else "multilingual"],
        "size_categories": [_size(documents)],
        "task_categories": ["text-generation"],
        "annotations_creators": ["no-annotation"],
        "language_creators": ["found"],
        "source_datasets": ["original"],
        "tags": ["mintza"],
    }
    return f"---\n{yaml.safe_dump(matter, sort_keys=False, allow_unicode=True).strip()}\n---"


def _size(documents: int) -> str:
    return next((name for most, name in (*_SIZES, *_MILLIONS) if documents < most), "n>1B")


def _summary(facts: CardFacts) -> str:
    mine = [one for one in facts.sources if one.language == facts.target.code]
    train, held = (sum(one.words[side] for one in mine) for side in (0, 1))
    others = [one for one in facts.sources if one.language != facts.target.code]
    learned, compared = (sum(one.words[side] for one in others) for side in (0, 1))
    beside = f" Beside it, {learned:,} words in other languages are to train on, too." if learned else ""
    beside += f" {compared:,} words in other languages are held out for comparison." if compared else ""
    shown = ", ".join(f"{_plain(name)} ({count:,})" for name, count in facts.varieties)
    varieties = f" Documents in which an orthography or dialect shows: {shown}." if shown else ""
    return (
        f"Text in {facts.target.name} ({_plain(facts.target.endonym)}): {train:,} words to train on and {held:,} held out, "
        f"cleaned, identified, freed of copies and split by clusters of near copies.{beside}{varieties} Words are counted "
        "between white space, or by characters in scripts without it, after everything below."
    )


def _sources(facts: CardFacts) -> str:
    head = "| source | kind | language | licence | documents, train / held-out | words, train / held-out | characters |"
    rows = [
        f"| {_linked(one)} | {one.kind} | {one.language} | {one.license} | {one.documents[0]:,} / {one.documents[1]:,} "
        f"| {one.words[0]:,} / {one.words[1]:,} | {one.characters:,} |"
        for one in facts.sources
    ]
    limited = [f"- {_plain(one.name)}: {_plain(one.share)}." for one in facts.sources if one.share]
    said = ["", "Not all of every source was taken:", "", *limited] if limited else []
    return "\n".join(["## Sources", "", head, "|---|---|---|---|--:|--:|--:|", *rows, *said])


def _linked(one: SourceCount) -> str:
    return f"[{_plain(one.name)}]({one.url})" if one.url else _plain(one.name)


def _waterfall(facts: CardFacts) -> str:
    rows = [
        f"| {_plain(bar.step or bar.kind)} | {_plain(bar.reason)} | {bar.count:,} | {bar.remaining:,} |"
        for bar in facts.waterfall.bars
        if bar.kind in ("dropped", "unexplained")
    ]
    entered = next((bar.count for bar in facts.waterfall.bars if bar.kind == "entered"), 0)
    left = facts.waterfall.facts.left
    lines = ["## What each filter dropped", "", f"![Of {entered:,} documents {left:,} are left]({WATERFALL})", ""]
    if rows:
        lines += ["| filter | reason | documents | left after it |", "|---|---|--:|--:|", *rows]
    if facts.waterfall.inside:
        lines += [
            "",
            "Parts of documents, whether the rest of them stayed or not:",
            "",
            *(f"- {_plain(one)}" for one in facts.waterfall.inside),
        ]
    settings = yaml.safe_dump(facts.filters, sort_keys=True, allow_unicode=True).strip()
    return "\n".join([*lines, "", "Their settings:", "", "```yaml", settings, "```"])


def _exams(facts: CardFacts) -> str:
    lines = ["## Exams", ""]
    if not facts.contamination:
        return "\n".join([*lines, "No exam was looked for in this corpus, so its texts may hold items of any."])
    lines += [f"- {_plain(one)}" for one in facts.contamination]
    if facts.examples_of_exams:
        lines += ["", "| item | stood in | which begins |", "|---|---|---|"]
        lines += [
            f"| {_plain(item)} | {_plain(name)} | {_quote(text)} |" for item, name, text in facts.examples_of_exams
        ]
    return "\n".join(
        [*lines, "", "Sources that are held out as a whole are not looked through, since nobody learns them."]
    )


def _calibration(facts: CardFacts) -> str:
    if not facts.calibration:
        return "## Quality\n\nNo calibrated filter of quality was used."
    rows = [
        f"| {row.measure} | {row.percentiles[0]:.3g} | {row.percentiles[1]:.3g} | {row.percentiles[2]:.3g} | {row.allowed} |"
        for row in facts.calibration
    ]
    head = ["| measure | 1 % | 50 % | 99 % | allowed |", "|---|--:|--:|--:|---|"]
    return "\n".join(
        ["## Quality", "", f"Limits come from {_plain(facts.calibrated_on)}, by percentile:", "", *head, *rows]
    )


def _fertility(facts: CardFacts) -> str:
    if not facts.fertility:
        return ""
    said = "Tokens for each word, by the tokenizer of each backbone, with a 95 % interval over documents:"
    return "\n".join(["## Fertility", "", said, "", *(f"- {_plain(one)}" for one in facts.fertility)])


def _examples(facts: CardFacts) -> str:
    lines = ["## Examples", "", "Kept:", ""]
    lines += [f"- {_plain(one.record_id)}: {_quote(_said(one))}" for one in facts.kept]
    if facts.dropped:
        lines += ["", "Dropped, whole or in part:", ""]
        lines += [f"- {_plain(one.record_id)} ({_plain(one.why)}): {_quote(_said(one))}" for one in facts.dropped]
    return "\n".join(lines)


def _personal(facts: CardFacts) -> str:
    if facts.masked is None:
        return "## Personal data\n\nNothing was masked: names, addresses and numbers stand as in the sources."
    found = ", ".join(f"{_plain(what)} ({count:,})" for what, count in facts.masked)
    return (
        f"## Personal data\n\nMasked by their form: {', '.join(facts.masked_kinds) or 'nothing'}. How often: "
        f"{found or 'never'}. Names and postal addresses are not found, and texts about persons stay."
    )


def _take_down(facts: CardFacts) -> str:
    return (
        "## Take-down\n\nWho made this corpus takes documents out on request, with their near copies: by id or address, "
        f"`mintza corpus forget STUDY ID`. Requests so far: {facts.requests:,}; documents that left for them: "
        f"{facts.forgotten:,}. Ids name the source and the place in it; whoever passes this corpus on should pass on later "
        "requests too."
    )


def _made(facts: CardFacts) -> str:
    return (
        f"## How it was made\n\nBy mintza, from the study `{facts.name}`; finished {facts.finished_at}. Key "
        f"`{facts.key}`, sha256 of the contents `{facts.content}`: the same sources and settings give the same bytes."
    )


def _said(example: Example) -> str:
    return " ".join(text for _, text in example.said)


def _quote(text: str) -> str:
    shown = " ".join(text.split())
    return f"“{_plain(shown if len(shown) <= QUOTED else shown[: QUOTED - 1] + '…')}”"


def _plain(text: str) -> str:
    """As it stands, whatever it holds of Markdown or HTML."""
    return _MARKS.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))
