"""One client, two collections, one `next` that it never clears: OpenCTI's connector carries the token of one collection
to the next, and one moment of its own clock for all of them.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulation.sharing import SECOND, Sharing

from relto.usecases.reading import Query

MINUTE = 60 * SECOND
LIFE = "agreement: usa-life\nfrom: USA\nto: [UKR]\nscope: {topics: [life]}\n"


class Connector:
    """Polls each collection to its end; what a run that broke off had read of one is thrown away."""

    def __init__(self, sharing: Sharing, collections: list[str]) -> None:
        self.sharing, self.collections = sharing, collections
        self.cursor = 0
        self.stale: str | None = None
        self.got: Counter[str] = Counter()
        self.overlapped: set[str] = set()

    def run(self, breaks: tuple[bool, ...] = ()) -> None:
        """`breaks`: for each collection, whether its walk breaks off after its first page of several."""
        world = self.sharing.world
        began = world.now // SECOND * SECOND
        for index, name in enumerate(self.collections):
            pages = []
            while True:
                query = Query(2, self.cursor, self.stale)
                page = world.reading.page(self.sharing.kyiv.account, name, query, "objects")
                assert page.more == (page.next is not None)
                if page.entries and self.cursor < world.now:
                    assert page.first is not None
                    assert page.first > self.cursor, "a date from before what was asked"
                pages.append(page)
                self.stale = page.next or self.stale
                if not page.more:
                    break
                if index < len(breaks) and breaks[index]:
                    pages.clear()
                    break
            for page in pages:
                self.got.update(self.sharing.names[entry.raw.decode()] for entry in page.entries)
        self.cursor = began


acts = st.lists(
    st.one_of(
        st.tuples(st.just("give"), st.integers(1, 5), st.booleans()),
        st.tuples(st.just("run"), st.booleans(), st.booleans()),
        st.tuples(st.just("run"), st.just(False), st.just(False)),
        st.tuples(st.just("pause"), st.booleans(), st.booleans()),
    ),
    max_size=25,
)


@given(acts)
@settings(max_examples=100, deadline=None)
def test_a_stale_token_carried_from_collection_to_collection_loses_nothing(play):
    sharing = Sharing()
    other = sharing.world.apply(LIFE).collections["UKR"]
    sharing.world.settle_clock(MINUTE)
    client = Connector(sharing, [sharing.collection, other])
    client.cursor = sharing.world.now // SECOND * SECOND
    client.run()
    names: list[str] = []
    broken, pause = Counter[int](), ""
    for act, first, second in play:
        sharing.world.settle_clock(MINUTE)
        if act == "give":
            fresh = [f"item {len(names) + number}" for number in range(first)]
            names += fresh
            sharing.give(*(sharing.item(name, "naval" if second else "life") for name in fresh))
        elif act == "run":
            client.run((first, second))
            broken.update(number for number, breaks in enumerate((first, second)) if breaks)
        elif pause:
            sharing.resume(pause)
            pause = ""
        else:
            pause = sharing.pause(mode="cut" if first else "freeze")
    if pause:
        sharing.resume(pause)
    for _ in range(4):
        sharing.world.settle_clock(MINUTE)
        client.run()
    lost = set(names) - set(client.got)
    assert not lost or max(broken.values(), default=0) > 1, "two walks that broke off had covered it, no fewer"
    assert max(client.got.values(), default=0) <= 2 + sum(broken.values())
