"""Signing: the log signs what it has, by the keys of the moment, under one name for good."""

import pytest
from tests.actors import ADMIN
from tests.fakes.signer import SeedSigners
from tests.logged import EVERY, leaves
from tests.replayed import replay
from tests.second import log_verifier as second
from tests.simulation.sharing import Sharing

from relto.domain.actor import Actor
from relto.domain.errors import Refused, Unreachable
from relto.usecases.evidence.signed.signing import (
    KEYS,
    ORIGIN,
    Origin,
    keyring,
    require_keys,
    rotate_key,
    sign_checkpoint,
)
from relto.usecases.sequencing import changing

NAME = Origin("usa.relto")
DAY = 86_400_000_000


class Log:
    """The log of a small world, and the keys that lie beside it."""

    def __init__(self):
        self.sharing = Sharing()
        self.node = self.sharing.node
        self.signers = SeedSigners()

    def sign(self, origin=NAME):
        return sign_checkpoint(self.node, self.signers, origin)

    def rotate(self, overlap_us=30 * DAY, by=ADMIN):
        return rotate_key(self.node, self.sharing.world.desk, self.signers, NAME, by=by, overlap_us=overlap_us)

    @property
    def notes(self):
        with self.node.store.read() as snap:
            return [row.note for row in snap.checkpoints(limit=EVERY)]

    @property
    def vkeys(self):
        with self.node.store.read() as snap:
            return [each.key.text for each in keyring(snap).keys]

    @property
    def data(self):
        with self.node.store.read() as snap:
            return [row.data for _, row in snap.leaves(limit=EVERY)]

    def signed_by(self, vkeys):
        text, found = second.signers(self.notes[-1], vkeys)
        return second.checkpoint(text), [key for key in vkeys if (key, None) in found]


@pytest.fixture
def log():
    return Log()


def test_what_the_log_has_is_signed_once(log):
    assert log.sign()
    (origin, size, root), signed = log.signed_by(log.vkeys)
    data = log.data
    assert (origin, size, root) == ("usa.relto", len(data), second.mth(data))
    assert signed == log.vkeys
    before = log.notes
    assert not log.sign()
    assert log.notes == before


def test_each_checkpoint_is_of_more_leaves_and_the_clock_of_the_node(log):
    for name in ("one", "two", "three"):
        log.sharing.give(name)
        log.sharing.world.settle_clock()
        assert log.sign()
    with log.node.store.read() as snap:
        rows = snap.checkpoints(limit=EVERY)
    sizes = [row.size for row in rows]
    assert len(rows) == 3
    assert sizes == sorted(set(sizes))
    assert rows[-1].at == log.sharing.world.now
    # The proof that one grew out of the other is checked by who knows the text alone.
    data = log.data
    assert [second.checkpoint(second.note(row.note)[0])[2] for row in rows] == [
        second.mth(data[: row.size]) for row in rows
    ]


def test_the_name_is_chosen_once(log):
    log.sign()
    log.sharing.give("one")
    assert log.sign(Origin("another.example/log"))
    assert log.signed_by(log.vkeys)[0][0] == "usa.relto"
    log.sharing.give("two")
    with pytest.raises(Refused) as caught:
        log.sign(Origin("another.example/log", is_set=True))
    assert caught.value.code == "log-origin-other"
    assert "usa.relto" in caught.value.remedy
    assert log.sign(Origin("usa.relto", is_set=True))


def test_what_is_chosen_stands_in_the_log(log):
    log.sign()
    rows = [leaf["row"] for leaf in leaves_of(log) if leaf["kind"] == "row" and leaf["table"] == "settings"]
    assert {row["name"] for row in rows} >= {ORIGIN, KEYS}
    assert log.vkeys[0] in next(row["value"] for row in rows if row["name"] == KEYS)


def leaves_of(log):
    with log.node.store.read() as snap:
        return leaves(snap)


def test_both_keys_sign_until_the_overlap_is_over(log):
    log.sign()
    old, new = log.rotate()
    assert log.sign()
    checkpoint, signed = log.signed_by(log.vkeys)
    assert signed == [old.key.text, new.key.text]
    assert checkpoint[2] == second.mth(log.data)
    log.sharing.world.settle_clock(30 * DAY - 1)
    log.sharing.give("one")
    log.sign()
    assert log.signed_by(log.vkeys)[1] == log.vkeys
    log.sharing.world.settle_clock(1)
    log.sharing.give("two")
    log.sign()
    assert log.signed_by(log.vkeys)[1] == [new.key.text]


