"""Where each answer lies: a table of digests in flat arrays, a fifth of the memory of a dictionary of the same."""

from __future__ import annotations

from array import array

_FIRST_SLOTS = 1 << 12
_GONE = (1 << 64) - 1


class Places:
    """A number for each key. Keys are 64 hex digits of a sha256, of which the first 32 count; numbers are below 2**64 - 1.

    Open addressing, at most two slots in three taken: 36 to 72 bytes a key.
    """

    def __init__(self) -> None:
        self._taken = self._used = 0
        self._lay_out(_FIRST_SLOTS)

    def __len__(self) -> int:
        return self._taken

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def get(self, key: str) -> int | None:
        """The number of a key, None where it has none."""
        found = self._values[self._slot(*_halves(key))]
        return None if found in (0, _GONE) else found - 1

    def put(self, key: str, number: int) -> None:
        """Give a key a number, in place of any that it had."""
        slot = self._set(*_halves(key), number + 1)
        self._taken += slot in (0, _GONE)
        self._used += slot == 0
        if self._used * 3 > self._mask * 2:
            self._grow()

    def drop(self, key: str) -> None:
        """Take a key's number away."""
        slot = self._slot(*_halves(key))
        if self._values[slot] not in (0, _GONE):
            self._values[slot] = _GONE
            self._taken -= 1

    def _lay_out(self, slots: int) -> None:
        self._mask = slots - 1
        self._high, self._low, self._values = (array("Q", bytes(8 * slots)) for _ in range(3))

    def _slot(self, high: int, low: int) -> int:
        """The slot of a key, or the empty one where it would go."""
        values, highs, lows, mask = self._values, self._high, self._low, self._mask
        slot = low & mask
        while values[slot] and not (lows[slot] == low and highs[slot] == high):
            slot = (slot + 1) & mask
        return slot

    def _set(self, high: int, low: int, value: int) -> int:
        """Write a value; gives the one that was there."""
        slot = self._slot(high, low)
        before = self._values[slot]
        self._high[slot], self._low[slot], self._values[slot] = high, low, value
        return before

    def _grow(self) -> None:
        kept = zip(self._high, self._low, self._values, strict=True)
        self._lay_out(2 * (self._mask + 1))
        for high, low, value in kept:
            if value not in (0, _GONE):
                self._set(high, low, value)
        self._used = self._taken


def _halves(key: str) -> tuple[int, int]:
    return int(key[:16], 16), int(key[16:32], 16)
