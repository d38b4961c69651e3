"""Recording: a store around the store. Whatever is written through it makes its leaves in the same write block.

Nobody who writes has to think of the log, so nobody can forget it: `leaves.RULES` says for every method of a write
block what the log says of it. What no row tells (`note`) is said by whoever does it.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from relto.domain.about import about
from relto.domain.leaf import encoded
from relto.domain.plain import veiled
from relto.ports.node import CLOCK_SEEN_US
from relto.ports.store import LeafRow, LogHead
from relto.usecases.evidence.making.growing import grow
from relto.usecases.evidence.making.leaves import RULES, SHOWN, BlockLeaves

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from relto.ports.node import Node
    from relto.ports.store import Head, Snapshot, Store, Transaction


@dataclass(frozen=True, slots=True)
class Shown:
    """The last leaf of a log that each party is shown, as far as it is known."""

    log: LogHead
    last: Mapping[str, int | None] = field(default_factory=dict)


class RecordedTransaction:
    """A `Transaction` that keeps book. All that is not written is asked of the one below, as it stands there."""

    def __init__(self, below: Transaction, leaves: BlockLeaves) -> None:
        """Of a write block of the store below."""
        self._below = below
        self._leaves = leaves

    def note(self, kind: str, fields: Mapping[str, Any], *, party: str = "", key: Hashable = None) -> None:
        """What no row tells."""
        self._leaves.add(kind, fields, party=party, key=key)

    def by_clock(self, moment: int) -> int:
        """The latest that was said in this block."""
        return self._leaves.by_clock(moment)

    def put_head(self, head: Head) -> None:
        """With the clock of the block, so that it is not written once more at the end."""
        at = self._leaves.at
        self._below.put_head(head if at is None else replace(head, clock_seen=max(at, head.clock_seen)))

    def __getattr__(self, name: str) -> Any:
        """The method below; where it writes, together with what the log says of it."""
        method = getattr(self._below, name)
        rule = RULES.get(name)
        if callable(rule):
            method = self._recorded(method, rule)
        setattr(self, name, method)
        return method

    def _recorded(self, method: Callable[..., Any], rule: Callable[..., None]) -> Callable[..., Any]:
        @functools.wraps(method)
        def recorded(*values: Any, **named: Any) -> Any:
            answer = method(*values, **named)
            rule(self._leaves, answer, *values, **named)
            return answer

        return recorded


def recording(below: Transaction, leaves: BlockLeaves) -> Transaction:
    """The same write block, which keeps book."""
    return cast("Transaction", RecordedTransaction(below, leaves))


def recorded(node: Node) -> Node:
    """The same node, whose store keeps a log."""
    return replace(node, store=RecordedStore(node.store, now=node.now, salt=node.chance.salt))


class RecordedStore:
    """A `Store` whose write blocks make their leaves. `now` is the node's clock; `salt` draws 16 bytes.

    `veil`: what is written of a secret; whoever carries a log out again has veiled secrets already.
    """

    def __init__(
        self,
        below: Store,
        *,
        now: Callable[[Head], int],
        salt: Callable[[], bytes],
        veil: Callable[[str], str] = veiled,
    ) -> None:
        """Around a store, which is its own from now on."""
        self.below = below
        self._now = now
        self._salt = salt
        self._veil = veil
        self._seen = Shown(LogHead())

    def head(self) -> Head:
        """As below."""
        return self.below.head()

    def read(self) -> AbstractContextManager[Snapshot]:
        """As below."""
        return self.below.read()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """As below, and the leaves with it."""
        with self.below.write() as tx:
            leaves = BlockLeaves(self._veil)
            yield recording(tx, leaves)
            seen = self._add(tx, leaves)
        self._seen = seen

    def close(self) -> None:
        """As below."""
        self.below.close()

    def _add(self, tx: Transaction, leaves: BlockLeaves) -> Shown:
        seen = self._seen
        if leaves.at is None and leaves.entries():
            leaves.by_clock(self._now(tx.head()))
        return seen if leaves.at is None else add_leaves(tx, leaves, at=leaves.at, salt=self._salt, seen=seen)


def add_leaves(
    tx: Transaction, leaves: BlockLeaves, *, at: int, salt: Callable[[], bytes], seen: Shown | None = None
) -> Shown:
    """Adds the leaves of a block to the log, in that block, and records the clock `at` by which they are written.
    `seen`: what is known of some log, of before; what is known of it then.
    """
    head, known = tx.head(), seen or Shown(LogHead())
    if at > head.clock_seen + CLOCK_SEEN_US:
        # INVARIANT: whatever goes by a clock is written by it, and nothing is by one that is behind an earlier one by
        # more than a step, whichever process writes it: what a clock may be behind the recorded one is less than that
        # by what may be unrecorded.
        tx.put_head(replace(head, clock_seen=at))
    if not leaves.entries():
        return known
    # Another process may have written meanwhile: what is known counts for the very log that it was seen in.
    last = dict(known.last) if known.log == tx.log() else {}

    def rows(block: int) -> list[LeafRow]:
        found: list[LeafRow] = []
        for entry in leaves.entries():
            if entry.kind in SHOWN:
                if entry.party not in last:
                    last[entry.party] = tx.last_leaf(entry.party, SHOWN)
                # Whoever is shown some of its leaves sees by this whether one between them was kept back.
                entry.fields["previous"] = last[entry.party]
            *parts, whole = encoded(entry.kind, entry.fields, at=at, block=block, salt=salt)
            found += [LeafRow("part", entry.party, at, part) for part in parts]
            if entry.kind in SHOWN:
                last[entry.party] = block + len(found)
            found.append(LeafRow(entry.kind, entry.party, at, whole, about(entry.kind, entry.fields)))
        return found

    for first, records in leaves.records.items():
        tx.put_batch_records(first, records)
    return Shown(grow(tx, rows), last)
