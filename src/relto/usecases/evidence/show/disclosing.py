"""Disclosing: what of the log is given to whom, as far as its last checkpoint.

Anyone may have the checkpoint and the keys, and who has an account the hashes. A leaf is for those who see everything,
and a delivery's for the party that it was given to, with the digests of its items: the leaf behind it (`place`) tells
where in the stream they stood, and so what was not given. Of that one nothing leaves but which items, in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relto.domain.checkpoint import Checkpoint
from relto.domain.errors import BadInput, Refused, Unknown
from relto.domain.leaf import decoded
from relto.domain.merkle import HASH_BYTES, consistency_proof, inclusion_proof
from relto.domain.note import Note, parse_signatures
from relto.domain.proof import Proof
from relto.domain.tile import WIDTH, Bundle, Tile, bundled, width_in
from relto.usecases.evidence.making.growing import subtrees, tile_octets
from relto.usecases.evidence.making.leaves import SHOWN
from relto.usecases.evidence.signed.signing import keyring
from relto.usecases.evidence.walking import parts_of, place_leaf, records_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.note import Signature, VerifierKey
    from relto.domain.tile import Subtrees
    from relto.ports.store import LeafRow, Snapshot

ANNOUNCED: Final = ("key", "era")
"""Kinds of leaves that everybody is shown who audits the log."""

ANNOUNCED_MAX: Final = 1_000
"""So many of each are told of."""

DELIVERIES_MAX: Final = 200
"""In one answer, pages that never left among them."""

ITEMS_MAX: Final = 20_000
"""Of the deliveries of one answer; one delivery alone may have more."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The last checkpoint, when it was signed, and the note with it and all who signed and cosigned."""

    checkpoint: Checkpoint
    at: int
    note: Note


@dataclass(frozen=True, slots=True)
class Announced:
    """A leaf for everybody who audits the log: its number, its bytes, the leaves before it where it is in parts, and
    the proof that it is in the log.
    """

    number: int
    leaf: bytes
    parts: tuple[bytes, ...]
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A delivery, or a page that never left, of one party: its leaf, the leaves before it where it is in parts, the
    digests of its items in order, and the proof that it is in the log.
    """

    number: int
    kind: str
    leaf: bytes
    parts: tuple[bytes, ...]
    items: tuple[bytes, ...]
    names: tuple[str, ...]
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What a party was given, as the log of `size` leaves has it, up to leaf `upto`; whether there is `more`."""

    size: int
    given: tuple[Disclosed, ...]
    upto: int
    more: bool


def latest(snap: Snapshot) -> Latest:
    """The last checkpoint. Raises `Unknown` (`checkpoint-unknown`) before the first."""
    row = snap.last_checkpoint()
    if row is None:
        raise Unknown("checkpoint-unknown", "the log has not been signed yet")
    note = Note.parse(row.note)
    whole = Note(note.text, (*note.signatures, *_cosignatures(snap, row.size)))
    return Latest(Checkpoint.parse(note.text), row.at, whole)


def _cosignatures(snap: Snapshot, size: int) -> list[Signature]:
    return [each for row in snap.cosignatures(size=size) for each in _read_line(row.line)]


def cosigned(snap: Snapshot) -> list[bytes]:
    """The checkpoints that witnesses cosigned last, the newest first, each with all who signed and cosigned it."""
    found: list[bytes] = []
    for size in sorted({row.size for row in snap.cosignatures()}, reverse=True):
        rows = snap.checkpoints(first=size, limit=1)
        if rows and rows[0].size == size:
            note = Note.parse(rows[0].note)
            found.append(Note(note.text, (*note.signatures, *_cosignatures(snap, size))).as_bytes())
    return found


def _read_line(line: str) -> Sequence[Signature]:
    """The cosignature of a line; none where it is none: one alone must not keep the others from anybody."""
    try:
        return parse_signatures(f"{line}\n")
    except BadInput:
        return ()


def _signed_size(snap: Snapshot) -> int:
    """Of how many leaves the last checkpoint is. Raises `Unknown` (`checkpoint-unknown`) before the first."""
    row = snap.last_checkpoint()
    if row is None:
        raise Unknown("checkpoint-unknown", "the log has not been signed yet")
    return row.size


def log_keys(snap: Snapshot) -> list[VerifierKey]:
    """The public keys by which the log signs or signed, the oldest first. Raises `Unknown` (`checkpoint-unknown`)."""
    keys = keyring(snap)
    if keys is None:
        raise Unknown("checkpoint-unknown", "the log has not been signed yet")
    return [each.key for each in keys.keys]


def tile(snap: Snapshot, wanted: Tile) -> bytes:
    """The hashes of a tile. Raises `Unknown` (`tile-unknown`) for one that the checkpoint's tree does not have."""
    _require_width(snap, wanted.width, level=wanted.level, index=wanted.index)
    # What a tile begins with never changes, however wide it is by now.
    return tile_octets(snap, wanted.level, wanted.index)[: wanted.width * HASH_BYTES]


