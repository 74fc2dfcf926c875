"""A simulated crowd: people of honest taste, and attackers who vote for one model, as judged battles. Shares no code with the checks."""

from __future__ import annotations

import random
from math import exp

from mintza.arena.ranking.judged import JudgedBattle

MODELS = tuple(f"m{k:02d}" for k in range(12))
STRENGTH = {model: 0.22 * k for k, model in enumerate(reversed(MODELS))}
"""Log-odds: m00 is the best, 500 Elo points above the last."""


class Crowd:
    """Makes judged battles. taste: spread, in log-odds, of what one person likes in one model beyond what others do."""

    def __init__(self, seed: int, taste: float = 0.5) -> None:
        self.luck = random.Random(seed)
        self.taste = taste
        self.battles: list[JudgedBattle] = []

    def honest(self, people: int, votes: int, *, joined: str | None = None) -> None:
        """People who say what they think."""
        for person in range(people):
            own = {model: self.luck.gauss(0, self.taste) for model in MODELS}
            hour = joined or f"2026-11-{self.luck.randint(1, 22):02d}T{self.luck.randint(8, 22):02d}"
            for _ in range(votes):
                a, b = self.luck.sample(MODELS, 2)
                chance = 1 / (1 + exp(STRENGTH[b] + own[b] - STRENGTH[a] - own[a]))
                tie = self.luck.random() < 0.2
                self._add(
                    f"h{person}-{hour}", a, b, "tie" if tie else "a" if self.luck.random() < chance else "b", hour
                )

    def attack(self, people: int, votes: int, target: str, *, joined: str | None = None, knows: float = 0.9) -> None:
        """Accounts that find their target in a share `knows` of its battles, vote for it, and toss a coin elsewhere."""
        for person in range(people):
            hour = joined or f"2026-11-{self.luck.randint(1, 22):02d}T{self.luck.randint(8, 22):02d}"
            for _ in range(votes):
                a, b = self.luck.sample(MODELS, 2)
                seen = target in (a, b) and self.luck.random() < knows
                winner = "ab"[b == target] if seen else self.luck.choice("ab")
                self._add(f"x{person}-{hour}", a, b, winner, hour)

    def _add(self, voter: str, a: str, b: str, winner: str, hour: str) -> None:
        name = f"b{len(self.battles)}"
        seconds = self.luck.uniform(5, 90)
        self.battles.append(JudgedBattle(name, voter, a, b, winner, winner, winner, seconds, False, "", False, hour))
