"""Showing: what the log says, for people who look after it; and what a party received, under which version, and who
agreed to that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec

from relto.domain.about import of_act
from relto.domain.act import Act
from relto.domain.leaf import decoded
from relto.usecases.evidence.expected import UNREADABLE
from relto.usecases.evidence.walking import block_of, leaf_at, leaves, place_leaf, records_of, walked
from relto.usecases.policy import act_of

if TYPE_CHECKING:
    from relto.ports.store import Snapshot
    from relto.usecases.evidence.walking import Leaf

WHO_LETS: Final = ("agreement-apply", "resume", "backlog-release", "item-release", "retraction", "redeliver")
"""Acts by which something flows."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which leaves are wanted; None: all. `since` and `until` in microseconds, both among them. `seqs`: those that
    tell of one of these items. `act`: those of the write blocks in which something was recorded of that act. `numbers`:
    those of these numbers; for that of a part the leaf that it belongs to. `agreements_with`: to which `party` is one;
    what changes them concerns it.
    """

    kind: str | None = None
    party: str | None = None
    agreement: str | None = None
    act: int | None = None
    since: int | None = None
    until: int | None = None
    seqs: Collection[int] | None = None
    numbers: Collection[int] | None = None
    agreements_with: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class ReceivedItem:
    """An item that a party was given: by which leaf, by which clock (`at`), to which reader, and what let it flow.

    `version`: of the agreement; `policy`: the policy version that decided. `act`: the last act by which something
    flowed under the agreement by then.
    """

    leaf: int
    at: int
    agreement: str
    party: str
    reader: str
    seq: int
    item: str
    digest: str
    version: int
    policy: int
    act: Act | None


def shown(snap: Snapshot, narrowed: Narrowed, *, after: int = -1, limit: int) -> list[Leaf]:
    """The first `limit` leaves beyond number `after` that are wanted."""
    blocks = None if narrowed.act is None else _blocks(snap, narrowed.act)
    found = (
        leaf
        for leaf in _candidates(snap, narrowed, after, blocks)
        if (blocks is None or leaf.block in blocks) and _is_wanted(leaf, narrowed)
    )
    return list(islice(found, limit))


def _candidates(snap: Snapshot, narrowed: Narrowed, after: int, blocks: Collection[int] | None) -> Iterator[Leaf]:
    if narrowed.numbers is not None:
        yield from _numbered(snap, narrowed.numbers, after)
    elif blocks is not None:
        for block in sorted(blocks):
            yield from block_of(snap, block, first=max(block, after + 1))
    else:
        yield from leaves(snap, first=after + 1, kind=narrowed.kind)


def _numbered(snap: Snapshot, numbers: Collection[int], after: int) -> Iterator[Leaf]:
    last, size = after, snap.log().size
    for number in sorted(numbers):
        if last < number < size:
            leaf = leaf_at(snap, number)
            last = leaf.number
            yield leaf


def _blocks(snap: Snapshot, act: int) -> set[int]:
    """The write blocks in which something was recorded of an act."""
    found = walked(lambda first, limit: snap.leaves_about([of_act(act)], first=first, limit=limit))
    return {decoded(row.data)["block"] for _, row in found}


def received(
    snap: Snapshot,
    party: str,
    *,
    agreement: str | None = None,
    since: int | None = None,
    until: int | None = None,
    after: int = -1,
) -> Iterator[ReceivedItem]:
    """Every item that the party was given, by leaves beyond number `after`, in the order of the log. A page that never
    left gave nothing.
    """
    letting = _letting(snap)
    versions = {row.id: snap.agreement_versions(row.id) for row in snap.agreements()}
    unsent = {_page(leaf) for leaf in leaves(snap, first=after + 1, kind="withdrawn", party=party)}
    for told in leaves(snap, first=after + 1, kind="delivery", party=party):
        says = told.says
        if agreement not in {None, says["agreement"]} or not _is_within(says["given_at"], since, until):
            continue
        if _page(told) in unsent:
            continue
        place = place_leaf(snap, told.number).says
        name, at, policy = says["agreement"], says["given_at"], place["version"]
        acts, made = letting.get(name, ()), versions.get(name, ())
        count = bisect_right(acts, policy, key=itemgetter(0))
        act = acts[count - 1][1] if count else None
        count = bisect_right(made, at, key=attrgetter("made_at"))
        version = made[count - 1].version if count else 0
        for row in records_of(snap, place):
            item = f"{row.stix_id}@{row.version}"
            yield ReceivedItem(
                told.number,
                says["given_at"],
                name,
                party,
                says["reader"],
                row.seq,
                item,
                row.digest.hex(),
                version,
                policy,
                act,
            )


def _letting(snap: Snapshot) -> dict[str, list[tuple[int, Act]]]:
    """By agreement, the acts by which something flows, each behind the policy version with which it was carried out, in
    the order of those: whoever asks which was the last by some version need not look at all of them.
    """
    found: dict[str, list[tuple[int, Act]]] = {}
    for row in snap.acts_done(WHO_LETS):
        act = act_of(row)
        for name in act.concerns:
            found.setdefault(name, []).append((row.version, act))
    return found


def _page(leaf: Leaf) -> tuple[str, str, int]:
    """Which page a delivery gave, or a leaf takes back: agreement, reader and name, 0 for those that have none."""
    return leaf.says["agreement"], leaf.says["reader"], leaf.says["page"]


def _is_within(at: int, since: int | None, until: int | None) -> bool:
    return (since is None or since <= at) and (until is None or at <= until)


def _is_wanted(leaf: Leaf, narrowed: Narrowed) -> bool:
    if narrowed.kind not in {None, leaf.kind} or not _is_within(leaf.at, narrowed.since, narrowed.until):
        return False
    if narrowed.party is not None and not _concerns(leaf, narrowed.party, narrowed.agreements_with):
        return False
    if narrowed.agreement is not None and narrowed.agreement not in _agreements(leaf):
        return False
    return narrowed.seqs is None or _tells_of(leaf, narrowed.seqs)


def _value(leaf: Leaf) -> Mapping[str, Any]:
    """What an act, or the row of a pause, says in JSON of its own."""
    text = leaf.says.get("value") if leaf.kind == "act" else (leaf.says.get("row") or {}).get("value")
    return msgspec.json.decode(text) if isinstance(text, str) and text.startswith("{") else {}


def _concerns(leaf: Leaf, party: str, agreements: Collection[str]) -> bool:
    """Whether it tells of the party: by name, or of a change to an agreement to which it is one."""
    says, row = leaf.says, leaf.says.get("row") or {}
    if leaf.kind == "act" or says.get("table") in {"agreements", "pauses"}:
        return not _agreements(leaf).isdisjoint(agreements) or (leaf.kind == "act" and party in _named(says))
    return party in {says.get("party"), row.get("party"), row.get("code"), row.get("group"), row.get("member")}


def _named(says: Mapping[str, Any]) -> frozenset[str]:
    """The parties that an act names; none where it is no act that can be read, which is for whoever verifies to say."""
    with suppress(*UNREADABLE):
        return Act.parse(says["number"], says["act"], says["state"], says["value"]).named
    return frozenset()


def _agreements(leaf: Leaf) -> set[object]:
    row = leaf.says.get("row") or {}
    named = {leaf.says.get("agreement"), row.get("id") if leaf.says.get("table") == "agreements" else None}
    value = _value(leaf)
    return named | set(value.get("concerns", ())) | set(value.get("agreements", ()))


def _tells_of(leaf: Leaf, seqs: Collection[int]) -> bool:
    says = leaf.says
    match leaf.kind:
        case "batch":
            return any(says["first"] <= seq <= says["last"] for seq in seqs)
        case "place":
            return any(first <= seq <= last for first, last in says["items"] for seq in seqs)
        case "moves":
            return any(after < seq <= upto for after, upto in says["items"] for seq in seqs)
        case "row":
            return says["row"].get("seq") in seqs
        case _:
            return False
