"""A client that is repaired at every poll for ever: its stream stays at few epochs, and it gets everything once."""

from __future__ import annotations

import pytest
from tests.simulation.sharing import Sharing
from tests.unit.usecases.test_owed import MINUTE, asked, got
from tests.unit.usecases.test_repairing import again, repairs

from relto.domain.cursor import Cursor, Filters
from relto.domain.stream import Stream
from relto.usecases import accounts, repairing
from relto.usecases.reading import Query

POLLS = 200
KEPT = 4


@pytest.fixture
def sharing(monkeypatch: pytest.MonkeyPatch) -> Sharing:
    """A world that folds early, with a second account beside `kyiv`, which has begun to read."""
    monkeypatch.setattr(repairing, "EPOCHS_KEPT", KEPT)
    monkeypatch.setattr(repairing, "FOLD_BEFORE_US", 2 * MINUTE)
    sharing = Sharing()
    sharing.world.account("lviv", "UKR")
    sharing.world.settle_clock()
    assert asked(sharing, sharing.world.now).bodies == ()
    return sharing


def stream_of(sharing: Sharing, account: str = "kyiv") -> Stream:
    """The stream of the account as it is stored."""
    with sharing.node.store.read() as snap:
        policy = sharing.world.desk.current(snap, snap.head().policy_version)
        [flow] = policy.flows.values()
        return policy.stream(snap, policy.stream_of(flow, account))


def test_a_client_that_is_repaired_at_each_of_many_polls_stays_at_few_epochs_and_gets_everything_once(
    sharing: Sharing,
) -> None:
    names = [f"item {number}" for number in range(POLLS)]
    for name in names:
        sharing.give(name)
        assert got(sharing) == [name]
        assert len(stream_of(sharing).epochs) <= KEPT + 1
    assert got(sharing) == []
    # What was folded is told of no more; all of it is still there, once, for who begins anew.
    assert len(repairs(sharing)) <= KEPT + 1
    assert stream_of(sharing).last_epoch == POLLS
    assert sorted(sharing.read(sharing.fresh())) == sorted(names)


def test_the_other_reader_of_the_party_notices_nothing(sharing: Sharing) -> None:
    other = sharing.client(next(row for row in accounts.list_accounts(sharing.node) if row.name == "lviv"))
    for number in range(20):
        sharing.give(f"item {number}")
        assert got(sharing) == [f"item {number}"]
        assert sharing.read(other) == [f"item {number}"]
    assert stream_of(sharing, "lviv").epochs == ()


def test_what_was_folded_can_be_given_again_and_what_came_since_as_well(sharing: Sharing) -> None:
    for number in range(20):
        sharing.give(f"item {number}")
        assert got(sharing) == [f"item {number}"]
    assert stream_of(sharing).epochs[0].number > 1
    assert again(sharing, 0, account="kyiv").items == 20
    assert sorted(got(sharing)) == sorted(f"item {number}" for number in range(20))
    assert got(sharing) == []


def test_a_pause_over_what_is_folded_holds_what_is_new_and_a_cut_shows_the_folded_again(sharing: Sharing) -> None:
    names = [f"item {number}" for number in range(12)]
    for name in names:
        sharing.give(name)
        assert got(sharing) == [name]
    assert stream_of(sharing).epochs[0].number > 1
    number = sharing.pause(mode="cut")
    sharing.give("held")
    assert got(sharing) == []
    sharing.resume(number)
    assert got(sharing) == ["held"]
    assert sorted(sharing.read(sharing.fresh())) == sorted([*names, "held"])


def test_what_a_cut_hides_from_one_that_is_repaired_at_each_poll_comes_once_when_it_is_lifted(sharing: Sharing) -> None:
    sharing.amend(scope="[naval, targeting]")
    for number in range(5):
        sharing.give(f"item {number}")
        assert got(sharing) == [f"item {number}"]
    sharing.give(sharing.item("target", "targeting"))
    cut = sharing.pause(mode="cut", topics=["targeting"])
    for number in range(5, 25):
        sharing.give(f"item {number}")
        assert got(sharing) == [f"item {number}"]
    sharing.resume(cut)
    assert got(sharing) == ["target"]
    assert got(sharing) == []


def test_a_second_way_of_asking_that_stands_still_is_folded_around_and_given_all_of_it_once(sharing: Sharing) -> None:
    names = [f"item {number}" for number in range(60)]
    only = ("indicator",)
    for name in names[:10]:
        sharing.give(name)
        assert got(sharing) == [name]
    assert got(sharing, 0, types=only) == names[:10]
    for name in names[10:]:
        sharing.give(name)
        assert got(sharing) == [name]
        assert len(stream_of(sharing).epochs) <= KEPT + 6
    assert sorted(got(sharing, types=only)) == names[10:]
    assert (got(sharing), got(sharing, types=only)) == ([], [])


def test_a_way_that_stands_before_the_first_epoch_is_folded_around_too(sharing: Sharing) -> None:
    old, new = ([f"{word} {number}" for number in range(count)] for word, count in (("old", 30), ("new", 20)))
    only = ("indicator",)
    begun = sharing.world.now
    asked(sharing, begun, types=only)
    sharing.give(*old)
    assert got(sharing, begun, types=only) == got(sharing, begun) == old
    for name in new:
        sharing.give(name)
        assert got(sharing) == [name]
    assert len(stream_of(sharing).epochs) <= KEPT + 6
    assert sorted(got(sharing, types=only)) == sorted(new)
    # Whoever reads all of it, page by page, comes to the end.
    client = sharing.fresh()
    client.limit = 10
    assert sharing.read(client)[:30] == old
    assert (len(client.got), sharing.read(client)) == (50, [])


