"""The log in a store: its leaves in order, what is needed to prove them, and the checkpoints that were signed.

A leaf never changes and never goes. The store keeps what it is given: hashes are computed above it, in the block that
adds the leaves (`domain/merkle.py`, `domain/tile.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class LogHead:
    """How many leaves there are, and the frontier of their tree (32 bytes for each bit of `size` that is set)."""

    size: int = 0
    frontier: bytes = b""


@dataclass(frozen=True, slots=True)
class LeafRow:
    """A leaf: `data` as it is hashed; of which `kind`, for which `party` (empty: for none in particular), when `at` it
    was written, and what it is `about` (`domain/about.py`; None: nothing that anyone looks for), so that it is found
    again.
    """

    kind: str
    party: str
    at: int
    data: bytes
    about: str | None = None


@dataclass(frozen=True, slots=True)
class TileRow:
    """A tile as it is kept (`domain/tile.py`): its hashes, in order, 32 bytes each, 256 where it is full, and then what
    lies over each sixteen. Those of level 0 are stored when they are full, those above as they grow (C2SP tlog-tiles).
    """

    level: int
    number: int
    hashes: bytes


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A checkpoint of the first `size` leaves, signed `at` that moment: a C2SP signed note."""

    size: int
    at: int
    note: bytes


@dataclass(frozen=True, slots=True)
class CosignatureRow:
    """What the key `name` signed of the checkpoint of `size` leaves `at` that moment: one line of a signed note."""

    size: int
    name: str
    at: int
    line: str


@dataclass(frozen=True, slots=True)
class TimestampRow:
    """What a time stamp authority signed of the checkpoint of `size` leaves: a token (RFC 3161) over the SHA-256 of its
    note, kept `at` that moment by the node's clock. When the authority saw it stands in the token.
    """

    size: int
    at: int
    token: bytes


class LogSnapshot(Protocol):
    """What a read block says of the log."""

    def log(self) -> LogHead:
        """The log at this moment."""
        ...

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
        """(number, leaf) of the first `limit` leaves from number `first` to `last`, both among them; of one kind or for
        one party where those are named. `newest`: of the last `limit` of these instead, the newest first.
        """
        ...

    def last_leaf(self, party: str, kinds: Collection[str]) -> int | None:
        """The number of the last leaf of one of these kinds for that party (empty: for none in particular); None where
        there is none. It is found in one look-up a kind, however many leaves there are.
        """
        ...

    def leaves_about(self, names: Collection[str], *, first: int = 0, limit: int) -> list[tuple[int, LeafRow]]:
        """(number, leaf) of the first `limit` leaves from number `first` on that are about any of these names, by
        number. Costs one look into an index for each name and leaf found, however long the log is.
        """
        ...

    def leaf_bytes(self, first: int, last: int) -> list[bytes]:
        """The bytes alone of the leaves from number `first` to `last`, both among them, by number."""
        ...

    def tiles(self, places: Collection[tuple[int, int]]) -> Mapping[tuple[int, int], bytes]:
        """Tiles as they were stored (`add_leaves`), each named by its level and its number there."""
        ...

    def tree(self, places: Collection[tuple[int, int]]) -> tuple[LogHead, Mapping[tuple[int, int], bytes]]:
        """The log and tiles of it, as `log` and `tiles` give them, by one question."""
        ...

    def batch_records(self, first: int) -> bytes:
        """The records of the items of the batch that begins at this `seq` (`domain/stored.py`); empty where none are
        kept.
        """
        ...

    def checkpoints(self, *, first: int = 0, limit: int) -> list[CheckpointRow]:
        """The first `limit` checkpoints of at least `first` leaves, by size."""
        ...

    def last_checkpoint(self) -> CheckpointRow | None:
        """The one of most leaves."""
        ...

    def cosignatures(self, *, size: int | None = None) -> list[CosignatureRow]:
        """Those of one checkpoint, or the latest of each name where no size is given; by name."""
        ...

    def cosignatures_between(self, first: int, last: int) -> list[CosignatureRow]:
        """Those of all checkpoints of `first` to `last` leaves, both among them; by size, then by name."""
        ...

    def timestamps(self, *, first: int = 0, limit: int) -> list[TimestampRow]:
        """The first `limit` time stamps of checkpoints of at least `first` leaves, by size."""
        ...

    def last_timestamp(self) -> TimestampRow | None:
        """That of the checkpoint of most leaves."""
        ...


class LogTransaction(LogSnapshot, Protocol):
    """What a write block does with the log."""

    def note(self, kind: str, fields: Mapping[str, Any], *, party: str = "", key: Hashable = None) -> None:
        """Says to the log what no row tells; under the same `key`, in place of what was said. A store that keeps no
        log by itself hears nothing (`usecases/evidence/making/recording.py` does).
        """
        ...

    def by_clock(self, moment: int) -> int:
        """Says that what this block does goes by the node's clock of this `moment`; the latest that was said in it.

        The leaves of the block are written by that one, and it is recorded with them. A store that keeps no log by
        itself hears nothing, and answers the moment.
        """
        ...

    def add_leaves(self, rows: Sequence[LeafRow], head: LogHead, tiles: Sequence[TileRow]) -> None:
        """Adds leaves under the next numbers, and the tiles that they filled or made grow; `head` is the log with
        them.
        """
        ...

    def put_batch_records(self, first: int, records: bytes) -> None:
        """Keeps the records of the items of the batch that begins at this `seq`."""
        ...

    def put_checkpoint(self, row: CheckpointRow) -> None:
        """Adds or replaces the checkpoint of that size."""
        ...

    def drop_checkpoints(self, sizes: Sequence[int]) -> None:
        """Drops the checkpoints of these sizes, but none that has a time stamp or a cosignature. The last one stays."""
        ...

    def put_cosignature(self, row: CosignatureRow) -> None:
        """Adds or replaces what that name signed of that checkpoint."""
        ...

    def put_timestamp(self, row: TimestampRow) -> None:
        """Adds or replaces the time stamp of the checkpoint of that size."""
        ...
