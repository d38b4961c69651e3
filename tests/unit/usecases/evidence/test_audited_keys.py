"""Keys: an audit believes those that the log names, and none alone whose place another took."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.actors import ADMIN
from tests.fakes.asked import ORIGIN
from tests.fakes.signer import SeedSigner, verify
from tests.partner import HOUR, Partner, codes, partner, turned

from relto.domain.checkpoint import Checkpoint
from relto.domain.merkle import Frontier
from relto.domain.note import Note
from relto.ports.store import CheckpointRow
from relto.usecases.evidence.auditing import audit
from relto.usecases.evidence.signing import Origin, rotate_key
from relto.usecases.reading import Query


@pytest.fixture
def ukr() -> Partner:
    return partner()


def test_a_key_that_the_log_names_is_believed_from_then_on(ukr):
    memory = audit(ukr.asked, ukr.memory, verify).memory
    turned(ukr)
    within = audit(ukr.asked, memory, verify)
    assert codes(within) == []
    assert len(within.memory.keys) == 2
    ukr.sharing.world.settle_clock(2 * HOUR)
    ukr.sharing.give("four")
    ukr.read(Query(9))
    ukr.asked.sign()
    after = audit(ukr.asked, within.memory, verify)
    assert codes(after) == []
    assert after.memory.keys == within.memory.keys
    # Who slept through the overlap has to have the key another way.
    assert codes(audit(ukr.asked, memory, verify)) == ["checkpoint-unsigned"]


def signed_by(ukr: Partner, file: str) -> None:
    """Whoever has this key alone signs what there is."""
    signer = ukr.asked.signers.read(file, ORIGIN)
    with ukr.sharing.node.store.write() as tx:
        head = tx.log()
        text = Checkpoint(ORIGIN, head.size, Frontier.parse(head.size, head.frontier).root).text
        tx.put_checkpoint(CheckpointRow(head.size, 5, Note(text, (signer.under(text),)).as_bytes()))


@pytest.mark.parametrize("is_told", ["by the log", "by hand"])
def test_a_key_whose_place_another_took_signs_nothing_by_itself(ukr, is_told):
    memory = audit(ukr.asked, ukr.memory, verify).memory
    turned(ukr)
    new = ukr.asked.signers.read("log-2.key", ORIGIN).key.text
    if is_told == "by the log":
        memory = audit(ukr.asked, memory, verify).memory
        assert memory.keys[-1] == new
    else:
        memory = replace(memory, keys=(*memory.keys, new))
    assert codes(audit(ukr.asked, memory, verify)) == []
    # Within the overlap and after it.
    for later in (0, 10**13):
        ukr.sharing.give(f"evil {later}")
        ukr.sharing.world.settle_clock(later)
        signed_by(ukr, "log.key")
        found = audit(ukr.asked, memory, verify)
        assert codes(found) == ["key-outdated"]
        assert found.memory == memory


def test_a_key_that_the_log_names_and_that_did_not_sign_is_not_believed(ukr):
    memory = audit(ukr.asked, ukr.memory, verify).memory
    rotate_key(ukr.sharing.node, ukr.sharing.world.desk, ukr.asked.signers, Origin(ORIGIN), by=ADMIN, overlap_us=HOUR)
    signed_by(ukr, "log.key")
    found = audit(ukr.asked, memory, verify)
    assert codes(found) == ["key-outdated"]
    assert found.memory == memory


@pytest.mark.tampers
@pytest.mark.parametrize("fields", [{"vkey": "x"}, {"vkey": SeedSigner("other.relto").key.text}, {"vkey": 5}, {}])
def test_a_key_that_is_none_of_the_log_s_is_passed_over(ukr, fields):
    with ukr.sharing.node.store.write() as tx:
        tx.note("key", fields)
    ukr.asked.sign()
    found = audit(ukr.asked, ukr.memory, verify)
    assert codes(found) == []
    assert found.memory.keys == ukr.memory.keys


def test_a_key_is_named_by_a_leaf_of_that_kind_alone(ukr):
    def lie(route, answer):
        return {**answer, "keys": answer["deliveries"][:1]} if route == "deliveries" else answer

    ukr.asked.lie = lie
    assert codes(audit(ukr.asked, ukr.memory, verify)) == ["node-odd"]
