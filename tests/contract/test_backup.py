"""A backup holds one moment of a database whole, and either engine restores it."""

from __future__ import annotations

import hashlib
import shutil
import stat
import zipfile
from dataclasses import replace

import pytest
from tests.contract.content import CLOCK, STREAM, append, class_of, fill, item, key, stored

from relto.adapters.database import create_database
from relto.adapters.sql.backup import backup, restore
from relto.adapters.sql.revision import REVISIONS
from relto.adapters.sql.schema import metadata
from relto.domain.dispatch import Dispatch
from relto.domain.errors import BadInput, Refused
from relto.domain.facts import Facts
from relto.domain.flow import ClassState, Verdict
from relto.domain.mailbox import Mailbox
from relto.domain.notice import Acknowledgement, Draft
from relto.domain.ranges import OPEN, Ranges
from relto.domain.reader import Track
from relto.domain.stream import Place
from relto.domain.webhook import Secret, Webhook, secret_from
from relto.ports.store import (
    AccountRow,
    ActRow,
    AgreementRow,
    CheckpointRow,
    CosignatureRow,
    CredentialRow,
    Head,
    IdempotencyRow,
    LeafRow,
    LogHead,
    MarkRow,
    MemberRow,
    OverrideRow,
    PartyRow,
    PauseRow,
    PollRow,
    RepairRow,
    SessionRow,
    TileRow,
    TimestampRow,
    TrackRow,
)

REVISION = f'"{REVISIONS[-1]}"'.encode()

ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


def live_a_life(store):
    """Something in every table."""
    with store.write() as transaction:
        first, second = class_of(transaction), class_of(transaction, "report")
        away = class_of(transaction, "away", irregular=True)
        append(transaction, [item(first, "a", raw=b"\x00\xff"), item(second, "b", joins=["a"]), item(first, "c")])
        append(transaction, [item(first, "a", version=2, rival=True)])
        append(transaction, [item(second, place, joins=["a"], raw=b"x" * 2000) for place in range(2500)])
        transaction.move([3], away, at=7)
        transaction.put_setting("party", "USA")
        transaction.put_party(PartyRow("UKR", "Ukraine Ї", "state"))
        transaction.put_member(MemberRow("NATO", "GBR", 5))
        transaction.put_account(AccountRow("kyiv", "UKR", ("reader",), settings={"repair": True}))
        transaction.add_credential(CredentialRow(0, "kyiv", "token", "ab" * 32, "Ї", ("read",), 7, 9))
        transaction.put_session(SessionRow(b"\x00" * 32, "kyiv", "password", 0, 7, 8, 9))
        transaction.put_agreement(AgreementRow("usa-ukr", 1, "{}", "a: b\n", 10, "admin", ended_at=7))
        transaction.put_agreement(AgreementRow("aaa", 1, "{}", "", 10, "admin"))
        transaction.put_pause(PauseRow(1, 1, "{}", "running", 5))
        flow = transaction.add_flow("usa-ukr", "UKR", "c1")
        state = ClassState(Verdict("hold", frozenset({"1"})), 0, {"1": Ranges.of((1, OPEN))})
        transaction.put_flow_states(flow.id, {first: state})
        transaction.put_readers(flow.id, {"kyiv": stored(transaction, flow.id, STREAM).id})
        transaction.put_mark(MarkRow(1, "kyiv", 1, Place(0, 1, 5)))
        transaction.put_track(TrackRow(flow.id, "kyiv", "objects", Track.begun(Place(0, 1, 5))))
        transaction.add_repair(RepairRow(flow.id, "kyiv", 1, 6, 1, 4))
        transaction.put_polls([PollRow(flow.id, "kyiv", Facts(polled_at=7))])
        transaction.put_definition("USA", "m", b"1")
        transaction.put_definition("USA", "m", b"2")
        transaction.put_status("s", "kyiv", 1, "{}")
        transaction.put_collection("USA", "c")
        transaction.add_act(ActRow(0, "pause", 1, "admin", "{}"))
        transaction.add_overrides([OverrideRow(1, 2, "*", "*", "recall", 9)])
        transaction.put_idempotency(IdempotencyRow("kyiv", "key", "digest", "claim", "done", 9, (1,), 200, "{}"))
        transaction.add_event(1, "applied", 9)
        transaction.add_leaves([LeafRow("act", "", 9, b"\0{}")], LogHead(1, b"\xff" * 32), [TileRow(1, 0, b"\0" * 32)])
        transaction.put_batch_records(1, b"records")
        transaction.put_checkpoint(CheckpointRow(1, 10, b"note\n"))
        transaction.put_cosignature(CosignatureRow(1, "kyiv.example", 11, "\u2014 kyiv.example c2ln"))
        transaction.put_timestamp(TimestampRow(1, 12, b"\x30\x00token"))
        tell(transaction)
        transaction.put_head(replace(transaction.head(), policy_version=4, accounts_version=5, next_due=9))


