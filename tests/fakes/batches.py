"""Batches of the store in memory: which items one transaction stored, when, and by whose account."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from relto.domain.batch import Batch


class FakeBatchSnapshot:
    """The reading part, of one state."""

    _state: Any

    def batch_of(self, seq: int) -> Batch | None:
        place = bisect_left(self._state.batches, seq, key=lambda batch: batch.last)
        if place < len(self._state.batches) and self._state.batches[place].first <= seq:
            return self._state.batches[place]
        return None

    def batches(self, seqs: Sequence[int]) -> list[Batch]:
        found = {batch.first: batch for seq in seqs if (batch := self.batch_of(seq)) is not None}
        return [batch for _, batch in sorted(found.items())]

    def taken_by(self, firsts: Collection[int]) -> dict[int, str]:
        return {first: self._state.takers[first] for first in firsts if first in self._state.takers}

    def seq_upto(self, moment: int) -> int:
        for batch in reversed(self._state.batches):
            if batch.start <= moment:
                return batch.upto(moment)
        return 0


class FakeBatchTransaction(FakeBatchSnapshot):
    """The writing part, on a state of its own."""

    def shift_batch(self, batch: Batch) -> None:
        assert self._state.batches[-1].first == batch.first, "only the batch that was just appended can shift"
        self._state.batches[-1] = batch
        self._state.head = replace(self._state.head, last_given=batch.end)
