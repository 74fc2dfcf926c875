"""What the filters of meaning keep and drop: quality on trusted text and junk, exams planted in the corpus, and their speed.

    python bench/bench_filters.py [--data DATA] [--help-of CODE=FOLDER ...]

DATA: the folder with libreoffice_help_eu.jsonl.  --help-of: more languages, by the packages of LibreOffice's help that lie in a
folder, as in `--help-of eng_Latn=en-us:debs`. Rates are of CPU-seconds of one process.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from junk import junk  # noqa: E402
from mintza.corpus.filter_settings import MixingFilterSettings  # noqa: E402
from mintza.corpus.source_settings import LibreOfficeHelpSource  # noqa: E402
from mintza.corpus.sources import open_source  # noqa: E402
from mintza.records import Document  # noqa: E402
from mintza.text.overlap import Index  # noqa: E402
from mintza.text.quality import Calibration, calibrate, limits, meter, worst  # noqa: E402
from mintza.text.scripts_in_words import mixed_words  # noqa: E402

SLACK = 0.5
LEAST_WORDS = 10
JUNK_EACH = 60
PLANTED = 400
DRAWS = 8
Texts = list[str]


def pages_of(path: Path) -> Texts:
    """The pages of the shared help."""
    rows = (json.loads(line)["text"] for line in path.open(encoding="utf-8"))
    return [text for text in rows if len(text.split()) >= LEAST_WORDS]


def packed_pages(language: str, where: str) -> Texts:
    """The pages of a package of Debian. where: CODE:FOLDER."""
    code, _, folder = where.partition(":")
    source = LibreOfficeHelpSource(kind="libreoffice-help", name="help", code=code, path=folder, language=language)
    found = open_source(source, base=Path()).documents("skip")
    return [one.text for one in found if isinstance(one, Document) and len(one.text.split()) >= LEAST_WORDS]


def stories(language: str) -> Texts:
    """The demo's own texts in a language, shuffled once."""
    folder = ROOT / "src" / "mintza_demo" / "texts" / language
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.txt"))]
    random.Random(1).shuffle(texts)
    return texts


def keeps(calibration: Calibration) -> Callable[[str], bool]:
    """Whether the quality filter lets a text through."""
    allowed, measured = limits(calibration, slack=SLACK), meter(calibration)
    return lambda text: worst(measured.take(text), allowed) is None


def share(holds: Callable[[str], bool], texts: Sequence[str]) -> float:
    return sum(map(holds, texts)) / len(texts)


def quality(language: str, pages: Texts) -> Iterator[str]:
    """What is kept of trusted text and dropped of junk, by what was calibrated on."""
    own = stories(language)
    pages = random.Random(3).sample(pages, len(pages))
    half = len(own) // 2
    beside = [("stories", own)] if own else []
    cases = [
        ("half of the help", pages[::2], [("its other half", pages[1::2]), *beside]),
        ("100 pages of help", pages[:100], [("the other pages", pages[100:]), *beside]),
        ("32 pages of help", pages[:32], [("the other pages", pages[32:]), *beside]),
    ]
    if own:
        cases.append((f"{len(own)} stories", own, [("help", pages)]))
    if half >= 20:
        cases.append((f"{half} stories", own[:half], [("the other stories", own[half:]), ("help", pages)]))
    for name, sample, others in cases:
        holds = keeps(calibrate(sample, language=language))
        kept = ", ".join(f"{what} {share(holds, texts):.4f} of {len(texts):,}" for what, texts in others)
        made = [
            (1 - share(holds, pieces), kind)
            for texts in filter(None, (pages[::5], own))
            for kind, pieces in junk(texts, seed=6, each=JUNK_EACH).items()
        ]
        worst_share, worst_kind = min(made)
        every = sum(one for one, _ in made) / len(made)
        yield f"| {language}: {name} | {kept} | {every:.4f}; {worst_share:.3f} ({worst_kind}) |"


