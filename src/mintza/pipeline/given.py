"""What a person gave beside the study, looked for before anything runs: files are opened, not read."""

from __future__ import annotations

from mintza.benchmark import prompts
from mintza.corpus import stage as corpus
from mintza.corpus.filters.language import check_varieties
from mintza.errors import BadInput, MintzaError
from mintza.exams import stage as exams
from mintza.instruct.sources import open_rows
from mintza.pipeline.parallel import parallel_text
from mintza.study import Study
from mintza.study.schema import WrittenComponent


def missing(study: Study) -> list[MintzaError]:
    """What is not there or cannot be read: texts, exams, written conversations, prompts, votes, identifiers."""
    found: list[MintzaError] = [*corpus.requirements(study.settings.corpus, base=study.base)]
    try:
        found += exams.requirements(study.settings.exams, base=study.base)
    except MintzaError as wrong:
        found.append(wrong)
    for look in (_varieties, _written, _prompts, _votes, _identifiers):
        try:
            look(study)
        except MintzaError as wrong:
            found.append(wrong)
    return found


def _varieties(study: Study) -> None:
    chosen = study.settings.corpus.filters.language
    if chosen is not None:
        check_varieties(chosen, study.languages)


def _written(study: Study) -> None:
    for component in study.settings.components.values():
        if isinstance(component, WrittenComponent):
            parallel = parallel_text(study, component.data)
            open_rows(component.data.source, base=study.base, parallel=parallel).present()


def _prompts(study: Study) -> None:
    asked = study.settings.benchmark.right_language
    if asked is not None:
        prompts.digest(asked, study.base)


def _votes(study: Study) -> None:
    named = study.settings.votes
    if named is None:
        return
    try:
        (study.base / named).open("rb").close()
    except OSError as error:
        raise BadInput(
            f"this file of votes cannot be read: {error.strerror}",
            place=str(study.base / named),
            remedy="correct `votes:` in the study",
        ) from None


def _identifiers(study: Study) -> None:
    """Those learned here are small; a model of fastText has a gigabyte, and is looked at when it is asked."""
    learned = [one for language in study.languages for one in language.models if one.kind == "ngrams"]
    if learned:
        from mintza.text.identifier_files import check  # numpy is loaded for those who have such a file

        for one in learned:
            check(one)
