"""An archive of a log: one zip file with everything that an outsider needs to check it, and nothing that is secret.

====================== ===============================================================================================
member                 what it holds
====================== ===============================================================================================
`manifest.json`        canonical JSON (RFC 8785): `format`, `origin`, `size` and `root` of the log, and `members`: of
                       each other member, in the order of the file, `name`, `bytes` and `sha256`
`keys.txt`             the verifier keys of the log (C2SP signed-note), one a line: the first of all, then those that
                       the log names in its leaves of kind `key`
`checkpoints.jsonl`    signed notes (C2SP tlog-checkpoint), by size, each in a line as a JSON string, with the
                       lines of witnesses (C2SP tlog-cosignature) behind the log's own
`timestamps.jsonl`     time stamps of checkpoints (RFC 3161), by size, each in a line: `domain/stamp.py`
`leaves/NNNNNN.jsonl`  the leaves in order, each in a line: its bytes are those that are hashed
`hashes/NNNNNN.bin`    the hashes of the leaves (RFC 9162, section 2.1), 32 bytes each, to name one that was changed
`records/NNNNNN.bin`   the records of the items (`domain/stored.py`), in the order of their numbers
====================== ===============================================================================================

Members are deflated; there is no comment, no extra field, no folder and no other member. Members of leaves and records
are cut where they have grown beyond a few megabytes, between leaves and between batches.
"""

from __future__ import annotations

import errno
import hashlib
import zipfile
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING, Final

import msgspec

from relto.adapters.files import drafted
from relto.domain.errors import BadInput, Refused
from relto.domain.leaf import LEAF_BYTES_MAX, canonical
from relto.domain.merkle import HASH_BYTES
from relto.domain.note import NOTE_MAX
from relto.domain.stamp import LINE_BYTES_MAX, Stamped
from relto.domain.stored import KEY_BYTES, RECORD_FIXED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

FORMAT: Final = "relto-log-1"
MANIFEST: Final = "manifest.json"
KEYS: Final = "keys.txt"
CHECKPOINTS: Final = "checkpoints.jsonl"
TIMESTAMPS: Final = "timestamps.jsonl"

MEMBER_BYTES: Final = 8 * 2**20
"""A member of leaves or records ends when it has grown beyond this."""

MEMBER_BYTES_MAX: Final = 2**31
"""No member is larger."""

