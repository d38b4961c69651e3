"""A history: what happens to a world, told to the naive ledger beside it, and what must hold at its end."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from tests import actors
from tests.actors import ADMIN
from tests.simulation.ledger import Flow, Item, Ledger, Stop, Terms
from tests.simulation.world import Client, World

from relto.domain.errors import BadInput, Refused, ReltoError, Unknown
from relto.ports.store import Store
from relto.usecases import office, preview, standing
from relto.usecases.pausing import AmendPause, MakePause
from relto.usecases.publishing import withdraw

AGREEMENTS = {"usa-both": ("UKR", "GBR"), "usa-ukr": ("UKR",)}


def agreement(name: str, terms: Terms, to: Sequence[str] = ()) -> str:
    exceptions = ""
    if terms.exceptions:
        exceptions = f"exceptions: [{{name: warn, scope: {{topics: [{', '.join(sorted(terms.exceptions))}]}}}}]\n"
    return (
        f"agreement: {name}\nfrom: USA\nto: [{', '.join(to or AGREEMENTS[name])}]\n"
        f"scope: {{topics: [{', '.join(sorted(terms.scope))}]}}\n{exceptions}"
        f"history: {'all' if terms.history else 'none'}\n"
    )


class History:
    """Drives the world and the ledger side by side."""

    def __init__(self, store: Store, *, processes: int, history: bool, readers: bool = True) -> None:
        self.world = World(store, processes=processes)
        self.ledger = Ledger()
        self.numbers = itertools.count(1)
        self.objects = 0
        self.clients: list[tuple[Flow, Client, bool]] = []
        self.raw: dict[int, str] = {}
        self.typed: dict[int, str] = {}
        self.due: list[tuple[int, str, Stop]] = []
        self.joined: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.past: dict[int, list[Any]] = {}
        world = self.world
        names: dict[str, list[str]] = {"UKR": [], "GBR": []}
        if readers:
            names = {"UKR": ["kyiv", "lviv", "odesa"], "GBR": ["london", "leeds"]}
        rows = {name: world.account(name, party) for party, each in names.items() for name in each}
        for name, receiving in AGREEMENTS.items():
            terms = Terms(frozenset({"naval", "targeting", "imagery"}), frozenset({"life"}), history)
            applied = world.apply(agreement(name, terms))
            for party in receiving:
                flow = Flow(name, party, terms, names[party])
                self.ledger.begin(flow)
                number = applied.collections[party]
                shapes = [("last", 1), ("next", 2), ("clock", 3)]
                for account, (keeps, limit) in zip(names[party], shapes, strict=False):
                    client = Client(rows[account], number, keeps, limit, versions=("all",))
                    self.clients.append((flow, client, False))
        if readers:
            # Two clients that share one account, and stand at different places.
            flow, first, _ = self.clients[0]
            self.clients[0] = (flow, first, True)
            self.clients.append((flow, Client(first.account, first.collection, "next", 100, versions=("all",)), True))

    # Operations.

    def take(self, topics: list[frozenset[str]]) -> None:
        headers = []
        for each in topics:
            self.objects += 1
            headers.append(self._header(f"o{self.objects}", each))
        self._store(headers)

    def _header(self, name: str, topics: frozenset[str], **more: Any) -> Any:
        header = self.world.header(name, tuple(sorted(topics)), **more)
        self.names[header.id] = name
        return header

    def revise(self, number: int, topics: frozenset[str]) -> None:
        if not self.objects:
            return
        number = number % self.objects + 1
        version = 1 + sum(item.object == f"o{number}" for item in self.ledger.items.values())
        if f"o{number}" not in self.joined:
            self._store([self._header(f"o{number}", topics, version=version)])

    def retract(self, number: int, topics: frozenset[str]) -> None:
        """Another version of an object, which takes back what it said."""
        if not self.objects or f"o{number % self.objects + 1}" in self.joined:
            return
        number = number % self.objects + 1
        version = 1 + sum(item.object == f"o{number}" for item in self.ledger.items.values())
        self._store([self._header(f"o{number}", topics, version=version, revoked=True)])

    def join(self, number: int, topics: frozenset[str]) -> None:
        """A relationship to an object that may come later, or never."""
        self.objects += 1
        target = f"late{number % 6}"
        header = self._header(f"o{self.objects}", topics, joins=(self.world.header(target, ()).id,))
        self.joined[f"o{self.objects}"] = target
        self._store([header], secret=target in self.ledger.secrets)

    def mark(self, number: int) -> None:
        """The object that relationships joined comes, and nobody but its originator may have it."""
        target = f"late{number % 6}"
        if target in self.ledger.secrets:
            return
        header = self.world.header(target, (), markings=("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",))

        def act(_: Any) -> None:
            self.ledger.secrets.add(target)
            for item in self.ledger.items.values():
                item.withdrawn |= self.joined.get(item.object) == target

        self._store([header], secret=True, name=target)
        self.ledger.change(act)

    def _store(self, headers: list[Any], *, secret: bool = False, name: str = "") -> None:
        self._settle_due()
        seq = self.world.node.store.head().last_seq
        taken = self.world.take(headers)
        assert taken.added == len(headers)
        for header in headers:
            seq += 1
            self.raw[seq] = header.raw.decode()
            self.typed[seq] = f"{header.id}@{header.version}"
            item = Item(seq, name or self.names[header.id], header.version_us, frozenset(header.labels), secret)
            self.ledger.store(item, revoked=header.revoked)

    def page(self, index: int) -> None:
        flow, client, _ = self.clients[index % len(self.clients)]
        if client.keeps == "clock":
            # Its cursor is the moment at which its walk began, so a walk that takes time repeats, by its own doing.
            self.walk(index)
            return
        self._settle_due()
        if not flow.member:
            self._check_gone(client)
            return
        self._note(flow, client)
        page = self.world.page(client)
        self._check_gate(flow, page)

    def walk(self, index: int) -> None:
        flow, client, _ = self.clients[index % len(self.clients)]
        self._settle_due()
        if not flow.member:
            self._check_gone(client)
            return
        while True:
            self._note(flow, client)
            page = self.world.page(client)
            self._check_gate(flow, page)
            if not page.more:
                return

    def _check_gone(self, client: Client) -> None:
        with pytest.raises(Unknown):
            self.world.page(client)

    def _note(self, flow: Flow, client: Client) -> None:
        """Tells the ledger from where this read goes on: how many of the reader's list have dates up to its cursor."""
        name = client.account.name
        if not any(self.ledger.hidden(flow, self.ledger.items[seq]) for seq in flow.order[name]):
            return
        self.ledger.read(flow, name, self._passed(flow, client))

    def _passed(self, flow: Flow, client: Client) -> int:
        reading, name = self.world.readings[0], client.account.name
        with self.world.node.store.read() as snap:
            policy = reading._desk.current(snap, snap.head().policy_version)
            row = next(each for each in policy.flows.values() if each.collection == client.collection)
            stream = policy.stream(snap, policy.stream_of(row, name))
            if client.token is not None:
                from relto.domain.cursor import Cursor

                place = Cursor.parse(client.token, b"key").place
            elif client.cursor is not None:
                place = stream.place_at(client.cursor, snap.seq_upto)
            else:
                return 0
            seen = 0
            for seq in flow.order[name]:
                class_id = snap.records([seq])[0].class_id
                seen += stream.place_of(class_id, seq) <= place
            return seen

    def _check_gate(self, flow: Flow, page: Any) -> None:
        by_raw = {raw: seq for seq, raw in self.raw.items()}
        for entry in page.entries:
            item = self.ledger.items[by_raw[entry.raw.decode()]]
            assert self.ledger.visible(flow, item), f"item {item.seq} was given though it must not be read"

    def wait(self, microseconds: int) -> None:
        self.world.clock.moment += microseconds

    def _settle_due(self) -> None:
        """What has fallen due by now binds, in the ledger, before anything else."""
        while due := [each for each in self.due if each[0] <= self.world.now]:
            # Beginnings first: what an end gives is read only now, and by now all that has begun binds.
            each = min(due, key=lambda each: (each[1], each[0]))
            self.due.remove(each)
            moment, kind, stop = each
            if kind == "begin":
                self.ledger.pause(stop, self._late(moment))
            elif stop.number in self.ledger.stops:
                self.ledger.resume(stop.number, "release")

    def _late(self, moment: int) -> Callable[[Flow], int]:
        """The last item of a flow up to which a pause that is found late leaves things as they were."""
        with self.world.node.store.read() as snap:
            upto, rows = snap.seq_upto(moment), snap.flows()
        changed = {(row.agreement, row.party): row.changed_seq for row in rows}
        return lambda flow: max(upto, changed[flow.agreement, flow.party])

    def schedule(
        self, names: tuple[str, ...], topics: frozenset[str] | None, cut: bool, ahead: int, lasting: int | None
    ) -> None:
        self._settle_due()
        names = self._standing(names)
        if not names:
            return
        begins = self.world.now + ahead
        ends = None if lasting is None else begins + lasting
        order = MakePause(
            names,
            topics=tuple(sorted(topics or ())),
            mode="cut" if cut else "freeze",
            reason="r",
            from_us=begins,
            until_us=ends,
        )
        made = actors.pause(self.world.node, self.world.desk, order, by=ADMIN)
        assert made.state == "scheduled"
        stop = Stop(made.pause.number, frozenset(names), None, topics, cut)
        self.due.append((begins, "begin", stop))
        if ends is not None:
            self.due.append((ends, "end", stop))

    def pause(self, names: tuple[str, ...], topics: frozenset[str] | None, cut: bool, recipient: str | None) -> None:
        self._settle_due()
        names = self._standing(names)
        if not names:
            return
        order = MakePause(
            names, topics=tuple(sorted(topics or ())), mode="cut" if cut else "freeze", recipient=recipient, reason="r"
        )
        made = actors.pause(self.world.node, self.world.desk, order, by=ADMIN)
        self.ledger.pause(Stop(made.pause.number, frozenset(names), recipient, topics, cut))

    def amend_pause(self, index: int, topics: frozenset[str] | None, cut: bool) -> None:
        """A pause that runs, or is set for later, covers something else, in another mode perhaps."""
        self._settle_due()
        later = [stop for _, kind, stop in self.due if kind == "begin"]
        stops = sorted([*self.ledger.stops.values(), *later], key=lambda each: int(each.number))
        if not stops:
            return
        stop = stops[index % len(stops)]
        order = AmendPause(
            stop.number,
            topics=tuple(sorted(topics or ())),
            everything=topics is None,
            mode="cut" if cut else "freeze",
        )
        if (stop.topics, stop.cut) == (topics, cut):
            with pytest.raises(BadInput):
                office.submit(self.world.node, self.world.desk, order, by=ADMIN)
            return
        done = office.submit(self.world.node, self.world.desk, order, by=ADMIN)
        if stop.number in self.ledger.stops:
            assert done.act is not None
            assert done.act.outcome["released"] == self.ledger.amend(stop.number, topics, cut=cut)
        else:
            stop.topics, stop.cut = topics, cut

    def by_hand(self, verb: str, index: int, agreement: str) -> None:
        """One item is withheld, released or recalled, for one agreement or for all."""
        self._settle_due()
        if not self.ledger.items:
            return
        seqs = sorted(self.ledger.items)
        seq = seqs[index % len(seqs)]
        name = None if agreement == "*" else agreement
        given = self.ledger.given(seq, agreement)
        if (verb == "withhold" and given) or (verb == "recall" and not given):
            with pytest.raises(Refused):
                actors.by_hand(self.world.node, self.world.desk, verb, [self.typed[seq]], agreement=name)
            return
        done = actors.by_hand(self.world.node, self.world.desk, verb, [self.typed[seq]], agreement=name)
        assert done.act.outcome["released"] == self.ledger.by_hand(seq, verb, agreement)

    def _standing(self, names: tuple[str, ...]) -> tuple[str, ...]:
        ended = {flow.agreement for flow in self.ledger.flows if flow.ended}
        return tuple(name for name in names if name not in ended)

    def resume_all(self) -> None:
        """All at once, in one act."""
        self._settle_due()
        running = sorted(self.ledger.stops, key=int)
        if running:
            done = actors.resume(self.world.node, self.world.desk, running, backlog="release", by=ADMIN)
            found = [self.ledger.resume(number, "release") for number in running]
            assert [(each.released, each.still_held) for each in done] == found

    def end(self, name: str) -> None:
        self._settle_due()
        if name in self._standing((name,)):
            actors.end(self.world.node, self.world.desk, name, by=ADMIN, close=False)

            def act(_: Any) -> None:
                for flow in self.ledger.flows:
                    flow.ended |= flow.agreement == name

            self.ledger.change(act)

    def leave(self) -> None:
        """GBR is left out of `usa-both`, or comes back."""
        self._settle_due()
        flow = next(each for each in self.ledger.flows if each.party == "GBR")
        self._apply("usa-both", flow.terms, member=not flow.member)

    def resume(self, index: int, backlog: str) -> None:
        self._settle_due()
        running = sorted(self.ledger.stops)
        if not running:
            return
        number = running[index % len(running)]
        would = preview.preview_resume(self.world.node, self.world.desk, [number])
        done = actors.resume(self.world.node, self.world.desk, [number], backlog=backlog, by=ADMIN)[0]
        released, still = self.ledger.resume(number, backlog)
        assert (done.released, done.still_held) == (released, still)
        if backlog == "release":
            assert would.items == released

    def bits(self, topics: set[str], release: bool) -> None:
        self._settle_due()
        act = actors.release_backlog if release else actors.discard_backlog
        count, _ = act(self.world.node, self.world.desk, by=ADMIN, number=None, topics=tuple(topics), items=())
        assert count == self.ledger.bits(topics, release=release)

    def amend(self, name: str, scope: frozenset[str], warn: bool) -> None:
        self._settle_due()
        flows = [flow for flow in self.ledger.flows if flow.agreement == name]
        terms = Terms(scope, frozenset({"life"}) if warn else frozenset(), flows[0].terms.history)
        self._apply(name, terms, member=flows[0].member if len(flows) == 1 else flows[-1].member)

    def _apply(self, name: str, terms: Terms, *, member: bool) -> None:
        """`member`: whether GBR receives, where it is a recipient at all."""
        flows = [flow for flow in self.ledger.flows if flow.agreement == name]
        to = [party for party in AGREEMENTS[name] if member or party != "GBR"]
        self.world.apply(agreement(name, terms, to))

        def act(_: Any) -> None:
            for flow in flows:
                flow.terms, flow.ended, flow.member = terms, False, flow.party in to

        self.ledger.change(act)

    def withdraw(self, index: int) -> None:
        self._settle_due()
        items = [item for _, item in sorted(self.ledger.items.items()) if not item.object.startswith("late")]
        if not items:
            return
        item = items[index % len(items)]
        if item.object in self.joined:
            return
        try:
            withdraw(
                self.world.node,
                self.world.desk,
                originator="USA",
                by=ADMIN,
                stix_id=self.world.header(item.object, ()).id,
                versions=[item.version],
            )
        except ReltoError:
            assert item.withdrawn
            return
        self.ledger.change(lambda _: setattr(item, "withdrawn", True))

    # What must hold.

    def check_counts(self) -> None:
        found = {
            (each.agreement, each.to): each for each in standing.status(self.world.node, self.world.desk, by=ADMIN)
        }
        assert len(found) == sum(flow.member for flow in self.ledger.flows)
        for flow in self.ledger.flows:
            if not flow.member:
                continue
            entry = found[flow.agreement, flow.party]
            assert entry.released == self.ledger.released(flow)
            for each in entry.pauses:
                naive = self.ledger.held(flow, each.pause.number)
                assert each.held.items == naive.pop("")
                assert dict(each.held.by_topic) == naive

    def remember(self) -> None:
        """How things stand now, to be asked for again when it has passed."""
        self.world.settle_clock(1_000_000)
        self._settle_due()
        listed = standing.status(self.world.node, self.world.desk, by=ADMIN)
        self.past[self.world.now] = [_told(each) for each in listed]
        self.world.settle_clock(1_000_000)

    def check_past(self) -> None:
        for moment, listed in self.past.items():
            then = standing.status(self.world.node, self.world.desk, by=ADMIN, at=moment)
            assert [_told(each) for each in then] == listed, moment

    def check_end(self) -> None:
        self.world.settle_clock()
        self._settle_due()
        self.world.scheduled()
        self.check_counts()
        self.world.settle_clock()
        for index in range(len(self.clients)):
            self.walk(index)
            self.walk(index)
        for flow, client, shared in self.clients:
            if flow.member:
                self._check_client(flow, client, shared)
                self._check_fresh(flow, client)

    def _check_client(self, flow: Flow, client: Client, shared: bool) -> None:
        visible = {
            self.raw[seq]
            for seq in flow.order[client.account.name]
            if self.ledger.visible(flow, self.ledger.items[seq])
        }
        missing = visible - set(client.got)
        assert not missing, f"{client.account.name} ({client.keeps}) never got {missing}"
        if not shared:
            assert len(client.got) == len(set(client.got)), (
                f"{client.account.name} ({client.keeps}) got something twice"
            )
        assert client.dates == sorted(set(client.dates)), "dates do not increase strictly"

    def _check_fresh(self, flow: Flow, client: Client) -> None:
        fresh = Client(client.account, client.collection, "next", 2, versions=("all",))
        self.world.walk(fresh)
        order = [seq for seq in flow.order[client.account.name] if self.ledger.visible(flow, self.ledger.items[seq])]
        assert fresh.got == [self.raw[seq] for seq in order], "a fresh client reads another order"
        last = Client(client.account, client.collection, "last", 2)
        self.world.walk(last)
        newest: dict[str, Item] = {}
        for seq in order:
            item = self.ledger.items[seq]
            if item.object not in newest or item.version > newest[item.object].version:
                newest[item.object] = item
        assert last.got == [self.raw[seq] for seq in order if newest[self.ledger.items[seq].object].seq == seq]


def _told(each: standing.FlowStatus) -> Any:
    """All that a flow's status says, but for what was given again."""
    pauses = [(one.pause, one.held, one.overdue) for one in each.pauses]
    return each.agreement, each.to, each.state, each.released, pauses
