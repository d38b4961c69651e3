"""The log of the store in memory."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any

from relto.ports.store import CheckpointRow, CosignatureRow, LeafRow, LogHead, TileRow, TimestampRow


class FakeLogSnapshot:
    """A `LogSnapshot` of one state."""

    _state: Any

    def log(self) -> LogHead:
        return self._state.log

    def leaves(
        self,
        *,
        first: int = 0,
        last: int | None = None,
        kind: str | None = None,
        party: str | None = None,
        limit: int,
        newest: bool = False,
    ) -> list[tuple[int, LeafRow]]:
        found = [
            (number, row)
            for number, row in enumerate(self._state.leaves)
            if first <= number
            and (last is None or number <= last)
            and kind in {None, row.kind}
            and party in {None, row.party}
        ]
        return (found[::-1] if newest else found)[:limit]

    def last_leaf(self, party: str, kinds: Collection[str]) -> int | None:
        found = [n for n, row in enumerate(self._state.leaves) if row.party == party and row.kind in kinds]
        return found[-1] if found else None

    def leaves_about(self, names: Collection[str], *, first: int = 0, limit: int) -> list[tuple[int, LeafRow]]:
        found = [(number, row) for number, row in enumerate(self._state.leaves) if number >= first]
        return [(number, row) for number, row in found if row.about in names][:limit]

    def leaf_bytes(self, first: int, last: int) -> list[bytes]:
        return [row.data for row in self._state.leaves[first : last + 1]]

    def tiles(self, places: Collection[tuple[int, int]]) -> Mapping[tuple[int, int], bytes]:
        return {place: self._state.tiles[place] for place in places if place in self._state.tiles}

    def tree(self, places: Collection[tuple[int, int]]) -> tuple[LogHead, Mapping[tuple[int, int], bytes]]:
        return self.log(), self.tiles(places)

    def batch_records(self, first: int) -> bytes:
        return self._state.records.get(first, b"")

    def checkpoints(self, *, first: int = 0, limit: int) -> list[CheckpointRow]:
        return [row for size, row in sorted(self._state.checkpoints.items()) if size >= first][:limit]

    def last_checkpoint(self) -> CheckpointRow | None:
        return max(self._state.checkpoints.values(), key=lambda row: row.size, default=None)

    def cosignatures(self, *, size: int | None = None) -> list[CosignatureRow]:
        rows = [row for _, row in sorted(self._state.cosignatures.items())]
        if size is not None:
            return [row for row in rows if row.size == size]
        latest = {row.name: row for row in rows}
        return [row for _, row in sorted(latest.items())]

    def cosignatures_between(self, first: int, last: int) -> list[CosignatureRow]:
        return [row for _, row in sorted(self._state.cosignatures.items()) if first <= row.size <= last]

    def timestamps(self, *, first: int = 0, limit: int) -> list[TimestampRow]:
        return [row for size, row in sorted(self._state.timestamps.items()) if size >= first][:limit]

    def last_timestamp(self) -> TimestampRow | None:
        return max(self._state.timestamps.values(), key=lambda row: row.size, default=None)


class FakeLogTransaction(FakeLogSnapshot):
    """A `LogTransaction` on a state of its own."""

    def note(self, kind: str, fields: Mapping[str, Any], *, party: str = "", key: Hashable = None) -> None:
        pass

    def by_clock(self, moment: int) -> int:
        return moment

    def add_leaves(self, rows: Sequence[LeafRow], head: LogHead, tiles: Sequence[TileRow]) -> None:
        self._state.leaves.extend(rows)
        assert head.size == len(self._state.leaves)
        self._state.log = head
        for row in tiles:
            self._state.tiles[row.level, row.number] = row.hashes

    def put_batch_records(self, first: int, records: bytes) -> None:
        assert first not in self._state.records
        self._state.records[first] = records

    def put_checkpoint(self, row: CheckpointRow) -> None:
        self._state.checkpoints[row.size] = row

    def drop_checkpoints(self, sizes: Sequence[int]) -> None:
        state = self._state
        held = {*state.timestamps, *(size for size, _ in state.cosignatures), max(state.checkpoints, default=0)}
        for size in {*sizes} - held:
            state.checkpoints.pop(size, None)

    def put_cosignature(self, row: CosignatureRow) -> None:
        self._state.cosignatures[row.size, row.name] = row

    def put_timestamp(self, row: TimestampRow) -> None:
        self._state.timestamps[row.size] = row
