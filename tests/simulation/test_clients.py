"""Clients as CLIENTS.md found them: what each keeps, how each fails, and that none of them loses what it may have."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.store import FakeStore
from tests.simulation.test_histories import History, operations
from tests.simulation.world import Client, World

from relto.usecases.reading import Page, Query

MINUTE = 60_000_000

SHAPES = {
    # keeps, skew: minutes by which its clock is off
    "taxii2-client with the last date": ("last", 0),
    "OpenCTI feed: next in a database, last date cut to milliseconds": ("database", 0),
    "OpenCTI connector: its own clock": ("clock", 0),
    "OpenCTI connector, five minutes behind": ("clock", -5),
    "OpenCTI connector, five minutes ahead": ("clock", 5),
    "Elastic: the header of each page": ("header", 0),
}


@dataclass
class Poller:
    """One such client. `fail` says for each request whether it is answered, refused, or lost on the way."""

    client: Client
    keeps: str
    skew: int
    walk: list[str]
    stored_next: str | None = None
    stored_last: int | None = None
    failed: bool = False
    unseen: set[str] = field(default_factory=set)
    thrown: Counter[str] = field(default_factory=Counter)

    def poll(self, world: World, fates: list[str], note: Any) -> None:
        """One poll, a whole walk where the client does one; each request takes the next fate."""
        began = world.now // 1_000_000 * 1_000_000 + self.skew * MINUTE
        token, self.walk = self.stored_next, []
        for _ in range(200):
            after = self.client.cursor
            note(after, token)
            fate = fates.pop(0) if fates else "answered"
            page = self.ask(world, after, token, refused=fate == "refused")
            got = [entry.raw.decode() for entry in page.entries] if page is not None else []
            if page is None or fate == "lost":
                self.failed = True
                if page is not None and not page.more:
                    # The server saw its last page go out: only a redelivery finds what was lost behind it.
                    self.unseen |= {*self.walk, *got}
                self.thrown.update({*self.walk, *got})
                self.broken(began)
                return
            if self.keeps == "clock":
                self.walk += got
            else:
                self.client.got += got
            if self.keeps in {"last", "header"} and page.entries:
                self.client.cursor = page.last
            token = page.next
            if self.keeps == "database":
                self.stored_next, self.stored_last = token, page.last if page.entries else self.stored_last
                if page.more:
                    return
                if self.stored_last is not None:
                    self.client.cursor, self.stored_last = self.stored_last // 1_000 * 1_000, None
            if not page.more:
                if self.keeps == "clock":
                    self.client.got += self.walk
                    self.client.cursor = began
                return
            if self.keeps == "last":
                token = None

    def ask(self, world: World, after: int | None, token: str | None, *, refused: bool) -> Page | None:
        asked = None if self.keeps == "header" and token is not None else after
        query = Query(self.client.limit, asked, token, versions=("all",))
        if refused:
            world.reading.refused(self.client.account, self.client.collection, query, "objects")
            return None
        quiet = world.reading.quiet(self.client.account, self.client.collection, query)
        page = world.reading.page(self.client.account, self.client.collection, query, "objects")
        assert quiet is None or not page.entries, "memory said that nothing was new, and there was something"
        assert page.last is None or not page.entries or page.last <= world.now, "a date lies in the future"
        return page

    def given_up(self) -> set[str]:
        """What this client may lose: it threw it away twice, or the server saw its last page go out."""
        return (
            self.unseen | {raw for raw, times in self.thrown.items() if times > 1} if self.keeps == "clock" else set()
        )

    def broken(self, began: int) -> None:
        """What the client does after an error: the connector throws its walk away and moves on all the same."""
        if self.keeps == "clock":
            self.client.cursor = began


def settle(history: History, flow: Any, pollers: list[Poller], fates: list[str]) -> None:
    for poller in pollers:
        note = noting(history, flow, poller)
        poller.poll(history.world, fates, note)


def noting(history: History, flow: Any, poller: Poller) -> Any:
    def note(after: int | None, token: str | None) -> None:
        del after, token

    return note


def run(operations: list[tuple[Any, ...]], fates: dict[int, list[str]], *, keeps_history: bool) -> None:
    history = History(FakeStore(), processes=2, history=keeps_history)
    flow = history.ledger.flows[0]
    collection = history.clients[0][1].collection
    pollers = []
    for number, (keeps, skew) in enumerate(SHAPES.values()):
        account = history.world.account(f"poller{number}", flow.party)
        flow.order[account.name] = list(flow.order["kyiv"])
        flow.passed[account.name] = set()
        pollers.append(Poller(Client(account, collection, keeps, 2), keeps, skew, []))
    for step, (name, *arguments) in enumerate(operations):
        getattr(history, name)(*arguments)
        history._settle_due()
        for number, poller in enumerate(pollers):
            if (step + number) % 3 == 0:
                poller.poll(history.world, list(fates.get(step * 10 + number, ())), lambda *_: None)
    history.world.settle_clock()
    history.world.scheduled()
    history._settle_due()
    for _ in range(8):
        history.world.settle_clock(400_000_000)
        for poller in pollers:
            for _ in range(30):
                poller.poll(history.world, [], lambda *_: None)
                if poller.stored_next is None:
                    break
    for name, poller in zip(SHAPES, pollers, strict=True):
        visible = {
            history.raw[seq]
            for seq, row in flow.rows.items()
            if row.given and not history.ledger.hidden(flow, history.ledger.items[seq])
        }
        missing = visible - set(poller.client.got) - poller.given_up()
        assert not missing, f"{name} lost {sorted(missing)}"
        if not poller.failed and poller.skew == 0 and poller.keeps in {"last", "header"}:
            assert len(poller.client.got) == len(set(poller.client.got)), f"{name} got something twice"


fate_lists = st.dictionaries(
    st.integers(0, 400),
    st.lists(st.sampled_from(["answered", "answered", "refused", "lost"]), min_size=1, max_size=4),
    max_size=40,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operations, max_size=40), fate_lists, st.booleans())
def test_no_client_loses_what_it_may_have(
    history: list[tuple[Any, ...]], fates: dict[int, list[str]], keeps_history: bool
) -> None:
    run(history, fates, keeps_history=keeps_history)
