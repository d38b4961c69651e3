"""Timing: the latest checkpoint gets a time stamp now and then; an authority that is away changes nothing."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from hashlib import sha256

import pytest
from tests.fakes.stamper import AT_US, LocalAuthority, replying, root
from tests.fakes.stamper import listening as answering
from tests.simulation.sharing import Sharing

from relto.adapters.authority.token import checked
from relto.config import load
from relto.domain.errors import BadInput, Unreachable
from relto.ports.store import CheckpointRow, TimestampRow
from relto.usecases.evidence.signed.timing import stamp_checkpoint
from relto.wiring import create, open_node

MINUTE = 60_000_000
EVERY = 60 * MINUTE


class Timed:
    """A node with a log, an authority, and what was asked of it."""

    def __init__(self):
        self.world = Sharing().world
        self.node = self.world.node
        self.authority = LocalAuthority()

    def sign(self, size, note=b"note"):
        row = CheckpointRow(size, self.now(), note + b" %d\n" % size)
        with self.node.store.write() as tx:
            tx.put_checkpoint(row)
        return row

    def now(self):
        return self.node.now(self.node.store.head())

    def stamp(self):
        return stamp_checkpoint(self.node, self.authority, every_us=EVERY)

    def kept(self):
        with self.node.store.read() as snap:
            return snap.timestamps(limit=100)

    def wait(self, us):
        self.world.clock.moment += us


@pytest.fixture
def timed():
    return Timed()


def test_without_a_checkpoint_nobody_is_asked(timed):
    assert timed.stamp() is None
    assert timed.authority.asked == []


def test_the_first_checkpoint_gets_one_over_the_digest_of_its_note(timed):
    note = timed.sign(3).note
    row = timed.stamp()
    assert (row.size, row.at) == (3, timed.now())
    assert timed.kept() == [row]
    assert checked(row.token, sha256(note).digest(), [root().der]).at == AT_US


def test_the_next_gets_one_when_the_last_is_old_enough_and_only_the_latest_does(timed):
    timed.sign(3)
    first = timed.stamp()
    timed.sign(4)
    assert timed.stamp() is None
    timed.wait(EVERY - 1)
    assert timed.stamp() is None
    timed.sign(5)
    timed.wait(1)
    second = timed.stamp()
    assert timed.kept() == [first, second]
    assert second.size == 5


def test_a_checkpoint_that_has_one_gets_no_other_however_old_it_is(timed):
    timed.sign(3)
    timed.stamp()
    timed.wait(100 * EVERY)
    assert timed.stamp() is None
    assert len(timed.authority.asked) == 1


def test_an_authority_that_is_away_raises_and_leaves_all_as_it_was(timed):
    timed.sign(3)
    timed.authority.is_away = True
    with pytest.raises(Unreachable):
        timed.stamp()
    assert timed.kept() == []
    timed.authority.is_away = False
    assert timed.stamp() is not None


def test_nothing_waits_for_the_authority(timed):
    def ask(digest):
        # Were a write block open, the store in memory would wait here for itself.
        with timed.node.store.write() as tx:
            tx.put_setting("meanwhile", "1")
        return LocalAuthority().stamped(digest)

    timed.authority.stamped = ask
    timed.sign(3)
    assert timed.stamp() is not None


def test_of_two_that_ask_at_once_the_first_keeps_its_token(timed):
    def ask(digest):
        with contextlib.suppress(AttributeError):
            del timed.authority.stamped
            timed.first = timed.stamp()
        return LocalAuthority().stamped(digest)

    timed.authority.stamped = ask
    timed.sign(3)
    assert timed.stamp() is None
    assert timed.kept() == [timed.first]


def test_a_token_of_a_note_that_was_replaced_meanwhile_is_not_kept(timed):
    def ask(digest):
        timed.sign(3, b"another note")
        return LocalAuthority().stamped(digest)

    timed.authority.stamped = ask
    timed.sign(3)
    assert timed.stamp() is None
    assert timed.kept() == []


def test_a_time_stamp_makes_no_leaf(timed):
    timed.sign(3)
    with timed.node.store.read() as snap:
        before = snap.log()
    timed.stamp()
    with timed.node.store.read() as snap:
        assert snap.log() == before


# As the settings say.


def config(folder, **settings):
    text = "[timestamps]\n" + "".join(f"{name} = {value!r}\n" for name, value in settings.items())
    (folder / "relto.toml").write_text(text if settings else "")
    made = load(folder, environment={})
    create(made)
    return made


def test_without_settings_there_is_no_authority(tmp_path):
    with open_node(config(tmp_path)) as opened:
        assert opened.authority() is None
        assert opened.timestamp_every_us == EVERY


def test_the_authority_of_the_settings_is_asked_over_http(tmp_path):
    (tmp_path / "roots.pem").write_bytes(root().pem)
    with answering(replying(LocalAuthority().stamper.answer)) as server:
        settings = config(tmp_path, url=server.url, ca="roots.pem", every_minutes=5)
        with open_node(settings) as opened:
            assert opened.timestamp_every_us == 5 * MINUTE
            with opened.node.store.write() as tx:
                tx.put_checkpoint(CheckpointRow(3, 9, b"note\n"))
            row = stamp_checkpoint(opened.node, opened.authority(), every_us=opened.timestamp_every_us)
            with opened.node.store.read() as snap:
                assert snap.last_timestamp() == row == replace(row, size=3)
    assert isinstance(row, TimestampRow)


def test_a_file_that_holds_no_roots_is_said_at_once(tmp_path):
    with open_node(config(tmp_path, url="https://time.example/", ca="roots.pem")) as opened:
        with pytest.raises(BadInput) as caught:
            opened.authority()
        assert caught.value.code == "ca-unusable"
