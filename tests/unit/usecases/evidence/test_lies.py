"""Lies: what a node tells of deliveries against what its log proves is found, and taken for what it is."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import replace

import pytest
from tests.fakes.asked import AskedNode
from tests.fakes.signer import SeedSigners, verify
from tests.partner import Partner, codes, partner
from tests.simulation.sharing import Sharing

from relto.usecases.evidence.audit import auditing
from relto.usecases.evidence.audit.auditing import audit
from relto.usecases.evidence.audit.matching import compare_received
from relto.usecases.evidence.audit.remembering import Memory
from relto.usecases.evidence.signed.signing import keyring
from relto.usecases.reading import Query


@pytest.fixture
def ukr() -> Partner:
    return partner()


def lied(ukr: Partner, change) -> list[str]:
    """What is found where the list of deliveries is changed so."""

    def lie(route, answer):
        if route != "deliveries":
            return answer
        changed = copy.deepcopy(answer)
        change(changed)
        return changed

    ukr.asked.lie = lie
    return codes(audit(ukr.asked, ukr.memory, verify))


def test_a_delivery_cannot_be_told_as_a_page_that_never_left(ukr):
    assert lied(ukr, lambda told: told["withdrawn"].append(told["deliveries"][0])) == ["node-odd"]


def test_a_leaf_that_is_proven_carries_no_other_with_it(ukr):
    def change(told):
        each = told["deliveries"][0]
        forged = json.loads(each["leaf"])
        forged |= {"reader": "nobody", "items": 0, "digest": hashlib.sha256().hexdigest()}
        each["parts"] = [json.dumps(forged, sort_keys=True, separators=(",", ":"))]
        each["items"] = each["names"] = []

    assert lied(ukr, change) == ["node-odd"]


def test_digests_have_one_form(ukr):
    def upper(told):
        told["deliveries"][0]["items"] = [each.upper() for each in told["deliveries"][0]["items"]]

    def spaced(told):
        told["deliveries"][0]["items"][0] = " ".join(told["deliveries"][0]["items"][0])

    def parted(told):
        one, two = told["deliveries"][0]["items"][:2]
        told["deliveries"][0]["items"][:2] = [one[:-2], one[-2:] + two]

    for change in (upper, spaced, parted):
        assert lied(ukr, change) == ["node-odd"]


def test_items_in_another_order_are_others(ukr):
    assert lied(ukr, lambda told: told["deliveries"][0]["items"].reverse()) == ["items-other"]
    assert lied(ukr, lambda told: told["deliveries"][0]["names"].pop()) == ["items-other"]


def test_a_list_that_has_no_end_is_given_up(ukr, monkeypatch):
    def endless(told):
        told.update(deliveries=[], more=True, after=told["after"] - 1)

    assert lied(ukr, endless) == ["node-odd"]
    # Each answer tells the same again.
    ukr.asked.portion = 1
    assert lied(ukr, lambda told: told.update(more=True)) == ["node-odd"]
    monkeypatch.setattr(auditing, "ROUNDS_MAX", 1)
    assert lied(ukr, lambda told: None) == ["node-odd"]


def test_a_list_that_ends_too_early_is_found(ukr):
    ukr.asked.portion = 1
    assert lied(ukr, lambda told: told.update(more=False)) == ["node-odd"]


def test_a_delivery_that_is_left_out_is_missed_by_who_received_it(ukr):
    assert lied(ukr, lambda told: told["deliveries"].clear()) == []
    found = audit(ukr.asked, ukr.memory, verify)
    compare_received(found, ukr.received, whole=True)
    assert set(codes(found)) == {"received-unrecorded"}


@pytest.mark.tampers
@pytest.mark.parametrize(
    "fields",
    [
        {"page": "x"}, {"page": None}, {"page": [1]}, {"given_at": "x"}, {"reader": 5}, {"endpoint": {}},
        {"agreement": None}, {"items": "0"}, {"digest": 5},
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["delivery", "withdrawn"])
def test_what_a_log_signs_may_be_nonsense_all_the_same(ukr, kind, fields):
    told = {
        "party": "UKR", "reader": "kyiv", "page": 5, "given_at": 1, "endpoint": "objects", "agreement": "usa-ukr",
        "items": 0, "digest": hashlib.sha256().hexdigest(), **fields,
    }  # fmt: skip
    with ukr.sharing.node.store.write() as tx:
        tx.note(kind, told, party="UKR")
        tx.note("place", {"items": []})
    ukr.asked.sign()
    found = codes(audit(ukr.asked, ukr.memory, verify))
    if kind == "delivery" or fields.keys() & {"page", "reader"}:
        assert found in (["leaf-unreadable"], ["items-other"])
    else:
        assert found == []


def test_a_delivery_that_is_kept_back_is_missed_by_the_next_that_is_shown(ukr):
    first = audit(ukr.asked, ukr.memory, verify).given[0].leaf
    assert lied(ukr, lambda told: told["deliveries"].pop(0)) == ["leaf-withheld"]
    found = audit(ukr.asked, ukr.memory, verify)
    assert f"leaf {first}" in found.faults[0].text
    assert found.faults[0].leaf == found.given[0].leaf


def test_what_is_kept_back_at_the_end_is_named_by_the_next_reading(ukr):
    last = audit(ukr.asked, ukr.memory, verify).given[-1].leaf

    def lie(route, answer):
        if route != "deliveries":
            return answer
        return {**answer, "deliveries": [each for each in answer["deliveries"] if each["number"] != last]}

    ukr.asked.lie = lie
    found = audit(ukr.asked, ukr.memory, verify)
    # Whoever lacks what was in it has nothing to hold against the log yet.
    compare_received(found, [each for each in ukr.received if each.digests[0] in found.recorded], whole=True)
    assert codes(found) == []
    # As `--again` does: what is received next is on record, or it is missed; and its leaf names the one before.
    ukr.read(Query(9))
    ukr.asked.sign()
    assert codes(audit(ukr.asked, ukr.memory, verify)) == ["leaf-withheld"]


@pytest.fixture
def two() -> tuple[AskedNode, AskedNode]:
    """A node as UKR asks it, and as GBR does: GBR alone was given something, and lost a page."""
    sharing = Sharing("agreement: usa-ukr\nfrom: USA\nto: [UKR, GBR]\nscope: {topics: [naval]}\n")
    london = sharing.world.account("london", "GBR")
    with sharing.node.store.read() as snap:
        collection = next(flow.collection for flow in snap.flows() if flow.party == "GBR")
    sharing.give("one", "two")
    for _ in range(2):
        sharing.world.settle_clock()
        page = sharing.world.reading.page(london, collection, Query(9), "objects")
    sharing.world.reading.unsent(page)
    asked = AskedNode(sharing.node, SeedSigners())
    asked.sign()
    return asked, replace(asked, party="GBR")


def test_deliveries_of_another_party_are_not_taken_for_one_s_own(two):
    ukr, gbr = two
    with ukr.node.store.read() as snap:
        memory = Memory((keyring(snap).keys[0].key.text,), party="UKR")
    assert codes(audit(ukr, memory, verify)) == []
    found = audit(gbr, memory, verify)
    assert (codes(found), found.given, found.memory.party) == (["party-other"], [], "UKR")
    # Whoever does not say who they are is told, and whose it is is remembered.
    first = audit(gbr, replace(memory, party=""), verify)
    assert (codes(first), first.memory.party, first.readers) == ([], "GBR", ["london"])
    # UKR was given nothing, and what was shown once is missed.
    assert codes(audit(replace(gbr, party="UKR"), first.memory, verify)) == ["leaf-withheld"]
    assert codes(audit(gbr, replace(first.memory, party="UKR"), verify)) == ["party-other"]


@pytest.mark.tampers
@pytest.mark.parametrize("kind", ["delivery", "withdrawn"])
def test_deliveries_of_two_parties_are_not_those_of_one(ukr, kind):
    with ukr.sharing.node.store.write() as tx:
        tx.note(kind, {"party": "GBR", "reader": "london", "page": 5}, party="GBR")
        tx.note("place", {"items": []})
    ukr.asked.sign()
    theirs = replace(ukr.asked, party="GBR").deliveries(None)
    name = "deliveries" if kind == "delivery" else kind
    assert len(theirs[name]) == 1
    assert lied(ukr, lambda told: told[name].extend(theirs[name])) == ["party-other"]


@pytest.mark.tampers
@pytest.mark.parametrize("party", ["", "ukr\x1b[31m", 5, "A" * 70_000])
def test_a_party_has_a_code(ukr, party):
    with ukr.sharing.node.store.write() as tx:
        tx.note("withdrawn", {"party": party, "reader": "kyiv", "page": 5}, party="UKR")
    ukr.asked.sign()
    assert codes(audit(ukr.asked, ukr.memory, verify)) == ["leaf-unreadable"]


def test_a_page_that_never_left_cannot_be_kept_back(ukr):
    ukr.sharing.give("lost")
    ukr.lose(Query(9))
    ukr.read(Query(9))
    ukr.asked.sign()
    assert lied(ukr, lambda told: told["withdrawn"].clear()) == ["leaf-withheld"]
