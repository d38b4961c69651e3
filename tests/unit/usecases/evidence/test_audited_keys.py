"""Keys: an audit believes those that the log names, and none alone whose place another took."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.actors import ADMIN
from tests.fakes.asked import ORIGIN
from tests.fakes.signer import SeedSigner, cosigner, verify
from tests.partner import HOUR, Partner, codes, found_of, other_of, partner, turned

from relto.domain.checkpoint import Checkpoint
from relto.domain.merkle import Frontier
from relto.domain.note import Note
from relto.ports.store import CheckpointRow
from relto.usecases.evidence.audit.auditing import audit, compare_checkpoint, require_witnesses
from relto.usecases.evidence.signed.signing import Origin, rotate_key
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


def forged(ukr: Partner, size: int, *files: str) -> Note:
    """Another log of so many leaves, signed by whoever has these keys."""
    text = Checkpoint(ORIGIN, size, bytes(32)).text
    return Note(text, tuple(ukr.asked.signers.read(file, ORIGIN).under(text) for file in files))


def test_a_checkpoint_by_an_old_key_alone_frames_nobody_and_one_of_before_it_counts(ukr):
    before = ukr.asked.checkpoint()
    size = found_of(ukr).size
    turned(ukr)
    ukr.sharing.give("four")
    ukr.asked.sign()
    found = found_of(ukr)
    assert compare_checkpoint(ukr.asked, found, before, verify) is not None
    assert codes(found) == []
    for leaves, files, expected in (
        (found.size, ("log.key",), "compared-unsigned"),
        (found.size + 5, ("log.key",), "compared-unsigned"),
        (dict(found.memory.named)[found.memory.keys[-1]] + 1, ("log.key",), "compared-unsigned"),
        (found.size, ("log-2.key",), "log-split"),
        (found.size, ("log.key", "log-2.key"), "log-split"),
        # It was the log's key then.
        (size, ("log.key",), "log-split"),
    ):
        found = found_of(ukr)
        compare_checkpoint(ukr.asked, found, forged(ukr, leaves, *files).as_bytes(), verify)
        assert codes(found) == [expected]


def test_what_a_witness_cosigned_is_of_the_log_only_by_the_key_of_then(ukr):
    witness = cosigner("cert.ukr")
    old = Note.parse(ukr.asked.checkpoint())
    turned(ukr)
    size = found_of(ukr).size
    notes = {"old": old, "forged": forged(ukr, size, "log.key"), "now": Note.parse(ukr.asked.checkpoint())}
    for name, expected in (("old", []), ("now", []), ("forged", ["cosignature-missing"])):
        note = notes[name]
        cosigned = Note(note.text, (*note.signatures, witness.under(note.text, 77))).as_bytes()
        ukr.asked.lie = lambda route, answer, told=cosigned: [told] if route == "cosigned" else answer
        found = found_of(ukr)
        require_witnesses(ukr.asked, found, [witness.key], verify)
        assert codes(found) == expected


def test_keys_count_in_the_order_in_which_the_log_names_them(ukr):
    memory = audit(ukr.asked, ukr.memory, verify).memory
    for turn in range(2):
        turned(ukr)
        ukr.sharing.world.settle_clock(2 * HOUR)
        ukr.sharing.give(f"later {turn}")
        ukr.asked.sign()
    second, third = (ukr.asked.signers.read(f"log-{number}.key", ORIGIN).key.text for number in (2, 3))
    # Who slept through both was given the last alone, and learns of the other only then.
    for _ in range(2):
        memory = replace(memory, keys=tuple(dict.fromkeys((*memory.keys, third))))
        found = audit(ukr.asked, memory, verify)
        assert codes(found) == []
        memory = found.memory
        assert memory.keys[1:] == (second, third)


def silent(route, answer):
    """A node that tells of no key any more."""
    return {**answer, "keys": []} if route == "deliveries" else answer


def absent(route, answer):
    return {name: value for name, value in answer.items() if name != "keys"} if route == "deliveries" else answer


@pytest.mark.tampers
@pytest.mark.parametrize("lie", [silent, absent])
def test_a_node_that_leaves_out_a_key_that_it_named_is_at_fault_and_hides_no_split(ukr, lie):
    # Another partner was shown another log, before the key was turned.
    theirs = other_of(ukr, "eins").asked.checkpoint()
    witness = cosigner("cert.ukr")
    note = Note.parse(theirs)
    cosigned = Note(note.text, (*note.signatures, witness.under(note.text, 77))).as_bytes()
    memory = audit(ukr.asked, ukr.memory, verify).memory
    turned(ukr)
    told = audit(ukr.asked, memory, verify)
    [(new, leaf)] = told.memory.named
    assert new == told.memory.keys[-1]
    ukr.asked.portion = 1
    ukr.asked.lie = lambda route, answer: [cosigned] if route == "cosigned" else lie(route, answer)
    found = audit(ukr.asked, told.memory, verify)
    assert [(fault.code, fault.leaf) for fault in found.faults] == [("key-withheld", leaf)]
    # It is remembered on, so each audit says so.
    assert found.memory.named == told.memory.named
    compare_checkpoint(ukr.asked, found, theirs, verify)
    assert codes(found) == ["key-withheld", "log-split"]
    assert found.to_remember(at=7) is None
    found = audit(ukr.asked, told.memory, verify)
    assert len(require_witnesses(ukr.asked, found, [witness.key], verify)) == 1
    assert codes(found) == ["key-withheld", "log-split"]


@pytest.mark.tampers
def test_a_key_counts_from_the_first_leaf_that_names_it(ukr):
    turned(ukr)
    first = found_of(ukr)
    [(new, leaf)] = first.memory.named
    with ukr.sharing.node.store.write() as tx:
        tx.note("key", {"vkey": new})
    ukr.asked.sign()
    found = audit(ukr.asked, first.memory, verify)
    assert (codes(found), found.memory.named) == ([], ((new, leaf),))
    ukr.asked.lie = lambda route, answer: (
        {**answer, "keys": [each for each in answer["keys"] if each["number"] != leaf]}
        if route == "deliveries"
        else answer
    )
    later = found_of(ukr)
    assert codes(later) == []
    assert codes(audit(ukr.asked, first.memory, verify)) == ["key-withheld"]
    # Whoever was shown the later one alone learns of the first when it is told.
    ukr.asked.lie = lambda _, answer: answer
    found = audit(ukr.asked, later.memory, verify)
    assert (codes(found), found.memory.named) == ([], ((new, leaf),))


def test_a_key_that_nobody_was_shown_to_be_named_counts_as_newer_than_any(ukr):
    before = ukr.asked.checkpoint()
    turned(ukr)
    new = ukr.asked.signers.read("log-2.key", ORIGIN).key.text
    ukr.asked.lie = silent
    found = audit(ukr.asked, replace(ukr.memory, keys=(*ukr.memory.keys, new)), verify)
    assert codes(found) == []
    compare_checkpoint(ukr.asked, found, before, verify)
    assert codes(found) == ["compared-unsigned"]