MEMBERS_MAX: Final = 100_000
MANIFEST_BYTES_MAX: Final = 32 * 2**20
READ_BYTES: Final = 2**18
EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The moment of every member: an archive of the same log is the same file."""


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member of an archive, as its manifest names it."""

    name: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an archive says of itself."""

    format: str
    origin: str
    size: int
    root: str
    members: tuple[Member, ...]


# Writing.


class ArchiveWriter:
    """Writes one archive. The file is there whole, or not at all (`written`)."""

    def __init__(self, output: IO[bytes]) -> None:
        """Use `written`."""
        self._zip = zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._members: list[Member] = []

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """One member."""
        sha256, count = hashlib.sha256(), 0
        info = zipfile.ZipInfo(name, EPOCH)
        info.compress_type = zipfile.ZIP_DEFLATED
        with self._zip.open(info, "w") as member:
            for piece in pieces:
                sha256.update(piece)
                count += len(piece)
                member.write(piece)
        self._members.append(Member(name, count, sha256.hexdigest()))

    def add_cut(self, folder: str, suffix: str, pieces: Iterable[bytes]) -> None:
        """Members of a folder, cut between pieces."""
        left = iter(pieces)
        waiting: list[bytes] = [piece for piece in [next(left, None)] if piece is not None]
        number = 0

        def some() -> Iterator[bytes]:
            count = 0
            while waiting:
                piece = waiting.pop()
                yield piece
                count += len(piece)
                waiting.extend(following for following in [next(left, None)] if following is not None)
                if count > MEMBER_BYTES:
                    return

        while waiting:
            self.add(f"{folder}/{number:06d}.{suffix}", some())
            number += 1

    def finish(self, *, origin: str, size: int, root: bytes) -> None:
        """The manifest, and the end."""
        manifest = Manifest(FORMAT, origin, size, root.hex(), tuple(self._members))
        info = zipfile.ZipInfo(MANIFEST, EPOCH)
        info.compress_type = zipfile.ZIP_DEFLATED
        self._zip.writestr(info, canonical(msgspec.to_builtins(manifest)))
        self._zip.close()


@contextmanager
def written(file: Path) -> Iterator[ArchiveWriter]:
    """Writes an archive into a file that is not there yet.

    Raises `Refused` (`archive-exists`, `disk-full`), `BadInput` `file-unwritable`.
    """
    try:
        with drafted(file) as output:
            yield ArchiveWriter(output)
    except FileExistsError as error:
        raise _exists(file) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Refused("disk-full", f"there is no room left to write `{file}`", remedy="free some space") from error
        raise BadInput("file-unwritable", f"`{file}` cannot be written: {(error.strerror or '').lower()}") from error


# Reading.


class Archive:
    """An archive that is read: a `Source` (`usecases/evidence/check/checking.py`). What it says is looked at and not
    believed.

    All reading raises `BadInput` `archive-damaged`, naming the member.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        """Use `read`. Every byte of every member is read once here, and is what the manifest says."""
        self._name = name
        self._zip = zipfile.ZipFile(file)
        self.manifest = self._manifest()
        for member in self.manifest.members:
            self._require_whole(member)
        self._records = self._record_bytes()
        self._buffer, self._at = b"", 0

    @property
    def size(self) -> int:
        """How many leaves it says that it has."""
        return self.manifest.size

    @property
    def keys(self) -> list[str]:
        """The verifier keys that it names."""
        text = b"".join(self._pieces(KEYS)).decode("ascii", "replace")
        if not text.endswith("\n"):
            raise self._damaged(KEYS, "its last line has no end")
        return text.removesuffix("\n").split("\n")

    def checkpoints(self) -> Iterator[bytes]:
        """The signed notes."""
        for line in self._lines([CHECKPOINTS], 6 * NOTE_MAX):
            try:
                text = msgspec.json.decode(line, type=str)
            except (msgspec.DecodeError, UnicodeError) as error:
                raise self._damaged(CHECKPOINTS, "a line of it is no JSON string") from error
            if msgspec.json.encode(text) != line:
                raise self._damaged(CHECKPOINTS, "a line of it could be written in another way")
            yield text.encode()

    def timestamps(self) -> Iterator[Stamped]:
        """The time stamps."""
        for line in self._lines([TIMESTAMPS], LINE_BYTES_MAX):
            try:
                yield Stamped.parse(line)
            except BadInput as error:
                raise self._damaged(TIMESTAMPS, f"a line of it is none: {error}") from error

    def leaves(self) -> Iterator[bytes]:
        """The leaves, in order."""
        yield from self._lines(self._names("leaves/"), LEAF_BYTES_MAX)

    def hashes(self) -> Iterator[bytes]:
        """The hashes of the leaves."""
        left = b""
        for name in self._names("hashes/"):
            for piece in self._pieces(name):
                left += piece
                whole = len(left) - len(left) % HASH_BYTES
                yield from (left[place : place + HASH_BYTES] for place in range(0, whole, HASH_BYTES))
                left = left[whole:]

    def require_hashes(self) -> None:
        """Raises where there is not one hash for each leaf."""
        count = sum(member.bytes for member in self.manifest.members if member.name.startswith("hashes/"))
        if count != HASH_BYTES * self.size:
            raise self._damaged("hashes", "there is not one hash for each leaf")

    def records(self, first: int, last: int) -> bytes:
        """The next records, as many as the batch has items; what is missing of them is missing."""
        found: list[bytes] = []
        for _ in range(first, last + 1):
            record = self._record()
            if not record:
                break
            found.append(record)
        return b"".join(found)

    def require_read(self) -> None:
        """Raises where there are records of items that no batch has."""
        if self._record():
            raise self._damaged("records", "it has records of items that no batch has")

    # Members.

    def _names(self, folder: str) -> list[str]:
        return [member.name for member in self.manifest.members if member.name.startswith(folder)]

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(name) as member:
                while piece := member.read(READ_BYTES):
                    yield piece
        # `RuntimeError`: a member that is encrypted, or compressed in a way that zipfile does not know.
        except (zipfile.BadZipFile, EOFError, KeyError, RuntimeError, OSError, ValueError) as error:
            raise self._damaged(name, str(error)) from error
        except Exception as error:
            # What the decompressors raise for bytes that are none of theirs has no common ancestor.
            if type(error).__module__ == "zlib":
                raise self._damaged(name, str(error)) from error
            raise

    def _lines(self, names: Sequence[str], longest: int) -> Iterator[bytes]:
        for name in names:
            left = b""
            for piece in self._pieces(name):
                *lines, left = (left + piece).split(b"\n")
                yield from lines
                if len(left) > longest:
                    raise self._damaged(name, f"a line of it has more than {longest} bytes")
            if left:
                raise self._damaged(name, "its last line has no end")

    def _record_bytes(self) -> Iterator[bytes]:
        for name in self._names("records/"):
            yield from self._pieces(name)

    def _record(self) -> bytes:
        """The next record; empty where there is none, or not a whole one."""
        fixed = RECORD_FIXED
        self._fill(fixed)
        length = self._buffer[self._at + fixed - 1] if len(self._buffer) >= self._at + fixed else 0
        end = fixed + length + 2
        self._fill(end)
        joins = int.from_bytes(self._buffer[self._at + end - 2 : self._at + end], "big")
        whole = end + KEY_BYTES * joins
        self._fill(whole)
        record = self._buffer[self._at : self._at + whole]
        self._at += len(record)
        return record

    def _fill(self, count: int) -> None:
        """Has so many bytes in the buffer, where there are as many left."""
        while len(self._buffer) - self._at < count:
            piece = next(self._records, b"")
            if not piece:
                return
            self._buffer, self._at = self._buffer[self._at :] + piece, 0

    def _require_whole(self, member: Member) -> None:
        sha256, count = hashlib.sha256(), 0
        for piece in self._pieces(member.name):
            sha256.update(piece)
            count += len(piece)
            if count > member.bytes:
                break
        if (count, sha256.hexdigest()) != (member.bytes, member.sha256):
            raise self._damaged(member.name, "it is not what the manifest says")

    def _manifest(self) -> Manifest:
        infos = self._zip.infolist()
        if self._zip.comment or any(info.extra or info.comment for info in infos) or len(infos) > MEMBERS_MAX:
            raise self._damaged(MANIFEST, "the archive has comments or extra fields, or too many members")
        if any(info.file_size > MEMBER_BYTES_MAX for info in infos):
            raise self._damaged(MANIFEST, "a member is too large")
        raw = b"".join(self._limited(MANIFEST, MANIFEST_BYTES_MAX))
        try:
            manifest = msgspec.json.decode(raw, type=Manifest)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise self._damaged(MANIFEST, str(error)) from error
        if canonical(msgspec.to_builtins(manifest)) != raw:
            raise self._damaged(MANIFEST, "it could be written in another way")
        if manifest.format != FORMAT:
            raise self._damaged(MANIFEST, f"its format is `{manifest.format}`")
        names = [member.name for member in manifest.members]
        if [info.filename for info in infos] != [*names, MANIFEST]:
            raise self._damaged(MANIFEST, "the members are not those that it names, in its order")
        if names != _expected(names):
            raise self._damaged(MANIFEST, "it does not name the members that an archive has")
        return manifest

    def _limited(self, name: str, most: int) -> Iterator[bytes]:
        count = 0
        for piece in self._pieces(name):
            count += len(piece)
            if count > most:
                raise self._damaged(name, f"it has more than {most} bytes")
            yield piece

    def _damaged(self, member: str, why: str) -> BadInput:
        return BadInput(
            "archive-damaged", f"`{member}` of `{self._name}` is not as it was written: {why}", member=member
        )