def test_the_old_key_signs_that_the_new_one_takes_its_place(log):
    log.sign()
    old, new = log.rotate()
    log.sign()
    (_, size, root), signed = log.signed_by([old.key.text])
    assert signed == [old.key.text]
    found = [leaf for leaf in leaves_of(log) if leaf["kind"] == "key"]
    assert [(leaf["vkey"], leaf["from"], leaf["until"]) for leaf in found] == [(new.key.text, new.since, old.until)]
    assert old.until == new.since + 30 * DAY
    data = log.data
    number = next(place for place, leaf in enumerate(data) if b'"kind":"key"' in leaf)
    proof = second.path(number, data[:size])
    assert second.includes(second.sha256(b"\x00" + data[number]), number, size, proof, root)


def test_turning_the_keys_is_an_act_and_can_be_carried_out_again(log):
    log.sign()
    log.rotate()
    log.rotate(overlap_us=DAY)
    with log.node.store.read() as snap:
        assert [row.kind for row in snap.acts(limit=2)] == ["log-key", "log-key"]
    again, faults = replay(log.node.store)
    assert faults == []
    with again.store.read() as snap:
        assert [each.key.text for each in keyring(snap).keys] == log.vkeys


@pytest.mark.tampers
@pytest.mark.parametrize("name", [KEYS, ORIGIN, "party", "topics"])
def test_a_setting_that_is_put_by_nobody_is_found(log, name):
    log.sign()
    with log.node.store.write() as tx:
        tx.put_setting(name, tx.setting(name))
    assert [fault.code for fault in replay(log.node.store)[1]] == ["row-unfounded"]


@pytest.mark.tampers
def test_a_key_that_no_act_gives_is_found(log):
    log.sign()
    with changing(log.node, log.sharing.world.desk) as change:
        change.tx.note("key", {"vkey": log.vkeys[0], "from": change.now})
    assert [fault.code for fault in replay(log.node.store)[1]] == ["key-unfounded"]


def test_who_does_not_administer_the_node_turns_no_keys_and_draws_none(log):
    for by in (Actor("watch", "USA", frozenset({"auditor"}), "password"), Actor("a", "UKR", frozenset({"admin"}), "x")):
        with pytest.raises(Refused):
            log.rotate(by=by)
    assert log.signers.files == {}


def test_with_eight_keys_that_sign_there_is_no_ninth(log):
    for _ in range(7):
        log.rotate()
    with pytest.raises(Refused) as caught:
        log.rotate()
    assert caught.value.code == "log-keys-many"
    log.sharing.world.settle_clock(30 * DAY)
    log.rotate()


def test_a_key_that_was_lost_stops_signing_until_another_takes_its_place_at_once(log):
    log.sign()
    del log.signers.files["log.key"]
    log.sharing.give("one")
    with pytest.raises(Unreachable):
        log.sign()
    with pytest.raises(Unreachable):
        require_keys(log.node, log.signers, NAME)
    assert len(log.notes) == 1
    _, new = log.rotate(overlap_us=0)
    assert log.sign()
    assert log.signed_by(log.vkeys)[1] == [new.key.text]


def test_another_key_in_the_place_of_the_log_s_own_signs_nothing(log):
    log.sign()
    log.signers.files["log.key"] = "another"
    log.sharing.give("one")
    with pytest.raises(Refused) as caught:
        log.sign()
    assert caught.value.code == "log-key-other"
    assert len(log.notes) == 1


def test_a_log_that_was_never_signed_has_no_key_to_miss(log):
    require_keys(log.node, log.signers, NAME)
    assert log.signers.files == {}


def test_a_key_that_lies_there_already_is_not_taken_whoever_drew_it(log):
    log.sign()
    log.signers.files["log-2.key"] = "left by a crash, or by a time that is gone since a restore"
    _, new = log.rotate()
    assert new.key == log.signers.read("log-3.key", "usa.relto").key
    assert new.key != log.signers.read("log-2.key", "usa.relto").key
    assert log.rotate()[1].file == "log-4.key"
    for number in range(4, 2_000):
        log.signers.files[f"log-{number}.key"] = "x"
    with pytest.raises(Refused):
        log.rotate()
