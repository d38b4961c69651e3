"""Looking: the log leaf by leaf, the newest first; one leaf, and the proof that it is in the log; what a party was
given.

What a leaf says is for those who see everything. Who is in office sees the acts that are there for it, what came in of
originators whose stock it sees, and what was given under its agreements; a party sees what it was given itself. Of all
other leaves there is the hash, which is for everybody who has an account (`disclosing.py`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from heapq import merge
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from relto.domain import about
from relto.domain.act import Act
from relto.domain.errors import Unknown
from relto.domain.merkle import inclusion_proof, leaf_hash
from relto.domain.proof import Proof
from relto.usecases.evidence.expected import UNREADABLE
from relto.usecases.evidence.making.growing import subtrees
from relto.usecases.evidence.making.leaves import SHOWN
from relto.usecases.evidence.show.disclosing import latest
from relto.usecases.evidence.walking import leaf_of, place_leaf, rows, seqs_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from relto.ports.store import LeafRow, Record, Snapshot
    from relto.usecases.evidence.walking import Leaf
    from relto.usecases.sight import Sight

READING: Final = frozenset({"reader", "officer", "approver", "auditor", "admin"})
"""Roles in which one sees what one's party was given."""

PORTION: Final = 100
"""Rows of one question."""

LOOKED_AT_MAX: Final = 2_000
"""Leaves of one party that are looked through for a page of those under one agreement, at most."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A leaf that somebody looks at: its number, its hash, for which party it is, and what it says; None: that is not
    for them.
    """

    number: int
    hash: bytes
    party: str
    leaf: Leaf | None


@dataclass(frozen=True, slots=True)
class Given:
    """A delivery, or a page that never left. `unsent`: it was taken back, because its client had hung up."""

    seen: Seen
    unsent: bool


@dataclass(frozen=True, slots=True)
class GivenItem:
    """An item of a delivery: its digest as the delivery has it; no name where it is not there for whoever looks."""

    digest: bytes
    item: str


def newest(snap: Snapshot, sight: Sight, *, before: int | None = None, limit: int) -> list[Seen]:
    """The last `limit` leaves below number `before` (None: of all), the newest first. A leaf with its parts is one."""
    last = None if before is None else before - 1
    found = [] if last == -1 else snap.leaves(last=last, limit=limit, newest=True)
    return [_seen(snap, sight, number, row) for number, row in found if row.kind != "part"]


def at(snap: Snapshot, sight: Sight, number: int) -> Seen:
    """The leaf of this number; for that of a part the leaf that it belongs to. Raises `Unknown` (`leaf-unknown`)."""
    # Parts stand before the leaf that they belong to, and nothing else stands between them.
    for found, row in rows(snap, first=number) if number >= 0 else ():
        if row.kind != "part":
            return _seen(snap, sight, found, row)
    raise unknown_leaf()


def is_told(snap: Snapshot, sight: Sight, number: int) -> bool:
    """Whether who looks is told what this leaf says. Raises `Unknown` (`leaf-unknown`)."""
    return sight.is_whole or at(snap, sight, number).leaf is not None


def proof(snap: Snapshot, sight: Sight, number: int) -> tuple[Proof, bool]:
    """The proof of this leaf at the last checkpoint, and whether it takes the leaf along: only for who sees that.

    Raises `Unknown` (`leaf-unknown`, `checkpoint-unknown`).
    """
    signed = latest(snap)
    size = signed.checkpoint.size
    found = snap.leaves(first=number, limit=1) if 0 <= number < size else []
    if not found:
        raise unknown_leaf()
    row = found[0][1]
    sees = sight.is_whole or (row.kind != "part" and _seen(snap, sight, number, row).leaf is not None)
    path = tuple(inclusion_proof(number, size, subtrees(snap, number, size)))
    return Proof(number, path, signed.note, extra=row.data if sees else b""), sees


