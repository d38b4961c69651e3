"""Effect: what a change of policy did, for its answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from relto.domain.ranges import EMPTY, Ranges


@dataclass(slots=True)
class Effect:
    """What a change did, for its answer: ranges per class, and the moment when the last of it can be read.

    `visible_at` is known when the write block has ended: only then are the dates of its epochs given out.
    """

    released: dict[int, Ranges] = field(default_factory=dict)
    still_held: dict[int, Ranges] = field(default_factory=dict)
    visible_at: int = 0
    epochs: list[tuple[int, int]] = field(default_factory=list)

    def add(self, other: Effect) -> None:
        """Takes in what happened to one more flow; the same item in two flows is one item."""
        for total, more in ((self.released, other.released), (self.still_held, other.still_held)):
            for class_id, ranges in more.items():
                total[class_id] = total.get(class_id, EMPTY) | ranges
        self.epochs += other.epochs
