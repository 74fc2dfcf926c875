"""Exams that are answered in writing, such as sums: what is taken from an answer, and whether it is the right one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from string import punctuation

from mintza.benchmark.measures.asking import Asking, ask
from mintza.benchmark.measures.scored import scored
from mintza.benchmark.turns import shown_before, written
from mintza.models.seam import Sampling, TextModel
from mintza.models.templates import ChatTemplate
from mintza.progress import Progress
from mintza.records import Answer, Item, Score
from mintza.records.exams import Writing

EXACT = "exact_match"
_SIGNS = str.maketrans("", "", punctuation)


def answers(
    model: TextModel,
    items: Sequence[Item],
    pool: Mapping[tuple[str, str, str], Item],
    *,
    template: ChatTemplate | None,
    talk: bool,
    progress: Progress,
) -> Iterator[Answer]:
    """One answer an item, those that are written alike together. pool: items by exam, language and id. Raises ModelError."""
    for writing, group in groupby(items, key=lambda item: item.writing):
        if writing is None:
            continue
        asked = [
            Asking(
                item=item,
                put=written(item, talk=talk),
                shown=[written(one, talk=talk) for one in shown_before(item, pool)],
                system=None,
            )
            for item in group
        ]
        sampling = Sampling(temperature=0.0, max_tokens=writing.max_tokens, stop=writing.stop)
        for one in ask(model, asked, sampling, template=template, talk=talk, what="written answers", progress=progress):
            yield Answer(
                exam=one.item.exam,
                item_id=one.item.id,
                model=model.ref.name,
                language=one.item.language,
                protocol="generation",
                prompt=one.prompt,
                text=one.text,
                template=template.digest if talk and template is not None else None,
            )


def taken(text: str, writing: Writing) -> str:
    """What the pattern's last match holds (its first group that is not empty), the whole text without a pattern, "" for none."""
    if not writing.pattern:
        return text.strip()
    found = re.findall(writing.pattern, text)
    if not found:
        return ""
    last = found[-1]
    return last.strip() if isinstance(last, str) else next((group for group in last if group), "").strip()


def same(one: str, other: str) -> bool:
    """Whether two answers are the same but for case, punctuation and spaces."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> str:
    return "".join(text.lower().translate(_SIGNS).split())


def scores(answer: Answer, item: Item) -> Iterator[Score]:
    """exact_match: what is taken from the answer is the target."""
    found = taken(answer.text or "", item.writing or Writing())
    yield scored(answer, EXACT, float(found != "" and same(found, item.target)))
