"""A demonstration: a node whose story ends at a moment of the past, and whose clock starts there.

The clock is fixed once, when the node is made, and from then on only goes forward. It is the offset that the database
keeps for every node (`Head.clock_offset`), so every process and every command on the database goes by it. A setting
says that it was meant, and how much was: what the offset grew by since makes up for a machine's clock that was set
back, here as anywhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from relto.domain.act import Act
from relto.domain.errors import Refused
from relto.ports.store import ActRow

if TYPE_CHECKING:
    from relto.domain.actor import Actor
    from relto.ports.clock import Clock
    from relto.ports.node import Node
    from relto.ports.store import Snapshot, Transaction

SETTING: Final = "demonstration"
"""Where the database keeps it; no other node has such a value."""

KIND: Final = "demonstration-begin"
"""The act that says so."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What was fixed. `began`: the moment at which its clock started; `offset`: what was added to the machine's clock
    for that. Both in microseconds.
    """

    began: int
    offset: int


def demonstration(snap: Snapshot) -> Demonstration | None:
    """What was fixed when this node was made; None for every node that is no demonstration."""
    text = snap.setting(SETTING)
    if text is None:
        return None
    value = json.loads(text)
    return Demonstration(value["began"], value["offset"])


def begin(node: Node, machine: Clock, *, at: int, by: Actor) -> Demonstration:
    """Makes the node a demonstration whose clock reads `at` now, by the machine's clock, and goes on with it.

    Raises `Refused` `demonstration-fixed` where that was done before, or where the node has seen a later moment.
    """
    with node.store.write() as tx:
        head = tx.head()
        if tx.setting(SETTING) is not None:
            raise Refused("demonstration-fixed", "the clock of a demonstration is fixed once, when it is made")
        if max(head.clock_seen, head.last_given) > at:
            raise Refused("demonstration-fixed", "this node has seen a later moment than the demonstration begins at")
        made = Demonstration(at, at - machine.now())
        # INVARIANT: with `clock_seen` at its beginning, no later machine's clock makes this one begin earlier.
        tx.put_head(replace(head, clock_offset=made.offset, clock_seen=at))
        put(tx, made, by=by)
    return made


def put(tx: Transaction, made: Demonstration, *, by: Actor) -> None:
    """Puts on record what was fixed."""
    value = {"began": made.began, "offset": made.offset}
    tx.put_setting(SETTING, json.dumps(value))
    act = Act(0, KIND, by.account, by.party, by.how, made.began, order=value, ended_at=made.began)
    tx.add_act(ActRow(0, act.kind, made.began, act.by, act.as_text()))
