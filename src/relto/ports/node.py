"""A node: the ports of one database, bundled, with the few settings that use cases look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.domain.classes import Restrictions
    from relto.ports.clock import Chance, Clock, Hasher
    from relto.ports.store import Head, Store


@dataclass(frozen=True, slots=True)
class Node:
    """What a use case is given. `statements` maps ids or texts of statement markings to what they mean here."""

    store: Store
    clock: Clock
    chance: Chance
    hasher: Hasher
    statements: Mapping[str, Restrictions] = field(default_factory=dict)

    def now(self, head: Head) -> int:
        """The node's clock at this moment, in microseconds."""
        return self.clock.now() + head.clock_offset