def tell(transaction):
    """Something in every table of notices."""
    name = "6f0d7c2e-0a5b-4b39-9d0e-5f2d3b8e1a44"
    transaction.add_notices([Draft("UKR", "pause", "usa-ukr", "Їжак", about="pause:1").numbered(1, id=name, at=5)])
    transaction.put_acknowledgement(Acknowledgement("UKR", 1, "kyiv", 6, "seen"))
    transaction.put_webhook(Webhook(name, "UKR", "https://x.example/", (Secret(secret_from(b"a"), 5),), (), 5, "admin"))
    transaction.put_mailbox(Mailbox(name, "UKR", "a@x.example", None, (), 5, "admin"))
    transaction.put_dispatches([Dispatch("UKR", 1, name, "webhook", 5, 6, tries=2, last_at=7, last_answer="Ї")])


def content(store):
    """Every row of every table."""
    with store.read() as snapshot:
        return {
            table.name: sorted(
                (row for some in snapshot.rows_in_pieces(f"SELECT * FROM {table.name}") for row in some), key=repr
            )
            for table in metadata.sorted_tables
        }


@pytest.fixture
def lived(tmp_path):
    store = create_database(f"sqlite:///{tmp_path / 'lived.db'}")
    live_a_life(store)
    yield store
    store.close()


@pytest.fixture
def saved(lived, tmp_path):
    file = tmp_path / "backup"
    backup(lived, file, made_at=CLOCK)
    return file


@pytest.mark.parametrize("source", ENGINES)
@pytest.mark.parametrize("target", ENGINES)
def test_either_engine_restores_what_either_engine_saved(source, target, request, tmp_path, new_postgres_database):
    def made(engine, name):
        url = f"sqlite:///{tmp_path / name}" if engine == "sqlite" else new_postgres_database()
        return create_database(url)

    old, new = made(source, "old.db"), made(target, "new.db")
    live_a_life(old)
    manifest = backup(old, tmp_path / "backup", made_at=CLOCK)
    assert (manifest.last_seq, manifest.made_at) == (2504, CLOCK)
    assert restore(new, tmp_path / "backup", gap=lambda _: 500, given_upto=CLOCK * 2) == manifest
    before, after = content(old), content(new)
    assert all(before.values())
    # Whoever was signed in signs in anew.
    assert (len(before.pop("sessions")), after.pop("sessions")) == (1, [])
    assert after.pop("head") == [(1, 5, 6, 3004, CLOCK * 2, 9, 0, 0, 1)]
    before.pop("head")
    # No party is given a number again that a notice after the backup may have had.
    assert (before.pop("inboxes"), after.pop("inboxes")) == ([("UKR", 1)], [("UKR", 501)])
    assert after == before
    fill(new, "indicator")
    with new.read() as snapshot:
        assert snapshot.head().last_seq == 3005
        assert snapshot.batch_of(3005).start > CLOCK * 2
        assert snapshot.counts([(1, 0, OPEN), (2, 0, OPEN), (3, 0, OPEN)]) == [3, 2501, 1]
        assert len(snapshot.known([key("a")])[key("a")]) == 2
    old.close()
    new.close()


def test_a_backup_is_one_moment_while_others_write(lived, tmp_path, monkeypatch):
    from relto.adapters.sqlite import SqliteSnapshot

    whole = SqliteSnapshot.rows_in_pieces

    def writing_meanwhile(self, statement):
        yield from whole(self, statement)
        fill(lived, "indicator")

    monkeypatch.setattr(SqliteSnapshot, "rows_in_pieces", writing_meanwhile)
    backup(lived, tmp_path / "backup", made_at=CLOCK)
    monkeypatch.undo()
    new = create_database(f"sqlite:///{tmp_path / 'new.db'}")
    restore(new, tmp_path / "backup", gap=lambda _: 0)
    assert lived.head().last_seq > 2504
    assert new.head().last_seq == 2504
    with new.read() as snapshot:
        assert snapshot.bodies([2505]) == []
    new.close()


def test_a_backup_is_for_its_owner_only_and_never_takes_the_place_of_a_file(lived, saved, tmp_path):
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    before = saved.read_bytes()
    with pytest.raises(Refused) as caught:
        backup(lived, saved, made_at=CLOCK)
    assert caught.value.code == "backup-exists"
    assert saved.read_bytes() == before
    with pytest.raises(BadInput) as unwritable:
        backup(lived, tmp_path / "nowhere" / "backup", made_at=CLOCK)
    assert unwritable.value.code == "file-unwritable"
    assert not list(tmp_path.glob("*.part"))