def given(
    snap: Snapshot, sight: Sight, party: str, *, agreement: str | None = None, before: int | None = None, limit: int
) -> tuple[list[Given], int | None]:
    """What the party was given, the newest first, as far as that is there for who looks: at most `limit`, below number
    `before`; and below which number it goes on, None: that was all.
    """
    found: list[Given] = []
    kinds = [_downwards(snap, kind, party, before) for kind in SHOWN]
    for looked_at, (number, row) in enumerate(merge(*kinds, key=itemgetter(0), reverse=True)):
        if len(found) == limit or looked_at == LOOKED_AT_MAX:
            return found, number + 1
        seen = _seen(snap, sight, number, row)
        if seen.leaf is not None and agreement in {None, seen.leaf.says["agreement"]}:
            found.append(Given(seen, is_unsent(snap, seen.leaf)))
    return found, None


def _downwards(snap: Snapshot, kind: str, party: str, before: int | None) -> Iterator[tuple[int, LeafRow]]:
    """The leaves of one kind for the party, the newest first, a portion at a time."""
    while before is None or before > 0:
        last = None if before is None else before - 1
        found = snap.leaves(kind=kind, party=party, last=last, limit=PORTION, newest=True)
        yield from found
        if len(found) < PORTION:
            return
        before = found[-1][0]


def is_unsent(snap: Snapshot, leaf: Leaf) -> bool:
    """Whether it is a delivery that was taken back."""
    page = leaf.says.get("page")
    if leaf.kind != "delivery" or not page:
        return False
    return bool(snap.leaves_about([about.of_page(leaf.says["reader"], page)], limit=1))


def items_of(snap: Snapshot, sight: Sight, seen: Seen, *, first: int = 0, limit: int) -> tuple[int, list[GivenItem]]:
    """The items that a leaf tells of which is there for who looks: of a delivery those that it gave, of a batch those
    that came in with it. How many, and of those `limit` from the `first` on, in their order.
    """
    seqs = _seqs(snap, seen)
    some = seqs[first : first + limit]
    known = {row.seq: row for row in snap.records(sorted({*some}))}
    own = sight.is_whole or (seen.leaf is not None and seen.leaf.kind == "delivery" and seen.party == sight.actor.party)

    def name(row: Record) -> str:
        is_there = own or sight.stock(sight.policy.classes[row.class_id].value.originator)
        return f"{row.stix_id}@{row.version}" if is_there else ""

    return len(seqs), [GivenItem(known[seq].digest, name(known[seq])) for seq in some if seq in known]


def _seqs(snap: Snapshot, seen: Seen) -> Sequence[int]:
    if seen.leaf is None:
        return ()
    match seen.leaf.kind:
        case "delivery":
            return seqs_of(place_leaf(snap, seen.number).says)
        case "place":
            return seqs_of(seen.leaf.says)
        case "batch":
            return range(seen.leaf.says["first"], seen.leaf.says["last"] + 1)
        case _:
            return ()


def unknown_leaf() -> Unknown:
    """Where there is no such leaf."""
    return Unknown("leaf-unknown", "there is no such leaf")


def _seen(snap: Snapshot, sight: Sight, number: int, row: LeafRow) -> Seen:
    leaf = leaf_of(snap, number, row) if _may_be_seen(sight, row) else None
    if leaf is not None and not _sees(sight, row, leaf.says):
        leaf = None
    return Seen(number, leaf_hash(row.data), row.party, leaf)


def _may_be_seen(sight: Sight, row: LeafRow) -> bool:
    """Whether it is worth reading for who looks."""
    if sight.is_whole:
        return True
    if row.kind in SHOWN:
        return sight.is_in_office or (row.party == sight.actor.party and bool(READING & sight.actor.roles))
    return row.kind in {"act", "batch"} and sight.is_in_office


def _sees(sight: Sight, row: LeafRow, says: Mapping[str, Any]) -> bool:
    if sight.is_whole:
        return True
    if row.kind in SHOWN:
        return row.party == sight.actor.party or sight.gives(says["agreement"])
    with suppress(*UNREADABLE):
        if row.kind == "batch":
            return sight.stock(says["originator"])
        act = Act.parse(says["number"], says["act"], says["state"], says["value"])
        # The leaf has all of it in one: who is to be told of a part sees that on the page of the act.
        return sight.act(act) and not sight.hides(act)
    return False
