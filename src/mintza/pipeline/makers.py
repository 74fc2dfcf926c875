"""One function a stage: opens what the stage asks for and calls it. The only code that joins a stage to the store."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mintza.benchmark import stage as benchmark
from mintza.benchmark.settings import BenchmarkSettings
from mintza.corpus import stage as corpus
from mintza.corpus.forgetting import read_requests, requests_file
from mintza.corpus.settings import CorpusSettings
from mintza.exams import stage as exams
from mintza.exams.settings import ExamsSettings
from mintza.instruct import stage as instruct
from mintza.instruct.settings import WrittenSettings
from mintza.models.backbones import convert, template_of
from mintza.models.seam import TextModel
from mintza.pipeline import budgets
from mintza.pipeline.cards import lineage_of
from mintza.pipeline.material import gather
from mintza.pipeline.parallel import pairs_of, parallel_text
from mintza.pipeline.work import Work
from mintza.records import Answer, ComponentCount, Conversation, Document, Item, Language, Record, Score, Variant
from mintza.report import stage as report
from mintza.report.settings import ReportSettings
from mintza.text.identify import cascade, second
from mintza.train import stage as train
from mintza.train.held_out import root, set_apart
from mintza.train.settings import PrepareSettings, TrainSettings
from mintza.train.taken import counted
from mintza.translate import stage as translate
from mintza.translate.settings import CheckSettings, TranslateSettings


def make_corpus(work: Work, *, settings: CorpusSettings, seed: int, exams_node: str | None = None) -> Iterator[Record]:
    """Documents of every source, target and others. exams_node: whose items they must not hold."""
    return corpus.build(
        settings,
        base=work.study.base,
        languages=work.study.languages,
        target=work.study.target,
        workspace=work.workspace(),
        seed=seed,
        progress=work.progress,
        exam_items=work.records(exams_node, Item) if exams_node else (),
        requests=read_requests(requests_file(work.study.path)),
        counts=budgets.counts(work),
    )


def make_exams(work: Work, *, settings: ExamsSettings) -> Iterator[Record]:
    """Items of every exam in the study's languages."""
    return exams.items(settings, base=work.study.base, languages=[language.code for language in work.study.languages])


def make_written(work: Work, *, settings: WrittenSettings, language: Language, component: str) -> Iterator[Record]:
    """Conversations that somebody wrote."""
    return instruct.written(
        settings,
        base=work.study.base,
        component=component,
        language=language,
        parallel=parallel_text(work.study, settings, held_out=lambda: _held_out(work)),
    )


def make_translate(
    work: Work, *, settings: TranslateSettings, model: str, original: str, source: Language, component: str
) -> Iterator[Record]:
    """Conversations in the target language, as the model translated them."""
    return translate.translate(
        settings,
        work.records(original, Conversation),
        model=work.model(model),
        source=source,
        target=work.study.target,
        component=component,
        progress=work.progress,
        examples=pairs_of(work.study, source).examples if settings.examples else (),
    )


def make_check(
    work: Work, *, settings: CheckSettings, original: str, translated: str, source: Language
) -> Iterator[Record]:
    """Translated conversations that pass every check."""
    return translate.check(
        settings,
        work.records(original, Conversation),
        work.records(translated, Conversation),
        source=source,
        target=work.study.target,
        identifier=cascade((work.study.target, source, *_others(work, work.study.target))),
    )


def make_weights(work: Work, *, backbone: str) -> Iterator[Record]:
    """The backbone's dequantised weights as a folder that training and examination start from."""
    work.progress(0, 1, "dequantising")
    convert(work.backbone(backbone), work.workspace())
    return iter(())


def make_prepare(
    work: Work,
    *,
    settings: PrepareSettings,
    mixture: dict[str, str],
    held_out: dict[str, str],
    seed: int,
    backbone: str,
) -> Iterator[Record]:
    """Packed rows of a mixture, and a table of what is in it. held_out: component -> node of what loss is measured on."""
    counts: list[ComponentCount] = []
    for record in train.prepare(
        settings,
        {name: _taught(work, name, node) for name, node in mixture.items()},
        held_out={name: _apart(work, settings, name, node) for name, node in held_out.items()},
        tokenizer=work.tokenizer(backbone),
        template=template_of(work.backbone(backbone)),
        workspace=work.workspace() / "rows",
        seed=seed,
        progress=work.progress,
    ):
        if isinstance(record, ComponentCount):
            counts.append(record)
        yield record
    for line in counted(counts):
        work.say(line)


