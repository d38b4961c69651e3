"""Trying: work is done in a block that comes to nothing, to see what it would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Callable

    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.usecases.change import Change
    from relto.usecases.policy import PolicyDesk

_T = TypeVar("_T")


class _TakenBack(Exception):
    """Ends the block: nothing of it becomes durable."""


def tried(node: Node, desk: PolicyDesk, work: Callable[[Change], _T], *, by: Actor) -> _T:
    """What this work answers. What is due is carried out before it, as before any act, and taken back with it. The
    block is held for as long as the work takes. Raises what it raises.
    """
    found: list[_T] = []
    try:
        with changing(node, desk, by=by) as change:
            found.append(work(change))
            raise _TakenBack
    except _TakenBack:
        return found[0]
