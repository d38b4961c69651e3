"""The rules of section 4 of the design, one by one, each on a world small enough to be seen at a glance.

The random histories say that the whole holds together; here each sentence stands alone, so that a broken one is named.
"""

from __future__ import annotations

from typing import Any

from tests.fakes.store import FakeStore
from tests.simulation.world import Client, World

from relto.domain.item import Header
from relto.ports.store import AccountRow
from relto.usecases.publishing import Publisher

TERMS = "agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\n"

SECOND = 1_000_000


class Sharing:
    """USA gives to UKR under `usa-ukr`; `kyiv` is a reader that keeps the last date that it saw."""

    def __init__(self, terms: str = TERMS, *, processes: int = 1) -> None:
        self.world = World(FakeStore(), processes=processes)
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


def test_a_party_s_own_collection_shows_what_it_gives_before_there_is_any_agreement():
    world = World(FakeStore(), processes=2)
    account = world.account("agency", "USA", "reader", "contributor")
    header = world.header("o1", ("naval",))
    Publisher(world.node, world.desk, originator="USA", by="agency").take([header])
    world.settle_clock()
    for _ in world.readings:
        client = Client(account, "own", "last", 10)
        world.walk(client)
        assert client.got == [header.raw.decode()]
