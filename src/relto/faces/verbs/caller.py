"""A caller: who asks what of which node."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from relto.domain.moment import parse_when, write
from relto.domain.scope import SCOPES
from relto.usecases.sequencing import carry_out_due
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.usecases.policy import PolicyDesk
    from relto.wiring import Opened

WAIT_US: Final = 1_000_000
"""How long an act waits, at most, until what it gave can be read."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody, at a node that is open. `expects`: which versions it acts on (`usecases/office.py`). `scopes`: what the
    credential that it came in by may be used for; no credential that it makes may be used for more.
    """

    opened: Opened
    by: Actor
    expects: Mapping[str, int] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset(SCOPES)

    @property
    def node(self) -> Node:
        """The node."""
        return self.opened.node

    @property
    def desk(self) -> PolicyDesk:
        """Its policy."""
        return self.opened.desk

    @property
    def now(self) -> int:
        """The node's clock, in microseconds."""
        return self.node.now(self.node.store.head())

    @property
    def sight(self) -> Sight:
        """What it may see, by how things are now."""
        carry_out_due(self.node, self.desk, self.node.store.head())
        with self.node.store.read() as snap:
            return Sight(self.by, self.desk.current(snap, snap.head().policy_version))

    def when(self, text: str | None, *, ahead: bool = True) -> int | None:
        """The moment that was typed, by the node's clock; None where none was. Raises `BadInput` (`when-invalid`)."""
        return None if text is None else parse_when(text, now=self.now, ahead=ahead)

    def wait_until(self, moment: int) -> None:
        """Waits until what was given can be read, by the node's clock, but a second at most."""
        left = min(moment - self.now, WAIT_US)
        if left > 0:
            self.node.clock.sleep(left)


def written(moment: int | None) -> str | None:
    """A moment as a document gives it."""
    return None if moment is None else write(moment)
