"""A log whose old checkpoints were thinned out proves what it proved: to who checks it, and to who remembers one."""

import pytest
from tests.actors import ADMIN
from tests.fakes.asked import AskedNode
from tests.fakes.signer import SeedSigners, cosigner, verify
from tests.proving.conftest import untold
from tests.proving.story import ORIGIN
from tests.simulation.sharing import Sharing

from relto.adapters.sqlite import SqliteStore
from relto.domain.checkpoint import Checkpoint
from relto.domain.errors import Unknown
from relto.domain.note import Note
from relto.usecases.evidence.audit.auditing import Memory, audit, compare_checkpoint
from relto.usecases.evidence.show import disclosing
from relto.usecases.evidence.signed.signing import Origin, keyring, rotate_key, sign_checkpoint
from relto.usecases.evidence.signed.thinning import DAY_US, HOUR_US, Thinning
from relto.usecases.evidence.signed.witnessing import add_witness, cosign
from relto.wiring.proving import export_log, verify_archive, verify_store

MINUTE_US = 60_000_000


class Busy:
    """A node that signs every ten minutes for two and a half days, turns its key on the first, and is asked by UKR."""

    def __init__(self, folder):
        self.store = SqliteStore.create(f"sqlite:///{folder / 'relto.db'}")
        self.sharing = Sharing(store=self.store)
        self.signers = SeedSigners()
        self.thinning = Thinning()
        self.asked = AskedNode(self.sharing.node, self.signers)
        self.notes = {}
        self.witness = cosigner("kyiv.example")
        add_witness(self.sharing.node, self.sharing.world.desk, "UKR", self.witness.key.text, by=ADMIN)
        self.sharing.world.settle_clock(HOUR_US - self.sharing.world.now % HOUR_US)
        self.sign()
        self.first = self.keys[0]

    def sign(self):
        sign_checkpoint(self.sharing.node, self.signers, Origin(ORIGIN), self.thinning)
        with self.store.read() as snap:
            last = snap.last_checkpoint()
        self.notes[last.size] = last.note
        return last.size

    def work(self, us, *, every_us=10 * MINUTE_US):
        made = []
        for number in range(us // every_us):
            self.sharing.world.settle_clock(every_us)
            self.sharing.give(f"item {len(self.notes)}")
            if number % 4 == 0:
                self.sharing.read()
            made.append(self.sign())
        return made

    def cosigned(self, size):
        note = Note.parse(self.notes[size])
        made = self.witness.under(note.text, time_seconds=self.sharing.world.now // 1_000_000)
        raw = Note(note.text, (made,)).as_bytes()
        return cosign(self.sharing.node, raw, party="UKR", verify=verify)

    @property
    def keys(self):
        with self.store.read() as snap:
            return [each.key for each in keyring(snap).keys]

    @property
    def sizes(self):
        with self.store.read() as snap:
            return [each.size for each in snap.checkpoints(limit=10**6)]


@pytest.fixture
def busy(tmp_path):
    made = Busy(tmp_path)
    yield made
    made.store.close()


def test_everything_is_proven_without_the_checkpoints_that_went(busy, tmp_path):
    early = busy.work(HOUR_US)
    memory = audit(busy.asked, Memory((busy.first.text,)), verify).memory
    assert memory.last.size == early[-1]
    busy.cosigned(early[2])
    others = busy.notes[early[3]]
    rotate_key(
        busy.sharing.node, busy.sharing.world.desk, busy.signers, Origin(ORIGIN), by=ADMIN, overlap_us=30 * HOUR_US
    )
    busy.work(DAY_US, every_us=30 * MINUTE_US)
    middle = busy.work(HOUR_US)
    asleep = audit(busy.asked, memory, verify).memory
    busy.work(DAY_US + DAY_US // 2, every_us=30 * MINUTE_US)
    left = busy.sizes
    assert {early[2], busy.sign()} <= {*left}
    assert not {early[3], middle[2], asleep.last.size} & {*left}
    assert len(left) < len(busy.notes) - 30

    # To the inspector, who has the first key alone.
    for verdict in (verify_store(busy.store, [busy.first], untold), archived(busy, tmp_path / "log.zip")):
        assert [fault.code for fault in verdict.faults if fault.code != "act-unfounded"] == []
        assert verdict.checkpoints == len(left)
        assert verdict.size == verdict.signed == left[-1]
        assert verdict.keys == [key.text for key in busy.keys]

    # To the partner, whose checkpoint went, and to another that it compares with.
    found = audit(busy.asked, asleep, verify)
    assert found.faults == []
    assert compare_checkpoint(busy.asked, found, others, verify) == read(others)
    assert found.faults == []
    with busy.store.read() as snap:
        for size, note in busy.notes.items():
            assert disclosing.consistency(snap, size, None)[0] == left[-1]
            assert read(note).size == size


def archived(busy, file):
    export_log(busy.store, file, busy.keys, untold)
    return verify_archive(file, [busy.first], untold)


def read(note):
    return Checkpoint.parse(Note.parse(note).text)


def test_a_checkpoint_that_went_cannot_be_cosigned_any_more(busy):
    early = busy.work(HOUR_US)
    assert [each.size for each in busy.cosigned(early[2])] == [early[2]]
    busy.work(DAY_US + 2 * HOUR_US, every_us=30 * MINUTE_US)
    with pytest.raises(Unknown) as caught:
        busy.cosigned(early[1])
    assert caught.value.code == "checkpoint-unknown"
    # Whoever cosigned has it kept.
    assert [each.size for each in busy.cosigned(early[2])] == [early[2]]
