"""One account that asks in several ways at once, each by a clock of its own: each way comes to its end, whatever the
repairs of the others move under it.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulation.sharing import SECOND, Sharing

from relto.usecases.reading import Page, Query
from relto.usecases.reading.values import Endpoint

WAYS: tuple[tuple[Endpoint, tuple[str, ...] | None], ...] = (
    ("objects", None),
    ("objects", ("indicator",)),
    ("manifest", None),
)

POLLS_MAX = 150
"""Whoever has not come to the end of two dozen items after so many polls never will."""


class Way:
    """A client of its own kind in this way of asking: `limit` a page, `follows` next (and throws away what it read of a
    walk that broke off), or goes on to its own clock after the first page.
    """

    def __init__(self, sharing: Sharing, number: int, *, limit: int, follows: bool) -> None:
        self.sharing, self.limit, self.follows = sharing, limit, follows
        self.endpoint, self.types = WAYS[number]
        self.cursor = 0
        self.got: Counter[str] = Counter()
        self.thrown: Counter[str] = Counter()

    def ask(self, token: str | None = None) -> Page:
        world = self.sharing.world
        query = Query(self.limit, self.cursor, token, types=self.types, versions=("all",))
        return world.reading.page(self.sharing.kyiv.account, self.sharing.collection, query, self.endpoint)

    def poll(self, *, breaks: bool = False) -> bool:
        """Whether it was given nothing at all; `breaks`: it gives up after the first of several."""
        began = self.sharing.world.now
        page = self.ask()
        found = [page]
        while self.follows and page.more and not breaks:
            page = self.ask(page.next)
            found.append(page)
        kept = self.thrown if breaks and page.more else self.got
        kept.update(name for each in found for name in _names(each))
        self.cursor = began
        return not found[0].entries


def _names(page: Page) -> list[str]:
    if page.bodies:
        return [body.raw.decode().partition("@")[0] for body in page.bodies]
    return [entry.stix_id for entry in page.listed]


ways = st.lists(
    st.tuples(st.sampled_from(range(len(WAYS))), st.integers(1, 3), st.booleans()),
    min_size=2,
    max_size=3,
    unique_by=lambda each: each[0],
)
acts = st.lists(
    st.one_of(
        st.tuples(st.just("give"), st.integers(1, 4)),
        st.tuples(st.just("join"), st.just(1)),
        st.tuples(st.sampled_from(["poll", "break"]), st.integers(0, 2)),
        st.tuples(st.just("pause"), st.just(0)),
    ),
    max_size=25,
)


@given(ways, acts)
@settings(max_examples=100, deadline=None)
def test_each_way_is_given_all_of_its_own_however_many_ask(kinds, play):
    sharing = Sharing()
    clients = [Way(sharing, number, limit=limit, follows=follows) for number, limit, follows in kinds]
    sharing.world.settle_clock()
    for client in clients:
        client.cursor = sharing.world.now
        client.ask()
    names: dict[str, str] = {}
    pause = ""
    for act, value in play:
        sharing.world.settle_clock(SECOND)
        if act == "give":
            headers = [sharing.item(f"item {len(names) + each}") for each in range(value)]
            names.update({header.id: header.type for header in headers})
            sharing.give(*headers)
        elif act == "join" and len(names) > 1:
            header = sharing.item(f"joins {len(names)}", joins=tuple(list(names)[:2]))
            names[header.id] = header.type
            sharing.give(header)
        elif act == "pause":
            if pause:
                sharing.resume(pause)
            pause = "" if pause else sharing.pause(mode="cut" if len(names) % 2 else "freeze")
        elif act in {"poll", "break"}:
            clients[value % len(clients)].poll(breaks=act == "break")
    if pause:
        sharing.resume(pause)
    calm = 0
    for _ in range(POLLS_MAX):
        sharing.world.settle_clock(SECOND)
        found = [client.poll() for client in clients]
        calm = calm + 1 if all(found) else 0
        if calm == 2:
            break
    assert calm == 2, "given the same for ever"
    with sharing.node.store.read() as snap:
        repairs = sum(row.track.repairs for row in snap.tracks(reader="kyiv"))
    for client in clients:
        wanted = {name for name, kind in names.items() if client.types is None or kind in client.types}
        lost = wanted.difference(client.got)
        assert set(client.got) == wanted - lost
        assert all(client.thrown[name] > 1 for name in lost), "lost what no two walks that broke off had covered"
        # A repair in one way gives new dates to what another asks for by its own clock; nothing else comes again.
        assert max(client.got.values(), default=0) <= 2 * (repairs + 1), "given again for no reason"
