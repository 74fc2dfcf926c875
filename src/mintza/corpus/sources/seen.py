"""Which ids were given already, and where: 16 bytes an id."""

from __future__ import annotations

import numpy as np
import xxhash

_MERGE_AT = 1 << 16


class Seen:
    """Ids with the number of their place. Two ids are taken for one at a chance of 1 in 2 million among 4 million."""

    def __init__(self) -> None:
        self._keys = np.empty(0, dtype=np.uint64)
        self._places = np.empty(0, dtype=np.int64)
        self._recent: dict[int, int] = {}

    def first(self, name: str, place: int) -> int | None:
        """The place at which the id was given before; None when it is new, and then it is remembered."""
        key = xxhash.xxh3_64_intdigest(name.encode("utf-8"))
        if key in self._recent:
            return self._recent[key]
        if len(self._keys):
            at = int(self._keys.searchsorted(np.uint64(key)))
            if at < len(self._keys) and int(self._keys[at]) == key:
                return int(self._places[at])
        self._recent[key] = place
        if len(self._recent) >= _MERGE_AT:
            self._merge()
        return None

    def _merge(self) -> None:
        keys = np.fromiter(self._recent.keys(), dtype=np.uint64, count=len(self._recent))
        places = np.fromiter(self._recent.values(), dtype=np.int64, count=len(self._recent))
        order = np.argsort(keys)
        keys, places = keys[order], places[order]
        at = np.searchsorted(self._keys, keys)
        self._keys = np.insert(self._keys, at, keys)
        self._places = np.insert(self._places, at, places)
        self._recent = {}
