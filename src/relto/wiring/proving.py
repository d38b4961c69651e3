"""Proving: exports and checks logs, with the adapters that it takes; wired like the rest of a node."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

from relto.adapters import archive
from relto.adapters.authority.token import authority_of, checked, claimed, read_roots
from relto.adapters.intake.limits import Limits
from relto.adapters.intake.reader import Reader
from relto.adapters.signing import PUBLIC_SUFFIX, FileSigner, make_key, verify
from relto.adapters.sql.comparing import differences
from relto.domain.checkpoint import Trust, require_newest
from relto.domain.errors import BadInput, Unreachable
from relto.domain.leaf import decoded
from relto.domain.note import KeyKind, Note, VerifierKey
from relto.domain.proof import Proof, verified
from relto.usecases.evidence.audit.matching import ReceivedObject
from relto.usecases.evidence.check.checking import Checker, Verdict, manifest_faults
from relto.usecases.evidence.check.source import StoredLog, export
from relto.usecases.evidence.check.stored import stored_faults
from relto.usecases.evidence.faults import FAULTS_MAX, Fault
from relto.usecases.evidence.replay.classified import Content
from relto.usecases.evidence.show.disclosing import log_keys
from relto.usecases.evidence.signed.witnessing import cosignature
from relto.wiring import KEYS, host
from relto.wiring.parted import Parts, Still, archive_parts, node_parts, processors, reader, scratch

__all__ = [
    "cosigned",
    "export_log",
    "made_key",
    "own_keys",
    "processors",
    "public_file",
    "read_keys",
    "reader",
    "received_in",
    "sliced",
    "stamp_reader",
    "verify",
    "verify_archive",
    "verify_node",
    "verify_receipt",
    "verify_store",
]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from relto.adapters.sql.snapshot import SqlSnapshot
    from relto.domain.checkpoint import Checkpoint
    from relto.domain.classes import Restrictions
    from relto.domain.item import Header, Reject
    from relto.domain.proof import Logged
    from relto.ports.authority import Claim
    from relto.ports.store import Snapshot, Store
    from relto.wiring import Opened

    Progress = Callable[[int, int], None]
    Read = Callable[[bytes], Header | Reject]

TRIES_MAX: Final = 200
"""So often a moment is looked for at which all is signed, where others write without a pause."""

RECEIPT_MAX: Final = 1_048_576
"""Bytes of a file with a receipt."""

KEY_FILE_MAX: Final = 65_536
"""Bytes of a file with verifier keys."""


def export_log(store: Store, file: Path, keys: Sequence[VerifierKey], progress: Progress) -> Checkpoint:
    """Writes the archive of a node's log, up to its last checkpoint. Raises as `archive.written` and `export` do."""
    with archive.written(file) as writer:
        return export(store, writer, [key.text for key in keys], archive.in_line, authority_of, progress)


def stamp_reader(authority: Path | None) -> Claim:
    """What time stamps say, as far as they lead to a certificate in that file; without one, as far as they say of
    themselves. Raises `BadInput` (`ca-unusable`).
    """
    if authority is None:
        return claimed
    roots = read_roots(authority)
    return lambda token, digest: checked(token, digest, roots)


def verify_archive(
    file: Path, keys: Sequence[VerifierKey], progress: Progress, *, stamp: Claim = claimed, processes: int = 1
) -> Verdict:
    """What is wrong with an archive, found by so many `processes`, two at most. Raises `BadInput` `archive-missing`,
    and what the store raises that it is carried out on; a damaged one is a fault.
    """
    try:
        with (
            archive.read(file) as source,
            scratch() as book,
            archive_parts(file, source.size, processes) as parts,
        ):
            checker = Checker(source, book, keys, verify, stamp, progress=progress, judges=parts.parting.here)
            verdict = checker.check()
            if not checker.stopped:
                source.require_read()
            source.require_hashes()
            verdict.faults += manifest_faults(source.manifest, source.keys, verdict, keys)
            if checker.is_signed:
                parts.join(verdict)
            return verdict
    except BadInput as error:
        if error.code != "archive-damaged":
            raise
        return Verdict(faults=[Fault("archive-damaged", str(error))])


def verify_store(
    store: Store,
    keys: Sequence[VerifierKey],
    progress: Progress,
    sign: Callable[[], object] | None = None,
    *,
    stamp: Claim = claimed,
    read: Read | None = None,
    statements: Mapping[str, Restrictions] = MappingProxyType({}),
    url: str = "",
    processes: int = 1,
) -> Verdict:
    """What is wrong with the log of a node, or with its tables by what the log says; all of one moment, while others
    write on. `sign`: has the node sign what it has. `read` gives the header of an object, to classify it again, with
    what the node's settings say of `statements`; None: classes are believed. Where another process can open the store
    by its `url`, so many `processes` look for it, two at most. Raises what the stores raise.
    """
    for tries in range(1, TRIES_MAX + 1):
        if sign is not None:
            sign()
        with store.read() as snap:
            last = snap.last_checkpoint()
            # Somebody may have written between the two: then it is signed anew, and looked at again.
            is_signed = last is not None and last.size == snap.log().size
            if sign is None or is_signed or tries == TRIES_MAX:
                told = None if read is None else dict(statements)
                with node_parts(url, snap.log().size, processes if url else 1, told) as parts:
                    content = None if read is None or parts.are_two else Content(snap, read, statements)
                    return _verified(snap, keys, progress, stamp, content, parts, is_live=sign is not None)
    raise AssertionError("the last try is not put off")


