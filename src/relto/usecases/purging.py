"""Purging: the content of old items goes, by an act; what they were, and who received them, stays on record.

Bytes go, and nothing else: numbers, digests, ids, classes and the log stay, so that counts, reasons and proofs are what
they were, and the same version is not taken in again. An item without its bytes is given to nobody any more. What a
pause holds, or a review keeps, is never purged: it is still to be given. Nor is by an act what was kept when it was
asked for, though it be released since: whoever may have it now has perhaps not read so far.

Purging goes portion by portion, each a block of its own with a leaf that names its items, so that no pause has to wait
for it. Where it breaks off, asking for it again goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from relto.domain.errors import BadInput
from relto.domain.party import unknown_party
from relto.domain.ranges import EMPTY, Ranges
from relto.usecases.accounts.rows import require_admin, require_admin_first
from relto.usecases.sequencing import carry_out_due, changing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.ports.store import Range, Snapshot
    from relto.usecases.change import Change
    from relto.usecases.policy import Policy, PolicyDesk

PORTION: Final = 5_000
"""Items of one block."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did, or would do: how many items have lost their content, how many were `kept` since a pause or a
    review has them, and the act (0: nothing was done). `behind`: accounts that have not read so far.
    """

    items: int
    kept: int
    act: int
    behind: tuple[str, ...]


def preview_purge(node: Node, desk: PolicyDesk, *, before: int, originator: str | None, by: Actor) -> Purged:
    """What `purge` would do. Raises as it does."""
    require_admin_first(node, by, "purge content")
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        policy = desk.current(snap, head.policy_version)
        _check(policy, originator, before, node.now(head))
        wanted, kept = _ranges(snap, policy, originator, snap.seq_upto(before - 1))
        items = sum(len(portion) for portion in _portions(snap, wanted))
        return Purged(items, sum(snap.counts(kept)), 0, _behind(snap, before))


def purge(node: Node, desk: PolicyDesk, *, before: int, originator: str | None, by: Actor) -> Purged:
    """Takes away the content of the items that were added before a moment, of one originator where one is named.

    Raises `Refused` (`role-missing`), `Unknown` (`party-unknown`), `BadInput` (`before-ahead`).
    """
    with changing(node, desk, by=by) as change:
        act, upto = order_purge(change, before=before, originator=originator, by=by)
        spared, ordered_at = kept_of(change.policy, change.tx), change.now
        behind = _behind(change.tx, before)
        held = _ranges(change.tx, change.policy, originator, upto)[1]
        kept = sum(change.tx.counts(held))
    after, items = 0, 0
    while True:
        # What has no content any more is passed over without keeping anybody from writing.
        with node.store.read() as snap:
            policy = desk.current(snap, snap.head().policy_version)
            wanted, _ = _ranges(snap, policy, originator, upto, after=after, spared=spared)
            portion = next(_portions(snap, wanted), None)
        if portion is None:
            return Purged(items, kept, act, behind)
        first, after = portion[0] - 1, portion[-1]
        with changing(node, desk) as change:
            # A pause may hold by now what it did not: what is purged is decided anew in each block.
            wanted, _ = _ranges(change.tx, change.policy, originator, after, after=first, spared=spared)
            # What went to another class since is not looked for among what its old one kept: the next purge takes it.
            # Nor may its number stand in the ranges, though it has no content any more and is in no portion.
            moves = change.tx.moves(since=ordered_at)
            moved = Ranges.of(*((row.seq - 1, row.seq) for row in moves if first < row.seq <= after))
            wanted = [
                (name, low, high) for name, *each in wanted for low, high in Ranges.of((each[0], each[1])) - moved
            ]
            if any(change.tx.counts(wanted)):
                # Whoever is about to give what goes decides anew.
                change.changed = True
                items += change.tx.purge(wanted, act=act)


def order_purge(change: Change, *, before: int, originator: str | None, by: Actor) -> tuple[int, int]:
    """The act that a purge stands on, in this block, and up to which item it goes. Raises as `purge` does."""
    require_admin(change, by, "purge content")
    _check(change.policy, originator, before, change.now)
    upto = change.tx.seq_upto(before - 1)
    return change.act("purge", by, {"before": before, "originator": originator, "upto": upto}), upto


def _check(policy: Policy, originator: str | None, before: int, now: int) -> None:
    if originator is not None and originator not in policy.parties:
        raise unknown_party(originator)
    if before > now:
        raise BadInput("before-ahead", "what is to come cannot be purged", remedy="name a moment that has passed")


def kept_of(policy: Policy, snap: Snapshot) -> Mapping[int, Ranges]:
    """By class, what some pause holds or some review keeps in any flow: it is still to be given."""
    found: dict[int, Ranges] = {}
    for flow in policy.flows.values():
        for class_id, state in policy.states_of(snap, flow.id).items():
            found[class_id] = found.get(class_id, EMPTY) | state.kept
    return {class_id: ranges for class_id, ranges in found.items() if ranges}


def _ranges(
    snap: Snapshot,
    policy: Policy,
    originator: str | None,
    upto: int,
    *,
    after: int = 0,
    spared: Mapping[int, Ranges] = MappingProxyType({}),
) -> tuple[list[Range], list[Range]]:
    """What may be purged, and what of it is kept, class by class. `spared`: what was kept when it was asked for."""
    kept = kept_of(policy, snap)
    wanted: list[Range] = []
    held: list[Range] = []
    every = Ranges.of((after, upto))
    for row in policy.classes.values():
        if originator in {None, row.value.originator}:
            theirs = kept.get(row.id, EMPTY) | spared.get(row.id, EMPTY)
            wanted += [(row.id, low, high) for low, high in every - theirs]
            held += [(row.id, low, high) for low, high in every & theirs]
    return wanted, held


def _portions(snap: Snapshot, ranges: list[Range]) -> Iterator[list[int]]:
    """The items in these ranges that have content, in order; so many at a time at most."""
    after = 0
    while found := snap.scan([(name, max(low, after), high) for name, low, high in ranges if high > after], PORTION):
        after = found[-1][0]
        portion = [row.seq for row in snap.records([seq for seq, _ in found]) if not row.is_purged]
        if portion:
            yield portion


def _behind(snap: Snapshot, before: int) -> tuple[str, ...]:
    """The accounts whose last item is older than what is purged, as far as it is known."""
    return tuple(sorted({row.reader for row in snap.tracks() if row.track.date < before}))