@contextmanager
def read(file: Path) -> Iterator[Archive]:
    """The archive in a file. Raises `BadInput` (`archive-missing`, `archive-damaged`)."""
    if file.exists() and not file.is_file():
        # A device may have no end, and a pipe no beginning to go back to.
        raise BadInput("archive-missing", f"`{file}` is no file")
    with ExitStack() as opened:
        try:
            archive = Archive(opened.enter_context(file.open("rb")), str(file))
        except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, EOFError) as error:
            raise BadInput("archive-damaged", f"`{file}` is no archive of a log: {error}") from error
        except OSError as error:
            raise BadInput("archive-missing", f"`{file}` cannot be read: {(error.strerror or '').lower()}") from error
        # What goes wrong with anything else meanwhile is no word about this file.
        yield archive


def in_line(note: bytes) -> bytes:
    """A checkpoint as a line of `checkpoints.jsonl`."""
    return msgspec.json.encode(note.decode()) + b"\n"


def _expected(names: Sequence[str]) -> list[str]:
    """The names that an archive with so many members of leaves and records has."""
    leaves, hashes, records = (
        sum(name.startswith(folder) for name in names) for folder in ("leaves/", "hashes/", "records/")
    )
    return [
        KEYS,
        CHECKPOINTS,
        TIMESTAMPS,
        *(f"leaves/{number:06d}.jsonl" for number in range(leaves)),
        *(f"hashes/{number:06d}.bin" for number in range(hashes)),
        *(f"records/{number:06d}.bin" for number in range(records)),
    ]


def _exists(file: Path) -> Refused:
    return Refused("archive-exists", f"`{file}` is there already", remedy="name another file")
