"""Which language a text is in: how much is found, what is taken for it, and how fast, beside py3langid on the same texts in one run.

    python bench/bench_language.py [DATA]

DATA: the folder with lid_libreoffice.jsonl, parallel_en_eu_libreoffice.jsonl, parallel_en_eu_gettext.jsonl and
libreoffice_help_eu.jsonl.  Figures are of one process, in CPU-seconds.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mintza.corpus.filters.language import LanguageByParagraph
from mintza.corpus.filters.normalise import Normalise
from mintza.corpus.settings import LanguageFilterSettings
from mintza.languages import load
from mintza.records import Document, Provenance
from mintza.text.backends import Py3langid
from mintza.text.fitting import fit, sentences
from mintza.text.identify import cascade
from mintza.text.ngrams import NgramModel
from mintza.text.normal import normal_form

LIKELY = ("eu", "en", "es", "fr", "gl", "ca")
Tested = list[tuple[bool, str]]


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def short(data: Path) -> Tested:
    """Runs of two to four words that are not the same in both languages."""
    cut: dict[str, set[str]] = {"eu": set(), "en": set()}
    for row in rows(data / "parallel_en_eu_gettext.jsonl"):
        for key, found in cut.items():
            words = row[key].split()
            found |= {" ".join(words[start : start + 4]) for start in range(0, len(words) - 1, 4)}
    return [
        (key == "eu", text) for key, found in cut.items() for text in sorted(found - cut["en" if key == "eu" else "eu"])
    ]


def learned(data: Path, count: int, tested: Tested) -> NgramModel:
    """Learned from so many sentences of Basque and of English that are not tested."""
    kept_out = {normal_form(text) for _, text in tested}
    pairs = rows(data / "parallel_en_eu_libreoffice.jsonl")
    texts = {}
    for code, key in (("eus_Latn", "eu"), ("eng_Latn", "en")):
        every = sorted({one for pair in pairs for one in sentences([pair[key]]) if normal_form(one) not in kept_out})
        texts[code] = random.Random(7).sample(every, count)
    start = time.process_time()
    model = NgramModel(fit("eus_Latn", texts))
    print(f"learned from {count:,} sentences each in {time.process_time() - start:.1f} s")
    return model


def table(name: str, tested: Tested, is_basque: Callable[[str], bool]) -> None:
    start = time.process_time()
    said = [(right, is_basque(text)) for right, text in tested]
    spent = time.process_time() - start
    recall = sum(yes for right, yes in said if right) / sum(right for right, _ in said)
    false = sum(yes for right, yes in said if not right) / sum(not right for right, _ in said)
    found = sum(yes for _, yes in said)
    precision = sum(yes for right, yes in said if right) / found if found else 0.0
    print(f"{name:34s} {recall:7.4f} {precision:9.4f} {false:9.4%} {len(tested) / spent:11,.0f}")


def speed(data: Path) -> None:
    """The two filters, every line a paragraph."""
    documents = [
        Document(
            id=row["id"],
            text=row["text"].replace("\n", "\n\n"),
            language="eus_Latn",
            language_score=1.0,
            language_backend="declared",
            split="train",
            cluster=row["id"],
            provenance=Provenance(source="help", license="MPL-2.0"),
        )
        for row in rows(data / "libreoffice_help_eu.jsonl")
    ]
    size = sum(len(document.text.encode()) for document in documents) / 1e6
    languages = [load("eus_Latn"), load("eng_Latn")]
    filters = {
        "normalise": Normalise(),
        "language": LanguageByParagraph(LanguageFilterSettings(), cascade(languages), languages),
    }
    for name, one in filters.items():
        one.edit(documents[0])
        start = time.process_time()
        for document in documents:
            one.edit(document)
        print(f"filter {name:27s} {size / (time.process_time() - start):8.1f} MB a CPU-second")


def main(data: Path) -> None:
    long = [(row["lang"] == "eu", row["text"]) for row in rows(data / "lid_libreoffice.jsonl")]
    strings = short(data)
    likely = Py3langid(LIKELY)
    both = cascade([load("eus_Latn"), load("eng_Latn")])
    found: dict[str, Callable[[str], bool]] = {
        "py3langid": lambda text: likely.guess(text).language == "eu",
        "cascade": lambda text: both.identify(text).language == "eus_Latn",
    }
    for count in (500, 5000):
        model = learned(data, count, long)
        found[f"ngrams, {count:,}"] = lambda text, model=model: model.guess(text)[0] == "eus_Latn"  # type: ignore[misc]
    for title, tested in (("sentences", long), ("strings of 2-4 words", strings)):
        print(f"\n{title + f' ({len(tested):,})':34s}  recall precision false pos.   texts/CPU-s")
        for name, is_basque in found.items():
            is_basque(tested[0][1])
            table(name, tested, is_basque)
    print()
    speed(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data"))