def _taught(work: Work, name: str, node: str) -> Iterator[Document | Conversation]:
    """What a component teaches: the corpus's documents of the train split, or conversations."""
    return _train_documents(work, node) if _is_corpus(work, name) else work.records(node, Conversation)


def _apart(work: Work, settings: PrepareSettings, name: str, node: str) -> Iterator[Document | Conversation]:
    """The documents or conversations of a component that loss is measured on: as many as the study says, or all held-out documents."""

    def candidates() -> Iterator[Document | Conversation]:
        if not _is_corpus(work, name):
            return work.records(node, Conversation)
        return (document for document in _held_out(work) if document.language == work.study.target.code)

    count = settings.held_out.get(name)
    if count is None:
        return candidates()
    chosen = set_apart(candidates(), count)
    return (record for record in candidates() if root(record) in chosen)


def _is_corpus(work: Work, name: str) -> bool:
    return work.study.settings.components[name].kind == "corpus"


def make_train(
    work: Work, *, settings: TrainSettings, variant: Variant, prepared: str, weights: str | None
) -> Iterator[Record]:
    """A trained variant."""
    return train.train(
        settings,
        backbone=msgspec.structs.replace(
            work.trained_or_weights(variant.backbone, weights), license=work.parts.license(variant.backbone)
        ),
        variant=variant,
        prepared=work.files(prepared) / "rows",
        workspace=work.workspace(),
        lineage=lineage_of(work, variant, prepared),
        progress=work.progress,
    )


def make_answer(
    work: Work, *, settings: BenchmarkSettings, name: str, weights: str | None, instructed: bool
) -> Iterator[Record]:
    """Answers of a model of the table. One that was never taught conversations is asked plainly, and not spoken to."""
    if not instructed:
        settings = settings.model_copy(update={"chat_template": False, "right_language": None})
    return _answers(work, settings, work.local(name, work.trained_or_weights(name, weights)))


def make_reference_answer(work: Work, *, settings: BenchmarkSettings, name: str) -> Iterator[Record]:
    """Answers of a reference, asked where the study says."""
    return _answers(work, settings, work.model(name))


def make_overlap(work: Work, *, settings: BenchmarkSettings) -> Iterator[Record]:
    """Items of the exams that stand in what the corpus trains on."""
    texts = (document.text for document in _train_documents(work, "corpus"))
    return benchmark.overlap(settings, work.records("exams", Item), texts)


def make_overlap_with(work: Work, *, settings: BenchmarkSettings, node: str) -> Iterator[Record]:
    """Items of the exams that stand in a component's conversations, whoever says them."""
    texts = ("\n".join(said.content for said in one.messages) for one in work.records(node, Conversation))
    return benchmark.overlap(settings, work.records("exams", Item), texts)


def make_measure(
    work: Work,
    *,
    settings: BenchmarkSettings,
    answered: str,
    overlap: str | None = None,
    read: tuple[str, ...] = (),
) -> Iterator[Record]:
    """Scores and measurements of a model's answers.

    overlap: node of the items that stand in the corpus.  read: nodes of those that stand in what this model was trained on.
    """
    return benchmark.measure(
        settings,
        work.records(answered, Answer),
        work.records("exams", Item),
        overlap=work.records(overlap, Score) if overlap else (),
        read=(score for node in read for score in work.records(node, Score)),
        target=work.study.target,
        identifier=second((work.study.target, *_others(work, work.study.target))),
        seed=1,
    )


def make_report(work: Work, *, settings: ReportSettings) -> Iterator[Record]:
    """Findings, the page and its tables."""
    return report.report(settings, gather(work), workspace=work.workspace())


def _answers(work: Work, settings: BenchmarkSettings, model: TextModel) -> Iterator[Record]:
    return benchmark.answer(
        settings,
        model=model,
        items=work.records("exams", Item),
        held_out=_held_out(work),
        prompts=benchmark.prompts(settings, base=work.study.base),
        target=work.study.target,
        workspace=work.workspace(),
        progress=work.progress,
    )


def _train_documents(work: Work, node: str) -> Iterator[Document]:
    target = work.study.target.code
    return (d for d in work.records(node, Document) if d.split == "train" and d.language == target)


def _held_out(work: Work) -> Iterator[Document]:
    return (document for document in work.records("corpus", Document) if document.split == "held-out")


def _others(work: Work, language: Language) -> list[Language]:
    return [other for other in work.study.languages if other.code != language.code]
