"""A backup: all tables as one moment saw them, in one file, which either engine can restore.

The file is a zip archive. `manifest.json` says which revision of the tables it holds, when it was made, and for each
table its columns, how many rows, and the SHA-256 of its member; `manifest.sha256` is the SHA-256 of the manifest.
Members `tables/NAME.zst` are Zstandard streams of pieces: four bytes of length (most significant first), then
MessagePack of an array of rows, each an array of values in the order of the columns.

It holds everything that the database holds: the items, and the stored forms of passwords. It is made readable for
its owner only.
"""

from __future__ import annotations

import errno
import hashlib
import struct
import zipfile
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

import msgspec
import zstandard

from relto.adapters.files import drafted
from relto.adapters.sql.revision import REVISIONS, require_current
from relto.adapters.sql.schema import metadata
from relto.domain.errors import BadInput, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from relto.adapters.sql.snapshot import Row, SqlSnapshot
    from relto.adapters.sql.transaction import SqlTransaction
    from relto.ports.store import Head

FORMAT = "relto-backup-1"
GAP = 1_000_000
PIECE_BYTES_MAX = 2**31
LEVEL = 3
READ_BYTES = 2**20

COLUMNS = {str(table.name): tuple(str(each.name) for each in table.columns) for table in metadata.sorted_tables}
KEYS = {str(table.name): tuple(str(each.name) for each in table.primary_key) for table in metadata.sorted_tables}


class SqlStore(Protocol):
    """Either engine's store."""

    def read(self) -> AbstractContextManager[SqlSnapshot]:
        """A read block."""
        ...

    def write(self) -> AbstractContextManager[SqlTransaction]:
        """A write block."""
        ...


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table in a backup."""

    table: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup says of itself. `last_seq` and `last_given` as `Head` has them."""

    format: str
    revision: str
    made_at: int
    last_seq: int
    last_given: int
    members: tuple[Member, ...]


def backup(store: SqlStore, file: Path, *, made_at: int) -> Manifest:
    """Write the backup of one moment while others read and write on. The file is there whole, or not at all.

    Raises `Refused` `backup-exists` where the file is there already, `disk-full`, and `BadInput` `file-unwritable`.
    """
    try:
        with drafted(file) as output:
            return _write(store, output, made_at)
    except FileExistsError as error:
        raise Refused("backup-exists", f"`{file}` is there already", remedy="name another file") from error
    except OSError as error:
        raise _unwritable(file, error) from error


