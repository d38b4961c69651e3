"""Whose place another key took signs nothing by itself, however many believe it still."""

from __future__ import annotations

import pytest
from tests.actors import ADMIN
from tests.proving.conftest import untold
from tests.proving.story import ORIGIN, signed
from tests.simulation.sharing import Sharing

from relto.adapters.signing import FolderSigners
from relto.adapters.sqlite import SqliteStore
from relto.usecases.evidence.signed.signing import Origin, keyring, rotate_key, sign_checkpoint
from relto.wiring.proving import export_log, verify_archive, verify_store

DAY = 86_400_000_000
NAME = Origin(ORIGIN)


class Log:
    """A node whose log is signed by the keys in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.store = SqliteStore.create(f"sqlite:///{folder / 'relto.db'}")
        self.sharing = Sharing(store=self.store)
        self.signers = FolderSigners(folder / "keys")
        self.give("one")

    def give(self, name):
        self.sharing.give(name)
        self.sign()

    def sign(self):
        sign_checkpoint(self.sharing.node, self.signers, NAME)

    def turn(self, overlap_us):
        rotate_key(self.sharing.node, self.sharing.world.desk, self.signers, NAME, by=ADMIN, overlap_us=overlap_us)
        self.sign()

    def steal(self):
        """Whoever has the first key signs what there is."""
        self.sharing.give("evil")
        signed(self.store, self.folder, self.signers.read("log.key", ORIGIN))

    @property
    def keys(self):
        with self.store.read() as snap:
            return [each.key for each in keyring(snap).keys]

    def codes(self, keys):
        """What is found, on the node and in its archive."""
        file = self.folder / "log.zip"
        file.unlink(missing_ok=True)
        export_log(self.store, file, self.keys, untold)
        archive = verify_archive(file, keys, untold)
        node = verify_store(self.store, keys, untold)
        found, mine = ({fault.code for fault in verdict.faults} for verdict in (archive, node))
        # An archive whose keys are not believed says of itself what was not found.
        assert found - {"archive-damaged"} == mine
        return mine


@pytest.fixture
def log(tmp_path):
    made = Log(tmp_path)
    yield made
    made.store.close()


def test_a_key_that_the_log_names_is_believed_after_the_overlap_too(log):
    log.turn(DAY)
    log.give("two")
    log.sharing.world.settle_clock(2 * DAY)
    log.give("three")
    log.turn(DAY)
    log.give("four")
    assert log.codes(log.keys[:1]) == set()
    assert log.codes(log.keys) == set()


def test_without_an_overlap_both_keys_are_handed_over(log):
    log.turn(0)
    log.give("two")
    assert log.codes(log.keys) == set()
    assert log.codes(log.keys[:1]) == {"checkpoint-unsigned"}


@pytest.mark.tampers
@pytest.mark.parametrize("overlap_us", [0, 400 * DAY])
def test_the_old_key_alone_signs_nothing_any_more(log, overlap_us):
    log.turn(overlap_us)
    log.give("two")
    log.steal()
    assert log.codes(log.keys) == {"key-outdated"}


@pytest.mark.tampers
def test_a_key_that_the_log_names_and_that_did_not_sign_is_found(log):
    rotate_key(log.sharing.node, log.sharing.world.desk, log.signers, NAME, by=ADMIN, overlap_us=DAY)
    log.steal()
    assert log.codes(log.keys) == {"key-outdated"}
    assert log.codes(log.keys[:1]) == {"key-outdated"}


@pytest.mark.tampers
def test_a_log_that_does_not_know_the_key_that_was_handed_over_is_found(log):
    # As a log would be that whoever stole the first key made from before the turn.
    other = FolderSigners(log.folder / "other").draw("log.key", ORIGIN).key
    assert log.codes([*log.keys, other]) == {"key-outdated"}
    assert log.codes([*log.keys, *log.keys]) == set()
