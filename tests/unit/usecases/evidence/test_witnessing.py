"""Witnessing: what parties cosign is kept where it is right, and where it is of this log."""

from dataclasses import replace

import pytest
from tests.actors import ADMIN
from tests.fakes.signer import SeedSigner, SeedSigners, cosigner, verify
from tests.replayed import faults_of
from tests.second import log_verifier as second
from tests.simulation.sharing import Sharing

from relto.domain.actor import Actor
from relto.domain.checkpoint import Checkpoint
from relto.domain.errors import BadInput, Conflict, Refused, Unknown
from relto.domain.note import Note, signed
from relto.ports.store import CosignatureRow
from relto.usecases.evidence.show.disclosing import latest
from relto.usecases.evidence.signed.signing import Origin, keyring, sign_checkpoint
from relto.usecases.evidence.signed.witnessing import (
    AHEAD_MAX_US,
    LINES_MAX,
    add_witness,
    cosign,
    list_witnesses,
    remove_witness,
)

SECOND = 1_000_000


class Witnessed:
    """A log that `cert` of UKR cosigns."""

    def __init__(self):
        self.sharing = Sharing()
        self.node = self.sharing.node
        self.signers = SeedSigners()
        self.cert = cosigner("cert.example")
        self.add(self.cert)
        self.sign()

    def sign(self):
        sign_checkpoint(self.node, self.signers, Origin("usa.relto"))

    def add(self, signer, party="UKR", by=ADMIN):
        return add_witness(self.node, self.sharing.world.desk, party, signer.key.text, by=by)

    def remove(self, name, by=ADMIN):
        return remove_witness(self.node, self.sharing.world.desk, name, by=by)

    @property
    def note(self):
        with self.node.store.read() as snap:
            return latest(snap).note

    @property
    def seconds(self):
        return self.sharing.world.now // SECOND

    def cosigned(self, *signers, seconds=None):
        lines = [each.under(self.note.text, self.seconds if seconds is None else seconds) for each in signers]
        return signed(self.note.text, lines)

    def bring(self, raw, party="UKR"):
        return cosign(self.node, raw, party=party, verify=verify)


@pytest.fixture
def log():
    return Witnessed()


def test_what_a_witness_signed_stands_under_the_checkpoint(log):
    (row,) = log.bring(log.cosigned(log.cert))
    assert (row.name, row.at) == ("cert.example", log.seconds * SECOND)
    with log.node.store.read() as snap:
        keys = [each.key.text for each in keyring(snap).keys]
    _, found = second.signers(log.note.as_bytes(), [*keys, log.cert.key.text])
    assert found == {(keys[0], None), (log.cert.key.text, log.seconds)}
    (seen,) = list_witnesses(log.node)
    assert (seen.size, seen.at) == (second.checkpoint(log.note.text)[1], row.at)


def test_no_more_cosign_one_checkpoint_than_a_note_has_lines(log):
    with log.node.store.write() as tx:
        for number in range(LINES_MAX):
            line = f"\u2014 gone{number:02d}.example AAAAAAAA"
            tx.put_cosignature(CosignatureRow(tx.last_checkpoint().size, f"gone{number:02d}.example", 5, line))
    assert len(log.note.signatures) == LINES_MAX + 1
    with pytest.raises(Refused) as caught:
        log.bring(log.cosigned(log.cert))
    assert caught.value.code == "witnesses-many"
    assert len(log.note.signatures) == LINES_MAX + 1


