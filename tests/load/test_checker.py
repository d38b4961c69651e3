"""The checker is shown runs in which everything held, and runs with one thing wrong."""

from __future__ import annotations

import hashlib
from copy import deepcopy

import pytest
from tests.load.checker import Checker, against_the_record

TERMS = {"coalition": {"to": ["UKR", "GBR"], "scope": ["naval", "life"], "exceptions": ["life"]}}
FLOW = "coalition/UKR"


def wrote(at, name, *topics):
    digest = hashlib.sha256(name.encode()).hexdigest()
    return {
        "kind": "wrote",
        "ids": [name],
        "topics": [list(topics)],
        "digests": [digest],
        "begun": at,
        "ended": at + 1,
    }


def pause(at, number, *, cut=False, topics=None, recipient=None, lasting=1):
    return {
        "kind": "pause",
        "number": number,
        "agreements": ["coalition"],
        "recipient": recipient,
        "topics": topics,
        "cut": cut,
        "begun": at,
        "ended": at + lasting,
    }


def resume(at, number, backlog="release"):
    return {"kind": "resume", "number": number, "backlog": backlog, "begun": at, "ended": at + 1}


def read(at, date, *names, reader="kyiv", asked=None, walk=None, lasting=1):
    dates = [date + place for place in range(len(names))]
    return {
        "kind": "read",
        "reader": reader,
        "collection": FLOW,
        "walk": at if walk is None else walk,
        "asked": asked,
        "ids": list(names),
        "first": dates[0] if names else None,
        "last": dates[-1] if names else None,
        "dates": None,
        "clock": date + 1000,
        "begun": at,
        "ended": at + lasting,
    }


def faults(*lines, keeps="last"):
    return Checker(TERMS, {"kyiv": keeps}, [*lines, {"kind": "done", "reader": "kyiv", "ended": 10**9}]).check().faults


FROZEN = [wrote(10, "a", "naval"), pause(20, "1"), wrote(30, "b", "naval"), wrote(32, "warning", "life")]
CUT = [wrote(10, "a", "naval"), pause(20, "1", cut=True), wrote(30, "b", "naval")]


def test_a_freeze_leaves_what_was_given_and_lets_exceptions_through():
    assert faults(*FROZEN, read(40, 1, "a", "warning"), resume(50, "1"), read(60, 3, "b", asked=2)) == []


def test_what_a_freeze_holds_is_given_afterwards_and_not_before():
    early = faults(*FROZEN, read(40, 1, "a", "b"), resume(50, "1"), read(60, 3, "warning", asked=2))
    assert early == ["gate: kyiv was given b between acts 1 and 1"]


def test_a_cut_closes_what_was_given():
    assert faults(*CUT, read(40, 1, "a"), resume(50, "1"), read(60, 3, "b", asked=1)) != []
    assert faults(*CUT, resume(50, "1"), read(60, 1, "a", "b")) == []


def test_a_page_that_was_under_way_when_a_pause_was_made_may_show_what_was_open():
    lines = [wrote(10, "a", "naval"), pause(20, "1", cut=True, lasting=5), resume(50, "1")]
    assert faults(*lines, read(18, 1, "a", lasting=20)) == []
    assert faults(*lines, read(22, 1, "a")) == []
    assert faults(*lines, read(26, 1, "a")) != []


def test_a_page_that_was_under_way_when_a_pause_was_lifted_may_show_what_was_held():
    lines = [pause(20, "1"), wrote(30, "b", "naval"), resume(50, "1")]
    assert faults(*lines, read(45, 1, "b", lasting=20)) == []
    assert faults(*lines, read(45, 1, "b", lasting=5)) != []


def test_an_item_that_was_written_while_a_pause_was_made_may_be_held_or_not():
    lines = [pause(20, "1", lasting=10), wrote(25, "b", "naval")]
    assert faults(*lines, read(60, 1, "b")) == []
    other = wrote(15, "c", "naval")
    assert faults(*lines, other, read(60, 1, "c")) == []


def test_one_recipient_is_singled_out():
    theirs = [pause(20, "1", recipient="GBR"), wrote(30, "b", "naval"), read(40, 1, "b")]
    assert faults(*theirs) == []
    assert faults(pause(20, "1", recipient="UKR"), *theirs[1:]) != []


