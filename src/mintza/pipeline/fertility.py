"""Tokens for each word: how a backbone's tokenizer fares on the corpus of a study."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from mintza.errors import MintzaError
from mintza.models.tokenizers import load_tokenizer
from mintza.pipeline.parts import Parts
from mintza.records import Artifact, Backbone, Document
from mintza.stats.ratios import Ratio, ratio
from mintza.store import Store
from mintza.store.memos import Memos
from mintza.study import Study
from mintza.text.unspaced import count_words

SAMPLE = 300
_NAME = "fertility"


@dataclass(frozen=True)
class Fertility:
    """tokens_a_word: with its 95 % interval, over a sample of documents of the train split in the study's language."""

    backbone: str
    tokens_a_word: Ratio

    def said(self) -> str:
        """`smollm2: 3.61 tokens a word (3.55 to 3.67; 300 documents)`; one document alone has no interval."""
        value, low, high, documents = self.tokens_a_word
        sure = f"{low:.2f} to {high:.2f}; {documents:,} documents" if documents > 1 else "1 document, so no interval"
        return f"{self.backbone}: {value:.2f} tokens a word ({sure})"


def fertilities(study: Study, parts: Parts, store: Store, corpus: Artifact) -> list[Fertility]:
    """Of every backbone whose tokenizer is here, in the study's order; backbones with the same tokenizer share the count."""
    found = []
    memos = Memos(store.root)
    texts: list[str] | None = None
    for name, settings in study.settings.backbones.items():
        backbone = parts.backbone(name) if settings.kind != "variant" else None
        if not isinstance(backbone, Backbone):
            continue
        of = (parts.rows_identity(name), corpus.content_sha256, study.target.code, str(SAMPLE))
        known = _known(memos.find(_NAME, *of))
        if known is None:
            if texts is None:
                texts = sample(store.read(corpus, Document), study.target.code)
            known = _counted(backbone, texts)
            if known is None:
                continue
            memos.remember(list(known), _NAME, *of)
        found.append(Fertility(name, known))
    return found


def sample(documents: Iterable[Document], code: str) -> list[str]:
    """Texts of at most so many documents of the train split in a language: those with the lowest hash of their ids."""
    wanted = (one for one in documents if one.split == "train" and one.language == code)
    drawn = ((hashlib.sha256(f"{_NAME}:{one.id}".encode()).digest(), one.text) for one in wanted)
    return [text for _, text in heapq.nsmallest(SAMPLE, drawn)]


def _counted(backbone: Backbone, texts: list[str]) -> Ratio | None:
    """None where there is no text, or the tokenizer cannot be read: this is for looking at, and stops nothing."""
    if not texts:
        return None
    try:
        tokenizer = load_tokenizer(backbone.location)
    except MintzaError:
        return None
    return ratio([len(tokenizer.encode(text)) for text in texts], [count_words(text) for text in texts])


def _known(value: object) -> Ratio | None:
    if not isinstance(value, list) or len(value) != 4 or not all(isinstance(one, int | float) for one in value):
        return None
    return Ratio(float(value[0]), float(value[1]), float(value[2]), int(value[3]))
