"""Exams with choices for models that only write: the choices have letters, and the model names one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from mintza.benchmark.measures.asking import Asking, ask
from mintza.benchmark.measures.scored import scored
from mintza.benchmark.settings import LetterSettings
from mintza.benchmark.turns import lettered, letters_of, shown_before
from mintza.models.seam import Sampling, TextModel
from mintza.models.templates import ChatTemplate
from mintza.progress import Progress
from mintza.records import Answer, Item, Score

SUFFIX = "_gen"
"""Of the exam's name: a sibling of its own, because its numbers are not comparable with likelihoods."""
NO_OPTION = "no_option"
_ALONE = re.compile(r"^\W*([A-Za-z])\W*$")
_FIRST = re.compile(r"^\W*([A-Z])(?:[.):,;*\]]|\s*\n|\s+[-–])")
_WITHIN = re.compile(r"(?<!\w)([A-Z])(?!\w|')")
_LISTED = re.compile(r"^\W*([A-Z])[.):]", re.MULTILINE)
_ARTICLE = re.compile(r"(?<!\w)A [a-z]")


def answers(
    settings: LetterSettings,
    model: TextModel,
    items: Sequence[Item],
    pool: Mapping[tuple[str, str, str], Item],
    *,
    template: ChatTemplate | None,
    talk: bool,
    progress: Progress,
) -> Iterator[Answer]:
    """One answer an item that has choices and asks something; an item that asks nothing cannot be asked so, and is left out.

    pool: items by exam, language and id, for the examples. Raises ModelError.
    """
    asked = [
        Asking(
            item=item,
            put=lettered(item, talk=talk),
            shown=[lettered(one, talk=talk) for one in shown_before(item, pool)],
            system=_system(settings, item),
        )
        for item in items
        if item.question.strip()
    ]
    if len(asked) < len(items):
        names = sorted({item.exam for item in items if not item.question.strip()})
        progress(0, len(asked), f"not asked by letter, for want of a question: {', '.join(names)}")
    sampling = Sampling(temperature=0.0, max_tokens=settings.max_tokens, stop=() if talk else ("\n",))
    said = ask(model, asked, sampling, template=template, talk=talk, what="letters of the exams", progress=progress)
    for one in said:
        yield Answer(
            exam=f"{one.item.exam}{SUFFIX}",
            item_id=one.item.id,
            model=model.ref.name,
            language=one.item.language,
            protocol="letter",
            prompt=one.prompt,
            text=one.text,
            template=template.digest if talk and template is not None else None,
        )


def _system(settings: LetterSettings, item: Item) -> str | None:
    letters = letters_of(item)
    named = f"{', '.join(letters[:-1])} or {letters[-1]}"
    return settings.system_prompt.replace("{letters}", named) if settings.system_prompt else None


def named(text: str, letters: str) -> str | None:
    """The one letter that an answer names; None for none, for several, and for a letter that is no option.

    A letter alone, a capital letter that begins the answer before a sign or an end of line, or the only capital letter that stands
    alone in it. `A` before a small letter is an English article. An answer that lists the options again names none.
    """
    if found := _ALONE.match(text):
        return found[1].upper() if found[1].upper() in letters else None
    if len({letter for letter in _LISTED.findall(text) if letter in letters}) > 1:
        return None
    if (found := _FIRST.match(text)) and found[1] in letters:
        return found[1]
    several = {letter for letter in _WITHIN.findall(text) if letter in letters}
    only = several.pop() if len(several) == 1 else None
    return None if only == "A" and _ARTICLE.search(text) else only


def chosen(answer: Answer, item: Item) -> int | None:
    """Index of the choice that an answer names, None where it names none."""
    letter = named(answer.text or "", letters_of(item))
    return None if letter is None else letters_of(item).index(letter)


def scores(answer: Answer, item: Item) -> Iterator[Score]:
    """acc: the right letter is named.  no_option: no letter is."""
    index = chosen(answer, item)
    for metric, value in (("acc", index == item.answer), (NO_OPTION, index is None)):
        yield scored(answer, metric, float(value))