def test_what_is_discarded_is_never_owed_and_never_given():
    lines = [wrote(10, "a", "naval"), pause(20, "1"), wrote(30, "b", "naval"), resume(40, "1", "discard")]
    assert faults(*lines, read(60, 1, "a")) == []
    assert faults(*lines, read(60, 1, "a", "b")) != []


def test_what_one_pause_held_another_takes_over():
    lines = [
        pause(20, "1"),
        wrote(30, "b", "naval"),
        pause(32, "2"),
        resume(40, "1"),
        read(45, 1, "warning"),
        wrote(31, "warning", "life"),
        resume(50, "2", "discard"),
    ]
    lines = sorted(lines, key=lambda line: line["ended"])
    assert faults(*lines) == []
    assert faults(*lines, read(60, 3, "b")) != []


@pytest.mark.parametrize(
    ("pages", "fault"),
    [
        ([read(20, 1, "a")], "whole: kyiv (last) never got b"),
        ([read(20, 1, "a"), read(30, 3, "a", "b", asked=1)], "whole: kyiv got a twice, on pages 0 and 1"),
        ([read(20, 1, "a"), read(30, 1, "b", asked=1)], "dates: kyiv asked for what is after 1, and got 1"),
        ([read(20, 5, "a", walk=1), read(30, 4, "b", walk=1)], "dates: kyiv got 4 after 5"),
        ([read(20, 1, "a", "b", "nobody")], "kyiv was given nobody, which nobody wrote"),
        ([], "whole: kyiv never got anything"),
    ],
)
def test_what_is_lost_repeated_or_out_of_order_is_a_fault(pages, fault):
    lines = [wrote(10, "a", "naval"), wrote(12, "b", "naval"), wrote(14, "other", "imagery")]
    assert faults(*lines, read(20, 1, "a", "b")) == []
    assert fault in faults(*lines, *pages)


def test_a_date_in_the_future_is_a_fault():
    page = read(20, 5, "a")
    assert faults(wrote(10, "a", "naval"), page) == []
    assert faults(wrote(10, "a", "naval"), {**page, "clock": 4}) != []


def test_an_own_clock_may_be_given_again_what_it_asked_for_again_and_nothing_else():
    lines = [wrote(10, "a", "naval"), read(20, 100, "a")]
    assert faults(*lines, read(30, 101, "a", asked=99), keeps="clock") == []
    assert faults(*lines, read(30, 101, "a", asked=100), keeps="clock") != []
    # It asked while a cut hid the item, saw nothing, and asked from a later moment afterwards.
    assert faults(*lines, read(25, 0, asked=99), read(30, 150, "a", asked=140), keeps="clock") == []


def test_a_reader_that_did_not_come_to_an_end_is_a_fault():
    found = Checker(TERMS, {"kyiv": "last"}, [wrote(10, "a", "naval"), read(20, 1, "a")]).check()
    assert found.faults == ["kyiv did not come to an end"]


def test_only_pages_that_were_read_wholly_under_a_pause_are_decisive():
    lines = [wrote(10, "a", "naval"), read(15, 1, "a", reader="kyiv")]
    assert Checker(TERMS, {"kyiv": "last"}, lines).check().decisive == 0
    lines = [wrote(10, "a", "naval"), pause(12, "1"), read(15, 1, "a", reader="kyiv")]
    assert Checker(TERMS, {"kyiv": "last"}, lines).check().decisive == 1


def test_every_page_stands_on_record_in_the_order_of_versions():
    lines = [wrote(10, "a", "naval"), wrote(12, "b", "naval"), read(20, 1, "a", "b")]
    digest = hashlib.sha256(b"".join(hashlib.sha256(name).digest() for name in (b"a", b"b"))).digest()
    record = [("kyiv", 3, 2, digest)]
    accounts = {"kyiv": "kyiv"}
    assert against_the_record(lines, accounts, record) == []
    assert against_the_record(lines, accounts, []) != []
    assert against_the_record(lines, accounts, [("lviv", 3, 2, digest)]) != []
    assert against_the_record(lines, accounts, [("kyiv", 3, 2, b"other")]) != []
    assert against_the_record(lines, accounts, [*record, ("lviv", 2, 1, b"")]) != []
    twice = [*deepcopy(lines), read(30, 1, "a", "b")]
    assert against_the_record(twice, accounts, record) != []
