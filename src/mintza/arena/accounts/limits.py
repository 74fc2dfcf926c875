"""How often: buckets that fill with time, in memory. Addresses are never written down."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Sequence

from mintza.arena.refusals import Refused

KEPT = 50_000
FREE_FAILURES = 5
LONGEST_WAIT_S = 900.0


class Buckets:
    """Token buckets by key: `capacity` at once, refilled over `seconds`. clock: monotonic seconds."""

    def __init__(self, capacity: int, seconds: float, clock: Callable[[], float]) -> None:
        self._capacity = float(capacity)
        self._rate = capacity / seconds
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Take one. Raises Refused (429, with the seconds to wait) when the bucket is empty."""
        now = self._clock()
        level, at = self._levels.pop(key, (self._capacity, now))
        level = min(self._capacity, level + (now - at) * self._rate)
        allowed = level >= 1
        self._levels[key] = (level - 1 if allowed else level, now)
        while len(self._levels) > KEPT:
            self._levels.popitem(last=False)
        if not allowed:
            raise Refused("too_many", 429, retry_after_s=int((1 - level) / self._rate) + 1)


class Failures:
    """Failed logins by key: after a few free ones each doubles the wait, and a success forgets them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def check(self, key: str) -> None:
        """Raises Refused (429) while the key has to wait."""
        count, until = self._failed.get(key, (0, 0.0))
        left = until - self._clock()
        if count > FREE_FAILURES and left > 0:
            raise Refused("too_many", 429, retry_after_s=int(left) + 1)

    def add(self, key: str) -> None:
        """One more failure."""
        count = self._failed.pop(key, (0, 0.0))[0] + 1
        wait = min(LONGEST_WAIT_S, 2.0 ** max(0, min(count - FREE_FAILURES, 20)))
        self._failed[key] = (count, self._clock() + wait)
        while len(self._failed) > KEPT:
            self._failed.popitem(last=False)

    def forget(self, key: str) -> None:
        """It was the right password."""
        self._failed.pop(key, None)


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(written: Sequence[str]) -> tuple[Network, ...]:
    """Networks of `10.0.0.0/8` or a single address. Raises ValueError."""
    return tuple(ipaddress.ip_network(each, strict=False) for each in written)


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Whom a request came from: the last address of X-Forwarded-For that no trusted proxy wrote for itself.

    A header that an untrusted peer sends is not looked at. IPv6 clients count by their /64, which one subscriber has whole.
    """
    address = peer
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    while hops and _within(address, trusted):
        address = hops.pop()
    return _grouped(address) or _grouped(peer) or "unknown"


def _within(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def _grouped(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
