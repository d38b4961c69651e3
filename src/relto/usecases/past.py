"""The past: how things stood at a moment, told again from the acts that were carried out up to then.

From the record alone: each act says what was before and after it and with which item it began to count, and the domain
decides again what followed from it, class by class. An item that went from class to class is followed by itself, so
that it counts under the class that it had. Nothing here reads what flows and streams hold now.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from relto.domain.act import agreement_in
from relto.domain.agreement import Agreement, of, recipients
from relto.domain.classes import Class
from relto.domain.errors import BadInput
from relto.domain.flow import FREED, ClassState, Lift, Verdict, begin, bit_discarded, bit_released, freed
from relto.domain.marking import Recipient
from relto.domain.party import Membership, Parties, Party
from relto.domain.pause import Pause
from relto.domain.ranges import EMPTY, EVERYTHING, OPEN, Ranges
from relto.ports.store import ActRow, AgreementRow, FlowRow
from relto.usecases.counting import counted
from relto.usecases.policy import Policy, Standing, act_of
from relto.usecases.settled import Alike, Ground, Kept, Settled, kept

if TYPE_CHECKING:
    from relto.domain.act import Act
    from relto.ports.node import Node
    from relto.ports.store import MoveRow, Snapshot

KINDS = frozenset(
    {
        "agreement-apply", "agreement-end", "pause", "pause-amend", "pause-begun", "resume", "condition-add",
        "condition-set", "backlog-release", "backlog-discard", "party-add", "party-join", "party-leave",
        "membership-due", "item-withhold", "item-release", "item-recall", "withdraw", "joined-stricter",
        "topics-reclass",
    }
)  # fmt: skip
"""Acts that change what flows."""

LATE = frozenset({"pause-begun", "membership-due"})
"""Acts that counted from their moment on, whenever they were found to be due."""

_ON_AGREEMENTS: Final = frozenset({"agreement-apply", "agreement-end"})

_LISTING: Final = frozenset({"joined-stricter", "withdraw"})
"""Acts that list the items which they moved from class to class."""

Wanted = Callable[[FlowRow, Agreement], bool]
"""Whether a flow is told of, by the terms of its agreement at the moment that is asked about."""

_since: Final = itemgetter(0)


@dataclass(slots=True)
class Group:
    """Items that had the same classes by the same acts, up to the moment that is asked about.

    `ways`: (from which act on, by its place among those carried out; class). `seqs`: None: all items of the class that
    never moved. `first`: the first of them; None where there is none. `late`: by flow, what was released otherwise than
    as it came, and when.
    """

    ways: tuple[tuple[int, int], ...]
    seqs: Ranges | None
    first: int | None = None
    states: dict[int, ClassState] = field(default_factory=dict)
    given: dict[int, Ranges] = field(default_factory=dict)
    late: dict[int, list[tuple[int, Ranges]]] = field(default_factory=dict)

    def class_at(self, done: int) -> int:
        """The class that they had when this act was carried out: acts of one block have one moment, in an order."""
        return next(class_id for since, class_id in reversed(self.ways) if since <= done)


@dataclass(slots=True)
class _Scene:
    """Everything that a decision needs, as it is while the acts are told."""

    parties: Parties
    standings: dict[str, Standing]
    pauses: dict[str, Pause]
    flows: dict[int, FlowRow]


class Past:
    """How a node stood at `at` (microseconds). Made inside a read block.

    `before`: it is told only as far as the act that was carried out as the `before`-th, which it leaves out, until
    `go_on` tells the rest.
    """

    def __init__(
        self,
        snap: Snapshot,
        policy: Policy,
        at: int,
        *,
        wanted: Wanted,
        before: int | None = None,
        with_items: bool = True,
        agreements: Collection[str] | None = None,
    ) -> None:
        """`policy` is that of the block; its classes and flows are looked up, nothing else. `wanted`: which flows are
        told, all of them of these `agreements`; of others nothing is there then. None: of any. Without `with_items` it
        is told who received under which terms, and what was paused, and of no item.
        """
        self.at = at
        self.upto = snap.seq_upto(at)
        self._snap = snap
        self._source = policy
        self._done = self._clock = 0
        self._classes = policy.classes
        self._members: dict[tuple[str, str, int], int | None] = {}
        self._parties = [Party.parse(row.code, row.name, row.kind, row.ceiling) for row in snap.parties()]
        self._scene = _Scene(Parties(self._parties), {}, {}, {})
        self._settled: dict[int, Settled] = {}
        self._left = deque(_acts_upto(snap, at, agreements))
        self._terms = {row.number: of(act.after) for row, act in self._left if act.kind == "agreement-apply"}
        terms = {each.id: each for each in self._terms.values()}
        self._rows: dict[str, dict[str, FlowRow]] = {}
        for flow in policy.flows.values():
            if flow.agreement in terms and wanted(flow, terms[flow.agreement]):
                self._rows.setdefault(flow.agreement, {})[flow.party] = flow
        self.groups = list(self._grouped(snap.moves(), self._left)) if with_items else []
        moved = ((since, place) for place, group in enumerate(self.groups) for since, _ in group.ways[1:])
        self._moved = sorted(moved)
        self.policy = self._told(before)

    def go_on(self) -> None:
        """Tells what was left out."""
        self.policy = self._told(None)

    def _told(self, before: int | None) -> Policy:
        """The policy after the acts that were carried out before that one, or after all."""
        while self._left and (before is None or self._left[0][0].done < before):
            row, act = self._left.popleft()
            self._tell(row, act)
        self._done = self._left[0][0].done - 1 if self._left else OPEN
        scene, source = self._scene, self._source
        return Policy(
            source.version,
            scene.parties,
            dict(scene.standings),
            dict(scene.pauses),
            source.classes,
            dict(scene.flows),
            source.streams,
            {},
            source.host,
        )

    # What is asked of it.

    def group_of(self, seq: int, class_id: int) -> Group:
        """The items that went the way of this one; `class_id` is its class now."""
        for group in self.groups:
            if group.seqs is not None and seq in group.seqs:
                return group
        return next(group for group in self.groups if group.seqs is None and group.ways[0][1] == class_id)

    def value_of(self, group: Group) -> Class:
        """The class of these items at the moment, or as far as it is told."""
        return self._classes[group.class_at(self._done)].value

    def count(self, ranges: Mapping[int, Ranges]) -> dict[int, int]:
        """How many items there are of each group (by its place in `groups`) in its ranges."""
        whole = {
            self.groups[place].ways[0][1]: each for place, each in ranges.items() if self.groups[place].seqs is None
        }
        found = counted(self._snap, whole)
        counts = {}
        for place, each in ranges.items():
            group = self.groups[place]
            if group.seqs is None:
                counts[place] = found.get(group.ways[0][1], 0)
            else:
                counts[place] = sum(upto - after for after, upto in (each & group.seqs))
        return counts

    def first(self, ranges: Mapping[int, Ranges]) -> int | None:
        """The first item in any of the ranges."""
        asked, firsts = [], []
        for place, each in ranges.items():
            group = self.groups[place]
            if group.seqs is None:
                asked += [(group.ways[0][1], after, upto) for after, upto in each]
            elif mine := each & group.seqs:
                firsts.append(mine.pairs[0][0] + 1)
        firsts += [ends[0] for ends in self._snap.trims(asked) if ends is not None]
        return min(firsts, default=None)

    # Items by the way that they went.

    def _grouped(self, moves: list[MoveRow], acts: Iterable[tuple[ActRow, Act]]) -> Iterator[Group]:
        numbers: dict[int, int] = {}
        listed: dict[tuple[int, int], list[int]] = {}
        for row, act in acts:
            numbers[row.number] = row.done
            if act.kind in _LISTING:
                for seq in act.order["items"]:
                    listed.setdefault((row.done_at, seq), []).append(row.done)
        by_item: dict[int, list[tuple[int, int]]] = {}
        for move in moves:
            path = by_item.setdefault(move.seq, [(0, move.source)])
            # A class that an act made for its items names the act; else the act lists the items.
            _, _, number = self._classes[move.target].value.lineage.partition("@")
            if number:
                done = numbers.get(int(number))
            elif move.at <= self.at:
                known = listed.get((move.at, move.seq))
                # Where no act tells of it, in a database of the first releases, it counts with what came before it.
                done = known.pop(0) if known else path[-1][0]
            else:
                done = None
            if done is not None:
                path.append((done, move.target))
        by_way: dict[tuple[tuple[int, int], ...], list[int]] = {}
        for seq, path in by_item.items():
            by_way.setdefault(tuple(path), []).append(seq)
        for way, seqs in by_way.items():
            yield Group(way, Ranges.of(*((seq - 1, seq) for seq in seqs)), min(seqs))
        # Nothing ever moves into a regular class, so what is in it now was always there.
        regular = [row.id for row in self._classes.values() if not row.irregular]
        ends = self._snap.trims([(class_id, 0, OPEN) for class_id in regular])
        for class_id, pair in zip(regular, ends, strict=True):
            yield Group(((0, class_id),), None, None if pair is None else pair[0])

    # Telling it again.

    def _tell(self, row: ActRow, act: Act) -> None:
        self._clock = row.done_at
        moment = int(act.order["moment"]) if act.kind in LATE else row.done_at
        only: Callable[[FlowRow], bool] = _everybody
        name = ""
        match act.kind:
            case "agreement-apply":
                name = self._apply(act, row)
                only = _of_agreement(name)
            case "agreement-end":
                name = str(act.outcome["agreement"])
                standing = self._scene.standings[name]
                only = _of_agreement(name)
                ended = replace(standing.row, ended_at=row.done_at, closed=bool(act.outcome.get("close")))
                self._scene.standings[name] = replace(standing, row=ended)
            case "pause" | "pause-amend" | "condition-add" | "condition-set":
                made = Pause.of_value(act.after)
                self._scene.pauses[made.number] = made
                only = _touched(made)
            case "pause-begun":
                number = str(act.order["pause"])
                begun = self._scene.pauses[number] = self._scene.pauses[number].next_version(moment, state="running")
                only = _touched(begun)
            case "resume":
                number = str(act.outcome.get("pause") or act.order["pause"])
                pause = self._scene.pauses.pop(number, None)
                if pause is None or pause.state != "running":
                    return
                lift = Lift(number, act.order.get("backlog", "release"))
                self._settle(row, moment, lift=lift, only=_touched(pause))
                return
            case "backlog-release" | "backlog-discard":
                self._turn_bits(row, act)
                return
            case "item-release":
                self._free(row, act)
            case _:
                pass
        if act.kind.startswith("party"):
            self._register(row, act)
        if act.kind.startswith(("agreement", "party", "membership")):
            self._follow(row, moment, [name] if name else self._rows)
        self._settle(row, moment, only=only)

    def _apply(self, act: Act, row: ActRow) -> str:
        terms = self._terms[row.number]
        version = int(act.outcome["version"])
        made = AgreementRow(terms.id, version, "", "", row.done_at, act.by)
        self._scene.standings[terms.id] = Standing(made, terms)
        return terms.id

    def _register(self, row: ActRow, act: Act) -> None:
        """Who belonged to whom, as far as it was known then: a group that had no members yet stood for itself."""
        order, now = act.order, row.done_at
        if act.kind == "party-add":
            self._members |= {(order["party"], member, now): None for member in order["members"]}
        elif act.kind == "party-join":
            self._members[order["group"], order["member"], max(order.get("from_us") or now, now)] = None
        else:
            found = self._scene.parties.membership(order["group"], order["member"], now)
            if found is not None:
                left = max(order.get("from_us") or now, found.from_us)
                self._members[found.group, found.member, found.from_us] = left
        # One that was called off before it began never was one.
        counting = [Membership(*key, until) for key, until in self._members.items() if until is None or until > key[-1]]
        self._scene.parties = Parties(self._parties, counting)

    def _follow(self, row: ActRow, moment: int, agreements: Iterable[str]) -> None:
        """Recipients of these agreements come and go by what counts now. An act on one changes nobody's of another."""
        scene = self._scene
        for name in agreements:
            standing = scene.standings.get(name)
            if standing is None:
                continue
            receiving = frozenset(recipients(standing.terms, scene.parties, moment))
            for party, known in sorted(self._rows.get(name, {}).items()):
                flow = scene.flows.get(known.id)
                if flow is None and party in receiving:
                    scene.flows[known.id] = replace(known, member=True, changed_seq=0)
                    self._begin(scene.flows[known.id], row, moment)
                elif flow is not None and flow.member != (party in receiving):
                    scene.flows[known.id] = replace(flow, member=not flow.member)

    def _begin(self, flow: FlowRow, row: ActRow, moment: int) -> None:
        history = self._scene.standings[flow.agreement].terms.history == "all"
        settled = self._settled[flow.id] = self._stands(flow, row, moment)
        begun: dict[Verdict, Kept] = {}
        for group in self.groups:
            verdict = settled.verdict(self._classes[group.class_at(row.done)])
            if verdict not in begun:
                found = begin(verdict, at_seq=row.seq, version=row.version, history=history)
                begun[verdict] = kept(None, EMPTY, found, row.seq)
            self._keep(group, flow.id, begun[verdict])
        settled.reach = self._within_reach(flow.id, settled)
        self._changed(flow.id, self.groups, row.seq)

    def _settle(
        self,
        row: ActRow,
        moment: int,
        *,
        lift: Lift | None = None,
        only: Callable[[FlowRow], bool],
    ) -> None:
        for flow in list(self._scene.flows.values()):
            if not only(flow):
                continue
            history = self._scene.standings[flow.agreement].terms.history == "all"
            before = self._settled[flow.id]
            settled = self._settled[flow.id] = self._stands(flow, row, moment)
            # What is found late leaves things as they were up to what changed since.
            seq, changed = max(row.seq, flow.changed_seq), []
            alike = Alike(seq, row.version, history=history, lift=lift)
            for group in self._to_settle(before, settled, lift):
                state, verdict = group.states[flow.id], settled.verdict(self._classes[group.class_at(row.done)])
                lifts = lift is not None and lift.pause in state.held
                if not lifts and state.verdict == verdict and FREED not in state.held:
                    continue
                found = alike.kept(state, verdict, group.given[flow.id])
                if found.is_other:
                    changed.append(group)
                self._keep(group, flow.id, found)
            if settled.ground is not before.ground:
                settled.reach = self._within_reach(flow.id, settled)
            self._changed(flow.id, changed, seq)

    def _stands(self, flow: FlowRow, row: ActRow, moment: int) -> Settled:
        scene = self._scene
        standing = scene.standings[flow.agreement]
        recipient = Recipient(flow.party, scene.parties.groups_of(flow.party, moment))
        ceiling = scene.parties.party(flow.party).ceiling
        ground = Ground(standing.terms, standing.ended, flow.member, recipient, ceiling)
        running = tuple(
            pause
            for pause in scene.pauses.values()
            if pause.is_running(moment) and pause.concerns(flow.agreement, recipient)
        )
        before = self._settled.get(flow.id)
        if before is None:
            return Settled(ground, running, moment, row.done)
        return before.again(ground, running, moment=moment, done=row.done)

    def _to_settle(self, before: Settled, settled: Settled, lift: Lift | None) -> Sequence[Group]:
        """The groups of which anything may be decided otherwise than when the flow was settled before."""
        if settled.ground is not before.ground:
            return self.groups
        if lift is not None or settled.running != before.running:
            return [self.groups[place] for place in settled.reach]
        # Nothing is decided otherwise but of what went to another class.
        return self._moved_by(before.done, settled.done)

    def _moved_by(self, after: int, upto: int) -> list[Group]:
        """The groups that went to another class by the acts after that one, up to this one."""
        first, last = (bisect_right(self._moved, done, key=_since) for done in (after, upto))
        return [self.groups[place] for place in dict.fromkeys(place for _, place in self._moved[first:last])]

    def _within_reach(self, flow: int, settled: Settled) -> list[int]:
        return [
            place
            for place, group in enumerate(self.groups)
            if group.states[flow].held or not all(settled.bars(self._classes[name]) for _, name in group.ways)
        ]

    def _changed(self, flow: int, groups: Iterable[Group], seq: int) -> None:
        """The flow was changed with this item; a class that had none by then was not there to change."""
        if any(group.first is not None and group.first <= seq for group in groups):
            row = self._scene.flows[flow]
            self._scene.flows[flow] = replace(row, changed_seq=max(row.changed_seq, seq))

    def _turn_bits(self, row: ActRow, act: Act) -> None:
        number = act.order.get("pause")
        topics = frozenset(act.order.get("topics", ()))
        chosen = act.outcome.get("seqs")
        bits = EVERYTHING if not act.order.get("items") else Ranges.of(*((seq - 1, seq) for seq in chosen or ()))
        # As it was carried out: what others kept of the same items is not theirs. An act of a database of the first
        # releases, which says no party, says no agreements either, and was of all.
        flows = [flow.id for flow in self._scene.flows.values() if not act.party or flow.agreement in act.concerns]
        for flow in flows:
            changed = []
            for group in self.groups:
                value = self._classes[group.class_at(row.done)].value
                if topics and not topics & value.topics:
                    continue
                state, given = group.states[flow], group.given[flow]
                if act.kind == "backlog-release":
                    found = bit_released(state, bits, pause=number, given=given, at_seq=row.seq)
                else:
                    found = bit_discarded(state, bits, pause=number)
                after = kept(state, given, found, row.seq)
                if after.is_other:
                    changed.append(group)
                self._keep(group, flow, after)
            self._changed(flow, changed, row.seq)

    def _free(self, row: ActRow, act: Act) -> None:
        moved = self._moved_by(row.done - 1, row.done)
        for flow in self._scene.flows.values():
            if act.order.get("agreement") not in {None, flow.agreement}:
                continue
            stands = self._stands(flow, row, row.done_at)
            for group in moved:
                if stands.verdict(self._classes[group.class_at(row.done)]).kind == "release":
                    group.states[flow.id] = freed(group.states[flow.id])

    def _keep(self, group: Group, flow: int, found: Kept) -> None:
        group.states[flow], group.given[flow] = found.state, found.given
        if found.late:
            group.late.setdefault(flow, []).append((self._clock, found.late))


