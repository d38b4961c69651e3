"""Purging: bytes go, what they were stays; what is still to be given stays whole; the log still verifies."""

import pytest
from tests.actors import ADMIN, actor
from tests.logged import leaves
from tests.simulation.sharing import Sharing

from relto.domain.errors import BadInput, Refused, Unknown
from relto.usecases import purging
from relto.usecases.reading import Query


def purge(sharing, before=None, originator=None, by=ADMIN):
    before = sharing.world.now if before is None else before
    return purging.purge(sharing.node, sharing.world.desk, before=before, originator=originator, by=by)


def raws(sharing):
    with sharing.node.store.read() as snap:
        return [body.raw for body in snap.bodies(range(1, snap.head().last_seq + 1))]


def given(sharing, endpoint="objects", **query):
    sharing.world.settle_clock()
    page = sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(100, **query), endpoint)
    return len(page.entries)


def test_content_goes_and_everything_else_stays():
    sharing = Sharing()
    sharing.give("one", "two")
    sharing.world.settle_clock()
    moment = sharing.world.now
    sharing.world.settle_clock()
    sharing.give("three")
    sharing.world.settle_clock()
    done = purge(sharing, moment)
    assert (done.items, done.kept) == (2, 0)
    assert [bool(raw) for raw in raws(sharing)] == [False, False, True]
    with sharing.node.store.read() as snap:
        assert [len(row.digest) for row in snap.records([1, 2, 3])] == [32, 32, 32]
    assert given(sharing) == given(sharing, "manifest") == 1
    # The same version is still known, so that nobody fills the gap again by chance.
    assert sharing.world.take([sharing.item("one")]).known == 1
    assert sharing.why(sharing.item("one"))[0] == "release"


def test_what_a_pause_holds_or_a_review_keeps_stays_whole():
    sharing = Sharing()
    sharing.give("one")
    number = sharing.pause()
    sharing.give("held", "held too")
    sharing.world.settle_clock()
    done = purge(sharing)
    assert (done.items, done.kept) == (1, 2)
    sharing.resume(number, "review")
    assert purge(sharing).items == 0
    sharing.release_backlog()
    assert sharing.read() == ["held", "held too"]
    sharing.world.settle_clock()
    assert purge(sharing).items == 2


def test_whoever_asks_for_it_by_id_is_given_nothing():
    sharing = Sharing()
    item = sharing.item("one")
    sharing.give(item)
    sharing.world.settle_clock()
    purge(sharing)
    assert given(sharing, ids=(item.id,)) == given(sharing, "versions", ids=(item.id,)) == 0


def test_it_goes_portion_by_portion_and_goes_on_where_it_broke_off(monkeypatch):
    monkeypatch.setattr(purging, "PORTION", 2)
    sharing = Sharing()
    sharing.give(*(f"item {number}" for number in range(5)))
    sharing.world.settle_clock()
    with sharing.node.store.read() as snap:
        before = len(leaves(snap))
    assert purge(sharing).items == 5
    with sharing.node.store.read() as snap:
        assert [leaf["kind"] for leaf in leaves(snap)[before:]].count("purged") == 3
    with sharing.node.store.read() as snap:
        before = len(leaves(snap))
    version = sharing.node.store.head().policy_version
    assert purge(sharing).items == 0
    # Of what is gone already nothing is said but that somebody asked.
    with sharing.node.store.read() as snap:
        assert [leaf["kind"] for leaf in leaves(snap)[before:]].count("purged") == 0
    assert sharing.node.store.head().policy_version <= version + 1


def test_only_what_one_party_gave():
    sharing = Sharing()
    sharing.give("one")
    sharing.world.settle_clock()
    assert purge(sharing, originator="UKR").items == 0
    assert purge(sharing, originator="USA").items == 1


def test_a_preview_says_the_same_and_does_nothing():
    sharing = Sharing()
    sharing.give("one", "two")
    sharing.world.settle_clock()
    sharing.world.walk(sharing.kyiv)
    told = purging.preview_purge(sharing.node, sharing.world.desk, before=sharing.world.now, originator=None, by=ADMIN)
    assert (told.items, told.act, told.behind) == (2, 0, ("kyiv",))
    assert all(raws(sharing))
    assert purge(sharing).items == 2
    assert purging.preview_purge(
        sharing.node, sharing.world.desk, before=sharing.world.now, originator=None, by=ADMIN
    ).items == 0  # fmt: skip


def test_a_page_that_was_decided_before_is_decided_anew():
    sharing = Sharing()
    sharing.give("one", "two")
    sharing.world.settle_clock()
    version = sharing.node.store.head().policy_version
    purge(sharing)
    assert sharing.node.store.head().policy_version > version


@pytest.mark.parametrize("roles", [("officer",), ("auditor",), ("reader",), ()])
def test_only_an_administrator_of_the_node_purges(roles):
    sharing = Sharing()
    sharing.give("one")
    sharing.world.settle_clock()
    with pytest.raises(Refused):
        purge(sharing, by=actor("olga", *roles))
    with pytest.raises(Refused):
        purge(sharing, by=actor("kyiv", "admin", party="UKR"))
    assert all(raws(sharing))


def test_what_is_to_come_and_who_is_not_here_is_refused():
    sharing = Sharing()
    with pytest.raises(BadInput):
        purge(sharing, sharing.world.now + 1)
    with pytest.raises(Unknown):
        purge(sharing, originator="XYZ")


def meanwhile(monkeypatch, step):
    """Has something done when a purge is asked for, and before any content goes."""
    ordered, portions = purging.order_purge, purging._portions
    left = []

    def order(*words, **named):
        left.append(step)
        return ordered(*words, **named)

    def each(*words):
        while left:
            left.pop()()
        return portions(*words)

    monkeypatch.setattr(purging, "order_purge", order)
    monkeypatch.setattr(purging, "_portions", each)


def test_what_is_released_while_a_purge_goes_on_stays_whole(monkeypatch):
    sharing = Sharing()
    sharing.give("one")
    number = sharing.pause()
    sharing.give("held", "held too")
    sharing.world.settle_clock()
    with monkeypatch.context() as context:
        meanwhile(context, lambda: sharing.resume(number))
        assert (purge(sharing).items, len([raw for raw in raws(sharing) if raw])) == (1, 2)
    assert sharing.read() == ["held", "held too"]
    sharing.world.settle_clock()
    assert purge(sharing).items == 2


def test_what_moves_while_a_purge_goes_on_is_left_to_the_next(monkeypatch):
    sharing = Sharing()
    one, two = sharing.item("one"), sharing.item("two")
    sharing.give(one, two)
    sharing.world.settle_clock()

    def move():
        sharing.world.settle_clock()
        sharing.by_hand("recall", one)

    with monkeypatch.context() as context:
        meanwhile(context, move)
        assert purge(sharing).items == 1
    sharing.world.settle_clock()
    assert purge(sharing).items == 1
