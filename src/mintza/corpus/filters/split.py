"""The split: whole clusters are set aside as held-out, by a hash, so that no near copy crosses and none moves later."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Mask = NDArray[np.bool_]


def draw(seed: int, cluster: str) -> int:
    """64 bits that depend on the seed and the cluster alone."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{cluster}".encode()).digest()[:8], "big")


def held_out(draws: Hashes, declared: Mask, share: float) -> Mask:
    """Which clusters are held-out, shape (n,): those declared so, and those whose draw falls below the share.

    The other clusters do not matter, but for this: where the draw would leave either side of those that are not declared
    empty, the cluster nearest to the limit changes sides, so that two are enough for both. Of clusters with the same draw
    the first (the last) is nearest to the low (high) end.
    """
    import numpy as np

    values = draws / 2.0**64
    free = ~declared
    chosen = free & (values < share)
    if np.count_nonzero(free) > 1:
        at = np.flatnonzero(free)
        if not chosen.any() and share > 0:
            chosen[at[np.argmin(values[at])]] = True
        elif share < 1 and np.count_nonzero(chosen) == len(at):
            last = at[::-1]
            chosen[last[np.argmax(values[last])]] = False
    return declared | chosen
