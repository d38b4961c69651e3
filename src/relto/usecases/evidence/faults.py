"""Faults: what is wrong with a log, which leaf and which item show it, and which promise it breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Promise = Literal["proven", "gate", "whole", "explained"]
"""The promises of the design that a log can show to be broken."""

FAULTS_MAX: Final = 100
"""So many faults are told; beyond, nothing is looked for any more."""


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
