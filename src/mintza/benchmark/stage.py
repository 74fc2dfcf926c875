"""A model answers items, texts and prompts; answers become scores, and scores measurements with their intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mintza.benchmark import prompts as files
from mintza.benchmark.kept import Kept
from mintza.benchmark.measures import bits_per_byte, exams, right_language
from mintza.benchmark.measures import overlap as overlaps
from mintza.benchmark.prompts import UserPrompt
from mintza.benchmark.settings import BenchmarkSettings
from mintza.benchmark.tables import Tables
from mintza.errors import BadInput
from mintza.models.seam import TextModel
from mintza.progress import Progress
from mintza.records import Answer, Document, Item, Language, Measurement, Score

if TYPE_CHECKING:
    from mintza.text.identify import Identifier

REVISIONS = {"answer": 4, "overlap": 2, "measure": 3}
NO_LIKELIHOODS = frozenset({"server", "embedded"})
"""Providers whose models write, and cannot say how likely a text is."""
LIBRARIES: dict[str, tuple[str, ...]] = {
    "answer": ("lm_eval", "torch", "transformers"),
    "overlap": (),
    "measure": ("numpy", "py3langid"),
}


def prompts(settings: BenchmarkSettings, *, base: Path) -> list[UserPrompt]:
    """Prompts that the study asks in its language; none when it does not measure the right language. Raises BadInput."""
    return files.read(settings.right_language, base) if settings.right_language is not None else []


def fingerprint(settings: BenchmarkSettings, *, base: Path) -> dict[str, str]:
    """sha256 of what a person gave: the file of prompts. Raises BadInput or MissingPart when it is not there."""
    return {"prompts": files.digest(settings.right_language, base)} if settings.right_language is not None else {}


def answer(
    settings: BenchmarkSettings,
    *,
    model: TextModel,
    items: Iterable[Item],
    held_out: Iterable[Document],
    prompts: Sequence[UserPrompt],
    target: Language,
    workspace: Path | None,
    progress: Progress,
) -> Iterator[Answer]:
    """What a model says: to the items of exams, then to held-out texts, then to prompts in the language, in a fixed order.

    Exams are asked by the protocols of the settings, and a model that gives no likelihoods by letter; it has no bits per byte.
    A model without a chat template is not asked the prompts.
    workspace: of this examination alone; likelihoods are kept in it as they come, so that a killed one goes on where it was.
    Raises ModelError as the model does, and when a log-likelihood is not a finite number.
    """
    model = Kept(model, workspace)
    silent = model.ref.provider in NO_LIKELIHOODS
    yield from exams.answers(settings, model, items, likelihoods=not silent, progress=progress)
    if settings.bits_per_byte is not None and not silent:
        yield from bits_per_byte.answers(settings.bits_per_byte, model, held_out, progress)
    if settings.right_language is not None:
        yield from right_language.answers(settings.right_language, model, prompts, target=target, progress=progress)


def overlap(settings: BenchmarkSettings, items: Iterable[Item], texts: Iterable[str]) -> Iterator[Score]:
    """A score an examined item that stands in a text of the training data, whatever model is measured: how much of it does."""
    if settings.clean_share is not None:
        yield from overlaps.scores(items, texts, min_share=settings.clean_share)


def measure(
    settings: BenchmarkSettings,
    answers: Iterable[Answer],
    items: Iterable[Item],
    *,
    overlap: Iterable[Score] = (),
    read: Iterable[Score] = (),
    target: Language,
    identifier: Identifier,
    seed: int,
) -> Iterator[Score | Measurement]:
    """A score or two an answer as they come, then a measurement for each model, exam, language and metric.

    overlap: of the items with the corpus; an exam that some stand in is measured on the others too, `acc_clean`, whatever the model
    has read.  read: of the items with what this model was trained on; the same, `acc_unseen`.
    Intervals: Wilson for shares, bootstrap over documents for bits per byte (all bits by all bytes).
    Raises BadInput for an answer to an item that is not among the items.
    """
    known = {(item.exam, item.language, item.id): item for item in items}
    tables = Tables({overlaps.CLEAN: overlaps.held(overlap), overlaps.UNSEEN: overlaps.held(read)})
    for given in answers:
        item = known.get((exams.exam_of(given), given.language, given.item_id))
        for score in _scores(settings, given, item, target, identifier):
            tables.add(score, given, item)
            yield score
        if item is not None:
            tables.choose(given, item, exams.chosen(given, item))
    yield from tables.measurements(seed=seed, replicas=settings.replicas)


def _scores(
    settings: BenchmarkSettings, given: Answer, item: Item | None, target: Language, identifier: Identifier
) -> Iterator[Score]:
    if item is not None:
        yield from exams.scores(given, item)
    elif given.exam.startswith(bits_per_byte.PREFIX):
        yield bits_per_byte.score(given)
    elif given.exam == right_language.EXAM and settings.right_language is not None:
        threshold = settings.right_language.threshold
        yield from right_language.scores(given, threshold=threshold, target=target, identifier=identifier)
    else:
        raise BadInput(
            f"{given.model} answered an item that is not examined",
            place=f"{given.exam} {given.language} {given.item_id}",
            remedy="the answers are of other exams or settings: run the study again",
        )
