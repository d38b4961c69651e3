"""Lock-out: how long whoever gave wrong passwords has to wait before the next is even checked.

Three things are counted, each with a wait that doubles and has an end: one name from one address; one address,
whatever the names; one name, from all addresses. A name counts whether or not there is such an account, so the wait
says nothing. What an attacker cannot do is keep the owner out for good:

- an address from which the account came in is not kept out by what others do elsewhere, or there for other names; who
  tries that name from that address makes it wait as a name is made to wait: shortly;
- the wait for a name as a whole is short, and when it is over there is room for many tries, from any address;
- remembered passwords, tokens, certificates and sessions never come here.

Each process counts for itself, in memory that is bounded: what failed longest ago is forgotten first.

>>> lockout = Lockout(failures_max=2, address_failures_max=50, name_failures_max=50, seconds=5, seconds_max=900)
>>> for second in (0, 1):
...     lockout.failed("kyiv", "198.51.100.7", second)
>>> lockout.wait("kyiv", "198.51.100.7", 2), lockout.wait("kyiv", "203.0.113.1", 2)
(4, 0.0)
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

KEPT_MAX: Final = 10_000
"""Names, addresses and pairs that are remembered, each."""

NAME_SECONDS_MAX: Final = 60
"""How long a name as a whole may have to wait: as long as its owner, at an address that is new, may be kept out."""

FORGOTTEN_TIMES: Final = 2
"""Who has not failed for so many times the longest wait begins anew."""

DOUBLINGS_MAX: Final = 30


class _Counts:
    """Failures by key, and until when each key has to wait."""

    def __init__(self, *, free: int, seconds: float, seconds_max: float, forgotten_seconds: float, anew: bool) -> None:
        """`free` failures cost nothing; each beyond doubles the wait. `anew`: with each wait so many are free again."""
        self._free = free
        self._seconds = seconds
        self._seconds_max = seconds_max
        self._forgotten = forgotten_seconds
        self._anew = anew
        self._kept: OrderedDict[object, tuple[int, int, float, float]] = OrderedDict()

    def wait(self, key: object, now: float) -> float:
        """Seconds left."""
        return max(0.0, self._kept.get(key, (0, 0, 0.0, 0.0))[2] - now)

    def failed(self, key: object, now: float) -> None:
        count, waits, until, last = self._kept.pop(key, (0, 0, 0.0, now))
        if now - last >= self._forgotten:
            count = waits = 0
        count += 1
        if count >= self._free:
            until = now + min(self._seconds_max, self._seconds * 2 ** min(waits, DOUBLINGS_MAX))
            waits += 1
            count = 0 if self._anew else count
        self._kept[key] = (count, waits, until, now)
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)

    def forget(self, key: object) -> None:
        self._kept.pop(key, None)


class Lockout:
    """Counts wrong passwords. Moments are seconds of any clock that never goes back."""

    def __init__(
        self,
        *,
        failures_max: int,
        address_failures_max: int,
        name_failures_max: int,
        seconds: float,
        seconds_max: float,
    ) -> None:
        """The first wait lasts `seconds`, the longest `seconds_max`."""
        rest = {"seconds": seconds, "forgotten_seconds": FORGOTTEN_TIMES * seconds_max}
        self._pairs = _Counts(free=failures_max, seconds_max=seconds_max, anew=False, **rest)
        self._addresses = _Counts(free=address_failures_max, seconds_max=seconds_max, anew=False, **rest)
        shorter = min(seconds_max, NAME_SECONDS_MAX)
        self._names = _Counts(free=name_failures_max, seconds_max=shorter, anew=True, **rest)
        self._home_pairs = _Counts(free=failures_max, seconds_max=shorter, anew=True, **rest)
        self._at_home: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait(self, name: str, address: str, now: float) -> float:
        """Seconds until a password for this name from this address is checked; 0: at once."""
        if (name, address) in self._at_home:
            return self._home_pairs.wait((name, address), now)
        own = self._pairs.wait((name, address), now)
        return max(own, self._addresses.wait(address, now), self._names.wait(name, now))

    def failed(self, name: str, address: str, now: float) -> None:
        """A wrong password."""
        pairs = self._home_pairs if (name, address) in self._at_home else self._pairs
        pairs.failed((name, address), now)
        self._addresses.failed(address, now)
        self._names.failed(name, now)

    def succeeded(self, name: str, address: str) -> None:
        """A good one: the name is at home at this address, and begins anew there."""
        self._pairs.forget((name, address))
        self._home_pairs.forget((name, address))
        self._at_home.pop((name, address), None)
        self._at_home[name, address] = None
        if len(self._at_home) > KEPT_MAX:
            self._at_home.popitem(last=False)
