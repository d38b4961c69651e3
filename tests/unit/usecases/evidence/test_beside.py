"""Beside: who has database, key and code writes an act with rows that it does not lead to, and the log shows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from tests.actors import ADMIN, actor
from tests.fakes.store import FakeStore
from tests.replayed import codes_of
from tests.simulation.sharing import Sharing
from tests.simulation.world import VOCABULARY, World

from relto.domain.actor import Actor, operator
from relto.domain.override import Override
from relto.ports.store import AccountRow, MemberRow, PartyRow
from relto.usecases import accounts, demonstration, office, parties, publishing, purging, repairing, sequencing, topics
from relto.usecases.change import Change
from relto.usecases.evidence.signed.signing import KEYS, ORIGIN
from relto.usecases.pausing import LiftPause, MakePause
from relto.usecases.policy import parties_of
from relto.usecases.sequencing import changing

pytestmark = pytest.mark.tampers

TERMS = "agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\napprovals: {resume: 1, amend: 1}\n"
NOBODY = Actor("nobody", "RUS", frozenset({"reader"}), "password")
KYIV = actor("kyiv", "reader", party="UKR", how="password")
TOLD = {"party": "FRA", "name": "France", "kind": "state", "ceiling": "", "members": []}
FRANCE = PartyRow("FRA", "France", "state", "")

Plant = Callable[[Sharing, Change], None]


def shared(terms: str = TERMS) -> Sharing:
    sharing = Sharing(terms)
    world = sharing.world
    world.account("ann", "USA", "approver")
    world.account("bob", "USA", "reader")
    world.account("chief", "USA", "admin")
    parties.add_party(sharing.node, world.desk, "COAL", name="Coalition", kind="group", members=["GBR"], by=ADMIN)
    parties.add_party(sharing.node, world.desk, "RUS", name="Russia", kind="state", by=ADMIN)
    sharing.give("one", "two", "three")
    return sharing


@contextmanager
def planted(sharing: Sharing) -> Iterator[Change]:
    with changing(sharing.node, sharing.world.desk) as change:
        yield change


def account(change: Change, name: str) -> AccountRow:
    return next(row for row in change.tx.accounts() if row.name == name)


def member(sharing: Sharing, change: Change) -> None:
    """An enemy becomes a member of a group while another party is made known."""
    change.tx.put_party(FRANCE)
    change.tx.put_member(MemberRow("COAL", "RUS", change.now))
    change.policy.parties = parties_of(change.tx)
    change.changed = True
    change.follow_all()
    change.act("party-add", ADMIN, TOLD)


def member_told(sharing: Sharing, change: Change) -> None:
    """The same, and the act says so: no group gets members that it had not when it was made known."""
    change.tx.put_member(MemberRow("COAL", "RUS", change.now))
    change.policy.parties = parties_of(change.tx)
    change.changed = True
    change.follow_all()
    change.act("party-add", ADMIN, {**TOLD, "party": "COAL", "kind": "group", "members": ["RUS"]})


def ceiling(sharing: Sharing, change: Change) -> None:
    """What a party may receive changes while another is made known."""
    change.tx.put_party(PartyRow("UKR", "UKR", "state", "TS"))
    change.tx.put_party(FRANCE)
    change.policy.parties = parties_of(change.tx)
    change.changed = True
    change.follow_all()
    change.act("party-add", ADMIN, TOLD)


def second_init(sharing: Sharing, change: Change) -> None:
    """The node changes hands."""
    change.tx.put_setting("party", "UKR")
    change.policy.host, change.changed = "UKR", True
    change.act("init", ADMIN, {"party": "UKR", "name": "Ukraine"})


def roles(sharing: Sharing, change: Change) -> None:
    """With a new password come new roles."""
    change.tx.put_account(replace(account(change, "bob"), roles=("approver", "officer", "admin"), secret="new"))
    change.act("account-password", ADMIN, {"account": "bob"})


def moved(sharing: Sharing, change: Change) -> None:
    """An account changes sides while its sessions end."""
    change.tx.put_account(replace(account(change, "kyiv"), party="USA", roles=("approver",)))
    change.act("account-sessions-end", ADMIN, {"account": "kyiv", "sessions": 0})


def other_account(sharing: Sharing, change: Change) -> None:
    """An account is opened, and another one is there."""
    change.tx.put_account(AccountRow("spy", "UKR", ("reader",), "secret", made_at=change.now))
    change.act("account-add", ADMIN, {"account": "zoe", "party": "USA", "roles": ["reader"]})


def not_revoked(sharing: Sharing, change: Change) -> None:
    """An account is revoked by word alone."""
    change.act("account-revoke", ADMIN, {"account": "kyiv"})


def no_switches(sharing: Sharing, change: Change) -> None:
    """What is switched for a reader is nothing that there is."""
    accounts.keeping.put_switches(change, "kyiv", {"everything": True}, by=ADMIN)


def half_switched(sharing: Sharing, change: Change) -> None:
    """A switch is neither on nor off."""
    accounts.keeping.put_switches(change, "kyiv", {"repair": "no"}, by=ADMIN)


def by_nobody(sharing: Sharing, change: Change) -> None:
    """Somebody changes a password who is not there."""
    change.tx.put_account(replace(account(change, "bob"), secret="new"))
    change.act("account-password", NOBODY, {"account": "bob"})


def by_a_reader(sharing: Sharing, change: Change) -> None:
    """Somebody changes a password who may not."""
    change.tx.put_account(replace(account(change, "bob"), secret="new"))
    change.act("account-password", KYIV, {"account": "bob"})


def row_alone(sharing: Sharing, change: Change) -> None:
    """Roles change by no act at all."""
    change.changed = True
    change.tx.put_account(replace(account(change, "bob"), roles=("admin",)))


def two_at_once(sharing: Sharing, change: Change) -> None:
    """Two acts that are each done alone share a block, and one lends the other its rows."""
    change.tx.put_account(replace(account(change, "bob"), secret="new"))
    change.act("account-password", ADMIN, {"account": "bob"})
    change.act("account-sessions-end", ADMIN, {"account": "bob", "sessions": 0})


def proposed(sharing: Sharing, change: Change) -> None:
    """An act that is done at once waits."""
    change.tx.put_account(replace(account(change, "bob"), secret="new"))
    number = change.act("account-password", ADMIN, {"account": "bob"})
    row = change.tx.act(number)
    assert row is not None
    change.tx.put_act(replace(row, state="proposed"))


def false_purge(sharing: Sharing, change: Change) -> None:
    """A purge of what was added long ago reaches what is new."""
    change.act("purge", ADMIN, {"before": 1_000, "originator": None, "upto": 3})


def purge_ahead(sharing: Sharing, change: Change) -> None:
    """A purge of what is to come."""
    change.act("purge", ADMIN, {"before": change.now + 10**9, "originator": None, "upto": 3})


def purge_by_a_reader(sharing: Sharing, change: Change) -> None:
    change.act("purge", KYIV, {"before": change.now, "originator": None, "upto": change.tx.seq_upto(change.now - 1)})


def withdrawn(sharing: Sharing, change: Change, by: Actor, order: dict[str, Any]) -> None:
    row = next(row for row in change.policy.classes.values() if row.value.type == "indicator")
    made = replace(row.value, withdrawn=True, lineage=str(row.id))
    change.move([(2, row.id, change.intern([made])[made])])
    change.act("withdraw", by, order)


def withdrawn_by_a_reader(sharing: Sharing, change: Change) -> None:
    """Whoever receives takes back what another gave."""
    withdrawn(sharing, change, KYIV, {"originator": "USA", "object": sharing.item("two").id, "items": [2]})


def withdrawn_other(sharing: Sharing, change: Change) -> None:
    """What is taken back is another item than the act names."""
    withdrawn(sharing, change, ADMIN, {"originator": "USA", "object": sharing.item("one").id, "items": [1]})


def stricter(sharing: Sharing, change: Change) -> None:
    """An item is withheld for the sake of something that never came."""
    row = next(row for row in change.policy.classes.values() if row.value.type == "indicator")
    made = replace(row.value, restrictions=replace(row.value.restrictions, marked=True, noforn=True), lineage="1")
    change.move([(2, row.id, change.intern([made])[made])])
    change.act("joined-stricter", ADMIN, {"items": [2]})


def retracted(sharing: Sharing, change: Change) -> None:
    """A class is made that passes a pause, by an act on items that never came."""
    row = next(row for row in change.policy.classes.values() if row.value.type == "indicator")
    change.intern([replace(row.value, overrides=frozenset({Override("usa-ukr", "UKR", "retract")}))])
    change.act("retraction", ADMIN, {"items": []})


def reclassed(sharing: Sharing, change: Change) -> None:
    """Items get another topic, and no word for it is new."""
    row = next(row for row in change.policy.classes.values() if row.value.type == "indicator")
    number = change.act("topics-reclass", ADMIN, {"settled": True})
    made = replace(row.value, topics=row.value.topics | {"imagery"}, lineage=f"{row.id}@{number}")
    target = change.intern([made])[made]
    change.copy_class(row.id, target)
    change.tx.move([2], target, at=change.now)
    for flow in list(change.policy.flows.values()):
        change.settle(flow)


def reclassed_by_a_reader(sharing: Sharing, change: Change) -> None:
    change.act("topics-reclass", KYIV, {"settled": True})


def words_by_a_reader(sharing: Sharing, change: Change) -> None:
    before = change.tx.setting("topics")
    change.tx.put_setting("topics", "topics: {}")
    change.act("topics", KYIV, {}, before=before, after="topics: {}")


def skipped(sharing: Sharing, change: Change) -> None:
    """A reader is moved past what it is owed by another party's reader."""
    change.changed = True
    change.act("reader-skip", KYIV, {"account": "kyiv", "agreement": "usa-ukr", "items": 1})


