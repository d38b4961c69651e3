"""Faults: what is wrong with a log, which leaf and which item show it, and which promise it breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Promise = Literal["proven", "gate", "whole", "explained"]
"""The promises of the design that a log can show to be broken."""

FAULTS_MAX: Final = 100
"""So many faults are told; beyond, nothing is looked for any more."""


NAMED_MAX: Final = 10
"""So many of one kind are named where there may be thousands."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `code` for programs, `text` for people.

    `leaf`: the number of the leaf that shows it. `item`: the `seq` of the item.
    """

    code: str
    text: str
    promise: Promise = "proven"
    leaf: int | None = None
    item: int | None = None


class Broken(Exception):
    """What was read so far is wrong in a way after which nothing can be judged."""

    def __init__(self, fault: Fault) -> None:
        """Because of this."""
        super().__init__(fault.text)
        self.fault = fault


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """First those that a leaf shows, in the order of leaves, whoever found them; as many as are told."""
    return sorted(faults, key=lambda each: (each.leaf is None, each.leaf or 0))[:FAULTS_MAX]


def name_first(faults: list[Fault], code: str, found: Sequence[tuple[str, int | None]]) -> None:
    """The first of many faults of one kind, each with its text and its leaf, and how many more there are."""
    faults += [Fault(code, text, leaf=leaf) for text, leaf in found[:NAMED_MAX]]
    if len(found) > NAMED_MAX:
        faults.append(Fault(code, f"and {len(found) - NAMED_MAX} more of that kind"))
