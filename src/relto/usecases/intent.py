"""An intent: an act as somebody asks for it, before it is known whether it waits for others.

Each verb that changes policy is one: it says what it needs (`plan`), and carries itself out (`carry_out`) in the
transaction of whoever may. Its fields are plain values, so that it survives the wait for approvals as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from relto.domain.act import Act
    from relto.domain.actor import Actor, Role
    from relto.usecases.change import Change
    from relto.usecases.effect import Effect


@dataclass(frozen=True, slots=True)
class Plan:
    """What an intent needs. `what`: the act in words, for who may not (`pause usa-ukr`).

    `role` and `parties`: who may ask, and whose decision it is. `concerns`: agreements. `needs`: approvals by others.
    `grounds`: names of what it stands on (`Policy.grounds`). `before`: what it would change, whole. `due_at`: not
    before this moment. `deciders`: who may approve, where not the same parties. `idle`: the answer where nothing would
    change; then nothing is recorded. `intent`: what is recorded and carried out in place of what was asked, where that
    names things that may be others by then.
    """

    what: str
    role: Role = "officer"
    parties: Collection[str] = ()
    concerns: Sequence[str] = ()
    needs: int = 0
    grounds: Sequence[str] = ()
    before: Any = None
    why: str = ""
    authority: str = ""
    due_at: int | None = None
    deciders: Collection[str] | None = None
    intent: Intent | None = None
    idle: Done | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it. `after`: what it changed, whole; `outcome`: what is kept and told of it, in plain values.

    `effect`: what it released. `value`: for whoever asked, not kept. `begins`: the moment from which it counts, where
    that is still to come. `follows`: what is asked for with it, by the same actor.
    """

    after: Any = None
    outcome: Mapping[str, Any] = field(default_factory=dict)
    effect: Effect | None = None
    value: Any = None
    begins: int | None = None
    follows: Sequence[Intent] = ()


class Intent(Protocol):
    """A verb that changes policy. A frozen dataclass of plain values."""

    kind: ClassVar[str]

    def plan(self, change: Change, by: Actor) -> Plan:
        """What it needs, by how things are now. Raises `BadInput` and `Refused` where it cannot be."""
        ...

    def carry_out(self, change: Change, act: Act) -> Done:
        """Does it. Raises as `plan` does."""
        ...