def verify_node(
    opened: Opened, keys: Sequence[VerifierKey], progress: Progress, *, stamp: Claim = claimed, processes: int = 1
) -> Verdict:
    """What is wrong with a node that is open: `verify_store` of it, as its settings have it."""
    return verify_store(
        opened.database,
        keys,
        progress,
        opened.sign,
        stamp=stamp,
        read=reader(),
        statements=opened.node.statements,
        url=opened.config.database.url,
        processes=processes,
    )


def own_keys(opened: Opened) -> list[VerifierKey]:
    """The keys in the node's folder, the first of which names the log: no database says which are believed. Those of
    before a restore lie there as well, and are the log's no more. Raises `BadInput` (`key-file-unreadable`).
    """
    folder = opened.config.data / KEYS
    files = sorted(folder.glob("log*.vkey"), key=lambda file: (len(file.name), file.name))
    if not files:
        raise BadInput("key-file-unreadable", f"`{folder}` holds no key of the log", remedy="--key FILE")
    with opened.node.store.read() as snap:
        own = log_keys(snap)
    first, *others = [key for file in files for key in read_keys(file)]
    return [first, *(key for key in others if key in own)]


def _verified(
    snap: Snapshot,
    keys: Sequence[VerifierKey],
    progress: Progress,
    stamp: Claim,
    content: Content | None,
    parts: Parts,
    *,
    is_live: bool,
) -> Verdict:
    store = cast("Store", Still(snap))
    log = StoredLog(store, snap.log().size, authority_of)
    with scratch() as book:
        checker = Checker(
            log, book, keys, verify, stamp,
            progress=progress, is_live=is_live, content=content, judges=parts.parting.here,
        )  # fmt: skip
        verdict = checker.check()
        verdict.faults += islice(stored_faults(store, log), FAULTS_MAX)
        if not checker.stopped:
            for table, text in differences(
                cast("SqlSnapshot", snap),
                book,
                checker.replay.tracks,
                checker.replay.destinations.made,
                checker.replay.ledger.is_purged,
            ):
                verdict.faults.append(Fault("table-other", f"table `{table}`: {text}"))
                if len(verdict.faults) >= FAULTS_MAX:
                    break
        if checker.is_signed:
            parts.join(verdict)
        return verdict


def verify_receipt(file: Path, keys: Sequence[VerifierKey]) -> tuple[Logged, dict[str, Any]]:
    """What a receipt proves, and the leaf that it has with it. The last of the keys has signed it.

    Raises `BadInput` (`receipt-missing`, `proof-invalid`, `entry-not-proven`, `key-outdated`, `leaf-invalid`, and those
    of `Trust.checked`).
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(RECEIPT_MAX + 1)
    except OSError as error:
        raise BadInput("receipt-missing", f"`{file}` cannot be read: {(error.strerror or '').lower()}") from error
    proof = Proof.parse(raw)
    if not proof.extra:
        raise BadInput("proof-invalid", "this is no receipt: it does not have the leaf with it")
    # INVARIANT: the leaf is read only once it is proven; what a receipt takes along is anybody's word.
    logged = verified(proof, proof.extra, Trust(keys[0].name, tuple(keys)), verify)
    require_newest(logged.signed_by, keys[-1])
    return logged, decoded(proof.extra)


def read_keys(file: Path) -> list[VerifierKey]:
    """The verifier keys in a file, one a line. Raises `BadInput` (`key-file-unreadable`, `verifier-key-invalid`)."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(KEY_FILE_MAX + 1)
        text = raw.decode("ascii")
    except OSError as error:
        message = f"`{file}` cannot be read: {(error.strerror or '').lower()}"
        raise BadInput("key-file-unreadable", message, remedy="--key FILE: the node's keys/log.vkey") from error
    except UnicodeDecodeError as error:
        raise BadInput("key-file-unreadable", f"`{file}` holds no verifier keys") from error
    if len(raw) > KEY_FILE_MAX:
        raise BadInput("key-file-unreadable", f"`{file}` has more than {KEY_FILE_MAX} bytes")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise BadInput("key-file-unreadable", f"`{file}` holds no verifier keys")
    return [VerifierKey.parse(line.strip()) for line in lines]


def cosigned(note: bytes, file: Path) -> tuple[str, bytes]:
    """The name of the key in that file, and the checkpoint with its cosignature (C2SP tlog-cosignature).

    Raises `Unreachable` (`key-unreadable`) and `BadInput` (`verifier-key-invalid`).
    """
    read, public = Note.parse(note), public_file(file)
    try:
        name = public.read_text("utf-8", errors="replace").partition("+")[0]
    except OSError as error:
        message = f"`{public}` cannot be used: {(error.strerror or '').lower()}"
        raise Unreachable("key-unreadable", message, remedy="the public half of a key lies beside it") from error
    signer = FileSigner.read(file, name, KeyKind.COSIGNATURE)
    clock, _, _ = host()
    return name, cosignature(read, signer, at=clock.now())


def made_key(file: Path, name: str) -> VerifierKey:
    """The public half of a key to cosign with, drawn into that file, for `cosigned`. Raises as `make_key`."""
    return make_key(file, name, KeyKind.COSIGNATURE).key


def public_file(file: Path) -> Path:
    """Where the public half of the key in that file lies."""
    return file.with_suffix(PUBLIC_SUFFIX)


def sliced(envelope: bytes) -> list[ReceivedObject]:
    """The objects of a TAXII envelope."""
    if b'"objects"' not in envelope:
        return []
    return [ReceivedObject.of(piece.raw) for piece in Reader(Limits()).envelope(envelope)]


def received_in(folder: Path) -> Iterator[ReceivedObject]:
    """The objects in the files of a folder, none where it is empty. Raises `BadInput` as the intake does."""
    if folder.is_dir() and not any(each.is_file() for each in folder.rglob("*")):
        return
    for piece in Reader(Limits()).objects(folder):
        yield ReceivedObject.of(piece.raw)