def unheard_of(sharing: Sharing, change: Change) -> None:
    change.act("account-rotate", ADMIN, {"account": "kyiv"})


FOUND: dict[Plant, str] = {
    member: "row-unfounded",
    member_told: "order-impossible",
    ceiling: "row-unfounded",
    second_init: "order-impossible",
    roles: "row-unfounded",
    moved: "row-unfounded",
    other_account: "order-impossible",
    not_revoked: "leaf-missing",
    no_switches: "order-impossible",
    half_switched: "order-impossible",
    by_nobody: "actor-unfounded",
    by_a_reader: "act-forbidden",
    row_alone: "row-unfounded",
    two_at_once: "act-unfounded",
    proposed: "outcome-other",
    false_purge: "outcome-other",
    purge_ahead: "order-impossible",
    purge_by_a_reader: "act-forbidden",
    withdrawn_by_a_reader: "act-forbidden",
    withdrawn_other: "move-unfounded",
    stricter: "class-unfounded",
    retracted: "class-unfounded",
    reclassed: "move-unfounded",
    reclassed_by_a_reader: "act-forbidden",
    words_by_a_reader: "act-forbidden",
    skipped: "act-forbidden",
    unheard_of: "act-unfounded",
}


@pytest.mark.parametrize("plant", FOUND, ids=[plant.__name__ for plant in FOUND])
def test_rows_that_no_act_leads_to_show_in_the_log(plant: Plant) -> None:
    sharing = shared()
    with planted(sharing) as change:
        plant(sharing, change)
    assert FOUND[plant] in codes_of(sharing.node.store)


