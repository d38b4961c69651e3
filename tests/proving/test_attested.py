"""Attested: what witnesses and authorities of time signed of checkpoints is checked, and named where it is false."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from tests.actors import ADMIN
from tests.fakes.signer import SeedSigner, SeedSigners, cosigner
from tests.fakes.stamper import AT, AT_US, Stamper, between, root, stamper
from tests.proving.conftest import untold
from tests.proving.test_archive import agreeing, members, packed
from tests.second import log_verifier as second
from tests.simulation.sharing import Sharing

from relto.adapters.authority.token import authority_of, claimed
from relto.adapters.signing import verify
from relto.adapters.sqlite import SqliteStore
from relto.domain.errors import BadInput
from relto.domain.merkle import Frontier
from relto.domain.moment import SECOND
from relto.domain.note import Note, VerifierKey, in_base64
from relto.domain.stamp import Stamped
from relto.ports.store import CheckpointRow, CosignatureRow, TimestampRow
from relto.usecases.evidence.check.checking import Verdict
from relto.usecases.evidence.faults import FAULTS_MAX
from relto.usecases.evidence.signed.signing import Origin, rotate_key, sign_checkpoint
from relto.usecases.evidence.signed.witnessing import add_witness, cosign, remove_witness
from relto.wiring.proving import export_log, stamp_reader, verify_archive, verify_store

ORIGIN = Origin("usa.relto")
HOUR = dt.timedelta(hours=1)
KYIV, LONDON = cosigner("kyiv.example"), cosigner("london.example")


@dataclass
class Log:
    """A log with checkpoints that are stamped and cosigned, in a database of its own."""

    store: SqliteStore
    sharing: Sharing
    signers: SeedSigners
    folder: Path

    @property
    def keys(self) -> list[VerifierKey]:
        return [self.signers.read("log.key", ORIGIN.text).key]

    def sign(self, *, at: dt.datetime | None = None, by: tuple[SeedSigner, ...] = ()) -> CheckpointRow:
        """Signs what is there, which is stamped at that time, and cosigned by these."""
        with self.store.read() as snap:
            self.sharing.give(f"beyond {snap.log().size}")
        sign_checkpoint(self.sharing.node, self.signers, ORIGIN)
        with self.store.read() as snap:
            row = snap.last_checkpoint()
        assert row is not None
        if at is not None:
            self.stamp(row.size, Stamper(info={"gen_time": at}).token(sha256(row.note).digest()))
        for signer in by:
            self.cosign(row, signer)
        return row

    def stamp(self, size: int, token: bytes) -> None:
        with self.store.write() as tx:
            tx.put_timestamp(TimestampRow(size, 5, token))

    def cosign(self, row: CheckpointRow, signer: SeedSigner) -> None:
        text = Note.parse(row.note).text
        raw = Note(text, (signer.under(text, self.sharing.world.now // SECOND),)).as_bytes()
        party = "UKR" if signer is KYIV else "GBR"
        cosign(self.sharing.node, raw, party=party, verify=verify)

    def put(self, size: int, name: str, line: str, at: int = 5) -> None:
        """A cosignature, past the use case."""
        with self.store.write() as tx:
            tx.put_cosignature(CosignatureRow(size, name, at, line))

    def token(self, size: int) -> bytes:
        with self.store.read() as snap:
            (row,) = snap.timestamps(first=size, limit=1)
        return row.token

    def both(self, authority: Path | None = None, keys: list[VerifierKey] | None = None) -> list[Verdict]:
        """What is found of an archive, and of the node."""
        file = self.folder / "log.zip"
        file.unlink(missing_ok=True)
        export_log(self.store, file, self.keys, untold)
        read = stamp_reader(authority)
        return [
            verify_archive(file, keys or self.keys, untold, stamp=read),
            verify_store(self.store, keys or self.keys, untold, stamp=read),
        ]

    def codes(self, authority: Path | None = None) -> set[str]:
        """Of the faults, which the archive and the node have alike but for what a node keeps beside."""
        of_archive, of_node = ({each.code for each in found.faults} for found in self.both(authority))
        assert of_node - of_archive <= {"table-other", "cosignature-misfiled"}
        assert of_archive <= of_node
        return of_archive


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    store = SqliteStore.create(f"sqlite:///{tmp_path / 'relto.db'}", durable=False)
    sharing = Sharing(store=store)
    for signer, party in ((KYIV, "UKR"), (LONDON, "GBR")):
        add_witness(sharing.node, sharing.world.desk, party, signer.key.text, by=ADMIN)
    yield Log(store, sharing, SeedSigners(), tmp_path)
    store.close()


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    file = tmp_path / "roots.pem"
    file.write_bytes(root().pem)
    return file


# As it should be.


def test_what_others_signed_is_in_the_archive_and_holds_there_and_at_the_node(log, roots):
    log.sign(at=AT, by=(KYIV,))
    last = log.sign(at=AT + HOUR, by=(LONDON, KYIV))
    for found in log.both(roots):
        assert found.faults == []
        assert [(each.witness.party, each.count, each.size) for each in found.attested.witnesses] == [
            ("UKR", 2, last.size),
            ("GBR", 1, last.size),
        ]
        size, stamp = found.attested.last
        assert (found.attested.stamps, size, stamp.at) == (2, last.size, AT_US + 3_600 * SECOND)
        assert stamp.authority == "CN=Stamper ec"


def test_the_archive_has_the_lines_of_witnesses_behind_the_log_s_own(log):
    row = log.sign(at=AT, by=(LONDON, KYIV))
    log.both()
    content = members(log.folder / "log.zip")
    (note,) = (Note.parse(json.loads(line).encode()) for line in content["checkpoints.jsonl"].splitlines())
    assert [each.name for each in note.signatures] == ["usa.relto", "kyiv.example", "london.example"]
    (line,) = content["timestamps.jsonl"].splitlines()
    assert json.loads(line) == {
        "authority": "CN=Stamper ec",
        "origin": "usa.relto",
        "size": row.size,
        "token": in_base64(log.token(row.size)),
    }


def test_a_second_verifier_finds_the_same_in_the_archive(log):
    row = log.sign(at=AT, by=(LONDON, KYIV))
    log.both()
    content = members(log.folder / "log.zip")
    note = json.loads(content["checkpoints.jsonl"]).encode()
    own, keys = content["keys.txt"].decode().split(), [KYIV.key.text, LONDON.key.text]
    text, found = second.signers(note, [*own, *keys])
    assert {key for key, _ in found} == {*own, *keys}
    assert second.checkpoint(text)[1] == row.size
    # What is stamped is the note less the lines of witnesses.
    lines = note.decode().splitlines(keepends=True)
    bare = "".join(line for line in lines if not line.startswith(("\u2014 kyiv", "\u2014 london"))).encode()
    token = base64.b64decode(json.loads(content["timestamps.jsonl"])["token"])
    assert claimed(token, sha256(bare).digest()).at == AT_US


def test_enough_faults_end_it(log):
    row = log.sign(at=AT)
    log.both()
    content = members(log.folder / "log.zip")
    (line,) = content["timestamps.jsonl"].splitlines(keepends=True)
    content["timestamps.jsonl"] = line * 1_000
    found = verify_archive(packed(log.folder / "other.zip", agreeing(content)), log.keys, untold)
    assert {each.code for each in found.faults} == {"timestamp-order"}
    assert len(found.faults) == FAULTS_MAX
    assert found.attested.last[0] == row.size


def test_a_log_that_nobody_else_signed_has_an_empty_member(log):
    log.sign()
    for found in log.both():
        assert found.ok
        assert (found.attested.witnesses, found.attested.stamps, found.attested.last) == ([], 0, None)
    assert members(log.folder / "log.zip")["timestamps.jsonl"] == b""


def test_a_witness_that_was_removed_or_came_later_signed_all_the_same(log):
    first = log.sign(by=(KYIV,))
    remove_witness(log.sharing.node, log.sharing.world.desk, "kyiv.example", by=ADMIN)
    late = cosigner("late.example")
    add_witness(log.sharing.node, log.sharing.world.desk, "GBR", late.key.text, by=ADMIN)
    log.sign()
    log.cosign(first, late)
    for found in log.both():
        assert found.faults == []
        assert {each.witness.key.name: each.size for each in found.attested.witnesses} == {
            "kyiv.example": first.size,
            "late.example": first.size,
        }


def test_a_witness_of_whom_no_signed_leaf_tells_yet_is_left_out(log):
    first = log.sign(by=(KYIV,))
    late = cosigner("late.example")
    add_witness(log.sharing.node, log.sharing.world.desk, "GBR", late.key.text, by=ADMIN)
    log.cosign(first, late)
    found = log.both()[0]
    assert found.ok
    assert [each.witness.key.name for each in found.attested.witnesses] == ["kyiv.example"]


def test_both_keys_of_a_rotation_and_witnesses_stand_under_one_checkpoint(log):
    log.sign(by=(KYIV,))
    rotate_key(log.sharing.node, log.sharing.world.desk, log.signers, ORIGIN, by=ADMIN, overlap_us=10**12)
    log.sign(at=AT, by=(KYIV,))
    for found in log.both(keys=log.keys):
        assert found.faults == []
        assert len(found.keys) == 2


def test_a_token_of_just_a_second_before_is_within_what_the_authorities_say_of_themselves(log):
    log.sign(at=AT)
    log.sign(at=AT - dt.timedelta(seconds=3))
    assert log.codes() == set()


# Time stamps that are none.


def test_an_authority_that_is_not_trusted_is_named_where_one_is(log, tmp_path):
    log.sign(at=AT)
    other = tmp_path / "other.pem"
    other.write_bytes(root("Another").pem)
    assert log.codes() == set()
    assert log.codes(other) == {"timestamp-untrusted"}


@pytest.mark.parametrize("holder", [stamper, between, root])
def test_whoever_trusts_the_authority_itself_or_any_above_it_is_told_no_more(log, tmp_path, holder):
    log.sign(at=AT)
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(root("Another").pem + holder().pem)
    assert log.codes(trusted) == set()


def test_a_stamp_of_another_checkpoint_is_found_without_any_authority(log, roots):
    first, second = log.sign(at=AT), log.sign(at=AT + HOUR)
    log.stamp(second.size, log.token(first.size))
    assert log.codes() == log.codes(roots) == {"timestamp-other"}
    fault = log.both()[0].faults[0]
    assert str(second.size) in fault.text
    assert fault.leaf == second.size - 1


def test_a_stamp_that_is_moved_to_a_size_that_was_not_signed_is_found(log):
    first = log.sign(at=AT)
    log.sign()
    log.stamp(first.size + 1, log.token(first.size))
    assert log.codes() == {"timestamp-unknown"}


def test_times_that_do_not_rise_with_sizes_are_found(log, roots):
    log.sign(at=AT + HOUR)
    second = log.sign(at=AT)
    assert log.codes() == log.codes(roots) == {"timestamp-back"}
    assert log.both()[0].faults[0].leaf == second.size - 1


@pytest.mark.parametrize("place", range(0, 2_000, 97))
def test_a_token_with_a_byte_flipped_is_found_or_says_the_same(log, roots, place):
    row = log.sign(at=AT)
    token = log.token(row.size)
    place %= len(token)
    bent = token[:place] + bytes([token[place] ^ 1]) + token[place + 1 :]
    log.stamp(row.size, bent)
    if not log.codes(roots):
        digest = sha256(row.note).digest()
        assert claimed(bent, digest) == claimed(token, digest)


@pytest.mark.parametrize("token", [b"", b"x", b"\x30\x80" * 3_000, b"\x30\x00"])
def test_what_is_no_token_is_found(log, token):
    log.stamp(log.sign().size, token)
    assert log.codes() == {"timestamp-unreadable"}
    assert authority_of(token) == ""


def changed(log: Log, change: Callable[[list[bytes]], list[bytes]]) -> set[str]:
    """What is found of an archive whose time stamps were changed, with a manifest that agrees."""
    log.both()
    content = members(log.folder / "log.zip")
    content["timestamps.jsonl"] = b"".join(line + b"\n" for line in change(content["timestamps.jsonl"].splitlines()))
    found = verify_archive(packed(log.folder / "other.zip", agreeing(content)), log.keys, untold)
    return {each.code for each in found.faults}


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ({"origin": "other.relto"}, "timestamp-misfiled"),
        ({"authority": "CN=Somebody"}, "timestamp-misfiled"),
        ({"size": 3}, "timestamp-unknown"),
        ({"size": 2**53}, "archive-damaged"),
        ({"size": -1}, "archive-damaged"),
        ({"size": True}, "archive-damaged"),
        ({"size": "3"}, "archive-damaged"),
        ({"token": "!"}, "archive-damaged"),
        ({"token": None}, "archive-damaged"),
        ({"more": 1}, "archive-damaged"),
    ],
)
def test_what_stands_beside_a_token_is_checked(log, named, code):
    log.sign(at=AT)

    def change(lines):
        value = json.loads(lines[0]) | named
        return [json.dumps(value, sort_keys=True, separators=(",", ":")).encode()]

    assert changed(log, change) == {code}


def test_stamps_out_of_order_or_twice_are_found(log):
    log.sign(at=AT)
    log.sign(at=AT + HOUR)
    assert changed(log, lambda lines: lines[::-1]) == {"timestamp-order"}
    assert changed(log, lambda lines: [lines[0], *lines]) == {"timestamp-order"}
    assert changed(log, lambda lines: [*lines, b""]) == {"archive-damaged"}
    assert changed(log, lambda lines: [lines[0].replace(b",", b", "), lines[1]]) == {"archive-damaged"}
    # That one is gone cannot be told: it proves less.
    assert changed(log, lambda lines: lines[1:]) == set()


@pytest.mark.parametrize("line", [b"[]", b"null", b"[" * 9_000, b'"x"', b"\xff", b"x" * 140_000])
def test_a_line_that_is_no_time_stamp_is_refused(line):
    with pytest.raises(BadInput) as caught:
        Stamped.parse(line)
    assert caught.value.code == "stamp-invalid"


# Cosignatures that are none.


def test_a_cosignature_of_another_checkpoint_is_named(log):
    first, second = log.sign(by=(KYIV,)), log.sign()
    line = KYIV.under(Note.parse(first.note).text, 5).line
    log.put(second.size, "kyiv.example", line, 5 * SECOND)
    assert log.codes() == {"cosignature-wrong"}
    fault = log.both()[0].faults[0]
    assert fault.leaf == second.size - 1
    assert "kyiv.example" in fault.text


def test_one_by_a_key_that_the_log_never_introduced_is_named(log):
    row = log.sign()
    text = Note.parse(row.note).text
    log.put(row.size, "stranger.example", cosigner("stranger.example").under(text, 5).line, 5 * SECOND)
    assert log.codes() == {"cosignature-unknown"}


def test_one_by_another_key_of_the_same_name_is_named(log):
    row = log.sign()
    text = Note.parse(row.note).text
    log.put(row.size, "kyiv.example", cosigner("kyiv.example", seed="other").under(text, 5).line, 5 * SECOND)
    assert log.codes() == {"cosignature-unknown"}


def test_one_that_is_filed_under_another_name_or_moment_is_named_at_the_node(log):
    row = log.sign(by=(KYIV,))
    line = LONDON.under(Note.parse(row.note).text, 5).line
    log.put(row.size, "london.example", line, 6 * SECOND)
    of_archive, of_node = log.both()
    assert of_archive.ok
    assert {each.code for each in of_node.faults} == {"cosignature-misfiled"}


def test_one_of_a_checkpoint_that_is_not_there_is_found_at_the_node(log):
    row = log.sign()
    log.put(row.size + 1, "kyiv.example", KYIV.under("x\n", 5).line, 5 * SECOND)
    log.stamp(row.size + 1, b"x")
    texts = [each.text for each in log.both()[1].faults if each.code == "table-other"]
    assert any("`cosignatures`" in text for text in texts)
    assert any("`timestamps`" in text for text in texts)


def test_lines_out_of_order_or_twice_are_found(log):
    log.sign(by=(KYIV, LONDON))
    log.both()
    content = members(log.folder / "log.zip")
    text, _, under = json.loads(content["checkpoints.jsonl"]).rpartition("\n\n")
    own, kyiv, london = under.splitlines(keepends=True)
    for lines in ([own, london, kyiv], [kyiv, own, london], [own, own, kyiv], [own, kyiv, kyiv]):
        line = json.dumps(f"{text}\n\n{''.join(lines)}", ensure_ascii=False).encode() + b"\n"
        bent = packed(log.folder / "other.zip", agreeing(content | {"checkpoints.jsonl": line}))
        found = verify_archive(bent, log.keys, untold)
        assert {each.code for each in found.faults} == {"cosignature-order"}, lines


def test_nothing_is_said_of_what_others_signed_where_the_log_itself_is_wrong(log):
    row = log.sign(at=AT, by=(KYIV,))
    with log.store.write() as tx:
        assert Frontier.parse(row.size, tx.log().frontier).size == row.size
        tx.run("UPDATE leaves SET data = data || 'x' WHERE number = 1")
    found = log.both()[0]
    assert not found.ok
    assert found.attested.stamps == 0
