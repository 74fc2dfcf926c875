"""How many kernels that oneDNN prepared for shapes of matrices stay in memory, on a CPU."""

from __future__ import annotations

from collections.abc import MutableMapping

TOLD = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "DNNL_PRIMITIVE_CACHE_CAPACITY")
"""Names by which oneDNN is told how many it keeps; it reads them once, at its first operation."""
KEPT = "64"
"""Enough for the shapes that each layer has again: 16 and 32 are fewer than these, and steps take longer. Left to itself it keeps 1,024
(decision 0255)."""


def keep_few_kernels(environment: MutableMapping[str, str]) -> None:
    """Say so in the environment of a process in which torch has not computed yet, unless it says already how many.

    Steps have other numbers of supervised tokens, and so other shapes: each brings some kernels of some 16 MB, which nobody asks for
    again, and a training would grow for as long as it lasts.
    """
    if not any(name in environment for name in TOLD):
        environment[TOLD[0]] = KEPT
