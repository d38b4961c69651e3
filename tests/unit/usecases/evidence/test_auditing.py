"""Auditing: a partner finds what it was given as it was, believes keys that the log names, and remembers it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fakes.signer import SeedSigner, verify
from tests.partner import Partner, codes, other_of, partner

from relto.domain.errors import BadInput
from relto.usecases.evidence.audit.auditing import Auditor, audit
from relto.usecases.evidence.audit.matching import compare_received
from relto.usecases.evidence.audit.remembering import Memory
from relto.usecases.reading import Query


@pytest.fixture
def ukr() -> Partner:
    return partner()


# What is as it was received.


def test_a_partner_finds_every_page_that_it_was_given_as_it_was(ukr):
    found = audit(ukr.asked, ukr.memory, verify)
    assert codes(found) == []
    assert [page.items for page in found.given] == ukr.pages
    assert {page.reader for page in found.given} == {"kyiv"}
    assert compare_received(found, ukr.received, whole=True) == len(ukr.had)
    assert codes(found) == []
    assert found.rewritten == 0


def test_a_page_that_never_left_is_not_taken_for_one_that_was_received(ukr):
    ukr.sharing.give("lost")
    ukr.lose(Query(9))
    ukr.asked.sign()
    found = audit(ukr.asked, ukr.memory, verify)
    assert found.withdrawn == 1
    assert [each.items for each in found.given] == ukr.pages
    compare_received(found, ukr.received, whole=True)
    assert codes(found) == []


def test_answers_may_come_in_portions(ukr):
    whole = audit(ukr.asked, ukr.memory, verify)
    ukr.asked.portion = 1
    found = audit(ukr.asked, ukr.memory, verify)
    assert codes(found) == []
    assert found.given == whole.given
    assert len(found.given) > 1


def test_a_delivery_that_is_told_in_parts_is_put_together(ukr):
    ids = tuple(f"indicator--{number:08d}-0000-4000-8000-000000000000" for number in range(2_000))
    ukr.read(Query(9, ids=(*ids, ukr.sharing.item("one").id)))
    ukr.asked.sign()
    told = ukr.asked.deliveries(None)["deliveries"]
    assert any("parts" in each for each in told)
    found = audit(ukr.asked, ukr.memory, verify)
    assert codes(found) == []
    assert [page.items for page in found.given] == ukr.pages


def test_what_is_remembered_is_what_the_log_grew_from(ukr):
    first = audit(ukr.asked, ukr.memory, verify)
    ukr.sharing.give("four")
    ukr.read(Query(9))
    ukr.asked.sign()
    second = audit(ukr.asked, first.memory, verify)
    assert codes(second) == []
    assert second.size > first.size
    assert second.memory.last.size == second.size
    assert [page.items for page in second.given] == ukr.pages


def test_a_log_that_grows_meanwhile_is_asked_anew(ukr):
    grown = []

    def lie(route, answer):
        if route == "checkpoint" and not grown:
            grown.append(True)
            ukr.sharing.give("four")
            ukr.asked.sign()
        return answer

    ukr.asked.lie = lie
    found = audit(ukr.asked, ukr.memory, verify)
    assert codes(found) == []
    assert [page.items for page in found.given] == ukr.pages


def test_a_log_that_is_another_at_each_answer_is_given_up(ukr):
    ukr.asked.lie = lambda route, answer: {**answer, "size": answer["size"] + 1} if route == "deliveries" else answer
    assert codes(audit(ukr.asked, ukr.memory, verify)) == ["log-unsteady"]


# Keys.


# What is remembered.


def test_a_memory_that_was_damaged_accuses_nobody(ukr):
    memory = audit(ukr.asked, ukr.memory, verify).memory
    memory.require_whole(verify)
    Memory(memory.keys).require_whole(verify)
    lines = memory.checkpoint.split("\n")
    other = other_of(ukr, "eins")
    for broken in (
        replace(memory, checkpoint="\n".join([lines[0], str(int(lines[1]) + 1), *lines[2:]])),
        replace(memory, checkpoint=memory.checkpoint[:-5]),
        replace(memory, keys=(*memory.keys, "x")),
        replace(memory, keys=(SeedSigner("other.relto").key.text,)),
        # The text of one under the signature of another.
        replace(memory, checkpoint="\n".join([*lines[:3], *other.asked.checkpoint().decode().split("\n")[3:]])),
    ):
        with pytest.raises(BadInput):
            broken.require_whole(verify)


def test_what_strangers_wrote_below_a_checkpoint_is_not_remembered(ukr):
    def lie(route, answer):
        text = answer.decode().partition("\n\n")[0] + "\n" if route == "checkpoint" else ""
        return answer + f"{SeedSigner('stranger').under(text).line}\n".encode() * 90 if text else answer

    ukr.asked.lie = lie
    found = audit(ukr.asked, ukr.memory, verify)
    assert codes(found) == []
    assert "stranger" in found.note
    assert "stranger" not in found.memory.checkpoint
    found.memory.require_whole(verify)


def test_an_audit_goes_on_where_the_log_has_grown_and_asks_for_nothing_twice(ukr):
    asked = []

    def seen(route, answer):
        asked.append(route)
        return answer

    ukr.asked.lie = seen
    auditor = Auditor(ukr.asked, ukr.memory, verify)
    found = auditor.look()
    given = list(found.given)
    asked.clear()
    assert not auditor.look_on()
    assert asked == ["checkpoint"]
    ukr.sharing.give("four")
    ukr.read(Query(9))
    ukr.asked.sign()
    asked.clear()
    assert auditor.look_on()
    assert asked == ["checkpoint", "consistency", "deliveries"]
    assert codes(found) == []
    assert found.given[: len(given)] == given
    assert [page.items for page in found.given] == ukr.pages
    assert found.memory.checkpoint == audit(ukr.asked, ukr.memory, verify).memory.checkpoint
    ukr.asked.lie = lambda route, answer: b"" if route == "checkpoint" else answer
    assert auditor.look_on()
    assert (codes(found), found.is_whole) == (["checkpoint-unsigned"], False)
