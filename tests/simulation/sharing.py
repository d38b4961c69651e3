"""One agreement, one reader: a world small enough that a rule can be seen at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests import actors
from tests.actors import ADMIN, Resumed
from tests.fakes.store import FakeStore
from tests.simulation.world import Client, World

from relto.domain.flow import Backlog
from relto.domain.item import Header
from relto.domain.ranges import EMPTY
from relto.ports.store import AccountRow, Store
from relto.usecases import standing
from relto.usecases.agreements import Applied
from relto.usecases.pausing import MakePause

RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
"""TLP:RED, which no agreement has in its scope unless it says so."""

TERMS = "agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\n"

SECOND = 1_000_000


class Sharing:
    """USA gives to UKR under `usa-ukr`; `kyiv` is a reader that keeps the last date that it saw."""

    def __init__(self, terms: str = TERMS, *, processes: int = 1, store: Store | None = None) -> None:
        self.world = World(FakeStore() if store is None else store, processes=processes)
        self.node = self.world.node
        self.names: dict[str, str] = {}
        account = self.world.account("kyiv", "UKR")
        self.collection = self.world.apply(terms).collections["UKR"]
        self.kyiv = self.client(account)

    def client(self, account: AccountRow, keeps: str = "last") -> Client:
        return Client(account, self.collection, keeps, 100, versions=("all",))

    def item(self, name: str, *labels: str, **more: Any) -> Header:
        header = self.world.header(name, labels or ("naval",), **more)
        self.names[header.raw.decode()] = name if header.version_us == 1_000 else f"{name} again"
        return header

    def give(self, *items: str | Header) -> None:
        """Takes items in as one batch; a name alone is an item of topic `naval`."""
        headers = [self.item(each) if isinstance(each, str) else each for each in items]
        taken = self.world.take(headers)
        assert taken.added == len(headers), taken.rejects

    def read(self, client: Client | None = None) -> list[str]:
        """What the client gets from where it stands, by name, when all that there is can be read."""
        client = client or self.kyiv
        self.world.settle_clock()
        before = len(client.got)
        self.world.walk(client)
        return [self.names[raw] for raw in client.got[before:]]

    def pause(self, **order: Any) -> str:
        """The number of a new pause of the agreement."""
        made = actors.pause(self.node, self.world.desk, MakePause(["usa-ukr"], reason="talks", **order), by=ADMIN)
        return made.pause.number

    def resume(self, number: str, backlog: Backlog = "release") -> Resumed:
        return actors.resume(self.node, self.world.desk, [number], backlog=backlog, by=ADMIN)[0]

    def held(self, number: str) -> list[str]:
        """What the pause holds of what is UKR's, by name; `status` must count as many."""
        with self.node.store.read() as snap:
            states = snap.flow_states(1)
            ranges = [
                (name, after, upto) for name, state in states.items() for after, upto in state.held.get(number, EMPTY)
            ]
            found = [body.raw.decode() for body in snap.bodies([seq for seq, _ in snap.scan(ranges, 1_000)])]
        entry = next(each for each in standing.status(self.node, self.world.desk, by=ADMIN) if each.to == "UKR")
        assert [each.held.items for each in entry.pauses if each.pause.number == number] == [len(found)]
        return [self.names[raw] for raw in found]

    def fresh(self) -> Client:
        """Another client of the same account, which begins at the beginning."""
        return self.client(self.kyiv.account)

    def amend(self, more: str = "", *, to: str = "[UKR]", scope: str = "[naval]") -> Applied:
        return self.world.apply(f"agreement: usa-ukr\nfrom: USA\nto: {to}\nscope: {{topics: {scope}}}\n{more}")

    def end(self, *, close: bool = False) -> None:
        actors.end(self.node, self.world.desk, "usa-ukr", by=ADMIN, close=close)

    def release_backlog(self, *, topics: Sequence[str] = (), items: Sequence[str] = ()) -> int:
        desk = self.world.desk
        return actors.release_backlog(self.node, desk, by=ADMIN, number=None, topics=topics, items=items)[0]

    def discard_backlog(self, *, topics: Sequence[str] = (), items: Sequence[str] = ()) -> int:
        desk = self.world.desk
        return actors.discard_backlog(self.node, desk, by=ADMIN, number=None, topics=topics, items=items)[0]

    def by_hand(self, verb: str, *items: Header, agreement: str | None = None) -> Mapping[str, Any]:
        """Withholds, releases or recalls items, in their last versions, by hand; what came of it."""
        done = actors.by_hand(self.node, self.world.desk, verb, [each.id for each in items], agreement=agreement)
        assert done.act is not None
        return done.act.outcome

    def why(self, item: Header) -> tuple[str, str]:
        """What became of an item for UKR, and the code of the first reason."""
        (answer,) = self.explained(item, "UKR")
        return answer.decision, answer.reasons[0].code

    def explained(self, item: Header, party: str) -> Sequence[standing.Answer]:
        """Why an item, in its last version, flows to a party or does not, agreement by agreement."""
        return standing.explain(self.node, self.world.desk, item.id, party, by=ADMIN)

    def marks(self) -> int:
        with self.node.store.read() as snap:
            return len(snap.marks(1))