def draws(language: str, pages: Texts) -> Iterator[str]:
    """The worst of some draws of few pages, of many kinds as they are: what one draw shows is luck."""
    own = stories(language)
    for size in (24, 32, 66):
        kept, dropped = [], []
        for seed in range(DRAWS):
            drawn = random.Random(100 + seed).sample(pages, len(pages))
            holds = keeps(calibrate(drawn[:size], language=language))
            kept.append(min(share(holds, texts) for texts in (drawn[size : size + 500], own) if texts))
            for texts in filter(None, (drawn[-500:], own)):
                made = junk(texts, seed=seed, each=JUNK_EACH // 2)
                dropped += [(1 - share(holds, pieces), kind) for kind, pieces in made.items()]
        least, kind = min(dropped)
        every = sum(one for one, _ in dropped) / len(dropped)
        low = sorted(kept)
        said = f"median {low[DRAWS // 2]:.4f}, least {low[0]:.4f}"
        yield f"| {language}: {size} pages of help, {DRAWS} draws | others and stories: {said} | {every:.4f}; {least:.3f} ({kind}) |"


def two_scripts(language: str, pages: Texts) -> Iterator[str]:
    """The kind of junk that the filter `mixing` is for, which in the chain comes before quality; by its default."""
    most = MixingFilterSettings().max_share

    def holds(text: str) -> bool:
        mixed, count = mixed_words(text)
        return mixed <= most * count

    made = junk(pages[::5], seed=6, each=JUNK_EACH)["mixed scripts"]
    yield f"| {language}: none; `mixing` | help {share(holds, pages):.4f} of {len(pages):,} | mixed scripts {1 - share(holds, made):.4f} |"


def exams(pages: Texts) -> Iterator[str]:
    """Paragraphs planted in stories, as they are and with a share of their words changed; and clean texts."""
    luck = random.Random(5)
    vocabulary = [word for page in pages[:200] for word in page.split()]
    lines = sorted({line for page in pages for line in page.split("\n") if 30 <= len(line.split()) <= 60})
    planted = luck.sample(lines, PLANTED)
    index = Index((str(number), text) for number, text in enumerate(planted))
    own = stories("eus_Latn")

    def found(changed: float) -> float:
        hits = 0
        for number, text in enumerate(planted):
            words = text.split()
            for place in luck.sample(range(len(words)), round(len(words) * changed)):
                words[place] = luck.choice(vocabulary)
            held = index.held(f"{luck.choice(own)}\n\n{' '.join(words)}", min_share=0.5)
            hits += any(one.name == str(number) for one in held)
        return hits / len(planted)

    for changed in (0.0, 0.1, 0.2):
        yield f"| items of 30 to 60 words, {changed:.0%} of them changed, planted: found | {found(changed):.4f} | |"
    questions = [
        (path.stem, json.loads(line)["question"])
        for path in sorted((ROOT / "src" / "mintza_demo" / "exams").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    clean = Index(questions)
    touched = [text for text in (*pages, *own) if clean.held(text, min_share=0.5)]
    yield f"| clean: Basque help and stories with an item of the demo's exam | {len(touched)} of {len(pages) + len(own):,} | |"
    short = [text for _, text in questions if len(text.split()) < 8]
    planted_short = sum(bool(clean.held(f"{own[0]}\n{text}\n{own[1]}", min_share=0.5)) for text in short)
    yield f"| items of under 8 words planted as a line: found | {planted_short} of {len(short)} | |"


def made_up(pages: Texts, count: int) -> Iterator[tuple[str, str]]:
    """Items of some length each, of words that stand in the pages."""
    luck = random.Random(8)
    vocabulary = [word for page in pages for word in page.split()]
    for number in range(count):
        yield str(number), " ".join(luck.choices(vocabulary, k=luck.choice([5, 7, 10, 20, 40])))


def speed(pages: Texts) -> Iterator[str]:
    """Quality and overlap by themselves."""
    size = sum(len(page.encode()) for page in pages) / 1e6
    holds = keeps(calibrate(pages[::4], language="eus_Latn"))
    index = Index((str(number), text) for number, text in enumerate(pages[:200]))
    large = Index(made_up(pages, 20_000))
    filters: dict[str, Callable[[str], object]] = {
        "quality": holds,
        "overlap with 200 of the pages": lambda text: index.held(text, min_share=0.5),
        "overlap with 20,000 made-up items": lambda text: large.held(text, min_share=0.5),
    }
    for name, filter_ in filters.items():
        began = time.process_time()
        for page in pages:
            filter_(page)
        yield f"| {name} by itself, {size:.1f} MB: MB per CPU-second | {size / (time.process_time() - began):.2f} | |"


def main() -> None:
    """Print the tables, as they go to docs/log.md."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    asked.add_argument("--help-of", action="append", default=[], metavar="LANGUAGE=CODE:FOLDER")
    given = asked.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}, load {os.getloadavg()[0]:.1f}\n")
    basque = pages_of(given.data / "libreoffice_help_eu.jsonl")
    languages = {"eus_Latn": basque}
    for one in given.help_of:
        language, _, where = one.partition("=")
        languages[language] = packed_pages(language, where)
    print(
        "| calibrated on | trusted text kept | junk dropped: of all kinds; the worst kind |\n|---|---|---|", flush=True
    )
    for language, pages in languages.items():
        for row in itertools.chain(quality(language, pages), draws(language, pages), two_scripts(language, pages)):
            print(row, flush=True)
    print("\n| what | found | |\n|---|---|---|")
    for row in (*exams(basque), *speed(basque)):
        print(row, flush=True)


if __name__ == "__main__":
    main()
