"""A node: the ports of one database, bundled, with the few settings that use cases look at."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from relto.domain.classes import Restrictions
    from relto.ports.clock import Chance, Clock, Hasher
    from relto.ports.store import Head, Store, Transaction


CLOCK_STEP_US = 1_000_000
"""No moment that is recorded is further behind one that was recorded before, whichever machines' clocks they are by."""

CLOCK_SEEN_US = 100_000
"""The clock is recorded once more when it has gone on by this: not with each of many pages that leave within it."""

CLOCK_BACK_US = CLOCK_STEP_US - CLOCK_SEEN_US
"""A machine's clock that stands further behind what the node has seen was set back."""


class Lag:
    """What makes up, in one process, for a machine's clock that was set back: the node's clock never goes back.

    The database keeps the latest moment that anyone recorded (`Head.clock_seen`), and each process makes up by itself
    for what its own machine's clock lacks to that. Were the difference kept in the database instead, two machines
    whose clocks disagree would each add it in turn, and the node's clock would run away.

    >>> lag = Lag()
    >>> lag.made_up(5_000_000, seen=9_000_000), lag.made_up(5_000_001, seen=9_000_000)
    (9000000, 9000001)
    >>> lag.made_up(9_500_000, seen=9_000_000)
    9500000
    """

    def __init__(self) -> None:
        """Nothing to make up for."""
        self._lock = threading.Lock()
        self._lag = 0
        self._told = 0

    def made_up(self, now: int, *, seen: int) -> int:
        """The node's clock where the machine's, with the node's offset, reads `now`."""
        with self._lock:
            if self._lag and now >= self._told:
                # The machine's clock has caught up.
                self._lag = 0
            if now + self._lag < seen - CLOCK_BACK_US:
                self._lag = seen - now
            told = now + self._lag
            self._told = max(self._told, told)
            return told


@dataclass(frozen=True, slots=True)
class Node:
    """What a use case is given. `statements` maps ids or texts of statement markings to what they mean here.

    `local_approvals`: whether an approval may come from the command line of the machine. `witness`: told, in each
    transaction that records acts somebody asked for, which they are; what it raises undoes them.
    """

    store: Store
    clock: Clock
    chance: Chance
    hasher: Hasher
    statements: Mapping[str, Restrictions] = field(default_factory=dict)
    lag: Lag = field(default_factory=Lag)
    local_approvals: bool = True
    witness: Callable[[Transaction, Sequence[int]], None] | None = None

    def now(self, head: Head) -> int:
        """The node's clock at this moment, in microseconds."""
        return self.at(self.clock.now(), head)

    def at(self, moment: int, head: Head) -> int:
        """The node's clock at the moment at which the machine's read `moment`."""
        seen = max(head.clock_seen, head.last_given - CLOCK_STEP_US)
        return self.lag.made_up(moment + head.clock_offset, seen=seen)
