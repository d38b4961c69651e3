"""Received: what a partner has, held against what the log says that it was given."""

from __future__ import annotations

import pytest
from tests.partner import Partner, codes, found_of, partner

from relto.usecases.evidence import faults
from relto.usecases.evidence.matching import ReceivedObject, compare_received
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


def test_an_object_in_other_bytes_is_compared_by_its_name_and_that_is_said(ukr):
    found = found_of(ukr)
    others = [ReceivedObject(("00" * 32,), name) for _, name in found.recorded.values()]
    compare_received(found, others, whole=True)
    assert codes(found) == []
    assert found.rewritten == len(others)


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