@pytest.mark.parametrize("by_clock", [False, True])
def test_what_a_way_has_that_goes_on_from_where_it_came_to_is_not_dated_later_by_a_fold(
    sharing: Sharing, by_clock: bool
) -> None:
    cursor = sharing.world.now
    asked(sharing, cursor, types=("indicator",))
    asked(sharing, cursor, types=("relationship",))
    ends = [sharing.item(f"item {number}") for number in range(10)]
    sharing.give(*ends)
    found: list[str] = []
    for number in range(60):
        fresh = [sharing.item(f"joins {number}", joins=(ends[0].id, ends[1].id))]
        if number % 15 == 0:
            fresh.append(sharing.item(f"more {number}"))
        sharing.give(*fresh)
        sharing.world.settle_clock(MINUTE)
        began, page = sharing.world.now, asked(sharing, cursor, types=("indicator",))
        found += [sharing.names[body.raw.decode()] for body in page.bodies]
        if by_clock:
            cursor = began
        elif page.last is not None:
            cursor = page.last
        assert got(sharing, types=("relationship",)) == [f"joins {number}"]
    assert len(stream_of(sharing).epochs) <= KEPT + 8
    assert sorted(found) == sorted(name for name in sharing.names.values() if not name.startswith("joins"))


def test_a_cut_that_lasts_is_folded_around_and_what_it_hid_comes_once(sharing: Sharing) -> None:
    sharing.amend(scope="[naval, targeting]")
    targets = [sharing.item(f"target {number}", "targeting") for number in range(12)]
    names = [f"item {number}" for number in range(80)]
    for index, name in enumerate(names[:20]):
        sharing.give(name, *(targets[index // 2 : index // 2 + 1] if index % 4 == 0 else ()))
        got(sharing)
    sharing.give(targets[1])
    cut = sharing.pause(mode="cut", topics=["targeting"])
    for index, name in enumerate(names[20:]):
        sharing.give(name, *([targets[3]] if index == 30 else ()))
        assert got(sharing) == [name]
        assert len(stream_of(sharing).epochs) <= KEPT + 3
    sharing.resume(cut)
    assert sorted(got(sharing)) == ["target 1", "target 3"]
    assert got(sharing) == []
    whole = sharing.read(sharing.fresh())
    assert sorted(whole) == sorted(sharing.names[raw] for raw in sharing.names if sharing.names[raw] in set(whole))
    assert len(whole) == len(set(whole)) == 80 + 7


def test_a_client_that_breaks_off_several_times_a_second_is_given_again_so_often_and_then_has_to_wait(
    sharing: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairing, "REPAIRS_MAX", 10)
    sharing.give(*(f"item {number}" for number in range(40)))
    sharing.world.settle_clock()

    def polled() -> list[str]:
        """By its own clock, the first page and no more, each time: what it got is thrown away."""
        sharing.world.clock.moment += 100_000
        page = asked(sharing, sharing.world.now, limit=1)
        return [sharing.names[body.raw.decode()] for body in page.bodies]

    found = [polled() for _ in range(50)]
    assert sum(map(bool, found)) == 10
    assert not any(found[10:])
    assert len(repairs(sharing)) == 10
    # Nothing is lost for that: later it goes on where it was.
    sharing.world.clock.moment += 3 * MINUTE
    again = [polled() for _ in range(10)]
    assert all(again)
    assert again[0] in (found[9], [f"item {int(found[9][0].split()[1]) + 1}"])
    assert len(stream_of(sharing).epochs) <= KEPT + 10 + 3


def test_what_an_operator_gives_again_does_not_count_against_the_reader(
    sharing: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairing, "REPAIRS_MAX", 1)
    sharing.give("one")
    assert sharing.read() == ["one"]
    for _ in range(3):
        assert again(sharing, 0).items == 1
        assert sharing.read() == ["one"]
    sharing.give("two")
    assert got(sharing) == ["two"]
    sharing.give("three")
    assert got(sharing) == []
    sharing.world.clock.moment += 3 * MINUTE
    assert got(sharing) == ["three"]


def test_a_cursor_of_a_second_client_goes_on_from_its_place_though_that_was_folded_meanwhile(sharing: Sharing) -> None:
    names = [f"item {number}" for number in range(20)]
    for name in names[:3]:
        sharing.give(name)
        assert got(sharing) == [name]
    stream = stream_of(sharing)
    [place] = [place for class_id in stream.classes if (place := stream.place_of(class_id, 2)) is not None]
    assert place.epoch == 2
    cursor = Cursor(sharing.collection, "kyiv", None, place, Filters(), sharing.world.now).signed(b"key")
    for name in names[3:]:
        sharing.give(name)
        assert got(sharing) == [name]
    assert stream_of(sharing).epochs[0].number > 2
    page = sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(99, cursor=cursor), "objects")
    assert set(names[2:]) <= {sharing.names[body.raw.decode()] for body in page.bodies}