def test_nothing_is_restored_over_a_node(lived, saved):
    before = content(lived)
    with pytest.raises(Refused) as caught:
        restore(lived, saved)
    assert caught.value.code == "restore-not-empty"
    assert content(lived) == before


def rewritten(file, change):
    """The archive with members changed: `change` is given and returns name → bytes."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in change(members).items():
            archive.writestr(name, data)


def with_manifest(members, old, new):
    text = members["manifest.json"].replace(old, new)
    return members | {"manifest.json": text, "manifest.sha256": hashlib.sha256(text).hexdigest().encode()}


HOSTILE = {
    "a byte of a table": lambda m: m | {"tables/items.zst": b"x" + m["tables/items.zst"][1:]},
    "more after a table": lambda m: m | {"tables/acts.zst": m["tables/acts.zst"] + b"x"},
    "half a table": lambda m: m | {"tables/items.zst": m["tables/items.zst"][:5000]},
    "an empty table": lambda m: m | {"tables/items.zst": b""},
    "no zstandard": lambda m: m | {"tables/acts.zst": b"hello"},
    "another table's rows": lambda m: m | {"tables/acts.zst": m["tables/parties.zst"]},
    "a table less": lambda m: {name: data for name, data in m.items() if name != "tables/acts.zst"},
    "a member more": lambda m: m | {"tables/evil.zst": b""},
    "another manifest": lambda m: m | {"manifest.json": m["manifest.json"].replace(REVISION, REVISION + b" ")},
    "no manifest": lambda m: {name: data for name, data in m.items() if not name.startswith("manifest")},
    "a manifest that is no JSON": lambda m: with_manifest(m, b"{", b"["),
    "a manifest with more": lambda m: with_manifest(m, b'"format"', b'"x": 1, "format"'),
    "another format": lambda m: with_manifest(m, b"relto-backup-1", b"relto-backup-2"),
    "another count": lambda m: with_manifest(m, b'"rows": 2504', b'"rows": 2503'),
    "another column": lambda m: with_manifest(m, b'"stix_id"', b'"stix_id; DROP TABLE items"'),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_damaged_backup_restores_nothing(what, saved, tmp_path):
    rewritten(saved, HOSTILE[what])
    new = create_database(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(BadInput) as caught:
        restore(new, saved)
    assert caught.value.code == "backup-damaged"
    assert new.head() == Head()
    assert [name for name, rows in content(new).items() if rows] == ["head"]
    new.close()


@pytest.mark.parametrize(("at", "value"), [(8, b"\x01"), (10, b"\x63")], ids=["encrypted", "packed in an unknown way"])
def test_a_backup_whose_members_cannot_be_opened_restores_nothing(at, value, saved, tmp_path):
    """Bytes 8 and 10 of an entry of the archive's directory are its flags and its compression."""
    whole = bytearray(saved.read_bytes())
    place = whole.index(b"PK\x01\x02") + at
    whole[place : place + 1] = value
    saved.write_bytes(whole)
    new = create_database(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(BadInput) as caught:
        restore(new, saved)
    assert caught.value.code == "backup-damaged"
    assert new.head() == Head()
    new.close()


def test_a_backup_of_a_newer_release_is_refused_by_name(saved, tmp_path):
    rewritten(saved, lambda m: with_manifest(m, b'"revision": ' + REVISION, b'"revision": "9999"'))
    new = create_database(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(Refused) as caught:
        restore(new, saved)
    assert caught.value.code == "schema-newer"
    new.close()


@pytest.mark.parametrize("data", [b"", b"PK", b"hello" * 1000, None])
def test_what_is_no_backup_is_said_to_be_none(data, tmp_path):
    file = tmp_path / "backup"
    if data is not None:
        file.write_bytes(data)
    new = create_database(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(BadInput) as caught:
        restore(new, file)
    assert caught.value.code == ("backup-missing" if data is None else "backup-damaged")
    new.close()


def test_any_byte_that_is_changed_is_noticed(saved, tmp_path):
    """Sampled over the whole file; what changes nothing that is read (a date in the directory) restores the same."""
    whole = saved.read_bytes()
    reference = create_database(f"sqlite:///{tmp_path / 'reference.db'}")
    restore(reference, saved)
    expected = content(reference)
    reference.close()
    empty = tmp_path / "empty.db"
    create_database(f"sqlite:///{empty}").close()
    for place in range(0, len(whole), len(whole) // 40):
        changed = tmp_path / "changed"
        changed.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        shutil.copy(empty, tmp_path / f"new-{place}.db")
        new = create_database(f"sqlite:///{tmp_path / f'new-{place}.db'}")
        try:
            restore(new, changed)
        except (BadInput, Refused):
            assert new.head() == Head()
        else:
            assert content(new) == expected
        new.close()
