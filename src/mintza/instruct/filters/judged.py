"""Drops conversations by what the judge said of them."""

from __future__ import annotations

from collections.abc import Mapping

from mintza.instruct.settings import QUALITIES, JudgedFilterSettings
from mintza.records import Conversation, Judgement, Verdict
from mintza.text.verdicts import dropped


class JudgedFilter:
    """Quality is at least `min_quality`, difficulty and category are among those that the study wants."""

    def __init__(self, settings: JudgedFilterSettings, judgements: Mapping[str, Judgement]) -> None:
        self._settings = settings
        self._judgements = judgements

    def judge(self, conversation: Conversation) -> Verdict | None:
        """A conversation that the judge gave no judgement of is dropped. value: place of the quality in its list, from 0."""
        judgement = self._judgements.get(conversation.id)
        if judgement is None:
            return self._dropped(conversation, "the judge gave no judgement")
        value = next(place for place, one in enumerate(QUALITIES) if one == judgement.quality)
        least = QUALITIES.index(self._settings.min_quality)
        if value < least:
            return self._dropped(conversation, f"its quality is {judgement.quality}", value, least)
        wanted = self._settings.difficulties
        if wanted is not None and judgement.difficulty not in wanted:
            return self._dropped(conversation, f"its difficulty is {judgement.difficulty}")
        if judgement.category in self._settings.without_categories:
            return self._dropped(conversation, f"its category is {judgement.category}")
        return None

    def _dropped(
        self, conversation: Conversation, reason: str, value: float | None = None, least: float | None = None
    ) -> Verdict:
        excerpt = conversation.messages[0].content
        return dropped(
            conversation.id, "judged", reason, unit="conversation", value=value, threshold=least, excerpt=excerpt
        )