def bundle(snap: Snapshot, wanted: Bundle) -> bytes:
    """The leaves of a bundle, for who sees everything. Raises `Unknown` (`tile-unknown`)."""
    _require_width(snap, wanted.width, level=0, index=wanted.index)
    return bundled([row.data for _, row in snap.leaves(first=wanted.index * WIDTH, limit=wanted.width)])


def consistency(snap: Snapshot, old: int, new: int | None) -> tuple[int, list[bytes]]:
    """How many leaves the newer log has (None: as many as the last checkpoint), and the proof that it has the first
    `old` still. Checkpoints are not kept for ever, and between any two sizes there is a proof.

    Raises `Unknown` (`checkpoint-unknown`) where not that many were signed, `BadInput` (`log-size-invalid`).
    """
    last = latest(snap).checkpoint.size
    if new is None:
        new = last
    elif new > last:
        raise Unknown("checkpoint-unknown", f"no checkpoint of {new} leaves was signed")
    return new, consistency_proof(old, new, subtrees(snap, old, new))


def announced(snap: Snapshot, size: int) -> dict[str, list[Announced]]:
    """By kind, the leaves by which the log of `size` leaves names its later keys (`key`), or says that it went on from
    a backup (`era`), for whoever audits it.
    """
    below = subtrees(snap, size)
    found: dict[str, list[Announced]] = {}
    for kind in ANNOUNCED:
        # They are for no party in particular, so that the index of parties has them, however many others there are.
        rows = snap.leaves(last=size - 1, kind=kind, party="", limit=ANNOUNCED_MAX)
        found[kind] = [
            Announced(number, row.data, _parts(snap, number, row), tuple(inclusion_proof(number, size, below)))
            for number, row in rows
        ]
    return found


def _parts(snap: Snapshot, number: int, row: LeafRow) -> tuple[bytes, ...]:
    return tuple(parts_of(snap, number, decoded(row.data)))


def receipt(snap: Snapshot, number: int, *, party: str | None) -> Proof:
    """The proof of one leaf at the last checkpoint, with the leaf itself. `party`: who asks; None: who sees everything.

    Raises `Unknown` (`leaf-unknown`, `checkpoint-unknown`).
    """
    last = latest(snap)
    size = last.checkpoint.size
    found = snap.leaves(first=number, limit=1) if number < size else []
    if not found or (party is not None and (found[0][1].kind not in SHOWN or found[0][1].party != party)):
        raise Unknown("leaf-unknown", "there is no such leaf")
    path = tuple(inclusion_proof(number, size, subtrees(snap, number, size)))
    return Proof(number, path, last.note, extra=found[0][1].data)


def deliveries(snap: Snapshot, party: str, *, first: int, limit: int) -> Deliveries:
    """What the party was given, from leaf `first` on: at most `limit` deliveries and pages that never left.

    Raises `Unknown` (`checkpoint-unknown`).
    """
    size = _signed_size(snap)
    if first >= size:
        return Deliveries(size, (), size - 1, more=False)
    rows: list[tuple[int, LeafRow]] = []
    for kind in SHOWN:
        rows += snap.leaves(first=first, last=size - 1, kind=kind, party=party, limit=limit + 1)
    rows.sort(key=lambda row: row[0])
    below = subtrees(snap, size)
    given: list[Disclosed] = []
    count = 0
    for number, row in rows[:limit]:
        each = _disclosed(snap, number, row, size, below)
        count += len(each.items)
        if given and count > ITEMS_MAX:
            break
        given.append(each)
    more = len(given) < len(rows)
    return Deliveries(size, tuple(given), given[-1].number if more else size - 1, more)


def _disclosed(snap: Snapshot, number: int, row: LeafRow, size: int, below: Subtrees) -> Disclosed:
    """The leaf with all that its party may see of it."""
    items = records_of(snap, place_leaf(snap, number).says) if row.kind == "delivery" else []
    return Disclosed(
        number,
        row.kind,
        row.data,
        _parts(snap, number, row),
        tuple(each.digest for each in items),
        tuple(f"{each.stix_id}@{each.version}" for each in items),
        tuple(inclusion_proof(number, size, below)),
    )


def require_role(roles: Sequence[str]) -> None:
    """Returns where one of these roles sees what its party was given. Raises `Refused` (`role-missing`)."""
    if not {"reader", "officer", "approver", "auditor", "admin"} & {*roles}:
        raise Refused(
            "role-missing", "what a party was given is for those who read, act, audit or administer in its name"
        )


def _require_width(snap: Snapshot, width: int, *, level: int, index: int) -> None:
    if width > width_in(_signed_size(snap), level=level, index=index):
        raise Unknown("tile-unknown", "there is no such tile")
