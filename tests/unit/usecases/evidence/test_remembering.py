"""Remembering: a log that was rewritten is found by what is remembered, and a restore explains no more than it did."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fakes.asked import AskedNode
from tests.fakes.signer import SeedSigners, verify
from tests.partner import HOUR, Partner, codes, other_of, partner
from tests.simulation.sharing import Sharing

from relto.usecases.evidence.audit.auditing import audit
from relto.usecases.evidence.audit.remembering import Memory, read_signed
from relto.usecases.reading import Query

DAY = 24 * HOUR


@pytest.fixture
def ukr() -> Partner:
    return partner()


def unread(*given: str) -> Partner:
    """A partner of whom nothing is drawn, so that the same gifts make the same log, each signed; `era`: a restore."""
    sharing = Sharing()
    made = Partner(sharing, AskedNode(sharing.node, SeedSigners()), [], {})
    for name in given:
        if name == "era":
            with sharing.node.store.write() as tx:
                tx.note("era", {"note": "a test"})
        else:
            sharing.give(name)
        made.asked.sign()
    return made


def remembered(*given: str) -> Memory:
    """What is remembered by who audited after each."""
    memory = unread(*given[:1]).memory
    for count in range(1, len(given) + 1):
        found = audit(unread(*given[:count]).asked, memory, verify)
        assert codes(found) == []
        memory = found.memory
    return memory


@pytest.mark.tampers
def test_what_a_restore_lost_is_told_as_that():
    found = audit(unread("one", "era", "three").asked, remembered("one", "two"), verify)
    assert codes(found) == ["log-restored"]


@pytest.mark.tampers
@pytest.mark.parametrize(
    ("now", "before"),
    [
        # The era was known already; nothing remembered stands before it; none is told.
        (("one", "era", "three"), ("one", "era", "two")),
        (("eins", "era", "three"), ("one", "two")),
        (("one", "three"), ("one", "two")),
    ],
)
def test_what_no_restore_explains_was_rewritten(now, before):
    memory = remembered(*before)
    found = audit(unread(*now).asked, memory, verify)
    assert codes(found) == ["log-rewritten"]
    assert found.memory == memory


@pytest.mark.tampers
def test_a_restore_that_was_known_explains_nothing_that_comes_after_it():
    # Whoever came after the restore remembers one checkpoint, of before the rewriting and behind the era.
    came = unread("one", "era", "two", "three")
    memory = audit(came.asked, came.memory, verify).memory
    assert (len(memory.eras), memory.earlier) == (1, ())
    found = audit(unread("one", "era", "zwei", "drei", "vier").asked, memory, verify)
    assert codes(found) == ["log-rewritten"]
    assert found.memory == memory
    # Another restore, behind the one that is known, does.
    again = unread("one", "era", "two", "era", "vier", "five")
    found = audit(again.asked, memory, verify)
    assert codes(found) == ["log-restored"]
    assert len(found.memory.eras) == 2
    assert codes(audit(again.asked, found.memory, verify)) == []


@pytest.mark.tampers
def test_a_restore_that_the_node_did_not_tell_of_explains_nothing_that_was_seen_after_it():
    came = unread("one", "era", "two", "three")
    opened = came.sharing.world.now
    came.asked.lie = lambda route, answer: (
        {name: value for name, value in answer.items() if name != "eras"} if route == "deliveries" else answer
    )
    first = audit(came.asked, came.memory, verify)
    assert (codes(first), first.memory.eras) == ([], ())
    rewritten = unread("one", "era", "zwei", "drei", "vier")
    memory = first.to_remember(at=opened + 3 * DAY)
    found = audit(rewritten.asked, memory, verify)
    assert codes(found) == ["log-rewritten"]
    assert "is older than what was seen" in found.faults[0].text
    assert found.to_remember(at=opened + 4 * DAY) is None
    # Told of in time, it is the same.
    came.asked.lie = lambda _, answer: answer
    told = audit(came.asked, came.memory, verify).to_remember(at=opened + 3 * DAY)
    assert codes(audit(rewritten.asked, told, verify)) == ["log-rewritten"]


@pytest.mark.tampers
@pytest.mark.parametrize("behind", [-3 * DAY, -1, 0, HOUR, 23 * HOUR])
def test_a_restore_is_believed_though_the_node_s_clock_is_another(behind):
    restored = unread("one", "era", "three")
    memory = replace(remembered("one", "two"), seen=restored.sharing.world.now + behind)
    assert codes(audit(restored.asked, memory, verify)) == ["log-restored"]


@pytest.mark.tampers
def test_checkpoints_that_a_restore_left_behind_are_kept_as_proof_and_accuse_nobody():
    memory = remembered("one", "two", "three")
    restored = unread("one", "era", "four", "five", "six")
    found = audit(restored.asked, memory, verify)
    assert codes(found) == ["log-restored"]
    assert found.memory.lost == (memory.earlier[-1], memory.checkpoint)
    assert found.memory.earlier == memory.earlier[:-1]
    found.memory.require_whole(verify)
    again = unread("one", "era", "four", "five", "era", "seven", "eight")
    found = audit(again.asked, found.memory, verify)
    assert codes(found) == ["log-restored"]


def test_a_log_that_was_rewritten_is_not_forgotten_for_the_nonsense_that_comes_after(ukr):
    before = audit(ukr.asked, ukr.memory, verify)
    other = other_of(ukr, "eins")
    other.asked.lie = lambda route, answer: {} if route == "deliveries" else answer
    found = audit(other.asked, before.memory, verify)
    assert codes(found) == ["node-odd", "log-rewritten"]
    assert found.memory == before.memory


def short(route: str, answer):
    """A node that keeps back the last of what it gave, and all that would name it."""
    if route != "deliveries" or not answer["deliveries"]:
        return answer
    return {**answer, "deliveries": answer["deliveries"][:-1], "withdrawn": []}


@pytest.mark.tampers
def test_what_was_shown_once_is_shown_again(ukr):
    last = ukr.asked.deliveries(None)["deliveries"][-1]["number"]
    first = audit(ukr.asked, ukr.memory, verify)
    assert (codes(first), first.memory.told) == ([], last)
    ukr.asked.lie = short
    found = audit(ukr.asked, first.memory, verify)
    assert [(fault.code, fault.leaf) for fault in found.faults] == [("leaf-withheld", last)]
    # It stays so until it is shown again.
    assert codes(audit(ukr.asked, found.memory, verify)) == ["leaf-withheld"]
    # Who was never shown it cannot know.
    assert codes(audit(ukr.asked, ukr.memory, verify)) == []
    assert codes(audit(ukr.asked, first.memory.of_party("GBR"), verify)) == ["party-other"]
    ukr.asked.lie = lambda _, answer: answer
    ukr.lose(Query(9))
    ukr.asked.sign()
    found = audit(ukr.asked, found.memory, verify)
    assert codes(found) == []
    assert found.memory.told > last


@pytest.mark.tampers
def test_what_a_restore_lost_is_not_asked_for():
    seen = remembered("one", "two")
    last = seen.last.size - 1
    memory = replace(seen, told=last, named=((seen.keys[0], last),))
    assert memory.restored_at(memory.last.size).named == memory.named
    assert memory.restored_at(last).named == ()
    assert memory.restored_at(memory.last.size).told == memory.told
    assert memory.restored_at(memory.last.size - 1).told is None
    found = audit(unread("one", "era", "three").asked, memory, verify)
    assert codes(found) == ["log-restored"]
    assert (found.memory.told, found.memory.named) == (None, ())


@pytest.mark.tampers
def test_two_restores_between_two_audits_lost_what_the_first_of_them_did():
    memory = remembered("one", "two", "three")
    sizes = [read_signed(each).size for each in (*memory.earlier, memory.checkpoint)]
    restored = unread("one", "era", "zwei", "era", "four", "five")
    eras = [each["number"] for each in restored.asked.deliveries(None)["eras"]]
    assert sizes[0] == eras[0] < sizes[1] < eras[1] <= sizes[2]
    memory = replace(memory, told=sizes[1] - 1, named=((memory.keys[0], sizes[1] - 1),))
    found = audit(restored.asked, memory, verify)
    assert [(fault.code, fault.leaf) for fault in found.faults] == [("log-restored", eras[0])]
