"""Who reads what next, what is decided, how far it is: the state of a review, rebuilt from its file at every start."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from mintza.records import Conversation, Decision, Objection, Review
from mintza.review.book import Book
from mintza.review.decisions import DECIDED, seen_of

if TYPE_CHECKING:
    from mintza.stats.kappa import Kappa

LEASE_S = 30 * 60.0
LONGEST_S = 600.0
PACE_OF = 20


class Flag(NamedTuple):
    """What a check says. value, threshold: if it measured.  turn: from 0, if it is of one.  doubt: 1 on the threshold.

    dropped: whether it dropped the conversation.
    """

    check: str
    reason: str
    value: float | None
    threshold: float | None
    turn: int | None
    doubt: float
    dropped: bool


class Candidate(NamedTuple):
    """A conversation to be read, beside its original if it was translated. uncertainty: 0 to 1, the higher the sooner."""

    conversation: Conversation
    original: Conversation | None
    flags: tuple[Flag, ...]
    uncertainty: float


class Standing(NamedTuple):
    """conversations: in all.  decided: by anybody.  left: decisions that are still wanted.  mine: decisions of this reviewer.

    seconds_left: at the reviewer's pace, shared by all who read now; None before the first decision.
    """

    conversations: int
    decided: int
    left: int
    mine: int
    skipped: int
    seconds_left: float | None


class Desk:
    """Candidates in the order in which they are handed out, and the decisions on them. Safe between threads.

    overlap: share of them that two people read, chosen by a hash of the id.  seconds: monotonic.  now: UTC.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        book: Book,
        *,
        component: str,
        overlap: float,
        seconds: Callable[[], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.candidates = sorted(candidates, key=lambda one: (-one.uncertainty, one.conversation.id))
        self.component = component
        self.foreign = 0
        """Reviews of this component whose conversation is not here, or has another text now: they do not count."""
        self._book = book
        self._seconds = seconds
        self._now = now
        self._guard = threading.RLock()
        self._seen = [seen_of(one.conversation, one.original) for one in self.candidates]
        self._wanted = [2 if drawn(one.conversation.id) < overlap else 1 for one in self.candidates]
        self._said: list[dict[str, Review]] = [{} for _ in self.candidates]
        self._path: dict[str, list[int]] = {}
        self._leases: dict[str, tuple[int, float]] = {}
        numbers = {
            (one.conversation.id, seen): n
            for n, (one, seen) in enumerate(zip(self.candidates, self._seen, strict=True))
        }
        for review in book.reviews:
            number = numbers.get((review.conversation, review.seen))
            if review.component != component:
                continue
            if number is None:
                self.foreign += 1
            else:
                self._take(number, review)

    def next(self, reviewer: str, *, skipped: bool = False) -> int | None:
        """The next candidate for a reviewer, from now on theirs for half an hour; None when nothing is left.

        skipped: of those that the reviewer has skipped.
        """
        with self._guard:
            for number, said in enumerate(self._said):
                mine = said.get(reviewer)
                if skipped:
                    found = mine is not None and mine.decision == "skipped"
                else:
                    found = mine is None and self._others(number, reviewer) < self._wanted[number]
                if found:
                    # At once: between finding and showing, another could find the same.
                    self.show(number, reviewer)
                    return number
            return None

    def show(self, number: int, reviewer: str) -> Candidate:
        """The candidate; from now on it is this reviewer's for half an hour. Raises IndexError."""
        with self._guard:
            candidate = self.candidates[number]
            held = self._leases.get(reviewer)
            if held is None or held[0] != number:
                self._leases[reviewer] = (number, self._seconds())
            return candidate

    def decided(self, number: int, reviewer: str) -> Review | None:
        """What the reviewer has said of it, if anything stands."""
        with self._guard:
            return self._said[number].get(reviewer)

    def decide(
        self,
        number: int,
        reviewer: str,
        decision: Decision,
        *,
        objection: Objection | None = None,
        note: str = "",
        turns: tuple[str, ...] = (),
    ) -> Review:
        """Save a decision; it is on the disk on return. Raises StoreError when it is not, IndexError for no candidate."""
        with self._guard:
            candidate = self.candidates[number]
            shown, since = self._leases.get(reviewer, (number, self._seconds()))
            took = min(LONGEST_S, self._seconds() - since) if shown == number else 0.0
            review = Review(
                conversation=candidate.conversation.id,
                component=self.component,
                seen=self._seen[number],
                reviewer=reviewer,
                decision=decision,
                objection=objection,
                note=note,
                turns=turns,
                seconds=round(took, 1),
                at=self._now().isoformat(timespec="seconds"),
            )
            self._book.add(review)
            self._take(number, review)
            self._leases.pop(reviewer, None)
            return review

    def undo(self, reviewer: str) -> int | None:
        """Take the reviewer's last decision back; gives its candidate, None when there is nothing to take back."""
        with self._guard:
            path = self._path.get(reviewer)
            if not path:
                return None
            number = path[-1]
            self.decide(number, reviewer, "undone")
            return number

    def standing(self, reviewer: str) -> Standing:
        """How far it is."""
        with self._guard:
            counts = [sum(r.decision in DECIDED for r in said.values()) for said in self._said]
            left = sum(max(0, wanted - count) for wanted, count in zip(self._wanted, counts, strict=True))
            mine = [r for n in self._path.get(reviewer, ()) if (r := self._said[n][reviewer]).decision in DECIDED]
            pace = median(r.seconds for r in mine[-PACE_OF:]) if mine else None
            return Standing(
                conversations=len(counts),
                decided=sum(count > 0 for count in counts),
                left=left,
                mine=len(mine),
                skipped=len(self._path.get(reviewer, ())) - len(mine),
                seconds_left=None if pace is None else pace * left / max(1, len(self._live())),
            )

    def by_reviewer(self) -> dict[str, dict[str, int]]:
        """Reviewer -> decision -> how many stand."""
        with self._guard:
            found: dict[str, dict[str, int]] = {}
            for said in self._said:
                for name, review in said.items():
                    counts = found.setdefault(name, dict.fromkeys((*DECIDED, "skipped"), 0))
                    counts[review.decision] += 1
            return dict(sorted(found.items()))

    def agreement(self) -> list[tuple[str, str, Kappa]]:
        """Cohen's kappa on accepted, edited, rejected, of every two reviewers who decided on the same conversation."""
        from mintza.stats.kappa import cohen_kappa

        with self._guard:
            tables: dict[tuple[str, str], list[list[int]]] = {}
            for said in self._said:
                decided = sorted((name, r.decision) for name, r in said.items() if r.decision in DECIDED)
                for (one, first), (other, second) in combinations(decided, 2):
                    table = tables.setdefault((one, other), [[0] * len(DECIDED) for _ in DECIDED])
                    table[DECIDED.index(first)][DECIDED.index(second)] += 1
            return [(*pair, cohen_kappa(table)) for pair, table in sorted(tables.items())]

    def _take(self, number: int, review: Review) -> None:
        path = self._path.setdefault(review.reviewer, [])
        if number in path:
            path.remove(number)
        if review.decision == "undone":
            self._said[number].pop(review.reviewer, None)
        else:
            self._said[number][review.reviewer] = review
            path.append(number)

    def _live(self) -> dict[str, int]:
        now = self._seconds()
        return {name: number for name, (number, since) in self._leases.items() if now - since < LEASE_S}

    def _others(self, number: int, reviewer: str) -> int:
        """How many others have decided on it, or read it now."""
        decided = {name for name, r in self._said[number].items() if r.decision in DECIDED}
        reading = {name for name, held in self._live().items() if held == number}
        return len((decided | reading) - {reviewer})


def drawn(name: str) -> float:
    """A number from 0 to under 1 that is a function of the name alone."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
