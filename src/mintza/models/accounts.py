"""What a journal comes to: answers, failures by cause, tokens, how fast they came, what they cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from mintza.models.settings import Prices

_GAP_S = 300.0
IN_BATCHES = frozenset({"local"})
"""Providers whose answers are filed a batch at a time, without the seconds that they took."""


class _Words(msgspec.Struct):
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    why: str = ""


class _Line(msgspec.Struct):
    """What is looked at of a line."""

    key: str = ""
    failed: str = ""
    exported: str = ""
    model: str = ""
    provider: str = ""
    revision: str = ""
    completion: _Words | None = None
    seconds: float = 0.0
    endpoint: str = ""
    at: datetime | None = None


@dataclass
class Account:
    """The sum of a journal. failures: counts by cause.  endpoints: answers by who gave them.  asking_s: seconds in which
    answers came, gaps of over five minutes left out.  answer_s: seconds that answers took, summed, and how many say so.
    """

    model: str = ""
    provider: str = ""
    revision: str = ""
    answers: int = 0
    cut: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    exported: int = 0
    unreadable: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    endpoints: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None
    asking_s: float = 0.0
    answer_s: tuple[float, int] = (0.0, 0)

    @property
    def answers_a_second(self) -> float | None:
        """None where times tell only when answers were filed: in a journal of one moment, or of whole batches."""
        return self.answers / self.asking_s if self.asking_s and self.provider not in IN_BATCHES else None

    def cost(self, prices: Prices) -> float:
        """Of all answers."""
        return (self.prompt_tokens * prices.prompt + self.completion_tokens * prices.completion) / 1e6


def account(folder: Path) -> Account:
    """Sum up the files of a journal. Torn last lines are not there."""
    total = Account()
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_Line)
    for path in sorted(folder.glob("*.jsonl")):
        before: datetime | None = None
        with path.open("rb", buffering=1 << 20) as lines:
            for line in lines:
                if not line.endswith(b"}\n"):
                    continue
                try:
                    read: _Line = decoder.decode(line)
                except msgspec.DecodeError:
                    total.unreadable += 1
                    continue
                before = _add(total, read, before)
    return total


def _add(total: Account, line: _Line, before: datetime | None) -> datetime | None:
    if line.model:
        total.model, total.provider, total.revision = line.model, line.provider, line.revision
    total.exported += bool(line.exported)
    words = line.completion
    if words is None or line.at is None:
        return before
    if line.failed:
        total.failures[words.why.split(": ")[0][:60] or words.finish_reason] += 1
    else:
        total.answers += 1
        total.cut += words.finish_reason == "length"
    total.prompt_tokens += words.prompt_tokens
    total.completion_tokens += words.completion_tokens
    if line.endpoint:
        total.endpoints[line.endpoint] += 1
    if line.seconds:
        total.answer_s = (total.answer_s[0] + line.seconds, total.answer_s[1] + 1)
    total.first = min(total.first or line.at, line.at)
    total.last = max(total.last or line.at, line.at)
    gap = (line.at - before).total_seconds() if before else line.seconds
    total.asking_s += gap if 0 <= gap <= _GAP_S else line.seconds
    return line.at