def test_in_a_demonstration_a_witness_signs_by_the_time_that_it_is(log):
    real = log.sharing.world.clock.moment
    with log.node.store.write() as tx:
        # As a demonstration begins: the node's clock is years behind the machine's from then on.
        tx.put_head(replace(tx.head(), clock_offset=-(10**14), clock_seen=0, last_given=0))
        assert log.node.now(tx.head()) < real
    log.bring(log.cosigned(log.cert, seconds=real // SECOND))
    with pytest.raises(BadInput) as caught:
        log.bring(log.cosigned(log.cert, seconds=(real + AHEAD_MAX_US) // SECOND + 2))
    assert caught.value.code == "cosignature-early"


def test_a_whole_checkpoint_with_the_log_s_own_signature_is_taken_as_well(log):
    line = log.cert.under(log.note.text, log.seconds)
    stranger = cosigner("stranger.example").under(log.note.text, log.seconds)
    assert len(log.bring(Note(log.note.text, (*log.note.signatures, stranger, line)).as_bytes())) == 1


def test_an_earlier_checkpoint_may_be_cosigned_and_the_latest_counts(log):
    earlier = log.cosigned(log.cert)
    log.sharing.give("one")
    log.sign()
    assert log.bring(earlier)
    assert len(log.note.signatures) == 1
    log.bring(log.cosigned(log.cert))
    assert len(log.note.signatures) == 2
    assert list_witnesses(log.node)[0].size == second.checkpoint(log.note.text)[1]


def test_an_older_cosignature_takes_nothing_back(log):
    late, early = log.cosigned(log.cert), log.cosigned(log.cert, seconds=5)
    log.bring(late)
    (row,) = log.bring(early)
    assert row.at == log.seconds * SECOND
    both = log.cosigned(log.cert, log.cert)
    assert len(log.bring(both)) == 1


def other(log, **changes):
    found = Checkpoint.parse(log.note.text)
    made = Checkpoint(**{"origin": found.origin, "size": found.size, "root": found.root, **changes}).text
    return signed(made, [log.cert.under(made, log.seconds)])


@pytest.mark.parametrize(
    ("make", "kind", "code"),
    [
        (lambda log: b"", BadInput, "note-invalid"),
        (lambda log: b"\xff" * 100, BadInput, "note-invalid"),
        (lambda log: log.note.text.encode(), BadInput, "note-invalid"),
        (lambda log: signed("a\n", [log.cert.under("a\n", 1)]), BadInput, "checkpoint-invalid"),
        (lambda log: log.note.as_bytes(), BadInput, "note-unsigned"),
        (lambda log: log.cosigned(cosigner("cert.example", seed="another")), BadInput, "note-unsigned"),
        (lambda log: log.cosigned(log.cert).replace(b"usa.relto", b"usa.relta", 1), Unknown, "checkpoint-unknown"),
        (lambda log: other(log, size=Checkpoint.parse(log.note.text).size + 1), Unknown, "checkpoint-unknown"),
        (lambda log: other(log, size=2**63 - 1), Unknown, "checkpoint-unknown"),
        (lambda log: other(log, root=bytes(32)), Conflict, "checkpoint-other"),
        (lambda log: other(log, extensions=("more",)), Conflict, "checkpoint-other"),
    ],
)
def test_what_is_no_cosignature_of_a_checkpoint_of_this_log_is_refused(log, make, kind, code):
    with pytest.raises(kind) as caught:
        log.bring(make(log))
    assert caught.value.code == code
    assert len(log.note.signatures) == 1


def test_a_signature_that_is_wrong_is_refused(log):
    line = log.cert.under(log.note.text, log.seconds)
    wrong = type(line)(line.name, line.key_id, line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
    with pytest.raises(BadInput) as caught:
        log.bring(signed(log.note.text, [wrong]))
    assert caught.value.code == "note-signature-wrong"


@pytest.mark.parametrize("ahead", [AHEAD_MAX_US // SECOND + 1, 2**62])
def test_a_moment_that_is_yet_to_come_is_refused(log, ahead):
    with pytest.raises(BadInput) as caught:
        log.bring(log.cosigned(log.cert, seconds=log.seconds + ahead))
    assert caught.value.code == "cosignature-early"
    log.bring(log.cosigned(log.cert, seconds=log.seconds + AHEAD_MAX_US // SECOND - 1))


def test_another_party_brings_nothing_of_it(log):
    with pytest.raises(Refused) as caught:
        log.bring(log.cosigned(log.cert), party="GBR")
    assert caught.value.code == "witness-missing"
    log.add(cosigner("ncsc.example"), party="GBR")
    with pytest.raises(BadInput) as caught:
        log.bring(log.cosigned(log.cert), party="GBR")
    assert caught.value.code == "note-unsigned"


def test_a_witness_that_was_removed_signs_no_more_and_what_it_signed_stays(log):
    raw = log.cosigned(log.cert)
    log.bring(raw)
    log.remove("cert.example")
    with pytest.raises(Refused):
        log.bring(raw)
    assert len(log.note.signatures) == 2
    assert list_witnesses(log.node) == []
    with pytest.raises(Unknown) as caught:
        log.remove("cert.example")
    assert caught.value.code == "witness-unknown"


def test_a_key_and_a_name_count_once(log):
    with log.node.store.read() as snap:
        own = keyring(snap).keys[0].key
    same_key = type(own)("other.example", log.cert.key.kind, log.cert.key.public)
    of_the_log = type(own)("mirror.example", log.cert.key.kind, own.public)
    for key in (log.cert.key, cosigner("cert.example", seed="2").key, same_key, of_the_log):
        with pytest.raises(Conflict) as caught:
            add_witness(log.node, log.sharing.world.desk, "GBR", key.text, by=ADMIN)
        assert caught.value.code == "witness-known"


def test_a_witness_is_of_a_party_that_is_there_and_has_a_key_to_cosign_with(log):
    with pytest.raises(Unknown):
        log.add(cosigner("x.example"), party="FRA")
    with pytest.raises(BadInput):
        log.add(SeedSigner("x.example"))


def test_there_are_thirty_two_witnesses_at_most(log):
    for place in range(31):
        log.add(cosigner(f"w{place}.example"))
    with pytest.raises(Refused) as caught:
        log.add(cosigner("one-too-many.example"))
    assert caught.value.code == "witnesses-many"


def test_only_who_administers_the_node_registers_witnesses_and_it_is_on_record(log):
    for by in (Actor("w", "USA", frozenset({"auditor", "officer"}), "password"),):
        with pytest.raises(Refused):
            log.add(cosigner("x.example"), by=by)
        with pytest.raises(Refused):
            log.remove("cert.example", by=by)
    log.remove("cert.example")
    with log.node.store.read() as snap:
        assert [row.kind for row in snap.acts(limit=1)] == ["log-witness"]
    assert faults_of(log.node.store) == []
