"""Searching: what is found, by whom, in what order, and what an index has to do with it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.actors import ADMIN, actor
from tests.fakes.search import FakeSearchIndex
from tests.simulation.sharing import TERMS, Sharing

from relto.domain.actor import Actor
from relto.domain.errors import BadInput
from relto.domain.item import Header
from relto.ports.search import IndexPlace
from relto.usecases import indexing, purging, searching
from relto.usecases.publishing import withdraw
from relto.usecases.searching import Found, search
from relto.usecases.shelf import Wanted

KYIV = actor("kyiv", "reader", party="UKR")
SECOND = 1_000_000


class Library:
    """A sharing whose items are objects with names, and an index beside it."""

    def __init__(self, terms: str = TERMS) -> None:
        self.sharing = Sharing(terms)
        self.node = self.sharing.node
        self.index = FakeSearchIndex()

    @property
    def now(self) -> int:
        return self.sharing.world.now

    def item(self, name: str, *labels: str, **more: Any) -> Header:
        version, said = more.pop("version", 1), more.pop("said", {})
        header = self.sharing.item(name, *labels, version=version, **more)
        raw = json.dumps({"type": header.type, "id": header.id, "name": name, **said}).encode()
        return msgspec.structs.replace(header, raw=raw, digest=hashlib.sha256(raw).digest())

    def give(self, *items: str | Header) -> None:
        headers = [self.item(each) if isinstance(each, str) else each for each in items]
        taken = self.sharing.world.take(headers)
        assert taken.added == len(headers), taken.rejects
        self.sharing.world.settle_clock()

    def follow(self) -> None:
        for _ in range(1_000):
            if not indexing.follow(self.node, self.index):
                return
        raise AssertionError("it goes on for ever")

    def page(self, words: str = "", *, by: Actor = ADMIN, limit: int = 100, before: Any = None, **more: Any) -> Found:
        wanted = Wanted(words, **more)
        desk = self.sharing.world.desk
        return search(self.node, desk, self.index, wanted, by=by, limit=limit, before=before)

    def find(self, words: str = "", **more: Any) -> list[str]:
        found = self.page(words, **more)
        assert found.before is None
        return [each.value["name"] for each in found.items]

    def walk(self, words: str = "", *, limit: int, **more: Any) -> list[str]:
        """All pages, one after the other."""
        found, before = list[str](), None
        for _ in range(1_000):
            page = self.page(words, limit=limit, before=before, **more)
            found += [each.value["name"] for each in page.items]
            before = page.before
            if before is None:
                return found
        raise AssertionError("it goes on for ever")


@pytest.fixture(params=["followed", "behind"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Library:
    """With an index that has everything, or nothing: what is found is the same."""
    made = Library()
    if request.param == "followed":
        # Else so few items are simply looked through.
        monkeypatch.setattr(searching, "FEW", 0)
        find = made.page

        def page(*args: Any, **more: Any) -> Found:
            made.follow()
            return find(*args, **more)

        made.page = page  # type: ignore[method-assign]  # of this one alone
    return made


def test_words_ids_topics_types_and_times_narrow_together_and_the_newest_comes_first(library: Library) -> None:
    library.give("Sandworm scan", library.item("Turla scan", "targeting"))
    middle = library.now
    library.give(library.item("Sandworm lure", "naval", "targeting"))
    assert library.find() == ["Sandworm lure", "Turla scan", "Sandworm scan"]
    assert library.find("sandworm") == ["Sandworm lure", "Sandworm scan"]
    assert library.find("scan SANDWORM") == ["Sandworm scan"]
    assert library.find("worm") == library.find("!?") == []
    assert library.find("scan", topics=["targeting"]) == ["Turla scan"]
    assert library.find(topics=["naval", "targeting"]) == ["Sandworm lure", "Turla scan", "Sandworm scan"]
    assert library.find("sandworm", types=["report"]) == []
    assert library.find("sandworm", since=middle) == ["Sandworm lure"]
    assert library.find("sandworm", until=middle) == ["Sandworm scan"]
    assert library.find(since=middle, until=middle + 1) == []
    with pytest.raises(BadInput) as caught:
        library.find(since=middle, until=middle)
    assert caught.value.code == "search-span-invalid"


def test_an_id_finds_its_versions_and_one_version_finds_itself(library: Library) -> None:
    old, new = library.item("report"), library.item("report", version=2)
    library.give(old, "another", new)
    assert [each.name for each in library.page(old.id).items] == [f"{old.id}@{new.version}", f"{old.id}@{old.version}"]
    assert [each.name for each in library.page(f" {old.id}@{old.version} ").items] == [f"{old.id}@{old.version}"]
    assert library.find("indicator--00000000-0000-4000-8000-000000000000") == []
    assert library.walk(old.id, limit=1) == ["report", "report"]


def test_a_pattern_a_hash_and_what_was_made_harmless_are_found(library: Library) -> None:
    said = {
        "pattern": "[url:value = 'http://a.evil.example/x' OR file:hashes.MD5 = 'D41D8CD98F00B204E9800998ECF8427E']"
    }
    library.give(library.item("one", said=said), library.item("two", said={"description": "seen at evil[.]example"}))
    assert library.find("evil.example") == ["two", "one"]
    assert library.find("hxxp://a.evil.example/x") == []
    assert library.find("http://a.evil[.]example/x") == ["one"]
    assert library.find("d41d8cd98f00b204e9800998ecf8427e") == ["one"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_give_each_item_once_whoever_asks(library: Library, limit: int) -> None:
    names = [f"ship {number}" for number in range(7)]
    for name in names:
        library.give(name)
    library.give(library.item("tank", "targeting"))
    for by in (ADMIN, KYIV):
        assert library.walk("ship", limit=limit, by=by) == names[::-1]
    assert library.walk(limit=limit, by=KYIV) == names[::-1]
    assert library.walk(limit=limit) == ["tank", *names[::-1]]


def test_who_receives_finds_what_it_can_read_now_and_nothing_else(library: Library) -> None:
    library.give("ship one", library.item("ship two", "targeting"))
    number = library.sharing.pause()
    library.give("ship three")
    for words in ("ship", ""):
        assert library.find(words, by=KYIV) == ["ship one"]
    assert library.find(library.item("ship three").id, by=KYIV) == []
    assert library.find("three", by=KYIV, topics=["naval"]) == []
    library.sharing.resume(number)
    library.sharing.world.settle_clock()
    assert library.find("ship", by=KYIV) == ["ship three", "ship one"]
    library.sharing.pause(mode="cut")
    assert library.find("ship", by=KYIV) == library.find(by=KYIV) == []
    assert library.find("ship", by=actor("nobody", "reader", party="GBR")) == []


def test_who_receives_is_told_when_it_was_released_never_when_it_was_stored(library: Library) -> None:
    number = library.sharing.pause()
    library.give("held")
    stored = library.now
    library.sharing.resume(number)
    library.sharing.world.settle_clock()
    library.give("later")
    found = library.page("held", by=KYIV).items[0]
    assert found.at >= stored
    assert (found.originator, found.topics) == ("", ["naval"])
    assert library.page("held").items[0].at < stored
    assert library.page("held").items[0].originator == "USA"
    assert library.find(by=KYIV, until=stored) == []
    assert library.find(by=KYIV, since=stored) == ["later", "held"]


def test_what_was_held_stands_where_it_was_released(library: Library) -> None:
    library = library.__class__(TERMS + "exceptions: [{name: warn, scope: {topics: [life]}}]\n")
    number = library.sharing.pause()
    library.give("held")
    library.give(library.item("warning", "naval", "life"))
    library.sharing.resume(number)
    library.sharing.world.settle_clock()
    assert library.find(by=KYIV) == library.find("indicator", by=KYIV) == ["held", "warning"]
    assert library.walk(by=KYIV, limit=1) == library.walk("indicator", by=KYIV, limit=1) == ["held", "warning"]
    assert library.find() == ["warning", "held"]


def test_topics_that_the_agreement_does_not_name_are_not_told_to_who_receives(library: Library) -> None:
    library.give(library.item("ship", "naval", "targeting"))
    assert library.page("ship", by=KYIV).items[0].topics == ["naval"]
    assert library.find("ship", by=KYIV, topics=["targeting"]) == library.find(by=KYIV, topics=["targeting"]) == []
    assert library.page("ship").items[0].topics == ["naval", "targeting"]


def test_what_two_agreements_give_is_found_once(library: Library) -> None:
    library.sharing.world.apply("agreement: more\nfrom: USA\nto: [UKR]\nscope: {topics: [naval, targeting]}\n")
    library.give("ship", library.item("tank", "targeting"))
    assert library.find(by=KYIV) == ["tank", "ship"]
    assert library.walk(by=KYIV, limit=1) == ["tank", "ship"]
    assert library.find("ship", by=KYIV) == ["ship"]


def test_items_that_went_to_another_class_are_found_where_they_are_now(library: Library) -> None:
    item = library.item("ship")
    library.give(item, "boat")
    library.follow()
    library.sharing.by_hand("recall", item)
    assert library.find("ship", by=KYIV) == []
    assert library.find("ship") == ["ship"]
    withdraw(library.node, library.sharing.world.desk, originator="USA", by=ADMIN, stix_id=item.id, versions=None)
    assert library.find("ship") == ["ship"], "who has the stock sees what was withdrawn, and reads that it was"


def test_what_was_purged_is_found_no_more_and_nothing_of_it_stays_in_the_index() -> None:
    library = Library()
    library.give("old ship", "old boat")
    moment = library.now
    library.give("new ship")
    library.follow()
    before = library.index.place()
    assert library.index.find(["ship"], before=99, limit=9) == [3, 1]
    purging.purge(library.node, library.sharing.world.desk, before=moment, originator=None, by=ADMIN)
    assert library.find("ship") == library.find() == ["new ship"], "before the index knows of it"
    library.follow()
    assert library.index.find(["ship"], before=99, limit=9) == [3]
    assert library.index.place().purge > before.purge
    library.give("newest ship")
    library.follow()
    assert library.index.find(["ship"], before=99, limit=9) == [4, 3]


def test_an_item_that_moved_between_its_purge_and_the_index_is_forgotten_all_the_same() -> None:
    library = Library()
    item = library.item("old ship")
    library.give(item)
    library.follow()
    purging.purge(library.node, library.sharing.world.desk, before=library.now, originator=None, by=ADMIN)
    library.sharing.by_hand("withhold", item) if library.sharing.why(item)[0] != "release" else library.sharing.by_hand(
        "recall", item
    )
    library.follow()
    assert library.index.find(["ship"], before=99, limit=9) == []


def test_an_index_of_another_store_is_begun_anew() -> None:
    library, other = Library(), Library()
    library.give("ship", "boat")
    library.follow()
    other.give("tank", "plane")
    other.index = library.index
    assert other.find("ship") == []
    assert other.find("tank") == ["tank"], "it is looked for without the index meanwhile"
    other.follow()
    assert other.index.find(["tank"], before=99, limit=9) == [1]
    assert other.index.find(["ship"], before=99, limit=9) == []


def test_an_index_that_is_beyond_the_store_or_knows_of_another_purge_is_begun_anew() -> None:
    library = Library()
    library.give("ship")
    library.follow()
    place = library.index.place()
    assert library.index.add(place, [(2, ["boat"])], upto=2, digest=b"another")
    library.follow()
    assert library.index.place() == place
    library.index.forget([1], purge=1)
    library.follow()
    assert library.index.find(["ship"], before=99, limit=9) == [1]


@pytest.mark.tampers
def test_the_index_follows_in_slices_and_a_gap_in_the_numbers_stops_it_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "SLICE", 2)
    library = Library()
    library.give("ship one")
    with library.node.store.write() as tx:
        head = tx.head()
        tx.put_head(replace(head, last_seq=50))
    library.give(*(f"ship {number}" for number in range(5)))
    library.follow()
    assert library.index.find(["ship"], before=99, limit=9) == [55, 54, 53, 52, 51, 1]
    assert library.index.place().upto == 55


def test_one_that_cannot_be_read_has_no_words_and_stops_nobody() -> None:
    library = Library()
    raw = b'{"name": "broken'
    broken = msgspec.structs.replace(library.item("broken"), raw=raw, digest=hashlib.sha256(raw).digest())
    library.give("ship", broken, "boat")
    library.follow()
    assert library.find("boat") == ["boat"]
    assert len(library.page().items) == 3


def test_two_processes_that_follow_take_each_slice_in_once(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    library.give("ship")
    index = library.index
    add = index.add

    def late(*args: Any, **more: Any) -> bool:
        assert add(*args, **more)
        return add(*args, **more)

    monkeypatch.setattr(index, "add", late)
    assert not indexing.follow(library.node, index)
    assert index.find(["ship"], before=99, limit=9) == [1]


# What is behind, and what is bounded.


def test_what_the_index_lacks_is_looked_through_and_beyond_that_it_says_that_it_is_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(searching, "TAIL_MAX", 3)
    monkeypatch.setattr(searching, "FEW", 1)
    library = Library()
    library.give(*(f"ship {number}" for number in range(5)))
    library.follow()
    library.give("ship 5", "ship 6", "ship 7")
    assert (library.walk("ship", limit=2), library.page("ship").behind) == ([f"ship {n}" for n in range(7, -1, -1)], 0)
    library.give("ship 8")
    page = library.page("ship")
    assert [each.value["name"] for each in page.items] == [f"ship {n}" for n in (8, 7, 6, 4, 3, 2, 1, 0)]
    assert page.behind == 1
    assert library.page("ship", by=KYIV).behind == 0, "how much has come is not for it"
    assert library.walk("ship", by=KYIV, limit=2) == [f"ship {n}" for n in range(8, -1, -1)]


@pytest.mark.parametrize("followed", [True, False])
def test_a_page_looks_at_so_many_and_says_where_to_go_on(monkeypatch: pytest.MonkeyPatch, followed: bool) -> None:
    for name, value in {
        "FEW": 0,
        "CHUNK": 2,
        "CHUNK_MAX": 2,
        "LOOKED_AT_MAX": 4,
        "THEIRS_MAX": 4,
        "WALKED_MAX": 4,
    }.items():
        monkeypatch.setattr(searching, name, value)
    library = Library()
    library.give("ship first")
    library.give(*(library.item(f"ship {number}", "targeting") for number in range(10)))
    library.give("ship last")
    if followed:
        library.follow()
    assert library.walk("ship", limit=5, topics=["naval"]) == ["ship last", "ship first"]
    assert library.walk("ship", limit=5, by=KYIV) == ["ship last", "ship first"]
    assert library.walk("last", limit=5, by=KYIV) == ["ship last"]
    page = library.page("ship", by=KYIV, limit=5)
    assert page.before is None, "that others have the word as well shortens no page"


def test_whoever_does_not_see_everything_is_answered_at_even_intervals() -> None:
    library = Library()
    library.give("ship")
    began = library.now
    library.page("ship", by=KYIV)
    assert (library.now - began) % searching.EVEN_US == 0
    assert library.now > began
    began = library.now
    library.page("ship")
    assert library.now == began


def test_an_empty_store_has_nothing_for_anybody() -> None:
    library = Library()
    for by in (ADMIN, KYIV):
        assert library.find(by=by) == library.find("ship", by=by) == []
    library.follow()
    assert library.index.place() == IndexPlace()