def test_a_log_into_which_nothing_was_planted_has_nothing_wrong() -> None:
    sharing = shared()
    node, world = sharing.node, sharing.world
    chief = actor("chief", "admin", how="password")
    accounts.set_password(node, world.desk, "bob", by=chief, password="password-2")
    accounts.revoke(node, world.desk, "bob", by=chief)
    publishing.withdraw(node, world.desk, originator="USA", by=ADMIN, stix_id=sharing.item("two").id, versions=None)
    purging.purge(node, world.desk, before=world.now, originator=None, by=chief)
    assert codes_of(node.store) == set()


@pytest.mark.parametrize("ends", [office.reject, office.withdraw])
def test_an_act_is_ended_by_whoever_was_there_alone(
    ends: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencing, "require_there", lambda *_, **__: None)
    for name, is_there in (("ann", True), ("ghost", False)):
        sharing = shared()
        sharing.world.account("olga", "USA", "officer")
        pause = sharing.pause()
        olga = actor("olga", "officer", how="password")
        asked = office.submit(sharing.node, sharing.world.desk, LiftPause(pause), by=olga)
        assert asked.act is not None
        by = actor(name, "approver", how="password") if ends is office.reject else replace(olga, account="olga")
        if ends is office.withdraw and not is_there:
            accounts.revoke(sharing.node, sharing.world.desk, "olga", by=ADMIN)
        ends(sharing.node, sharing.world.desk, str(asked.act.number), by=by, why="no")
        assert codes_of(sharing.node.store) == (set() if is_there else {"actor-unfounded"})


