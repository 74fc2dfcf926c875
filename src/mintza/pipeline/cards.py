"""What a variant's model card says of where it comes from, gathered from the study and the store."""

from __future__ import annotations

from itertools import islice

from mintza.pipeline.work import Work
from mintza.records import ComponentCount, Conversation, Variant
from mintza.train.card import Lineage

LOOKED_AT = 1000
"""Conversations of a component whose licences are read: they come from one model, or from one source."""


def lineage_of(work: Work, variant: Variant, prepared: str) -> Lineage:
    """Counts of the mixture by `prepared`, licences of its components, languages and title of the study."""
    study = work.study
    return Lineage(
        study=study.settings.title,
        languages=tuple(language.bcp47 for language in study.languages),
        counts=tuple(work.records(prepared, ComponentCount)),
        licenses=tuple((name, license_) for name in variant.mixture for license_ in _licenses(work, name)),
    )


def _licenses(work: Work, component: str) -> list[str]:
    study = work.study
    if study.settings.components[component].kind == "corpus":
        sources = study.settings.corpus.sources
        return sorted({source.license for source in sources if source.language == study.target.code})
    node = work.component_nodes.get(component)
    if node is None or node not in work.done:
        return []
    found = islice(work.records(node, Conversation), LOOKED_AT)
    return sorted({conversation.provenance.license for conversation in found})
