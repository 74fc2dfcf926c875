"""How threads of torch wait for each other: in a short loop, and then asleep."""

from __future__ import annotations

from collections.abc import MutableMapping

TOLD = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
"""Names by which GNU's OpenMP is told how its threads wait; it reads them once, when torch is loaded."""
TURNS = "2000"
"""Of the loop: some 40 microseconds, where it would be several milliseconds (decision 0235)."""


def wait_patiently(environment: MutableMapping[str, str]) -> None:
    """Say so in the environment of a process that has not loaded torch yet, unless it says already how threads wait.

    Every operation of torch begins and ends with threads that wait for each other. Left to themselves they turn in a loop for
    milliseconds: where another program has one of their cores, that is most of what they do.
    """
    if not any(name in environment for name in TOLD):
        environment[TOLD[0]] = TURNS
