"""Footing: the leaves of the log that an explanation rests on.

The act that made the version of the agreement that counts, those that put the pauses in force which the explanation
names, words on the item by itself, who brought it in, the epoch that released it, and the page by which it was given.
Each is found by its name (`domain/about.py`), so that it takes as long in a log of ten million leaves as in one of ten.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from relto.domain import about
from relto.domain.act import Act
from relto.domain.marking import Recipient
from relto.domain.override import Override
from relto.domain.pause import Pause
from relto.domain.stream import BACKLOG
from relto.usecases.evidence.walking import delivery_leaf, leaf_at, leaf_of, walked
from relto.usecases.policy import act_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from relto.ports.store import ActRow, FlowRow, Known, LeafRow, Snapshot
    from relto.usecases.evidence.walking import Leaf
    from relto.usecases.policy import Policy

LEAVES_MAX: Final = 1_000
"""Leaves of all acts of one explanation: an act has one for each time that it came to stand otherwise."""

ACTS_MAX: Final = 1_000
"""So many of the last acts of one kind are looked through, where no moment leads to the one that is meant."""

_MOVING: Final = frozenset({"withdraw", "joined-stricter", "topics-reclass"})
_PAUSING: Final = frozenset({"pause", "pause-amend", "pause-begun", "condition-add", "condition-set", "resume"})
_RELEASING: Final = frozenset(
    {
        "agreement-apply", "resume", "pause-amend", "backlog-release", "item-release", "party-join", "membership-due",
        "topics-reclass", "repair", "redeliver",
    }
)  # fmt: skip
"""Acts by which something that was kept back is released, or given again."""


@dataclass(frozen=True, slots=True)
class Told:
    """A leaf: its number, its kind, and what it tells, in words."""

    leaf: int
    kind: str
    what: str


class Footing:
    """Finds them for the explanations of one read block. `at`: as of that moment; None: as of now, which is `now`."""

    def __init__(self, snap: Snapshot, policy: Policy, *, now: int, at: int | None) -> None:
        """`policy` is that of the moment."""
        self._snap = snap
        self._policy = policy
        self._now = now
        self._at = at
        # A block may make hundreds of agreements, and each of their flows asks for its own.
        self._done: dict[int, list[tuple[int, Act]]] = {}

    def of(self, flow: FlowRow, version: Known, pauses: Collection[str], codes: Collection[str]) -> list[Told]:
        """What it rests on that an item stands so in a flow, in the order of the log. `pauses`: those that the
        explanation names; `codes`: those of its reasons.
        """
        numbers = {
            *self._of_agreement(flow),
            *self._of_members(flow),
            *self._of_item(flow, version),
            *(number for pause in pauses for number in self._of_pause(pause)),
            *(self._of_discard(flow, version) if "backlog-discarded" in codes else ()),
        }
        found: list[Told] = []
        place = self._policy.stream(self._snap, flow.main).place_of(version.class_id, version.seq)
        if place is not None and place.part == BACKLOG:
            for told, acts in self._epochs(flow, place.epoch):
                found.append(told)
                numbers |= acts
        found += self._acts(numbers)
        found += self._batch(version)
        if place is not None or self._is_purged(version):
            found += self.delivery(flow, version)
        return sorted(found, key=lambda each: each.leaf)

    def delivery(self, flow: FlowRow, version: Known) -> list[Told]:
        """The first page that gave the item to the party under this agreement; empty where none did."""
        seq = version.seq
        names = list(about.given(flow.id, seq, upto=self._last_seq))
        first = min((each.leaf for each in self._batch(version)), default=0)
        pages = walked(lambda first, limit: self._snap.leaves_about(names, first=first, limit=limit), first=first)
        for number, row in pages:
            place = leaf_of(self._snap, number, row)
            if not any(start <= seq <= last for start, last in place.says["items"]):
                continue
            told = delivery_leaf(self._snap, place)
            says = told.says
            if says["endpoint"] != "objects" or self._never_left(says):
                continue
            if says["given_at"] > self._now:
                return []
            what = f"it was given to `{says['reader']}` of {says['party']} under agreement `{flow.agreement}`"
            return [Told(told.number, told.kind, what)]
        return []

    # Acts, by number.

    def _of_agreement(self, flow: FlowRow) -> Iterator[int]:
        standing = self._policy.standings[flow.agreement]

        version = standing.row.version

        def made(act: Act) -> bool:
            its = {"agreement": flow.agreement, "version": version}
            return act.kind == "agreement-apply" and its.items() <= act.outcome.items()

        def ended(act: Act) -> bool:
            return act.kind == "agreement-end" and act.outcome.get("agreement") == flow.agreement

        yield from self._done_at(standing.row.made_at, made)
        if standing.row.ended_at is not None:
            yield from self._done_at(standing.row.ended_at, ended)

    def _of_members(self, flow: FlowRow) -> Iterator[int]:
        """How the party came to receive by a group, or no more."""
        parties, to = self._policy.parties, self._policy.standings[flow.agreement].terms.to
        if flow.party in to:
            return
        if not flow.member:
            yield from self._last(
                ("party-leave",), lambda act: act.order["member"] == flow.party and act.order["group"] in to
            )
            return
        groups = parties.groups_of(flow.party, self._now)
        for group in groups:
            if group not in to and not to & parties.groups_of(group, self._now):
                continue
            for member in {flow.party, *groups} - {group}:
                found = parties.membership(group, member, self._now)
                if found is None or not found.counts(self._now):
                    continue

                def joins(act: Act, group: str = group, member: str = member) -> bool:
                    order = act.order
                    if act.kind == "party-add":
                        return order["party"] == group and member in order["members"]
                    return act.kind == "party-join" and (order["group"], order["member"]) == (group, member)

                numbers = list(self._done_at(found.from_us, joins))
                # One that was set for later was asked for at another moment.
                yield from numbers or self._last(("party-join",), joins)

    def _of_item(self, flow: FlowRow, version: Known) -> Iterator[int]:
        """Words on the item by itself, and what moved it from class to class."""
        for row in self._snap.overrides(seqs=[version.seq]):
            word = Override(row.agreement, row.party, row.verb)
            if row.at <= self._now and word.concerns(flow.agreement, flow.party):
                yield row.act
        for move in self._snap.moves(seqs=[version.seq]):
            if move.at <= self._now:
                yield from self._done_at(
                    move.at,
                    lambda act: act.kind in _MOVING and version.seq in act.order.get("items", (version.seq,)),
                )

    def _of_pause(self, number: str) -> Iterator[int]:
        """The act that made the pause, and the one by which it came to stand as it does."""
        rows = [row for row in self._snap.pause_versions(int(number)) if row.made_at <= self._now]

        def is_its(act: Act) -> bool:
            return act.kind in _PAUSING and number in {act.outcome.get("pause"), act.order.get("pause")}

        for row in {rows[0], rows[-1]} if rows else ():
            numbers = list(self._done_at(row.made_at, is_its))
            # One that was scheduled begins at its moment, whenever somebody finds that it has come.
            yield from numbers or self._last(("pause-begun",), is_its)

    def _of_discard(self, flow: FlowRow, version: Known) -> Iterator[int]:
        """What dropped the item: it covered the class, and the item was there."""
        value = self._policy.classes[version.class_id].value
        terms = self._policy.standings[flow.agreement].terms
        recipient = Recipient(flow.party, self._policy.parties.groups_of(flow.party, self._now))

        def dropped(row: ActRow, act: Act) -> bool:
            if row.seq < version.seq or row.done_at > self._now:
                return False
            if act.kind == "resume":
                pause = None if act.before is None else Pause.of_value(act.before)
                return (
                    act.order.get("backlog") == "discard"
                    and pause is not None
                    and pause.covers(value, flow.agreement, recipient, unmarked=terms.unmarked)
                )
            topics = set(act.order.get("topics", ()))
            return (
                (not act.concerns or flow.agreement in act.concerns)
                and (not topics or bool(topics & value.topics))
                and (not act.order.get("items") or version.seq in act.outcome.get("seqs", ()))
            )

        for row in self._snap.acts_done({"resume", "backlog-discard"}):
            if row.seq >= version.seq and dropped(row, act_of(row)):
                yield row.number

    def _done_at(self, moment: int, wanted: Callable[[Act], bool]) -> Iterator[int]:
        if moment not in self._done:
            self._done[moment] = [(row.number, act_of(row)) for row in self._snap.acts_at(moment)]
        for number, act in self._done[moment]:
            if wanted(act):
                yield number

    def _last(self, kinds: Collection[str], wanted: Callable[[Act], bool]) -> Iterator[int]:
        """The last one of these kinds, among those that are looked through."""
        for kind in kinds:
            for row in self._snap.acts(kind=kind, limit=ACTS_MAX):
                if row.state == "applied" and row.done_at <= self._now and wanted(act_of(row)):
                    yield row.number
                    return

    # Leaves.

    def _act_leaves(self, numbers: Collection[int]) -> Iterator[Leaf]:
        last: dict[str | None, tuple[int, LeafRow]] = {}
        for number, row in self._snap.leaves_about([*map(about.of_act, sorted(numbers))], limit=LEAVES_MAX):
            last[row.about] = number, row
        for number, row in last.values():
            yield leaf_of(self._snap, number, row)

    def _acts(self, numbers: Collection[int]) -> Iterator[Told]:
        """Of each act the leaf by which it was carried out: the last that tells of it, with all approvals."""
        for leaf in self._act_leaves(numbers):
            says = leaf.says
            act = Act.parse(says["number"], says["act"], says["state"], says["value"])
            approved = ", ".join(f"`{each.by}`" for each in act.approvals)
            by = f"by `{act.by}`" + (f", approved by {approved}" if approved else "")
            yield Told(leaf.number, leaf.kind, f"act {act.number} ({act.kind}) {by}{_done(act)}")

    def _batch(self, version: Known) -> Iterator[Told]:
        batch = self._snap.batch_of(version.seq)
        if batch is None:
            return
        for number, row in self._snap.leaves_about([about.of_batch(batch.first)], limit=1):
            says = leaf_of(self._snap, number, row).says
            many = f"items {batch.first} to {batch.last}" if batch.last > batch.first else f"item {batch.first}"
            what = f"{many} of {says['originator']} came in by `{says['by']}`"
            yield Told(number, "batch", what if batch.first == batch.last else f"{what}; this is item {version.seq}")

    def _epochs(self, flow: FlowRow, epoch: int) -> Iterator[tuple[Told, set[int]]]:
        """The epoch in whose backlog the item stands, and the acts that made it."""
        begun: Leaf | None = None
        told: Leaf | None = None
        name = about.of_epoch(flow.main, epoch)
        for number, row in self._snap.leaves_about([name], limit=LEAVES_MAX):
            leaf = leaf_of(self._snap, number, row)
            told = leaf if "start_seq" in leaf.says else None
            begun = None if told is None else begun or told
        if begun is None or told is None or (self._at is not None and begun.at > self._at):
            return
        what = f"epoch {epoch} of stream {flow.main}, in whose backlog it stands"
        moment = leaf_at(self._snap, begun.block).says.get("now", 0)
        acts = self._done_at(
            moment,
            lambda act: act.kind in _RELEASING and (not act.concerns or flow.agreement in act.concerns),
        )
        # Another may have been carried out at this very moment, in a block of its own.
        mine = {leaf.says["number"] for leaf in self._act_leaves({*acts}) if leaf.block == begun.block}
        yield Told(told.number, told.kind, what), mine

    def _never_left(self, says: Any) -> bool:
        names = [about.of_page(says["reader"], says["page"])]
        return bool(says["page"]) and bool(self._snap.leaves_about(names, limit=1))

    def _is_purged(self, version: Known) -> bool:
        return any(row.is_purged for row in self._snap.records([version.seq]))

    @cached_property
    def _last_seq(self) -> int:
        return self._snap.head().last_seq


def _done(act: Act) -> str:
    """What came of an act, where a version or a pause did."""
    if act.kind == "agreement-apply":
        return f": version {act.outcome['version']} of agreement `{act.outcome['agreement']}`"
    if act.kind == "agreement-end":
        return f": end of agreement `{act.outcome['agreement']}`"
    pause = act.outcome.get("pause") or act.order.get("pause")
    return f": pause `{pause}`" if pause else ""
