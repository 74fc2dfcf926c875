"""Top-up: sampling goes on in rounds until the filters keep as many conversations as the study wants."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator

from mintza.instruct.held import Held
from mintza.instruct.sampling import Sampler
from mintza.progress import Progress
from mintza.records import Conversation, Verdict

Survivors = Callable[[Collection[Conversation]], int]
"""How many of these the filters keep."""

LEAST_SHARE = 0.1
"""A round asks for at most ten times what is lacking, however few survived so far."""


def topped_up(
    sampler: Sampler, wanted: int, survivors: Survivors, progress: Progress
) -> Iterator[Conversation | Verdict]:
    """All that is drawn until `wanted` survive, or until no further draw is allowed.

    Each round draws what is lacking over the share that survived so far. Rounds depend on the settings and on what the
    model said, and on nothing of how it runs here.
    """
    made = Held()
    kept = 0
    while kept < wanted and not sampler.spent:
        share = max(LEAST_SHARE, kept / len(made)) if made else 1.0
        for record in sampler.run(math.ceil((wanted - kept) / share), progress):
            if isinstance(record, Conversation):
                made.append(record)
            yield record
        kept = survivors(made)
        progress(kept, wanted, f"{kept} of {len(made)} kept by the filters, {sampler.draws} turns drawn")
