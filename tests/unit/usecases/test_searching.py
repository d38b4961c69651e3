"""Searching: what is found, by whom, in what order, and what an index has to do with it."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.actors import ADMIN, actor
from tests.fakes.search import FakeSearchIndex
from tests.simulation.sharing import TERMS, Sharing

from relto.domain.actor import OFFICE, Actor, Role
from relto.domain.errors import BadInput, Refused, Unknown
from relto.domain.item import Header
from relto.ports.search import IndexPlace
from relto.usecases import indexing, purging, searching
from relto.usecases.looking_up import look_up
from relto.usecases.publishing import withdraw
from relto.usecases.searching import Found, search
from relto.usecases.shelf import Wanted

KYIVS_OFFICER = actor("olena", "officer", "reader", party="UKR")
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

    def give_as(self, originator: str, *items: Header) -> None:
        """In the name of another."""
        taken = self.sharing.world.take(items, originator=originator)
        assert taken.added == len(items), taken.rejects
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
def test_pages_give_each_item_once(library: Library, limit: int) -> None:
    names = [f"ship {number}" for number in range(7)]
    for name in names:
        library.give(name)
    library.give(library.item("tank", "targeting"))
    assert library.walk("ship", limit=limit) == names[::-1]
    assert library.walk(limit=limit) == ["tank", *names[::-1]]


@pytest.mark.parametrize("role", ["reader", "contributor", None])
@pytest.mark.parametrize("party", ["USA", "UKR", "GBR"])
def test_who_is_not_in_office_is_refused_alike_whatever_is_asked(
    role: Role | None, party: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library()
    by = actor("somebody", *([role] if role else []), party=party)
    given, held = library.item("given"), library.item("held")
    library.give(given)
    library.sharing.pause()
    library.give(held)
    nobody, told = "indicator--00000000-0000-4000-8000-000000000000", set()
    with monkeypatch.context() as patched:
        # Nothing is looked up before.
        patched.setattr(library.node.store, "read", None)
        patched.setattr(library.index, "place", None)
        for text in (given.id, held.id, f"{given.id}@{given.version}", nobody, "no id", ""):
            with pytest.raises(Refused) as caught:
                library.page(text, by=by)
            told.add((caught.value.code, caught.value.message))
            with pytest.raises(Refused) as caught:
                look_up(library.node, library.sharing.world.desk, text, by=by)
            told.add((caught.value.code, caught.value.message))
        with pytest.raises(Refused) as caught:
            library.page(by=by, since=2, until=1)
    assert told == {("role-missing", "account `somebody` has no role of the office, and may not look at items")}
    assert {(caught.value.code, caught.value.message)} == told


@pytest.mark.parametrize("role", sorted(OFFICE))
def test_each_role_of_the_office_is_let_in(library: Library, role: Role) -> None:
    library.give("ship")
    assert library.find("ship", by=actor("somebody", role)) == ["ship"]


def test_an_officer_of_who_receives_sees_its_own_stock_and_nothing_that_it_only_receives(library: Library) -> None:
    theirs = library.item("ship one")
    library.give(theirs)
    own = library.item("ship two")
    library.give_as("UKR", own)
    library.give("ship three")
    for words in ("ship", ""):
        assert library.find(words, by=KYIVS_OFFICER) == ["ship two"]
        assert library.walk(words, by=KYIVS_OFFICER, limit=1) == ["ship two"]
    assert library.find(theirs.id, by=KYIVS_OFFICER) == []
    desk = library.sharing.world.desk
    assert look_up(library.node, desk, own.id, by=KYIVS_OFFICER).value.originator == "UKR"
    nobody = "indicator--00000000-0000-4000-8000-000000000000"
    for name in (theirs.id, nobody):
        with pytest.raises(Unknown) as caught:
            look_up(library.node, desk, name, by=KYIVS_OFFICER)
        assert caught.value.message == f"there is no item `{name}`"
    assert library.find("ship", by=actor("nobody", "officer", party="GBR")) == []


def test_items_that_went_to_another_class_are_found_where_they_are_now(library: Library) -> None:
    item = library.item("ship")
    library.give(item, "boat")
    library.follow()
    library.sharing.by_hand("recall", item)
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


@pytest.mark.parametrize("first", ["added", "forgotten"])
def test_of_two_processes_one_that_looked_before_the_purge_leaves_nothing_of_it(
    first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library()
    library.give("old ship")
    library.follow()
    library.give("secret ship")
    index, late = library.index, list[Callable[[], bool]]()

    def slow(*args: Any, **more: Any) -> bool:
        late.append(lambda: FakeSearchIndex.add(index, *args, **more))
        return False

    with monkeypatch.context() as patched:
        patched.setattr(index, "add", slow)
        indexing.follow(library.node, index)
    purging.purge(library.node, library.sharing.world.desk, before=library.now, originator=None, by=ADMIN)
    forget = index.forget

    def beaten(*args: Any, **more: Any) -> bool:
        if first == "forgotten":
            return forget(*args, **more)
        assert late.pop()()
        monkeypatch.setattr(index, "forget", forget)
        return forget(*args, **more)

    monkeypatch.setattr(index, "forget", beaten)
    library.follow()
    library.follow()
    assert not any(each() for each in late)
    assert index.find(["ship"], before=99, limit=9) == []
    assert index.place().purge


def test_an_index_that_took_more_in_since_the_store_was_looked_at_is_still_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(searching, "FEW", 0)
    monkeypatch.setattr(searching, "TAIL_MAX", 1)
    library = Library()
    library.give("ship 0", "ship 1", "ship 2")
    library.follow()
    store, inside = library.node.store, list[bool]()
    read = store.read

    @contextlib.contextmanager
    def overtaken() -> Iterator[Any]:
        with read() as snap:
            if not inside:
                inside.append(True)
                library.give(f"boat {snap.head().last_seq}")
                library.follow()
                inside.clear()
            yield snap

    with monkeypatch.context() as patched:
        patched.setattr(store, "read", overtaken)
        page = library.page("ship")
    assert ([each.value["name"] for each in page.items], page.behind) == (["ship 2", "ship 1", "ship 0"], 0)


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
    assert library.index.forget(place, [1], purge=1)
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


def test_no_more_than_500_items_are_taken_in_at_once() -> None:
    library = Library()
    library.give(*(f"ship {number}" for number in range(501)))
    assert indexing.follow(library.node, library.index)
    assert library.index.place().upto == 500
    indexing.follow_for(library.node, library.index, seconds=1)
    assert library.index.place().upto == 501


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
    page = library.page("ship", by=KYIVS_OFFICER)
    assert page == Found([]), "how much has come is not for it"


@pytest.mark.parametrize("followed", [True, False])
def test_a_page_looks_at_so_many_and_says_where_to_go_on(monkeypatch: pytest.MonkeyPatch, followed: bool) -> None:
    for name, value in {
        "FEW": 0,
        "CHUNK": 2,
        "CHUNK_MAX": 2,
        "LOOKED_AT_MAX": 4,
    }.items():
        monkeypatch.setattr(searching, name, value)
    library = Library()
    library.give("ship first")
    library.give(*(library.item(f"ship {number}", "targeting") for number in range(10)))
    library.give("ship last")
    if followed:
        library.follow()
    assert library.walk("ship", limit=5, topics=["naval"]) == ["ship last", "ship first"]
    assert (library.page("ship", limit=5, topics=["naval"]).before is not None) == followed


@pytest.mark.parametrize("followed", [True, False])
def test_who_sees_a_part_goes_through_that_alone_page_by_page(monkeypatch: pytest.MonkeyPatch, followed: bool) -> None:
    for name, value in {"FEW": 0, "CHUNK_MAX": 2, "TAIL_MAX": 4}.items():
        monkeypatch.setattr(searching, name, value)
    library, alone = Library(), Library()
    for each in (library, alone):
        each.give_as("UKR", *(each.item(f"boat {number}") for number in range(5)), each.item("ship"))
    library.give(*(f"boat other {number}" for number in range(20)))
    for each in (library, alone):
        if followed:
            each.follow()
        assert each.walk("boat", by=KYIVS_OFFICER, limit=2) == [f"boat {number}" for number in range(4, -1, -1)]
    pages = [each.page("zero", by=KYIVS_OFFICER, limit=1) for each in (library, alone)]
    assert pages[0] == pages[1], "what others have ends no page sooner"
    assert pages[0].before is not None, "it goes on behind four of its own"


def test_an_empty_store_has_nothing_for_anybody() -> None:
    library = Library()
    for by in (ADMIN, KYIVS_OFFICER):
        assert library.find(by=by) == library.find("ship", by=by) == []
    library.follow()
    assert library.index.place() == IndexPlace()
