"""Items one by one: withheld, released or recalled by hand, for one agreement or for all, with a reason.

What is decided about one item is an act; the item moves to a class of its own, with everything that its class had in
every flow and stream, and from there on decisions are taken as for any class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

from relto.domain.errors import BadInput, Refused, Unknown
from relto.domain.ids import parse_item
from relto.domain.keys import object_key
from relto.domain.override import ALL, Override, applied
from relto.domain.ranges import Ranges
from relto.domain.written import one_line
from relto.ports.store import OverrideRow
from relto.usecases.counting import count
from relto.usecases.intent import Done, Plan
from relto.usecases.policy import standing_of, unknown_agreement
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from relto.domain.act import Act
    from relto.domain.actor import Actor
    from relto.domain.override import Verb
    from relto.ports.store import FlowRow, Known, Snapshot
    from relto.usecases.change import Change
    from relto.usecases.policy import Policy

ITEMS_MAX = 1_000
"""Items of one act."""

REASON_MAX = 2_000


NAMED_MAX: Final = 5
"""Agreements that one message names."""


@dataclass(frozen=True, slots=True)
class WithholdItem:
    """Keeps items that were not released yet from the recipients of one agreement, or of all."""

    kind: ClassVar[str] = "item-withhold"

    items: Sequence[str]
    agreement: str | None = None
    reason: str = ""

    def plan(self, change: Change, by: Actor) -> Plan:
        """An officer of whose agreement, or whose item, it is. Raises `Refused` `item-released`."""
        return _plan(change, self, self._unreleased(change, _asked(change, self, by)), "withhold", "pause")

    def carry_out(self, change: Change, act: Act) -> Done:
        """From now on it is withheld, whatever else is decided. Raises as `plan` does: it may have been released while
        this waited, and who has it would not be told.
        """
        self._unreleased(change, Sight.of_asker(act, change.policy))
        return _carry_out(change, act, self, "withhold")

    def _unreleased(self, change: Change, sight: Sight) -> list[tuple[str, Known]]:
        found = _found(change, self, sight)
        for name, version in found:
            if given := _given_to(change, self.agreement, version):
                # Only what is there for whoever asked is named.
                under = sorted({f"`{flow.agreement}`" for flow in given if sight.gives(flow.agreement)})
                where = f" under {_some(under)}" if under else ""
                raise Refused(
                    "item-released",
                    f"item `{name}` was released already{where}",
                    remedy="relto item recall",
                    item=name,
                )
        return found


@dataclass(frozen=True, slots=True)
class RecallItem:
    """Closes items that were released for reading; the accounts of who was given them are told."""

    kind: ClassVar[str] = "item-recall"

    items: Sequence[str]
    agreement: str | None = None
    reason: str = ""

    def plan(self, change: Change, by: Actor) -> Plan:
        """An officer of whose agreement, or whose item, it is. Raises `Refused` `item-not-released`."""
        found = _found(change, self, _asked(change, self, by))
        for name, version in found:
            if not _given_to(change, self.agreement, version):
                raise Refused(
                    "item-not-released",
                    f"item `{name}` was released to nobody, so there is nothing to recall",
                    remedy="relto item withhold",
                    item=name,
                )
        return _plan(change, self, found, "recall", "pause")

    def carry_out(self, change: Change, act: Act) -> Done:
        """It is closed for reading; `recipients` of the outcome says to whom it had been released."""
        had = {
            f"{name.partition('@')[0]}@{version.version}": [
                (flow.agreement, flow.party) for flow in _given_to(change, self.agreement, version)
            ]
            for name, version in _found(change, self, Sight.of_asker(act, change.policy))
        }
        done = _carry_out(change, act, self, "recall")
        parties = sorted({party for theirs in had.values() for _, party in theirs})
        return replace(done, outcome={**done.outcome, "recipients": parties}, value=had)


@dataclass(frozen=True, slots=True)
class ReleaseItem:
    """Lets items through any pause, and takes back what was withheld or recalled; markings and scopes stay."""

    kind: ClassVar[str] = "item-release"

    items: Sequence[str]
    agreement: str | None = None
    reason: str = ""

    def plan(self, change: Change, by: Actor) -> Plan:
        """An officer of whose agreement, or whose item, it is; as many approvals as for a resume."""
        return _plan(change, self, _found(change, self, _asked(change, self, by)), "release", "resume")

    def carry_out(self, change: Change, act: Act) -> Done:
        """It flows under a new date where it did not; `released` of the outcome counts.

        Raises `Refused` `act-outdated` where an agreement concerns it by now that nobody was asked about.
        """
        found = _found(change, self, Sight.of_asker(act, change.policy))
        unasked = sorted({*_concerned(change.policy, found)} - {*act.concerns})
        if self.agreement is None and unasked:
            raise Refused(
                "act-outdated",
                "an agreement concerns it by now about which nobody was asked",
                remedy="ask for it anew",
                act=str(act.number),
                moved=[name for name in unasked if Sight.of_asker(act, change.policy).agreement(name)],
            )
        recalled = [
            name
            for name, version in found
            if any(word.verb == "recall" for word in change.policy.classes[version.class_id].value.overrides)
        ]
        done = _carry_out(change, act, self, "release")
        # Whoever was told of the recall is told that it is taken back.
        back = {
            f"{name.partition('@')[0]}@{version.version}": [
                (flow.agreement, flow.party) for flow in _given_to(change, self.agreement, version)
            ]
            for name, version in _found(change, self, Sight.of_asker(act, change.policy))
            if name in recalled
        }
        return replace(done, value=back)


ByHand = WithholdItem | RecallItem | ReleaseItem


def _exactly(order: ByHand, found: Sequence[tuple[str, Known]]) -> ByHand:
    """The order, of the versions that there are now: what is agreed to is what was seen."""
    return replace(order, items=tuple(f"{name.partition('@')[0]}@{version.version}" for name, version in found))


def _plan(change: Change, order: ByHand, found: Sequence[tuple[str, Known]], verb: Verb, asked: str) -> Plan:
    policy = change.policy
    names = [order.agreement] if order.agreement is not None else sorted(_concerned(policy, found))
    owners = {policy.classes[version.class_id].value.originator for _, version in found}
    exact = _exactly(order, found)
    return Plan(
        what=f"{verb} items",
        # An item is its originator's, who may keep it back from everybody; what flows under an agreement, through its
        # pauses, is the decision of whose agreement it is.
        parties=policy.givers(names) or owners if order.agreement is not None or verb == "release" else owners,
        concerns=names,
        needs=policy.asks(names, "resume" if asked == "resume" else "pause"),
        grounds=[f"agreement {name}" for name in names],
        why=order.reason,
        intent=exact,
        before={
            name: [list(word) for word in sorted(policy.classes[version.class_id].value.overrides)]
            for name, (_, version) in zip(exact.items, found, strict=True)
        },
    )


def seqs_of(change: Change, order: ByHand, sight: Sight) -> list[int]:
    """The items that an act by hand is about. Raises as its plan does."""
    return [version.seq for _, version in _found(change, order, sight)]


def _asked(change: Change, order: ByHand, by: Actor) -> Sight:
    """What whoever asks may look into. Raises `Unknown` `agreement-unknown` for one that is not there for it."""
    sight = Sight(by, change.policy)
    if order.agreement is not None and not sight.agreement(order.agreement):
        raise unknown_agreement(order.agreement)
    return sight


def _found(change: Change, order: ByHand, sight: Sight) -> list[tuple[str, Known]]:
    """(item as typed, version), of the stocks that whoever asks may look into: others are not there for it.

    Raises `Unknown` (`agreement-unknown`, `item-unknown`), `BadInput` (`reason-invalid`, `item-ambiguous`).
    """
    one_line(order.reason, what="the reason", code="reason-invalid", longest=REASON_MAX)
    if not 0 < len(order.items) <= ITEMS_MAX:
        raise BadInput("items-invalid", f"an act names 1 to {ITEMS_MAX} items")
    scope = None
    if order.agreement is not None:
        scope = standing_of(change.policy, order.agreement).terms.scope.originators
    found = []
    for text in dict.fromkeys(order.items):
        named = [pair for pair in items_named(change.tx, change.policy, text) if sight.stock(pair[0])]
        if not named:
            raise unknown_item(text)
        mine = [pair for pair in named if not scope or pair[0] in scope]
        if not mine:
            raise Unknown(
                "item-unknown", f"agreement `{order.agreement}` has no item `{text}`", remedy="relto explain ITEM PARTY"
            )
        if len(mine) > 1:
            owners = ", ".join(sorted(owner for owner, _ in mine))
            raise BadInput("item-ambiguous", f"`{text}` is an item of {owners}", remedy="name an agreement")
        found.append((text, mine[0][1]))
    return found


def _concerned(policy: Policy, found: Sequence[tuple[str, Known]]) -> set[str]:
    owners = {policy.classes[version.class_id].value.originator for _, version in found}
    return {name for name, standing in policy.standings.items() if owners & (standing.terms.scope.originators or set())}


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED_MAX
    return ", ".join(names[:NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


def _given_to(change: Change, agreement: str | None, version: Known) -> list[FlowRow]:
    """The flows, of one agreement or of all, in which the item was released; who has it has it, whatever hides it."""
    policy = change.policy
    return [
        flow
        for flow in policy.flows.values()
        if agreement in {None, flow.agreement}
        and policy.stream(change.tx, flow.main).place_of(version.class_id, version.seq) is not None
    ]


def _carry_out(change: Change, act: Act, order: ByHand, verb: Verb) -> Done:
    word = Override(order.agreement or ALL, ALL, verb)
    found = _found(change, order, Sight.of_asker(act, change.policy))
    by_class: dict[int, list[int]] = {}
    for _, version in found:
        by_class.setdefault(version.class_id, []).append(version.seq)
    targets = {}
    for source in by_class:
        value = change.policy.classes[source].value
        overrides = applied(value.overrides, word)
        targets[source] = replace(value, overrides=overrides, lineage=f"{source}@{act.number}")
    ids = change.intern(targets.values())
    for source, seqs in by_class.items():
        target = ids[targets[source]]
        change.copy_class(source, target)
        change.tx.move(sorted(seqs), target, at=change.now)
        if verb == "release":
            change.free(target, lambda flow: word.concerns(flow.agreement, flow.party))
    change.tx.add_overrides(
        [OverrideRow(act.number, version.seq, word.agreement, word.party, verb, change.now) for _, version in found]
    )
    effect = change.effect()
    for flow in list(change.policy.flows.values()):
        if word.concerns(flow.agreement, flow.party):
            effect.add(change.settle(flow))
    bits = Ranges.of(*((version.seq - 1, version.seq) for _, version in found))
    released = {name: part for name, ranges in effect.released.items() if (part := ranges & bits)}
    return Done(
        outcome={"items": len(found), "released": count(change.tx, released), "verb": verb},
        effect=effect,
        after={name: list(word) for name, _ in found},
    )


def items_named(snap: Snapshot, policy: Policy, text: str) -> list[tuple[str, Known]]:
    """(originator, version) of the items that `text` (`id`, or `id@modified`) names; without a version the last of
    each. Raises `Unknown` `item-unknown`.
    """
    return [(originator, versions[-1]) for originator, versions in versions_named(snap, policy, text)]


def versions_named(
    snap: Snapshot, policy: Policy, text: str, *, upto: int | None = None
) -> list[tuple[str, list[Known]]]:
    """(originator, versions) of the items that `text` names, in the order in which they were stored; none is empty.

    `upto`: only what was stored up to there. Raises `Unknown` `item-unknown`.
    """
    name = parse_item(text)
    found = []
    for originator in sorted({row.value.originator for row in policy.classes.values()}):
        versions = snap.known([object_key(originator, name.id)]).get(object_key(originator, name.id), [])
        versions = [each for each in versions if upto is None or each.seq <= upto]
        if name.version is not None:
            versions = [each for each in versions if each.version_us == name.version_us]
        if versions:
            found.append((originator, list(versions)))
    if not found:
        raise unknown_item(text)
    return found


def unknown_item(text: str) -> Unknown:
    """There is no such item, for whoever asks."""
    return Unknown("item-unknown", f"there is no item `{text}`", item=text)
