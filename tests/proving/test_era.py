"""A restored backup opens an era: numbers and dates go on beyond what anybody may have seen, and the log says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.actors import ADMIN
from tests.logged import leaves
from tests.proving.conftest import untold
from tests.proving.story import ORIGIN, signed
from tests.simulation.sharing import Sharing

from relto.adapters.signing import FolderSigners, draw_key
from relto.adapters.sql.backup import backup, restore
from relto.adapters.sqlite import SqliteStore
from relto.domain.checkpoint import Checkpoint
from relto.domain.errors import BadInput, Unknown
from relto.domain.leaf import decoded, fields_of
from relto.domain.note import Note, signature_of
from relto.ports.store import Store
from relto.usecases.evidence.making import leaves as module
from relto.usecases.evidence.making.recording import RecordedStore
from relto.usecases.evidence.show import disclosing
from relto.usecases.evidence.signed.restoring import GAP, gap_beyond, open_era, read_checkpoint
from relto.usecases.evidence.signed.signing import Origin, rotate_key
from relto.usecases.policy import PolicyDesk
from relto.usecases.publishing import Publisher
from relto.wiring.proving import export_log, verify_archive, verify_store

NOW = 2**51


def restored(file: Path, target: Path, after: str = "") -> SqliteStore:
    store = SqliteStore.create(f"sqlite:///{target}")
    checkpoint = read_checkpoint(after.encode())[1] if after else None

    def begin(tx, manifest, inboxes):
        open_era(tx, made_at=manifest.made_at, at=NOW, after=after, inboxes=inboxes, salt=lambda: bytes(16))

    restore(store, file, gap=gap_beyond(checkpoint), given_upto=NOW, last=begin)
    return store


@pytest.fixture
def told(tmp_path):
    """A node with its backup, and what came after that."""
    store = SqliteStore.create(f"sqlite:///{tmp_path / 'relto.db'}")
    sharing = Sharing(store=store)
    sharing.give("one", "two")
    sharing.read()
    signed(store, tmp_path)
    backup(store, tmp_path / "backup", made_at=5)
    sharing.give("three")
    sharing.pause()
    sharing.read()
    signed(store, tmp_path)
    yield sharing, store, tmp_path
    store.close()


def last_checkpoint(store: Store) -> str:
    with store.read() as snap:
        return snap.last_checkpoint().note.decode()


def test_the_log_says_that_an_era_began_and_is_right(told):
    sharing, store, folder = told
    after = last_checkpoint(store)
    new = restored(folder / "backup", folder / "new.db", after)
    with new.read() as snap:
        era, beyond = leaves(snap)[-2:]
        assert (era["kind"], beyond["kind"]) == ("era", "beyond")
        assert (era["size"], era["backup_at"], era["after"]) == (snap.log().size - 2, 5, after)
        assert beyond["last_seq"] == snap.head().last_seq >= 2 + GAP
        assert beyond["last_given"] == snap.head().last_given >= NOW
    recorded = RecordedStore(new, now=lambda _: NOW + 10**9, salt=lambda: bytes(16))
    sharing.world.node = sharing.node = type(sharing.node)(
        recorded, sharing.world.clock, sharing.node.chance, sharing.node.hasher
    )
    sharing.world.clock.moment = NOW + 10**9
    taken = Publisher(sharing.node, sharing.world.desk, originator="USA", by=ADMIN).take([sharing.item("four")])
    assert taken.added == 1
    keys = signed(new, folder)
    verdict = verify_store(new, keys, untold)
    assert verdict.faults == []
    assert verdict.eras == [NOW]
    assert verdict.items == 3
    export_log(new, folder / "log.zip", keys, untold)
    assert verify_archive(folder / "log.zip", keys, untold).ok
    new.close()


def test_a_log_is_checked_however_wide_the_gap_is_that_a_restore_leaves(told):
    sharing, store, folder = told
    lost = Checkpoint.parse(Note.parse(last_checkpoint(store).encode()).text)
    signer = draw_key(folder / "keys" / "log.key", ORIGIN)
    text = Checkpoint(ORIGIN, lost.size + 10**7, bytes(32)).text
    after = Note(text, (signature_of(text, signer.key, sign=signer.sign),)).as_bytes().decode()
    new = restored(folder / "backup", folder / "new.db", after)
    recorded = RecordedStore(new, now=lambda _: NOW + 10**9, salt=lambda: bytes(16))
    node = sharing.node
    sharing.world.node = sharing.node = type(node)(recorded, sharing.world.clock, node.chance, node.hasher)
    sharing.world.clock.moment = NOW + 10**9
    Publisher(sharing.node, sharing.world.desk, originator="USA", by=ADMIN).take([sharing.item("four")])
    assert new.head().last_seq > 10**10
    verdict = verify_store(new, signed(new, folder, signer), untold)
    assert (verdict.faults, verdict.items) == ([], 3)
    new.close()


@pytest.mark.parametrize(("lost", "gap"), [(None, GAP), (0, GAP), (1, GAP), (1_000, 25_000_000), (2**60, 2**48)])
def test_so_many_numbers_are_left_free_as_lost_leaves_may_tell_of(lost, gap):
    checkpoint = None if lost is None else Checkpoint(ORIGIN, 10 + lost, b"r" * 32)
    assert gap_beyond(checkpoint)(10) == gap


def test_a_partner_is_shown_that_an_era_began_and_nothing_of_how_much_there_is_for_others(told):
    _, _, folder = told
    new = restored(folder / "backup", folder / "new.db")
    signed(new, folder)
    with new.read() as snap:
        (era,) = disclosing.announced(snap, snap.log().size)["era"]
        assert fields_of(decoded(era.leaf)).keys() == {"size", "backup_at", "after"}
        for party in ("UKR", "GBR"):
            with pytest.raises(Unknown):
                disclosing.receipt(snap, era.number + 1, party=party)
    new.close()


@pytest.mark.parametrize(
    "fields",
    [
        {"last_seq": 1},
        {"last_given": 0},
        {"size": 3},
        {"version": 1},
        {"after": "no"},
        {"last_seq": 2 * GAP},
        {"last_given": NOW + 2_000_000},
        {"inboxes": {}},
        {"inboxes": {"UKR": 2**40}},
    ],
)
def test_an_era_that_goes_back_or_too_far_is_found(told, fields, monkeypatch):
    _, _, folder = told
    honest = module.BlockLeaves.add

    def add(self, kind, said, **more):
        return honest(self, kind, {name: fields.get(name, value) for name, value in said.items()}, **more)

    monkeypatch.setattr(module.BlockLeaves, "add", add)
    new = restored(folder / "backup", folder / "new.db")
    monkeypatch.undo()
    keys = signed(new, folder)
    verdict = verify_store(new, keys, untold)
    assert not verdict.ok
    new.close()


def test_a_checkpoint_that_is_none_is_refused():
    for raw in (b"", b"x", b"\xff" * 99):
        with pytest.raises(BadInput):
            read_checkpoint(raw)


def test_who_turns_the_key_after_a_restore_has_one_that_never_signed(told):
    sharing, store, folder = told
    signers, name = FolderSigners(folder / "keys"), Origin(ORIGIN)
    backup(store, folder / "again", made_at=5)
    _, stolen = rotate_key(sharing.node, sharing.world.desk, signers, name, by=ADMIN, overlap_us=0)
    new = restored(folder / "again", folder / "new.db")
    recorded = RecordedStore(new, now=lambda _: NOW + 10**9, salt=lambda: bytes(16))
    sharing.world.clock.moment = NOW + 10**9
    node = type(sharing.node)(recorded, sharing.world.clock, sharing.node.chance, sharing.node.hasher)
    _, key = rotate_key(node, PolicyDesk(), signers, name, by=ADMIN, overlap_us=0)
    assert (stolen.file, key.file) == ("log-2.key", "log-3.key")
    assert key.key != stolen.key
    new.close()


def test_a_checkpoint_of_another_log_explains_no_era(told, monkeypatch):
    _, store, folder = told
    with store.write() as tx:
        tx.put_setting("log_origin", ORIGIN)
    backup(store, folder / "again", made_at=5)
    foreign = last_checkpoint(store).replace(ORIGIN, "evil.relto", 1)
    with pytest.raises(BadInput) as caught:
        restored(folder / "again", folder / "refused.db", foreign)
    assert caught.value.code == "origin-unknown"