def test_at_the_machine_nobody_acts_but_its_operator_and_in_the_name_of_accounts() -> None:
    order = MakePause(agreements=("usa-ukr",), mode="freeze", reason="no")
    for is_there, expected in ((True, set()), (False, {"actor-unfounded"})):
        sharing = shared()
        if is_there:
            sharing.world.account("olga", "USA", "officer")
        office.submit(sharing.node, sharing.world.desk, order, by=actor("olga", "officer"))
        assert codes_of(sharing.node.store) == expected


@pytest.mark.parametrize(("name", "code"), [("ghost", "actor-unfounded"), ("kyiv", "act-forbidden")])
def test_items_come_in_by_an_account_that_may_give_them(name: str, code: str) -> None:
    sharing = shared()
    publisher = publishing.Publisher(sharing.node, sharing.world.desk, originator="USA", by=ADMIN)
    publisher._by = replace(ADMIN, account=name)
    publisher.take([sharing.item("four")])
    assert codes_of(sharing.node.store) == {code}


def test_a_vocabulary_moves_what_its_new_words_are_about() -> None:
    for new, expected in (("imagery", set()), ("targeting", {"move-unfounded"})):
        sharing = shared()
        text = VOCABULARY.replace(f"{new}: {{labels: [{new}]}}", f"{new}: {{labels: [{new}, other]}}")
        topics.adopt(sharing.node, sharing.world.desk, text, by=ADMIN)
        with planted(sharing) as change:
            reclassed(sharing, change)
        assert codes_of(sharing.node.store) == expected


def test_a_vocabulary_moves_once() -> None:
    sharing = shared()
    text = VOCABULARY.replace("imagery: {labels: [imagery]}", "imagery: {labels: [imagery, other]}")
    topics.adopt(sharing.node, sharing.world.desk, text, by=ADMIN)
    with planted(sharing) as change:
        change.act("topics-reclass", ADMIN, {"settled": True})
    assert codes_of(sharing.node.store) == set()
    with planted(sharing) as change:
        reclassed(sharing, change)
    assert codes_of(sharing.node.store) == {"move-unfounded"}


def test_a_demonstration_begins_by_its_act() -> None:
    sharing = shared()
    with sharing.node.store.write() as tx:
        tx.put_setting(demonstration.SETTING, json.dumps({"began": 1, "offset": 1}))
    assert codes_of(sharing.node.store) == {"row-unfounded"}


def test_a_demonstration_begins_once_and_at_no_moment_that_has_passed() -> None:
    for ahead, expected in ((10**9, set()), (-(10**9), {"act-unfounded"})):
        sharing = shared()
        at = sharing.world.now + ahead
        with sharing.node.store.write() as tx:
            made = demonstration.Demonstration(at, 0)
            demonstration.put(tx, made, by=operator("USA"))
        assert codes_of(sharing.node.store) == expected


def test_the_first_key_of_a_log_comes_with_its_name() -> None:
    for rows in ([(ORIGIN, "a.example")], [(KEYS, "[]")], [(ORIGIN, "a.example"), (KEYS, "[]")]):
        sharing = shared()
        with sharing.node.store.write() as tx:
            for name, value in rows:
                tx.put_setting(name, value)
        assert codes_of(sharing.node.store) & {"row-unfounded", "order-impossible", "key-unfounded"}


def test_nothing_is_done_before_there_is_a_node() -> None:
    world = World(FakeStore())
    with changing(world.node, world.desk) as change:
        change.changed = True
    assert codes_of(world.node.store) == set()


def test_what_is_delivered_again_is_what_was_asked_for() -> None:
    sharing = shared()
    sharing.world.settle_clock()
    sharing.world.walk(sharing.kyiv)
    order = {"agreement": "usa-ukr", "recipient": "UKR", "since": 0}
    repairing.redeliver(sharing.node, sharing.world.desk, "usa-ukr", recipient="UKR", account=None, since=0, by=ADMIN)
    assert codes_of(sharing.node.store) == set()
    sharing.world.settle_clock()
    with planted(sharing) as change:
        change.act("redeliver", ADMIN, {**order, "readers": ["kyiv"], "items": 0})
    assert codes_of(sharing.node.store) == {"outcome-other"}
