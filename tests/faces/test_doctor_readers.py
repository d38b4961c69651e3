"""What `doctor` says of readers' clients: a clock that is ahead, and walks that break off; warnings, and no more."""

import time

import pytest

from relto.config import load
from relto.domain.facts import Facts
from relto.ports.store import PollRow
from relto.wiring import open_node

SECOND = 1_000_000
DAY = 86_400 * SECOND


def now():
    return time.time_ns() // 1_000


def known(node, facts, reader="kyiv"):
    """What is known of the client of a reader of `usa-ukr`."""
    with open_node(load(node.folder / "node", environment={})) as opened, opened.node.store.write() as tx:
        (flow,) = tx.flows()
        tx.put_polls([PollRow(flow.id, reader, facts)])


def found(node):
    answer = node("doctor")
    # Warnings do not make the checkup fail.
    assert (answer.status, answer.document["ok"]) == (0, True)
    return answer.document["findings"]


def test_a_client_whose_clock_is_ahead_is_named_with_its_agreement_and_by_how_much(node):
    known(node, Facts(polled_at=now(), status=200, client="OpenCTI/6.2", clock=300 * SECOND))
    (finding,) = found(node)
    assert (finding["severity"], finding["code"]) == ("warning", "reader-clock-ahead")
    assert all(part in finding["text"] for part in ("`kyiv`", "`usa-ukr`", "300.0 s", "`OpenCTI/6.2`"))
    assert "NTP" in finding["remedy"]


@pytest.mark.parametrize("clock", [None, 0, SECOND, -300 * SECOND])
def test_a_clock_that_is_behind_or_unknown_or_ahead_by_no_more_than_a_second_is_left_alone(node, clock):
    known(node, Facts(polled_at=now(), status=200, clock=clock))
    assert found(node) == []


def test_a_client_that_breaks_off_is_named_with_its_last_error(node):
    at = now()
    broken = tuple(at - DAY // 2 + step * SECOND for step in range(3))
    known(
        node,
        Facts(polled_at=at, broken=broken, client="curl/8", failed_at=at, failed_status=503, failed_code="unavailable"),
    )
    (finding,) = found(node)
    assert (finding["severity"], finding["code"]) == ("warning", "reader-breaks-off")
    assert all(part in finding["text"] for part in ("`kyiv`", "`usa-ukr`", "3 walks", "`curl/8`", "503 `unavailable`"))
    assert finding["remedy"]


def test_a_client_that_breaks_off_without_an_error_of_ours_and_without_a_name_is_named_all_the_same(node):
    known(node, Facts(polled_at=now(), broken=(now() - 3, now() - 2, now() - 1)))
    (finding,) = found(node)
    assert finding["code"] == "reader-breaks-off"
    assert "``" not in finding["text"]


@pytest.mark.parametrize("ages", [(), (1, 2), (1, 2, DAY + 60 * SECOND), (2 * DAY, 2 * DAY + 1, 2 * DAY + 2)])
def test_fewer_than_three_broken_walks_within_the_last_day_are_left_alone(node, ages):
    at = now()
    known(node, Facts(polled_at=at, broken=tuple(sorted(at - age for age in ages))))
    assert found(node) == []


def test_both_are_told_of_one_reader(node):
    known(node, Facts(polled_at=now(), clock=2 * SECOND, broken=(now() - 3, now() - 2, now() - 1)))
    assert {each["code"] for each in found(node)} == {"reader-clock-ahead", "reader-breaks-off"}


def test_a_reader_that_may_read_no_more_is_left_alone(node):
    known(node, Facts(polled_at=now(), clock=300 * SECOND))
    node.ok("account", "add", "lviv", "--party", "UKR", "--password-stdin", stdin="a good password\n")
    node.ok("account", "revoke", "kyiv")
    assert found(node) == []


def test_a_reader_of_an_agreement_that_has_ended_is_left_alone(node):
    known(node, Facts(polled_at=now(), clock=300 * SECOND, broken=(now() - 3, now() - 2, now() - 1)))
    node.ok("agreement", "end", "usa-ukr", "--yes")
    assert found(node) == []


def test_facts_of_an_account_that_is_not_there_are_left_alone(node):
    known(node, Facts(polled_at=now(), clock=300 * SECOND), reader="nobody")
    assert found(node) == []
