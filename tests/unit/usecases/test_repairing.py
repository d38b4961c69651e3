"""What an operator gives again: to whom, what of it, and how it shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.actors import ADMIN
from tests.simulation.sharing import SECOND, TERMS, Sharing
from tests.simulation.world import Client

from relto.domain.errors import BadInput, Unknown
from relto.ports.store import RepairRow
from relto.usecases import accounts, standing
from relto.usecases.reading import Query
from relto.usecases.repairing import Given, redeliver

if TYPE_CHECKING:
    from relto.domain.item import Header

MINUTE = 60 * SECOND
BOTH = TERMS.replace("[UKR]", "[UKR, GBR]").replace("[naval]", "[naval, targeting]")


def again(
    sharing: Sharing, since: int, *, account: str | None = None, agreement: str = "usa-ukr", recipient: str = "UKR"
) -> Given:
    desk = sharing.world.desk
    return redeliver(sharing.node, desk, agreement, recipient=recipient, account=account, since=since, by=ADMIN)


def repairs(sharing: Sharing) -> list[RepairRow]:
    with sharing.node.store.read() as snap:
        return snap.repairs()


def released(sharing: Sharing) -> int:
    return next(
        each.released for each in standing.status(sharing.node, sharing.world.desk, by=ADMIN) if each.to == "UKR"
    )


def given_early_and_late(sharing: Sharing) -> int:
    """Two items, and long after them two more; the moment between."""
    sharing.give("one", "two")
    sharing.world.settle_clock()
    since = sharing.world.now
    sharing.world.settle_clock()
    sharing.give("three", "four")
    return since


@pytest.mark.parametrize("keeps", ["last", "clock", "next"])
def test_each_client_gets_exactly_what_was_given_since_then_once_more(keeps: str) -> None:
    sharing = Sharing()
    since = given_early_and_late(sharing)
    client = sharing.client(sharing.kyiv.account, keeps)
    client.limit = 1
    assert sharing.read(client) == ["one", "two", "three", "four"]
    sharing.world.settle_clock()
    given = again(sharing, since)
    assert given.items == 2
    assert given.visible_at > sharing.world.now
    sharing.give("five")
    assert sharing.read(client) == ["three", "four", "five"]
    assert sharing.read(client) == []
    assert released(sharing) == 5


def test_the_moment_of_an_item_itself_is_since_then_and_one_later_is_not() -> None:
    sharing = Sharing()
    sharing.give("one")
    sharing.read()
    [date] = sharing.kyiv.dates
    assert again(sharing, date + 1).items == 0
    assert again(sharing, date).items == 1
    assert sharing.read() == ["one"]


def test_what_was_given_again_stands_behind_all_that_was_given_and_before_what_comes() -> None:
    sharing = Sharing()
    sharing.give("one", "two")
    assert sharing.read() == ["one", "two"]
    seen = sharing.kyiv.dates[-1]
    given = again(sharing, 0)
    sharing.give("three")
    assert sharing.read() == ["one", "two", "three"]
    first, last = sharing.kyiv.dates[-2:]
    assert seen < first < given.visible_at < last
    assert sharing.world.now > last


def test_a_reader_that_has_not_come_so_far_gets_it_once_only() -> None:
    sharing = Sharing()
    ahead, behind = sharing.kyiv, sharing.client(sharing.world.account("lviv", "UKR"))
    sharing.give("one")
    assert sharing.read(ahead) == sharing.read(behind) == ["one"]
    since = sharing.world.now
    sharing.world.settle_clock()
    sharing.give("two")
    assert sharing.read(ahead) == ["two"]
    assert again(sharing, since).items == 1
    assert sharing.read(ahead) == ["two"]
    assert sharing.read(behind) == ["two"]
    assert {row.reader for row in repairs(sharing)} == {"kyiv", "lviv"}
    # Both went through it alike, so that they go on sharing one stream.
    with sharing.node.store.read() as snap:
        assert snap.readers() == {}


def test_a_named_account_gets_it_and_the_other_of_its_party_does_not() -> None:
    sharing = Sharing()
    other = sharing.client(sharing.world.account("lviv", "UKR"))
    sharing.give("one", "two")
    assert sharing.read() == sharing.read(other) == ["one", "two"]
    assert again(sharing, 0, account="lviv").items == 2
    sharing.give("three")
    assert sharing.read() == ["three"]
    assert sharing.read(other) == ["one", "two", "three"]
    assert [(row.reader, row.items, row.by) for row in repairs(sharing)] == [("lviv", 2, "admin")]
    assert released(sharing) == 3


def test_accounts_that_were_told_apart_before_each_get_what_they_were_shown() -> None:
    sharing = Sharing()
    other = sharing.client(sharing.world.account("lviv", "UKR"))
    sharing.give("one", "two")
    assert sharing.read() == sharing.read(other) == ["one", "two"]
    sharing.world.settle_clock()
    since = sharing.world.now
    again(sharing, 0, account="lviv")
    sharing.give("three")
    assert sharing.read(other) == ["one", "two", "three"]
    assert sharing.read() == ["three"]
    # Since then `lviv` was shown all three, and `kyiv` one: three items in all.
    assert again(sharing, since).items == 3
    assert sharing.read() == ["three"]
    assert sharing.read(other) == ["one", "two", "three"]
    assert sorted((row.reader, row.items) for row in repairs(sharing)) == [("kyiv", 1), ("lviv", 2), ("lviv", 3)]


def test_another_recipient_is_given_nothing_again() -> None:
    sharing = Sharing(BOTH)
    london = Client(sharing.world.account("london", "GBR"), "usa-ukr", "last", 100, versions=("all",))
    sharing.give("one")
    assert sharing.read() == sharing.read(london) == ["one"]
    again(sharing, 0)
    assert sharing.read(london) == []
    assert sharing.read() == ["one"]


def test_twice_in_a_row_is_once_more() -> None:
    sharing = Sharing()
    since = given_early_and_late(sharing)
    sharing.read()
    assert again(sharing, since).items == 2
    # What was given again has dates ahead of the clock, so that it was not shown yet; when it was, it is given again.
    assert sharing.read() == ["three", "four"]
    assert again(sharing, since).items == 2
    assert sharing.read() == ["three", "four"]
    assert sharing.read() == []


def test_twice_in_the_same_moment_gives_it_once() -> None:
    sharing = Sharing()
    since = given_early_and_late(sharing)
    sharing.read()
    assert again(sharing, since).items == 2
    second = again(sharing, since)
    assert second.items == 0
    assert sharing.read() == ["three", "four"]
    assert sharing.read() == []


def test_a_window_in_which_nothing_was_shown_gives_nothing() -> None:
    sharing = Sharing()
    sharing.give("one")
    sharing.read()
    sharing.world.settle_clock()
    given = again(sharing, sharing.world.now - SECOND)
    assert given == Given(0, sharing.world.now, ["kyiv"])
    assert sharing.read() == []
    assert repairs(sharing) == []


def test_what_is_held_is_not_given() -> None:
    sharing = Sharing()
    sharing.give("shown")
    number = sharing.pause()
    sharing.give("held")
    assert sharing.read() == ["shown"]
    assert again(sharing, 0).items == 1
    assert sharing.read() == ["shown"]
    assert sharing.held(number) == ["held"]
    assert sharing.resume(number).released == 1
    assert sharing.read() == ["held"]


def test_what_is_cut_comes_again_when_the_cut_is_lifted_and_only_to_who_lost_it() -> None:
    sharing = Sharing(BOTH)
    other = sharing.client(sharing.world.account("lviv", "UKR"))
    sharing.give("early", sharing.item("targets early", "targeting"))
    sharing.world.settle_clock()
    since = sharing.world.now
    sharing.world.settle_clock()
    sharing.give("late", sharing.item("targets late", "targeting"))
    assert sharing.read() == sharing.read(other) == ["early", "targets early", "late", "targets late"]
    number = sharing.pause(mode="cut", topics=["targeting"])
    sharing.give(sharing.item("targets held", "targeting"))
    assert again(sharing, since, account="kyiv").items == 1
    assert sharing.read() == ["late"]
    assert sharing.read(other) == []
    assert sharing.resume(number).released == 1
    assert sharing.read() == ["targets late", "targets held"]
    assert sharing.read(other) == ["targets held"]
    assert sharing.read() == sharing.read(other) == []
    assert released(sharing) == 5


def test_what_was_given_again_and_is_cut_before_it_was_read_comes_when_the_cut_is_lifted() -> None:
    sharing = Sharing()
    sharing.give("one")
    sharing.read()
    again(sharing, 0)
    number = sharing.pause(mode="cut")
    assert sharing.read() == []
    sharing.resume(number)
    assert sharing.read() == ["one"]
    assert sharing.read() == []


def test_since_may_stand_in_the_middle_of_a_backlog() -> None:
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("one", "two", "three", "four")
    assert sharing.read() == []
    sharing.resume(number)
    sharing.world.settle_clock()
    page = sharing.world.reading.page(
        sharing.kyiv.account, sharing.collection, Query(10, versions=("all",)), "manifest"
    )
    dates = [entry.date_added for entry in page.entries]
    assert sharing.read() == ["one", "two", "three", "four"]
    assert again(sharing, dates[2]).items == 2
    sharing.give("five")
    assert sharing.read() == ["three", "four", "five"]
    assert sharing.read() == []


def test_a_client_whose_clock_is_ahead_gets_it_too() -> None:
    sharing = Sharing()
    since = given_early_and_late(sharing)
    assert sharing.read() == ["one", "two", "three", "four"]
    again(sharing, since)
    sharing.world.settle_clock(MINUTE)
    page = sharing.world.reading.page(
        sharing.kyiv.account,
        sharing.collection,
        Query(10, sharing.world.now + 5 * MINUTE, versions=("all",)),
        "objects",
    )
    assert [sharing.names[entry.raw.decode()] for entry in page.entries] == ["three", "four"]


def test_a_walk_that_was_under_way_goes_on_and_nothing_is_lost() -> None:
    sharing = Sharing()
    sharing.give("one", "two", "three", "four")
    sharing.world.settle_clock()
    client = sharing.client(sharing.kyiv.account, "next")
    client.limit = 2
    sharing.world.page(client)
    again(sharing, 0)
    assert sharing.read(client) == ["one", "two", "three", "four"]
    assert [sharing.names[raw] for raw in client.got] == ["one", "two", "one", "two", "three", "four"]
    assert sharing.read(client) == []


def test_what_was_given_again_says_when_and_to_whom_on_the_record() -> None:
    sharing = Sharing()
    sharing.world.account("lviv", "UKR")
    sharing.give("one")
    sharing.read()
    again(sharing, 5)
    with sharing.node.store.read() as snap:
        [act] = snap.acts(kind="redeliver")
    assert act.by == "admin"
    assert json.loads(act.value)["order"] == {
        "agreement": "usa-ukr",
        "recipient": "UKR",
        "readers": ["kyiv", "lviv"],
        "since": 5,
        "items": 1,
    }


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ({"agreement": "nil"}, Unknown, "agreement-unknown"),
        ({"recipient": "NIL"}, Unknown, "party-unknown"),
        ({"recipient": "GBR"}, Unknown, "recipient-unknown"),
        ({"recipient": "USA"}, Unknown, "recipient-unknown"),
        ({"account": "nobody"}, Unknown, "account-unknown"),
        ({"account": "london"}, Unknown, "account-unknown"),
        ({"account": "officer"}, Unknown, "account-unknown"),
        ({"account": "gone"}, Unknown, "account-unknown"),
        ({"since": 2**60}, BadInput, "since-ahead"),
    ],
)
def test_what_cannot_be_given_again_is_refused_with_a_remedy_and_changes_nothing(
    words: dict[str, object], kind: type[BadInput], code: str
) -> None:
    sharing = Sharing()
    sharing.world.account("london", "GBR")
    sharing.world.account("officer", "UKR", "officer")
    revoked(sharing)
    sharing.give("one")
    sharing.read()
    head = sharing.node.store.head()
    with pytest.raises(kind) as caught:
        again(sharing, **{"since": 0, **words})  # type: ignore[arg-type]  # as the table above has them
    assert caught.value.code == code
    assert caught.value.remedy
    assert sharing.node.store.head().policy_version == head.policy_version
    assert sharing.read() == []


@pytest.mark.parametrize("left", ["it left", "all was closed"])
def test_a_party_that_can_read_nothing_any_more_is_given_nothing_again(left: str) -> None:
    sharing = Sharing(BOTH)
    sharing.give("one")
    assert sharing.read() == ["one"]
    if left == "it left":
        sharing.amend(to="[GBR]")
    else:
        sharing.end(close=True)
    with pytest.raises(Unknown) as caught:
        again(sharing, 0)
    assert caught.value.code == "recipient-unknown"
    assert repairs(sharing) == []


def test_what_an_ended_agreement_released_stays_readable_and_is_given_again() -> None:
    sharing = Sharing()
    sharing.give("one")
    assert sharing.read() == ["one"]
    sharing.end()
    assert again(sharing, 0).items == 1
    assert sharing.read() == ["one"]


def revoked(sharing: Sharing) -> None:
    sharing.world.account("gone", "UKR")
    accounts.revoke(sharing.node, sharing.world.desk, "gone", by=ADMIN)


def test_a_revoked_account_is_not_among_those_of_its_party() -> None:
    sharing = Sharing()
    revoked(sharing)
    sharing.give("one")
    sharing.read()
    assert again(sharing, 0).items == 1
    assert [row.reader for row in repairs(sharing)] == ["kyiv"]


# What is told of it.


def broke_off(sharing: Sharing) -> Client:
    """A client with a clock of its own that asked for the first page of five items, and moved on."""
    client = sharing.client(sharing.kyiv.account, "clock")
    sharing.world.settle_clock()
    sharing.world.walk(client)
    sharing.give("one", "two", "three", "four", "five")
    sharing.world.settle_clock()
    query = Query(2, client.cursor, versions=("all",))
    assert sharing.world.reading.page(client.account, client.collection, query, "objects").more
    sharing.world.settle_clock()
    client.cursor = sharing.world.now
    return client


def reasons(sharing: Sharing, item: Header) -> list[tuple[str, str]]:
    (answer,) = standing.explain(sharing.node, sharing.world.desk, item.id, "UKR", by=ADMIN)
    return [(reason.code, reason.text) for reason in answer.reasons]


def test_status_tells_what_was_given_again_to_whom_and_by_whom_oldest_first() -> None:
    sharing = Sharing()
    sharing.world.account("lviv", "UKR")
    client = broke_off(sharing)
    assert sharing.read(client) == ["one", "two", "three", "four", "five"]
    again(sharing, 0)
    (entry,) = standing.status(sharing.node, sharing.world.desk, by=ADMIN)
    assert [(row.reader, row.items, row.by) for row in entry.repaired] == [
        ("kyiv", 5, None),
        ("kyiv", 5, "admin"),
        ("lviv", 5, "admin"),
    ]
    assert entry.released == 5


def test_an_item_says_that_it_was_given_again_to_whom_and_by_whom() -> None:
    sharing = Sharing()
    first, second = sharing.item("first"), sharing.item("second")
    sharing.give(first)
    sharing.world.settle_clock()
    since = sharing.world.now
    sharing.world.account("lviv", "UKR")
    sharing.give(second)
    sharing.read()
    again(sharing, since)
    assert [code for code, _ in reasons(sharing, first)] == ["in-scope"]
    _, (code, text) = reasons(sharing, second)
    assert code == "given-again"
    assert "`kyiv`, `lviv` at 2025-" in text
    assert "`admin`" in text


def test_of_several_times_the_last_is_told_for_each_account() -> None:
    sharing = Sharing()
    sharing.world.account("lviv", "UKR")
    item = sharing.item("item")
    sharing.give(item)
    sharing.read()
    again(sharing, 0)
    sharing.read()
    again(sharing, 0, account="kyiv")
    told = [text for code, text in reasons(sharing, item) if code == "given-again"]
    assert ["`lviv`" in text for text in told] == [True, False]
    assert ["`kyiv`" in text for text in told] == [False, True]


def test_what_the_server_gave_again_by_itself_says_so_and_what_is_cut_since_says_both() -> None:
    sharing = Sharing()
    client = broke_off(sharing)
    assert len(sharing.read(client)) == 5
    item = sharing.world.header("one", ("naval",))
    assert "its client had moved on past it" in dict(reasons(sharing, item))["given-again"]
    sharing.pause(mode="cut")
    assert [code for code, _ in reasons(sharing, item)] == ["paused", "hidden", "given-again"]
