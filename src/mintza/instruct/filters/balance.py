"""Keeps categories in balance: of one that is too large the first conversations are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from mintza.instruct.held import Held
from mintza.instruct.settings import BalanceFilterSettings
from mintza.records import Conversation, Judgement, Verdict
from mintza.text.verdicts import dropped

NONE = "none"


class BalanceFilter:
    """No category is more than `max_share` of what is kept, as far as there are enough categories for that."""

    def __init__(self, settings: BalanceFilterSettings, judgements: Mapping[str, Judgement]) -> None:
        self._settings = settings
        self._judgements = judgements

    def select(self, conversations: Iterable[Conversation]) -> Iterator[Conversation | Verdict]:
        """Holds all conversations, packed. Those without a category count as one category together."""
        held = Held()
        counts: Counter[str] = Counter()
        for conversation in conversations:
            held.append(conversation)
            counts[self._category(conversation)] += 1
        cap = cap_of(counts, self._settings.max_share)
        kept: Counter[str] = Counter()
        for conversation in held:
            category = self._category(conversation)
            if kept[category] < cap:
                kept[category] += 1
                yield conversation
                continue
            yield dropped(
                conversation.id,
                "balance",
                f"enough are kept of the category {category}",
                unit="conversation",
                threshold=self._settings.max_share,
                excerpt=conversation.messages[0].content,
            )

    def _category(self, conversation: Conversation) -> str:
        if self._settings.by == "sampled":
            return conversation.category or NONE
        judgement = self._judgements.get(conversation.id)
        return judgement.category if judgement else NONE


def cap_of(counts: Mapping[str, int], max_share: float) -> int:
    """How many of a category may be kept, so that as many as possible are kept and none has more than the share.

    With fewer categories than the share asks for (two, and 0.3), no number does: then as many of each as of the smallest.
    """
    if not counts:
        return 0
    if len(counts) * max_share < 1:
        return min(counts.values())
    least, most = 1, max(counts.values())
    while least < most:
        cap = (least + most + 1) // 2
        fits = cap <= max_share * sum(min(count, cap) for count in counts.values()) + 1e-9
        least, most = (cap, most) if fits else (least, cap - 1)
    return least
