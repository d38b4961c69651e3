"""What of the log each account is shown: all of it, what its office did, or what its party was given."""

import time

import pytest
from tests.actors import ADMIN, actor
from tests.conformance.served import PASSWORD, indicator, serving
from tests.fakes.signer import cosigner

from relto.domain.errors import ReltoError
from relto.faces.verbs import evidence, log, readers
from relto.faces.verbs.caller import Caller
from relto.usecases.accounts import add_account
from relto.usecases.evidence.signed.witnessing import add_witness

AUDITOR = actor("inspector", "auditor", how="password")
OFFICER = actor("olga", "officer", how="password")
READER = actor("kyiv", "reader", party="UKR", how="password")
OTHER = actor("london", "reader", party="GBR", how="password")
SOURCE = actor("agency", "contributor", party="UKR", how="password")
FOREIGN = actor("ondra", "officer", party="UKR", how="password")

SIGNED_SECONDS = 20


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A node of which UKR and GBR have read, and which has signed that."""
    folder = tmp_path_factory.mktemp("node")
    with serving(folder, f"sqlite:///{folder / 'relto.db'}") as served:
        add_account(
            served.opened.node, served.opened.desk, "desk", party="UKR", roles=["reader"], by=ADMIN, password=PASSWORD
        )
        served.publish(*[indicator() for _ in range(4)])
        for name, agreement, party in (
            ("kyiv", "usa-ukr", "UKR"),
            ("london", "usa-gbr", "GBR"),
            ("desk", "usa-ukr", "UKR"),
        ):
            with served.client(name) as client:
                assert client.get(served.path(agreement, party) + "objects/?limit=3").status_code == 200
        served.pause("usa-gbr", reason="talks", discreet=True)
        for _ in range(SIGNED_SECONDS * 20):
            time.sleep(0.05)
            with served.opened.node.store.read() as snap:
                last = snap.last_checkpoint()
                if last is not None and last.size == snap.log().size:
                    break
        yield served


def ask(node, by, verb, **said):
    return verb(Caller(node.opened, by), **said)


def refused(node, by, verb, **said):
    with pytest.raises(ReltoError) as caught:
        ask(node, by, verb, **said)
    return caught.value.code


def all_leaves(node, by):
    found, before = [], None
    while True:
        page = ask(node, by, evidence.latest, before=before, limit=7)
        found += page["leaves"]
        before = page["next"]
        if before is None:
            return found, page["size"]


def test_the_newest_leaf_comes_first_and_all_of_them_come_once(node):
    found, size = all_leaves(node, AUDITOR)
    numbers = [each["number"] for each in found]
    assert numbers == sorted(set(numbers), reverse=True)
    shown = ask(node, AUDITOR, log.show, limit=1_000)["leaves"]
    assert [each["number"] for each in shown] == numbers[::-1], "parts are told with the leaf that they belong to"
    assert numbers[0] == size - 1
    assert all(each["words"] for each in found)


def test_the_office_sees_its_acts_its_stock_and_what_was_given_and_hashes_of_the_rest(node):
    found, _ = all_leaves(node, OFFICER)
    assert {each["kind"] for each in found} == {None, "act", "batch", "delivery"}
    whole, _ = all_leaves(node, AUDITOR)
    assert [each["hash"] for each in found] == [each["hash"] for each in whole]
    assert all(each["says"] is None and each["at"] is None for each in found if each["kind"] is None)


@pytest.mark.parametrize("by", [READER, FOREIGN])
def test_a_recipient_sees_what_it_was_given_and_nothing_of_a_discreet_pause(node, by):
    found, _ = all_leaves(node, by)
    told = [each for each in found if each["kind"] is not None]
    assert {each["kind"] for each in told} == {"delivery"}
    assert {each["says"]["party"] for each in told} == {"UKR"}
    assert len(told) == 2


def test_whoever_neither_reads_nor_acts_sees_nothing(node):
    found, _ = all_leaves(node, SOURCE)
    assert {each["kind"] for each in found} == {None}
    assert refused(node, SOURCE, evidence.deliveries, party="UKR") == "role-missing"


@pytest.mark.parametrize(
    ("by", "party", "seen"),
    [(AUDITOR, "UKR", 2), (OFFICER, "UKR", 2), (OFFICER, "GBR", 1), (READER, "UKR", 2), (OTHER, "GBR", 1)],
)
def test_deliveries_are_told_to_who_gave_and_to_who_got_them(node, by, party, seen):
    found = ask(node, by, evidence.deliveries, party=party)
    assert len(found["deliveries"]) == seen
    assert all(each["items"] == 3 and each["signed"] and not each["unsent"] for each in found["deliveries"])
    first = ask(node, by, evidence.deliveries, party=party, limit=1)
    assert first["deliveries"] == found["deliveries"][:1]
    assert (first["next"] is None) == (seen == 1)
    if first["next"] is not None:
        rest = ask(node, by, evidence.deliveries, party=party, before=first["next"])
        assert rest == {**found, "deliveries": found["deliveries"][1:]}


@pytest.mark.parametrize(("by", "party"), [(READER, "GBR"), (OTHER, "UKR")])
def test_deliveries_of_another_party_are_not_there(node, by, party):
    assert refused(node, by, evidence.deliveries, party=party) == "party-not-yours"


def test_an_officer_of_a_recipient_is_told_nothing_of_another(node):
    assert refused(node, FOREIGN, evidence.deliveries, party="GBR") == "party-not-yours"
    assert ask(node, FOREIGN, evidence.recipients) == ["UKR"]


def test_a_delivery_names_its_items_to_whom_they_are_there_for(node):
    number = ask(node, READER, evidence.deliveries, party="UKR")["deliveries"][0]["number"]
    named = [each["item"] for each in ask(node, READER, evidence.leaf, leaf=number)["items"]]
    assert len(named) == 3
    assert all(named)
    whole = ask(node, AUDITOR, evidence.leaf, leaf=number)
    assert [each["item"] for each in whole["items"]] == named
    assert ask(node, OTHER, evidence.leaf, leaf=number)["items"] == []
    some = ask(node, READER, evidence.leaf, leaf=number, first=1, limit=1)
    assert ([each["item"] for each in some["items"]], some["count"]) == (named[1:2], 3)


def test_each_leaf_has_a_proof_that_holds_and_a_receipt_has_the_leaf_for_who_sees_it(node):
    number = ask(node, READER, evidence.deliveries, party="UKR")["deliveries"][0]["number"]
    for by in (AUDITOR, READER, OTHER):
        assert ask(node, by, evidence.leaf, leaf=number)["proof"]["holds"]
    assert b"\nextra " in ask(node, READER, evidence.receipt, leaf=number)
    assert b"\nextra " not in ask(node, OTHER, evidence.receipt, leaf=number)
    assert b"\nextra " not in ask(node, OFFICER, evidence.receipt, leaf=0)
    assert b"\nextra " in ask(node, AUDITOR, evidence.receipt, leaf=0)


@pytest.mark.parametrize("number", [-1, 10**9])
def test_a_leaf_that_is_not_there_is_unknown(node, number):
    assert refused(node, AUDITOR, evidence.leaf, leaf=number) == "leaf-unknown"
    assert refused(node, AUDITOR, evidence.receipt, leaf=number) == "leaf-unknown"


def test_a_witness_that_signed_nothing_is_silent_and_is_the_office_s_to_know(node):
    add_witness(node.opened.node, node.opened.desk, "UKR", cosigner("cert.example").key.text, by=ADMIN)
    for by in (AUDITOR, OFFICER):
        (found,) = ask(node, by, evidence.witnesses)
        assert (found["name"], found["state"], found["size"]) == ("cert.example", "silent", None)
    for by in (READER, FOREIGN, SOURCE):
        assert ask(node, by, evidence.witnesses) == []


def test_what_would_be_given_again_is_told_first_and_nothing_is_given_by_that(node):
    said = {"agreement": "usa-ukr", "recipient": "UKR", "since": "1d"}
    acts = ask(node, AUDITOR, log.show, kind="act", limit=1_000)["leaves"]
    told = ask(node, OFFICER, readers.preview_redeliver, **said)
    assert ask(node, AUDITOR, log.show, kind="act", limit=1_000)["leaves"] == acts
    assert told["accounts"] == ["desk", "kyiv", "lviv"]
    assert told["items"] > 0
    assert refused(node, READER, readers.preview_redeliver, **said) == "role-missing"
    assert refused(node, OTHER, readers.preview_redeliver, **said) == "agreement-unknown"
    given = ask(node, OFFICER, readers.redeliver, **said)
    assert (given["items"], given["accounts"]) == (told["items"], told["accounts"])
