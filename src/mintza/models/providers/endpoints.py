"""One of the addresses that a model is asked at: how much it may have at once, when it rests, when it is given up, its pace."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

_LONGEST_REST_S = 60.0
_FIRST_REST_S = 1.0
_PACE_S = 10
_REFUSED_IN_A_ROW = 8
_BEFORE_THE_FIRST_ANSWER_S = 30.0


class Endpoint:
    """The state of an address. No network and no clock of its own: times are given, in seconds of one clock.

    most: requests at a time at most.  patience_s: how long it may stay without an answer before it is given up.
    The width is halved by 429 and grows by one a round of answers (AIMD: Chiu and Jain 1989). When all that is under way
    fails it rests, and is then asked one request at a time until it answers.  luck: from 0 to 1, spreads the rests.
    """

    def __init__(self, name: str, *, most: int, patience_s: float, tries: int, luck: Callable[[], float]) -> None:
        self.name = name
        self.most = most
        self.width = float(most)
        self.under_way = 0
        self.rests_until = 0.0
        self.given_up = ""
        """Why it is asked no more, "" while it is."""
        self.remedy = ""
        self.answered = 0
        self.tokens = 0
        self.last_answer = float("-inf")
        self._patience_s = patience_s
        self._tries = tries
        self._luck = luck
        self._probing = False
        self._failed = self._failures = self._rests = self._refused = 0
        self._cut_at = float("-inf")
        self._trouble_since: float | None = None
        self._seconds: deque[list[int]] = deque(maxlen=_PACE_S + 1)

    def anew(self) -> Endpoint:
        """The same for another stream of requests, with what was learnt: its width, and whether it was given up."""
        again = Endpoint(self.name, most=self.most, patience_s=self._patience_s, tries=self._tries, luck=self._luck)
        again.width, again.given_up, again.remedy = self.width, self.given_up, self.remedy
        again.answered, again.tokens, again._seconds = self.answered, self.tokens, self._seconds
        return again

    def free(self, now: float) -> bool:
        """Whether it may be sent a request."""
        if self.given_up or now < self.rests_until:
            return False
        return self.under_way < (1 if self._probing else int(self.width))

    @property
    def in_trouble(self) -> bool:
        """Whether it has answered nothing since something went wrong."""
        return bool(self.given_up) or self._trouble_since is not None

    @property
    def load(self) -> float:
        """Share of its width that is under way."""
        return self.under_way / self.width

    def answers(self, now: float, tokens: int) -> None:
        """It gave an answer."""
        self.answered += 1
        self.tokens += tokens
        self.last_answer = now
        self._failed = self._failures = self._rests = self._refused = 0
        self._probing = False
        self._trouble_since = None
        self.width = min(self.most, self.width + 1 / self.width)
        second = int(now)
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append([second, 0, 0])
        self._seconds[-1][1] += 1
        self._seconds[-1][2] += tokens

    def is_busy(self, sent: float, now: float, after_s: float | None) -> None:
        """It said 429 to a request sent at `sent`. after_s: what its Retry-After says. One cut for all that was under way."""
        self._trouble(now)
        rest = after_s
        if sent >= self._cut_at:
            self._cut_at = now
            if self.width < 2 and rest is None:
                rest = self._rest()
            self.width = max(1.0, self.width / 2)
        if rest is not None:
            self.rests_until = max(self.rests_until, now + rest * (1 + self._luck() / 10))
        if rest is not None and rest > self._patience_s:
            self.given_up = f"it asks to wait {rest:.0f} s"
            self.remedy = "raise `patience_s`, or go on later"
        elif self._lasts(now):
            self.given_up = f"it has said 429 for {self._patience_s:.0f} s"
            self.remedy = "lower `concurrency`, or look at what the key allows"

    def fails(self, now: float, problem: str) -> None:
        """A request came to nothing: 5xx, a timeout, a cut connection."""
        self._trouble(now)
        self._failed += 1
        self._failures += 1
        if self._probing or self._failed > self.width:
            self._probing = True
            self._failed = 0
            self.rests_until = now + self._rest()
        if self._lasts(now) and self._failures >= self._tries:
            self.given_up = f"no answer in {self._failures} tries: {problem}"
            self.remedy = "look whether it is up and how much it can take"

    def refuses(self, status: int, problem: str) -> None:
        """It said 4xx to a request. Keys, names and payments concern all requests; of others, only many in a row do."""
        self._refused += 1
        remedies = {
            401: "give the right key",
            402: "look at the account",
            403: "give the right key",
            404: "look at `url` and `model`",
            405: "look at `url`",
        }
        if status in remedies or self._refused >= _REFUSED_IN_A_ROW:
            self.given_up = f"it refuses with status {status}: {problem}"
            self.remedy = remedies.get(status, "its documentation knows what it takes")

    def pace(self, now: float) -> str:
        """`127.0.0.1:8000 41/s 5,200 tokens/s 64 at once`, over the last ten seconds."""
        if self.given_up:
            return f"{self.name} given up"
        whole = [entry for entry in self._seconds if now - _PACE_S - 1 < entry[0] < int(now)]
        span = max(1, int(now) - whole[0][0]) if whole else 1
        answers, tokens = (sum(entry[place] for entry in whole) / span for place in (1, 2))
        rests = " resting" if now < self.rests_until else ""
        return f"{self.name} {answers:.1f}/s {tokens:,.0f} tokens/s {self.under_way} at once{rests}"

    def _trouble(self, now: float) -> None:
        if self._trouble_since is None:
            self._trouble_since = now

    def _lasts(self, now: float) -> bool:
        patience = self._patience_s if self.answered else min(self._patience_s, _BEFORE_THE_FIRST_ANSWER_S)
        return self._trouble_since is not None and now - self._trouble_since >= patience

    def _rest(self) -> float:
        """Seconds: doubling, between a half and one and a half of it."""
        rest = min(_LONGEST_REST_S, _FIRST_REST_S * 2.0**self._rests)
        self._rests = min(self._rests + 1, 10)
        return rest * (0.5 + self._luck())
