"""The naive ledger: one row for each item and recipient, one list for each reader. What streams must come to.

It knows nothing of classes, spans, epochs or dates. Every rule of section 4 of the design is stated here a second
time, for one item at a time, so that a mistake in the arithmetic and one here would have to be the same mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Item:
    seq: int
    object: str
    version: int
    topics: frozenset[str]
    withdrawn: bool = False
    # What was decided by hand, by agreement (`*`: all of them), and for whom it retracts what they have.
    words: dict[str, str] = field(default_factory=dict)
    retracts: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Stop:
    """A pause, as plainly as can be."""

    number: str
    agreements: frozenset[str]
    recipient: str | None
    topics: frozenset[str] | None
    cut: bool


@dataclass
class Terms:
    scope: frozenset[str]
    exceptions: frozenset[str]
    history: bool = True


@dataclass
class Row:
    """One item for one recipient. `holders` are numbers of pauses, reviews are `review 7`."""

    given: bool = False
    holders: set[str] = field(default_factory=set)
    discarded: bool = False


class Flow:
    def __init__(self, agreement: str, party: str, terms: Terms, readers: list[str]) -> None:
        self.agreement, self.party, self.terms = agreement, party, terms
        self.ended = False
        self.member = True
        self.rows: dict[int, Row] = {}
        self.order: dict[str, list[int]] = {name: [] for name in readers}
        self.passed: dict[str, set[int]] = {name: set() for name in readers}


class Ledger:
    def __init__(self) -> None:
        self.items: dict[int, Item] = {}
        self.stops: dict[str, Stop] = {}
        self.flows: list[Flow] = []
        self.secrets: set[str] = set()

    # What is decided for one item.

    def covering(self, flow: Flow, item: Item) -> set[str]:
        return {
            stop.number
            for stop in self.stops.values()
            if flow.agreement in stop.agreements
            and stop.recipient in {None, flow.party}
            and (stop.topics is None or stop.topics & item.topics)
        }

    def kind(self, flow: Flow, item: Item) -> str:
        if self.against(flow, item) or flow.ended:
            return "withhold"
        return "hold" if self.stopped(flow, item) else "release"

    def word(self, flow: Flow, item: Item) -> str:
        retracts = "retract" if (flow.agreement, flow.party) in item.retracts else ""
        return item.words.get(flow.agreement) or item.words.get("*") or retracts

    def against(self, flow: Flow, item: Item) -> bool:
        by_hand = self.word(flow, item) in {"withhold", "recall"}
        return by_hand or item.withdrawn or not flow.member or not item.topics & flow.terms.scope

    def stopped(self, flow: Flow, item: Item) -> set[str]:
        if item.topics & flow.terms.exceptions or self.word(flow, item) == "release":
            return set()
        found = self.covering(flow, item)
        passes = self.word(flow, item) == "retract" and not any(self.stops[number].cut for number in found)
        return set() if passes else found

    def hidden(self, flow: Flow, item: Item) -> bool:
        return self.against(flow, item) or any(self.stops[number].cut for number in self.stopped(flow, item))

    def visible(self, flow: Flow, item: Item) -> bool:
        return flow.rows[item.seq].given and not self.hidden(flow, item)

    # What happens.

    def begin(self, flow: Flow) -> None:
        self.flows.append(flow)
        for item in self.items.values():
            row = flow.rows[item.seq] = Row()
            kind = self.kind(flow, item)
            if kind == "hold" and flow.terms.history:
                row.holders |= self.covering(flow, item)
            if kind == "release" and flow.terms.history:
                row.given = True
        for order in flow.order.values():
            order.extend(seq for seq, row in sorted(flow.rows.items()) if row.given)

    def store(self, item: Item, *, revoked: bool = False) -> None:
        for flow in self.flows if revoked else ():
            had = [each for each in self.items.values() if each.object == item.object and self.visible(flow, each)]
            if had and self.kind(flow, item) == "hold" and not self.hidden(flow, item):
                item.retracts.add((flow.agreement, flow.party))
        self.items[item.seq] = item
        for flow in self.flows:
            row = flow.rows[item.seq] = Row()
            kind = self.kind(flow, item)
            if kind == "release":
                row.given = True
                for order in flow.order.values():
                    order.append(item.seq)
            elif kind == "hold":
                row.holders |= self.covering(flow, item)

    def read(self, flow: Flow, reader: str, seen: int) -> None:
        """A reader reads from behind the first `seen` of its list: what is hidden beyond is passed unseen."""
        for seq in flow.order[reader][seen:]:
            if self.hidden(flow, self.items[seq]):
                flow.passed[reader].add(seq)

    def change(self, act) -> None:
        """Any change of policy: `act` changes terms, stops or items; then each item's row follows what is decided."""
        before = {
            id(flow): {seq: (self.kind(flow, item), self.hidden(flow, item)) for seq, item in self.items.items()}
            for flow in self.flows
        }
        released: dict[int, set[int]] = {id(flow): set() for flow in self.flows}
        act(released)
        for flow in self.flows:
            for seq, item in self.items.items():
                old = before[id(flow)][seq][0]
                self._follow(flow, item, old, released[id(flow)])
            self._append(flow, before[id(flow)], released[id(flow)])

    def _follow(self, flow: Flow, item: Item, old: str, released: set[int]) -> None:
        row, new = flow.rows[item.seq], self.kind(flow, item)
        if row.given or new == "withhold":
            return
        reviewed = any(holder.startswith("review") for holder in row.holders)
        if new == "release":
            never = not row.holders and not row.discarded and old == "withhold" and flow.terms.history
            held = bool(row.holders) and not reviewed
            row.holders = {holder for holder in row.holders if holder.startswith("review")}
            if never or held:
                released.add(item.seq)
        elif old == "withhold" and not row.holders and not row.discarded and flow.terms.history:
            row.holders |= self.covering(flow, item)

    def _append(self, flow: Flow, before: dict[int, tuple[str, bool]], released: set[int]) -> None:
        for seq in released:
            flow.rows[seq].given = True
        for reader, order in flow.order.items():
            again = set()
            for seq in flow.passed[reader]:
                if before[seq][1] and not self.hidden(flow, self.items[seq]):
                    again.add(seq)
            flow.passed[reader] -= again
            order[:] = [seq for seq in order if seq not in again] + sorted(released | again)

    def pause(self, stop: Stop, late: Callable[[Flow], int] | None = None) -> None:
        """`late`: of a scheduled one, the last `seq` of a flow that was stored for a moment up to its own."""
        before = {(id(flow), seq): self.kind(flow, item) for flow in self.flows for seq, item in self.items.items()}

        def act(_: dict[int, set[int]]) -> None:
            self.stops[stop.number] = stop
            for flow in self.flows if late is not None else ():
                if flow.agreement not in stop.agreements or stop.recipient not in {None, flow.party}:
                    continue
                upto = late(flow)
                for seq, item in self.items.items():
                    row, old = flow.rows[seq], before[id(flow), seq]
                    if seq > upto and old != "withhold" and stop.number in self.stopped(flow, item):
                        row.holders.add(stop.number)
                        if old == "release":
                            # What would have passed the others, had this one not begun, is theirs to hold as well.
                            row.holders |= self.stopped(flow, item)
                            row.given = False
                            for order in flow.order.values():
                                order.remove(seq)

        self.change(act)

    def resume(self, number: str, backlog: str) -> tuple[int, int]:
        """How many items were released, and how many others hold on; the same item for two recipients is one."""
        mine = [(flow, seq) for flow in self.flows for seq, row in flow.rows.items() if number in row.holders]
        gone: dict[int, set[int]] = {}

        def act(released: dict[int, set[int]]) -> None:
            gone.update(released)
            del self.stops[number]
            for flow, seq in mine:
                row, item = flow.rows[seq], self.items[seq]
                row.holders.discard(number)
                if backlog == "discard":
                    row.holders.clear()
                    row.discarded = True
                elif backlog == "review":
                    row.holders.add(f"review {number}")
                elif self.kind(flow, item) == "hold":
                    row.holders |= self.covering(flow, item)
                elif self.kind(flow, item) == "release" and not row.holders:
                    released[id(flow)].add(seq)

        self.change(act)
        released = {seq for flow, seq in mine if seq in gone[id(flow)]}
        still = {seq for flow, seq in mine if any(not holder.startswith("review") for holder in flow.rows[seq].holders)}
        return len(released), len(still)

    def amend(self, number: str, topics: frozenset[str] | None, *, cut: bool) -> int:
        """A pause covers something else from now on; how many items were released."""
        stop, gone = self.stops[number], dict[int, set[int]]()
        before = {
            (id(flow), seq): self.stopped(flow, item)
            for flow in self.flows
            for seq, item in self.items.items()
            if self.kind(flow, item) == "hold"
        }

        def act(released: dict[int, set[int]]) -> None:
            gone.update(released)
            stop.topics, stop.cut = topics, cut
            for flow in self.flows:
                for seq, row in flow.rows.items():
                    item = self.items[seq]
                    now = self.stopped(flow, item)
                    left = number in before.get((id(flow), seq), set()) and number not in now
                    if left and number in row.holders and self.kind(flow, item) == "hold":
                        # Whoever covers it still holds it on.
                        row.holders = (row.holders - {number}) | now

        self.change(act)
        return len(set().union(*gone.values()))

    def given(self, seq: int, agreement: str) -> bool:
        """Whether anybody was given the item, under this agreement or (`*`) any."""
        return any(flow.rows[seq].given for flow in self.flows if agreement in {"*", flow.agreement})

    def by_hand(self, seq: int, verb: str, agreement: str) -> int:
        """Somebody's word on one item; how many recipients' flows it was released to, as one item."""
        item, gone = self.items[seq], dict[int, set[int]]()

        def act(released: dict[int, set[int]]) -> None:
            gone.update(released)
            if agreement == "*":
                item.words.clear()
                item.retracts.clear()
            item.retracts = {each for each in item.retracts if each[0] != agreement}
            item.words[agreement] = verb
            for flow in self.flows:
                row = flow.rows[seq]
                concerned = verb == "release" and agreement in {"*", flow.agreement}
                if concerned and not row.given and self.kind(flow, item) == "release":
                    # Whoever held, reviewed or dropped it: the word on the item counts more.
                    if row.holders or row.discarded:
                        released[id(flow)].add(seq)
                    row.holders, row.discarded = set(), False

        self.change(act)
        return len(set().union(*gone.values()))

    def bits(self, topics: set[str], *, release: bool) -> int:
        """Releases or drops what reviews keep and any of the topics names (none: all); how many items."""
        touched: set[int] = set()

        def act(released: dict[int, set[int]]) -> None:
            for flow in self.flows:
                for seq, row in flow.rows.items():
                    item = self.items[seq]
                    reviews = {holder for holder in row.holders if holder.startswith("review")}
                    if not reviews or (topics and not item.topics & topics):
                        continue
                    kind = self.kind(flow, item)
                    if not release:
                        row.holders.clear()
                        row.discarded = True
                        touched.add(seq)
                    elif kind == "hold":
                        row.holders = (row.holders - reviews) | self.covering(flow, item)
                    elif kind == "release":
                        row.holders -= reviews
                        if not row.holders:
                            released[id(flow)].add(seq)
                            touched.add(seq)

        self.change(act)
        return len(touched)

    # What status must say.

    def released(self, flow: Flow) -> int:
        return sum(row.given for row in flow.rows.values())

    def held(self, flow: Flow, number: str) -> dict[str, int]:
        """Items that the pause holds, by topic; under the empty name all of them."""
        found = {"": 0}
        for seq, row in flow.rows.items():
            if number in row.holders:
                found[""] += 1
                for topic in self.items[seq].topics:
                    found[topic] = found.get(topic, 0) + 1
        return found