def past_of(
    node: Node,
    snap: Snapshot,
    policy: Policy,
    at: int,
    wanted: Wanted,
    *,
    agreements: Collection[str] | None = None,
) -> Past:
    """How the flows that are wanted stood at the moment, with their items. Raises `BadInput` `when-ahead`."""
    require_passed(at, node.now(snap.head()))
    return Past(snap, policy, at, wanted=wanted, agreements=agreements)


def require_passed(at: int, now: int) -> None:
    """Raises `BadInput` `when-ahead` for a moment that lies ahead of the node's clock."""
    if at > now:
        raise BadInput("when-ahead", "nobody knows how things will stand", remedy="name a moment that has passed")


def _acts_upto(snap: Snapshot, at: int, agreements: Collection[str] | None) -> Iterator[tuple[ActRow, Act]]:
    """What changed what flows, up to this moment, in the order in which it was carried out; of acts on agreements
    those on these alone (None: on any).
    """
    reached = 0
    for row in snap.acts_done(KINDS):
        if agreements is not None and row.kind in _ON_AGREEMENTS and agreement_in(row.value) not in agreements:
            # Nothing is told of it, but what was done after it is told no earlier for that.
            reached = max(reached, row.done_at)
            continue
        act = act_of(row)
        # The clocks of two processes may differ a little: what was done after another act is told after it, or an
        # act would be told that stands on one which is not there.
        reached = max(reached, int(act.order["moment"]) if act.kind in LATE else row.done_at)
        if reached > at:
            return
        yield row, act


def _everybody(_: FlowRow) -> bool:
    return True


def _of_agreement(name: str) -> Callable[[FlowRow], bool]:
    return lambda flow: flow.agreement == name


def _touched(pause: Pause) -> Callable[[FlowRow], bool]:
    return lambda flow: flow.agreement in pause.agreements and pause.recipient in {None, flow.party}
