"""Who counts the tokens of the corpus's budgets: the tokenizers that the study names, and what of them enters the corpus's key."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from mintza.corpus.filters.budget import Counts
from mintza.corpus.source_settings import BudgetSettings
from mintza.errors import MintzaError
from mintza.models.seam import Tokenizer
from mintza.models.tokenizers import load_tokenizer
from mintza.pipeline.keys import library_version
from mintza.pipeline.parts import Need, Parts
from mintza.pipeline.work import Work
from mintza.records import Artifact, Backbone, Document
from mintza.store import Store
from mintza.store.memos import Memos
from mintza.study import Study

LIBRARIES = ("tokenizers", "transformers")
FILE = "tokenizer.json"
_NAME = "tokens-of-a-source"


def in_tokens(study: Study) -> dict[str, BudgetSettings]:
    """Source -> its budget, of those whose budget is of tokens."""
    budgets = {source.name: source.budget for source in study.settings.corpus.sources}
    return {name: budget for name, budget in budgets.items() if budget is not None and budget.tokens is not None}


def counting(study: Study, parts: Parts) -> tuple[dict[str, str], tuple[Need, ...]]:
    """What of the tokenizers enters the corpus's key (source -> hash, library -> version), and what is missing of them.

    Nothing when no budget is of tokens.
    """
    budgets = in_tokens(study)
    found: dict[str, str] = {library: library_version(library) for library in LIBRARIES} if budgets else {}
    needs: list[Need] = []
    for name, budget in budgets.items():
        if budget.tokenizer is not None:
            path = study.base / budget.tokenizer / FILE
            found[f"source {name}"] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"
            needs += [] if path.is_file() else [missing(name, path)]
            continue
        backbone = parts.root(str(budget.backbone))
        found[f"source {name}"] = parts.tokenizer_identity(backbone)
        need = parts.backbone(backbone)
        needs += [need.of("corpus")] if isinstance(need, Need) else []
    return found, tuple(needs)


def missing(source: str, path: Path) -> Need:
    """A tokenizer that a budget names and that is not there."""
    return Need(
        f"corpus source '{source}', budget: there is no {path}",
        f"put the tokenizer's {FILE} there, or name a backbone of the study in its place",
    )


def counts(work: Work) -> dict[str, Counts]:
    """Source -> who counts its tokens, each opened once. Raises MissingPart or BadInput when one is not there or cannot be read."""
    opened: dict[str, Tokenizer] = {}
    found: dict[str, Counts] = {}
    for name, budget in in_tokens(work.study).items():
        who = said(budget)
        if who not in opened:
            opened[who] = (
                work.tokenizer(work.parts.root(budget.backbone))
                if budget.backbone is not None
                else load_tokenizer(str(work.study.base / str(budget.tokenizer)))
            )
        found[name] = partial(_count, opened[who])
    return found


def _count(tokenizer: Tokenizer, texts: Sequence[str]) -> list[int]:
    return list(map(len, tokenizer.encode_all(texts)))


def stayed(study: Study, parts: Parts, store: Store, corpus: Artifact) -> dict[str, int]:
    """Source with a budget of tokens -> how many its documents in a corpus have; remembered, since counting takes a while.

    A source whose tokenizer is not here any more is left out.
    """
    keyed, _ = counting(study, parts)
    memos = Memos(store.root)
    found: dict[str, int] = {}
    for name, budget in in_tokens(study).items():
        of = (name, keyed[f"source {name}"], corpus.content_sha256)
        known = memos.find(_NAME, *of)
        if not isinstance(known, int):
            tokenizer = _opened(study, parts, budget)
            if tokenizer is None:
                continue
            texts = (one.text for one in store.read(corpus, Document) if one.provenance.source == name)
            known = sum(len(tokenizer.encode(text)) for text in texts)
            memos.remember(known, _NAME, *of)
        found[name] = known
    return found


def _opened(study: Study, parts: Parts, budget: BudgetSettings) -> Tokenizer | None:
    try:
        if budget.tokenizer is not None:
            return load_tokenizer(str(study.base / budget.tokenizer))
        backbone = parts.backbone(parts.root(str(budget.backbone)))
        return load_tokenizer(backbone.location) if isinstance(backbone, Backbone) else None
    except MintzaError:
        return None


def said(budget: BudgetSettings) -> str:
    """`the tokenizer of smollm2`, or `the tokenizer in tokenizers/eu`."""
    return (
        f"the tokenizer of {budget.backbone}" if budget.backbone is not None else f"the tokenizer in {budget.tokenizer}"
    )