def restore(
    store: SqlStore,
    file: Path,
    *,
    gap: Callable[[int], int] = lambda _: GAP,
    given_upto: int = 0,
    last: Callable[[SqlTransaction, Manifest, Mapping[str, int]], None] | None = None,
) -> Manifest:
    """Fill a database that `create` has just made from a backup: all of it, or nothing.

    Readers may have seen what was stored after the backup. So numbers (each party's of its notices, too) go on `gap`
    (of how many leaves the log has in the backup) further, and moments later than
    `given_upto` (the highest moment, by the machine's clock, that was or may have been given out; the backup's own
    counts in any case). Sessions are over: whoever was signed in signs in anew. `last` is what is done at the end of
    the block; it is told the last number of each party's notices.

    Raises `Refused` `restore-not-empty`, `schema-old`, `schema-newer`; `BadInput` `backup-damaged`, `backup-missing`.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = read_manifest(archive, file)
            for member in manifest.members:
                _require_whole(archive, member, file)
            with store.write() as transaction:
                _require_empty(transaction)
                for member in manifest.members:
                    _restore_table(transaction, archive, member, file)
                room = gap(transaction.log().size)
                transaction.put_head(_beyond(transaction.head(), gap=room, given_upto=given_upto))
                inboxes = _skip_notice_numbers(transaction, room)
                # Who has signed out since, or was signed out, would be in again.
                transaction.run("DELETE FROM sessions")
                if last is not None:
                    last(transaction, manifest, inboxes)
    except FileNotFoundError as error:
        raise BadInput("backup-missing", f"there is no file `{file}`") from error
    # `RuntimeError` is how zipfile refuses a member that is encrypted, or compressed in a way that it does not know.
    except (zipfile.BadZipFile, zstandard.ZstdError, EOFError, KeyError, RuntimeError) as error:
        raise _damaged(file, str(error)) from error
    return manifest


def read_manifest(archive: zipfile.ZipFile, file: Path) -> Manifest:
    """The manifest, checked as far as it can be without reading the tables."""
    content = archive.read("manifest.json")
    if hashlib.sha256(content).hexdigest().encode() != archive.read("manifest.sha256"):
        raise _damaged(file, "the manifest is not what was written")
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise _damaged(file, str(error)) from error
    if manifest.format != FORMAT:
        raise _damaged(file, f"its format is `{manifest.format}`")
    require_current(manifest.revision, database=str(file))
    if {member.table: member.columns for member in manifest.members} != COLUMNS:
        raise _damaged(file, "its tables are not those of its revision")
    names = {"manifest.json", "manifest.sha256", *(_member_name(table) for table in COLUMNS)}
    if sorted(archive.namelist()) != sorted(names):
        raise _damaged(file, "its members are not those that its manifest names")
    return manifest


def _write(store: SqlStore, output: IO[bytes], made_at: int) -> Manifest:
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive, store.read() as snapshot:
        head = snapshot.head()
        members = []
        for table, columns in COLUMNS.items():
            # In the order of the key, which is the quickest one to restore.
            statement = f"SELECT {', '.join(columns)} FROM {table} ORDER BY {', '.join(KEYS[table])}"
            with archive.open(zipfile.ZipInfo(_member_name(table)), "w", force_zip64=True) as member:
                hashed = _Hashed(member)
                rows = 0
                with zstandard.ZstdCompressor(LEVEL).stream_writer(hashed, closefd=False) as compressed:  # type: ignore[arg-type]  # it only writes
                    for some in snapshot.rows_in_pieces(statement):
                        rows += len(some)
                        piece = msgspec.msgpack.encode(some)
                        compressed.write(struct.pack(">I", len(piece)))
                        compressed.write(piece)
            members.append(Member(table, columns, rows, hashed.sha256.hexdigest()))
        manifest = Manifest(FORMAT, REVISIONS[-1], made_at, head.last_seq, head.last_given, tuple(members))
        content = msgspec.json.format(msgspec.json.encode(manifest))
        archive.writestr(zipfile.ZipInfo("manifest.json"), content)
        archive.writestr(zipfile.ZipInfo("manifest.sha256"), hashlib.sha256(content).hexdigest())
    return manifest


def _require_empty(transaction: SqlTransaction) -> None:
    """The one row of `head` is there from the beginning; whatever is done in a node changes it, or adds a row."""
    for table in COLUMNS:
        if table != "head" and transaction.rows(f"SELECT 1 FROM {table} LIMIT 1"):
            raise Refused("restore-not-empty", "the database holds a node already", remedy="restore into a new one")


def _require_whole(archive: zipfile.ZipFile, member: Member, file: Path) -> None:
    sha256 = hashlib.sha256()
    with archive.open(_member_name(member.table)) as packed:
        while some := packed.read(READ_BYTES):
            sha256.update(some)
    if sha256.hexdigest() != member.sha256:
        raise _damaged(file, f"the rows of `{member.table}` are not what was written")


def _restore_table(transaction: SqlTransaction, archive: zipfile.ZipFile, member: Member, file: Path) -> None:
    if member.table == "head":
        transaction.run("DELETE FROM head")
    count = 0
    with (
        archive.open(_member_name(member.table)) as packed,
        zstandard.ZstdDecompressor().stream_reader(packed, closefd=False) as unpacked,
    ):
        for rows in _pieces(unpacked, file):
            count += len(rows)
            transaction.load(member.table, member.columns, rows)
    if member.table == "head":
        transaction.forget_head()
    if count != member.rows:
        raise _damaged(file, f"`{member.table}` has {count} rows, not {member.rows}")


def _pieces(unpacked: Any, file: Path) -> Iterator[list[Row]]:
    while length := unpacked.read(4):
        size = struct.unpack(">I", length)[0] if len(length) == 4 else PIECE_BYTES_MAX
        piece = unpacked.read(size) if size < PIECE_BYTES_MAX else b""
        try:
            yield msgspec.msgpack.decode(piece, type=list[tuple[Any, ...]])
        except msgspec.DecodeError as error:
            raise _damaged(file, str(error)) from error


class _Hashed:
    """A file that is written once, from its beginning, with the SHA-256 of what went by."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.sha256.update(content)
        return self._file.write(content)


def _beyond(head: Head, *, gap: int, given_upto: int) -> Head:
    """Versions grow as well: a process that still knows the old database must not take this one for it."""
    return replace(
        head,
        policy_version=head.policy_version + 1,
        accounts_version=head.accounts_version + 1,
        withdrawn=head.withdrawn + 1,
        last_seq=head.last_seq + gap,
        # Moments are given out by the node's clock, which stands as far from the machine's as it did.
        last_given=max(head.last_given, given_upto + head.clock_offset),
    )


def _skip_notice_numbers(transaction: SqlTransaction, gap: int) -> dict[str, int]:
    """The last number of each party's notices from now on.

    A party that reads its inbox on from a number must not take a new notice for one that it has; whoever was told
    nothing before the backup may have been told something after it.
    """
    parties = [row.code for row in transaction.parties()]
    last = {**dict.fromkeys(parties, 0), **transaction.notice_numbers(parties)}
    skipped = {party: number + gap for party, number in last.items()}
    transaction.skip_notice_numbers(skipped)
    return skipped


def _member_name(table: str) -> str:
    return f"tables/{table}.zst"


def _damaged(file: Path, what: str) -> BadInput:
    return BadInput("backup-damaged", f"`{file}` is no backup, or a damaged one: {what}")


def _unwritable(file: Path, error: OSError) -> Refused | BadInput:
    if error.errno == errno.ENOSPC:
        return Refused(
            "disk-full", f"there is no room left to write `{file}`", remedy="free some space, then try again"
        )
    # What was named cannot be used; the node and its database are well.
    return BadInput("file-unwritable", f"`{file}` cannot be written: {(error.strerror or '').lower()}")
