"""Memberships: joining grants what the agreements of the group grant, leaving binds at once; both have their moment."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from tests.actors import ADMIN, actor
from tests.fakes.store import FakeStore
from tests.simulation.sharing import SECOND
from tests.simulation.world import Client, World

from relto.domain.actor import Actor
from relto.domain.errors import ReltoError
from relto.usecases import office, parties, standing
from relto.usecases.conditions import SetCondition
from relto.usecases.intent import Intent
from relto.usecases.memberships import JoinGroup, LeaveGroup
from relto.usecases.office import Outcome
from relto.usecases.pausing import MakePause

TERMS = "agreement: five\nfrom: USA\nto: [FVEY]\nscope: {topics: [naval]}\n"
HOUR = 3_600 * SECOND


class Alliance:
    """USA gives to FVEY, whose member GBR is."""

    def __init__(self, terms: str = TERMS, *, processes: int = 1) -> None:
        self.world = World(FakeStore(), processes=processes)
        self.node = self.world.node
        for code in ("FVEY", "NATO"):
            members = ("GBR",) if code == "FVEY" else ()
            parties.add_party(self.node, self.world.desk, code, name=code, kind="alliance", by=ADMIN, members=members)
        self.world.apply(terms)
        self.names: dict[str, str] = {}

    def ask(self, intent: Intent, *, by: Actor = ADMIN) -> Outcome:
        return office.submit(self.node, self.world.desk, intent, by=by)

    def join(self, member: str = "UKR", group: str = "FVEY", *, ahead: int | None = None) -> Outcome:
        return self.ask(JoinGroup(group, member, None if ahead is None else self.world.now + ahead))

    def leave(self, member: str = "UKR", group: str = "FVEY", *, ahead: int | None = None) -> Outcome:
        return self.ask(LeaveGroup(group, member, None if ahead is None else self.world.now + ahead))

    def give(self, *names: str, **more: Any) -> None:
        headers = [self.world.header(name, ("naval",), **more) for name in names]
        self.names |= {header.raw.decode(): name for header, name in zip(headers, names, strict=True)}
        self.world.take(headers)
        self.world.settle_clock()

    def mark(self, name: str, group: str) -> None:
        """An item comes that is marked REL TO the group."""
        own = "marking-definition--00000000-0000-4000-8000-00000000000a"
        value = {"type": "marking-definition", "spec_version": "2.1", "id": own, "created": "2025-02-10T00:00:00.000Z"}
        value |= {"definition_type": "statement", "definition": {"statement": f"S//REL TO USA, {group}"}}
        text = json.dumps(value).encode()
        if not self.names:
            self.world.take(
                [
                    msgspec.structs.replace(
                        self.world.header("definition", ()), type="marking-definition", id=own, definition=text
                    )
                ]
            )
        self.give(name, markings=(own,))

    def client(self, name: str = "kyiv", party: str = "UKR") -> Client:
        account = self.world.account(name, party)
        with self.node.store.read() as snap:
            (flow,) = [row for row in snap.flows() if row.party == party]
        return Client(account, flow.collection, "last", 100, versions=("all",))

    def read(self, client: Client) -> list[str]:
        before = len(client.got)
        for _ in range(2):
            self.world.settle_clock()
            self.world.walk(client)
        return [self.names[raw] for raw in client.got[before:]]

    def receiving(self) -> list[str]:
        return [each.to for each in standing.status(self.node, self.world.desk, by=ADMIN)]


def refused(code: str, step: Any, *given: Any, **named: Any) -> ReltoError:
    with pytest.raises(ReltoError) as caught:
        step(*given, **named)
    assert caught.value.code == code
    return caught.value


@pytest.mark.parametrize(("history", "found"), [("all", ["old", "new"]), ("none", ["new"])])
def test_joining_grants_history_as_the_agreement_says(history: str, found: list[str]) -> None:
    alliance = Alliance(TERMS + f"history: {history}\n")
    alliance.give("old")
    assert alliance.join().state == "applied"
    assert alliance.receiving() == ["GBR", "UKR"]
    alliance.give("new")
    assert alliance.read(alliance.client()) == found


def test_history_that_a_pause_covers_is_held_from_who_joins() -> None:
    alliance = Alliance()
    alliance.give("old")
    alliance.ask(MakePause(["five"], reason="talks"))
    alliance.join()
    kyiv = alliance.client()
    assert alliance.read(kyiv) == []
    entry = next(each for each in standing.status(alliance.node, alliance.world.desk, by=ADMIN) if each.to == "UKR")
    assert entry.pauses[0].held.items == 1


def test_leaving_binds_at_once_and_leaves_nothing_to_read() -> None:
    alliance = Alliance(processes=2)
    alliance.join()
    kyiv, london = alliance.client(), alliance.client("london", "GBR")
    alliance.give("one")
    assert alliance.read(kyiv) == alliance.read(london) == ["one"]
    assert alliance.leave().state == "applied"
    for _ in range(2):
        refused("collection-unknown", alliance.world.page, kyiv)
    alliance.give("two")
    assert alliance.read(london) == ["two"]
    assert alliance.receiving() == ["GBR"]
    # Who comes back goes on where it was, and misses nothing.
    alliance.join()
    assert alliance.read(kyiv) == ["two"]


def test_a_scheduled_membership_begins_and_ends_by_the_clock_of_the_read() -> None:
    alliance = Alliance(processes=2)
    alliance.give("one")
    assert alliance.join(ahead=HOUR).state == "scheduled"
    assert alliance.receiving() == ["GBR"]
    alliance.world.clock.moment += HOUR
    assert alliance.receiving() == ["GBR", "UKR"]
    kyiv = alliance.client()
    assert alliance.read(kyiv) == ["one"]
    assert alliance.leave(ahead=HOUR).state == "scheduled"
    alliance.give("two")
    assert alliance.read(kyiv) == ["two"]
    alliance.world.clock.moment += HOUR
    refused("collection-unknown", alliance.world.page, kyiv)
    assert alliance.receiving() == ["GBR"]


def test_a_membership_that_began_and_ended_while_nobody_looked_gives_nothing() -> None:
    alliance = Alliance()
    alliance.give("one")
    alliance.join(ahead=HOUR)
    alliance.leave(ahead=2 * HOUR)
    alliance.world.clock.moment += 3 * HOUR
    assert alliance.receiving() == ["GBR"]
    refused("collection-unknown", alliance.world.page, alliance.client())


def test_a_membership_that_was_to_come_and_is_called_off_never_begins() -> None:
    alliance = Alliance()
    alliance.give("one")
    alliance.join(ahead=HOUR)
    assert alliance.leave().state == "applied"
    alliance.world.clock.moment += 2 * HOUR
    assert alliance.receiving() == ["GBR"]
    with alliance.node.store.read() as snap:
        assert [row.party for row in snap.flows()] == ["GBR"], "it never was a recipient"
    assert alliance.join().state == "applied"
    assert alliance.receiving() == ["GBR", "UKR"]


def test_a_marking_for_a_group_follows_its_members() -> None:
    alliance = Alliance("agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\nsupport: []\n")
    kyiv = alliance.client()
    # REL TO FVEY: whoever belongs to it at the moment of the decision.
    alliance.mark("one", "FVEY")
    assert alliance.read(kyiv) == []
    alliance.join(ahead=HOUR)
    assert alliance.read(kyiv) == []
    alliance.world.clock.moment += HOUR
    assert alliance.read(kyiv) == ["one"]
    alliance.leave()
    alliance.mark("two", "FVEY")
    assert alliance.read(kyiv) == []
    fresh = alliance.client("lviv")
    assert alliance.read(fresh) == []
    alliance.join()
    assert alliance.read(kyiv) == ["two"]


@pytest.mark.parametrize(
    ("pairs", "last"),
    [
        ([], ("FVEY", "FVEY")),
        ([("NATO", "FVEY")], ("FVEY", "NATO")),
    ],
)
@pytest.mark.parametrize("approvals", [0, 1])
def test_a_group_that_would_contain_itself_is_refused_when_it_is_asked_for(
    pairs: list[tuple[str, str]], last: tuple[str, str], approvals: int
) -> None:
    alliance = Alliance(TERMS + f"approvals: {{amend: {approvals}}}\n")
    for group, member in pairs:
        alliance.join(member, group)
    group, member = last
    before = alliance.node.store.head()
    refused("group-contains-itself", alliance.join, member, group)
    assert alliance.node.store.head() == before
    assert alliance.receiving() == ["GBR"]


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (JoinGroup("NIL", "UKR"), "party-unknown"),
        (JoinGroup("FVEY", "NIL"), "party-unknown"),
        (JoinGroup("USA", "UKR"), "party-kind-has-no-members"),
        (JoinGroup("FVEY", "GBR"), "member-already"),
        (JoinGroup("FVEY", "UKR", 1), "membership-invalid"),
        (LeaveGroup("FVEY", "UKR"), "member-unknown"),
        (LeaveGroup("FVEY", "GBR", 1), "membership-invalid"),
        (LeaveGroup("NIL", "GBR"), "party-unknown"),
    ],
)
def test_a_membership_that_cannot_be_is_refused_by_name(order: Intent, code: str) -> None:
    alliance = Alliance()
    before = alliance.node.store.head()
    refused(code, alliance.ask, order)
    assert alliance.node.store.head() == before


def test_only_the_node_s_administrators_change_memberships() -> None:
    alliance = Alliance()
    refused("role-missing", alliance.ask, JoinGroup("FVEY", "UKR"), by=actor("olga", "officer"))
    boss = actor("boss", "admin", party="UKR")
    refused("party-not-yours", alliance.ask, JoinGroup("FVEY", "UKR"), by=boss)
    refused("party-not-yours", alliance.ask, LeaveGroup("FVEY", "GBR"), by=boss)


AMENDED = TERMS + "approvals: {amend: 1}\n"
ANN = actor("ann", "approver", how="token")


def approve(alliance: Alliance, act: Outcome) -> Outcome:
    assert act.act is not None
    return office.approve(alliance.node, alliance.world.desk, str(act.act.number), by=ANN)


def test_joining_asks_for_the_approvals_of_an_amendment_and_leaving_for_none() -> None:
    alliance = Alliance(AMENDED)
    act = alliance.join()
    assert act.state == "proposed"
    assert alliance.receiving() == ["GBR"]
    assert approve(alliance, act).state == "applied"
    assert alliance.receiving() == ["GBR", "UKR"]
    assert alliance.leave().state == "applied"
    assert alliance.receiving() == ["GBR"]


def test_a_party_that_two_acts_would_make_a_member_is_one_once_and_leaves_once() -> None:
    alliance = Alliance(AMENDED)
    first, second = alliance.join(), alliance.join()
    approve(alliance, first)
    with pytest.raises(ReltoError):
        approve(alliance, second)
    alliance.leave()
    assert alliance.receiving() == ["GBR"]


def test_joining_that_is_approved_after_its_moment_counts_from_the_approval() -> None:
    alliance = Alliance(AMENDED)
    act = alliance.join(ahead=HOUR)
    alliance.world.clock.moment += 2 * HOUR
    assert alliance.receiving() == ["GBR"]
    assert approve(alliance, act).state == "applied"
    assert alliance.receiving() == ["GBR", "UKR"]


def test_what_is_found_late_does_not_tell_memberships_again() -> None:
    """An end that was due long ago and could not be carried out takes none of what was followed since with it."""
    alliance = Alliance()
    binding = {"text": "talks are held", "binding": True}
    done = alliance.ask(
        MakePause(["five"], topics=("naval",), reason="talks", until_us=alliance.world.now + HOUR, conditions=[binding])
    )
    assert done.done is not None
    alliance.world.clock.moment += 2 * HOUR
    alliance.join()
    alliance.world.clock.moment += HOUR
    alliance.leave()
    alliance.world.clock.moment += HOUR
    told = len(office.listed(alliance.node, kind="membership-due"))
    alliance.ask(SetCondition(done.done.value.number, 1, "met"))
    alliance.world.settle_clock()
    assert [each.state for each in standing.status(alliance.node, alliance.world.desk, by=ADMIN)] == ["flowing"]
    assert len(office.listed(alliance.node, kind="membership-due")) == told


def test_who_may_receive_by_two_groups_goes_on_receiving_when_it_leaves_one() -> None:
    alliance = Alliance(TERMS.replace("[FVEY]", "[FVEY, NATO]"))
    alliance.join("UKR", "FVEY")
    alliance.join("UKR", "NATO")
    kyiv = alliance.client()
    alliance.give("one")
    assert alliance.read(kyiv) == ["one"]
    alliance.leave("UKR", "FVEY")
    alliance.give("two")
    assert alliance.read(kyiv) == ["two"]


def test_how_memberships_stood_is_told_of_any_moment() -> None:
    alliance = Alliance()
    alliance.give("one")
    moments = []
    for step in (alliance.join, alliance.leave, alliance.join):
        alliance.world.settle_clock()
        moments.append((alliance.world.now, alliance.receiving()))
        alliance.world.settle_clock()
        step()
    for moment, receiving in moments:
        then = standing.status(alliance.node, alliance.world.desk, by=ADMIN, at=moment)
        assert [each.to for each in then] == receiving


def test_who_joins_a_group_that_is_to_join_later_needs_the_approval_of_that_too() -> None:
    alliance = Alliance(TERMS + "approvals: {amend: 1}\n")
    ann = actor("ann", "approver")
    ahead = alliance.join("NATO", ahead=HOUR)
    office.approve(alliance.node, alliance.world.desk, str(ahead.act.number), by=ann)
    asked = alliance.join("UKR", "NATO")
    assert (asked.state, asked.act.needs, asked.act.concerns) == ("proposed", 1, ("five",))
    # What is over reaches nobody.
    alliance.leave("NATO", ahead=HOUR)
    alliance.world.clock.moment += 2 * HOUR
    assert alliance.join("UKR", "NATO").state == "applied"
