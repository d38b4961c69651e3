"""Received: what a partner has, held against what the log says that it was given."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from tests.partner import Partner, codes, found_of, partner

from relto.usecases.evidence import faults
from relto.usecases.evidence.audit.auditing import Audit, GivenPage
from relto.usecases.evidence.audit.matching import NAME_MAX, ReceivedObject, compare_received
from relto.usecases.evidence.audit.remembering import Memory
from relto.usecases.reading import Query


@pytest.fixture
def ukr() -> Partner:
    return partner()


def test_an_item_that_is_missing_is_found_where_all_is_compared(ukr):
    gone, *rest = ukr.received
    found = found_of(ukr)
    assert compare_received(found, rest, whole=True) == len(rest)
    (fault,) = found.faults
    assert fault.code == "recorded-unreceived"
    assert gone.name in fault.text
    assert fault.leaf == found.given[0].leaf
    found = found_of(ukr)
    compare_received(found, rest, whole=False)
    assert codes(found) == []


def test_an_item_that_nobody_recorded_is_found_however_much_is_compared(ukr):
    for whole in (True, False):
        found = found_of(ukr)
        compare_received(found, [*ukr.received, ReceivedObject(("00" * 32,), "indicator--x@y")], whole=whole)
        (fault,) = found.faults
        assert (fault.code, fault.leaf) == ("received-unrecorded", None)
        assert "indicator--x@y" in fault.text


SENT = b'{"type": "indicator", "id": "indicator--a", "modified": "2025-01-01T00:00:00.000Z", "name": "caf\\u00e9"}'
"""An object as it was given, of which the log has the digest."""


def given(*items: tuple[bytes, str]) -> Audit:
    """What was found of a log that says that these bytes were given, and of a node that calls them so."""
    found = Audit(Memory(("k",)), is_whole=True)
    digests = tuple(hashlib.sha256(raw).hexdigest() for raw, _ in items)
    found.given = [GivenPage(5, "kyiv", 1, "objects", "usa-ukr", digests, tuple(name for _, name in items))]
    return found


def name_of(raw: bytes) -> str:
    return ReceivedObject.of(raw).name


def anew(raw: bytes, **how: Any) -> bytes:
    """As a program writes it that keeps no bytes, and perhaps changes something."""
    return json.dumps({**json.loads(raw), **how}, sort_keys=True, indent=1).encode()


def test_an_object_in_other_bytes_is_what_was_given_where_the_given_bytes_say_the_same():
    for received, beside in (([anew(SENT)], [SENT]), ([anew(SENT), SENT], [])):
        found = given((SENT, name_of(SENT)))
        had = [ReceivedObject.of(raw) for raw in received]
        compare_received(found, had, whole=True, beside=[ReceivedObject.of(raw) for raw in beside])
        assert (codes(found), found.rewritten) == ([], 1)


@pytest.mark.parametrize(
    "received",
    [
        anew(SENT),  # Nobody has the bytes that were given.
        SENT.replace(b'"name"', b'"pattern": "[FORGED]", "name"'),
        anew(SENT, name="forged"),
    ],
)
def test_a_name_proves_nothing_of_what_was_received(received):
    found = given((SENT, name_of(SENT)))
    compare_received(found, [ReceivedObject.of(received)], whole=True)
    assert (codes(found), found.rewritten) == (["received-unproven"], 0)
    assert "indicator--a@2025" in found.faults[0].text
    found.forget_received()
    assert codes(found) == []


def test_a_held_item_that_the_node_calls_by_the_name_of_another_is_not_taken_for_it():
    held = b'{"type": "indicator", "id": "indicator--held", "modified": "2025-01-02T00:00:00.000Z"}'
    found = given((SENT, name_of(held)))
    compare_received(found, [ReceivedObject.of(held)], whole=True)
    assert codes(found) == ["received-unproven"]
    # That the bytes of the other are here, too, makes no difference.
    found = given((SENT, name_of(held)))
    compare_received(found, [ReceivedObject.of(held)], whole=True, beside=[ReceivedObject.of(SENT)])
    assert codes(found) == ["received-unproven"]


def test_what_was_not_given_shows_of_nothing_what_it_says():
    found = given((SENT, name_of(SENT)))
    compare_received(found, [ReceivedObject.of(anew(SENT))], whole=True, beside=[ReceivedObject.of(anew(SENT) + b" ")])
    assert codes(found) == ["received-unproven"]


def test_an_object_that_programs_read_in_two_ways_says_nothing():
    twice = SENT.replace(b'"name"', b'"name": "SECRET", "name"')
    found = given((SENT, name_of(SENT)))
    compare_received(found, [ReceivedObject.of(twice)], whole=False, beside=[ReceivedObject.of(SENT)])
    assert codes(found) == ["received-unrecorded"]


def test_a_name_is_cut_where_it_is_longer_than_any():
    raw = json.dumps({"id": "indicator--" + "a" * 10**6, "modified": "x" * 10**6}).encode()
    assert len(ReceivedObject.of(raw).name) == NAME_MAX


def test_one_of_several_forms_is_enough(ukr):
    found = found_of(ukr)
    compare_received(found, [ReceivedObject(("00" * 32, *each.digests), "") for each in ukr.received], whole=True)
    assert (codes(found), found.rewritten) == ([], 0)


def test_of_many_faults_of_one_kind_the_first_are_named_and_the_rest_counted(ukr):
    found = found_of(ukr)
    strange = [ReceivedObject((f"{number:064x}",), f"x{number}") for number in range(25)]
    compare_received(found, strange, whole=False)
    assert codes(found) == ["received-unrecorded"] * (faults.NAMED_MAX + 1)
    assert "15 more" in found.faults[-1].text


def test_what_was_listed_in_a_manifest_alone_need_not_be_there(ukr):
    ukr.sharing.give("listed")
    ukr.asked_for(Query(9), "manifest")
    ukr.asked.sign()
    found = found_of(ukr)
    compare_received(found, ukr.received, whole=True)
    assert codes(found) == []
