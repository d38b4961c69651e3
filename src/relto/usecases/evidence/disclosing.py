"""Disclosing: what of the log is given to whom, as far as its last checkpoint.

Anyone may have the checkpoint and the keys, and who has an account the hashes. A leaf is for those who see everything,
and a delivery's for the party that it was given to, with the digests of its items: the leaf behind it (`place`) tells
where in the stream they stood, and so what was not given. Of that one nothing leaves but which items, in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from relto.domain.checkpoint import Checkpoint
from relto.domain.errors import BadInput, Refused, Unknown
from relto.domain.leaf import decoded, joined
from relto.domain.merkle import HASH_BYTES, consistency_proof, inclusion_proof
from relto.domain.note import Note, parse_signatures
from relto.domain.proof import Proof
from relto.domain.tile import WIDTH, Bundle, Tile, bundled, width_in
from relto.usecases.evidence.growing import subtrees, tile_octets
from relto.usecases.evidence.leaves import SHOWN
from relto.usecases.evidence.signing import keyring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.note import Signature
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

READ_AT_ONCE: Final = 256


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
class Given:
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
    given: tuple[Given, ...]
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


def key_lines(snap: Snapshot) -> list[str]:
    """The public keys by which the log signs or signed, the oldest first. Raises `Unknown` (`checkpoint-unknown`)."""
    keys = keyring(snap)
    if keys is None:
        raise Unknown("checkpoint-unknown", "the log has not been signed yet")
    return [each.key.text for each in keys.keys]


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
    count = decoded(row.data).get("parts", 0)
    return tuple(snap.leaf_bytes(number - count, number - 1)) if count else ()


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
    work = _Giving(snap, size)
    given: list[Given] = []
    count = 0
    for number, row in rows[:limit]:
        each = work.given(number, row)
        count += len(each.items)
        if given and count > ITEMS_MAX:
            break
        given.append(each)
    more = len(given) < len(rows)
    return Deliveries(size, tuple(given), given[-1].number if more else size - 1, more)


class _Giving:
    """Finds what belongs to leaves of one log. Blocks are read once."""

    def __init__(self, snap: Snapshot, size: int) -> None:
        self._snap = snap
        self._size = size
        self._subtrees: Subtrees = subtrees(snap, size)
        self._block = -1
        self._found: dict[int, tuple[tuple[bytes, ...], Sequence[int]]] = {}

    def given(self, number: int, row: LeafRow) -> Given:
        """The leaf with all that its party may see of it."""
        parts, seqs = self._beside(number, row)
        rows = {each.seq: each for each in self._snap.records(sorted(set(seqs)))}
        proof = inclusion_proof(number, self._size, self._subtrees)
        found = [rows[seq] for seq in seqs if seq in rows]
        items, names = (each.digest for each in found), (f"{each.stix_id}@{each.version}" for each in found)
        return Given(number, row.kind, row.data, parts, tuple(items), tuple(names), tuple(proof))

    def _beside(self, number: int, row: LeafRow) -> tuple[tuple[bytes, ...], Sequence[int]]:
        """The parts of a leaf, and the items that it is about."""
        block = decoded(row.data)["block"]
        if block != self._block:
            self._block, self._found = block, _block(self._snap, block)
        return self._found[number]


def _block(snap: Snapshot, first: int) -> dict[int, tuple[tuple[bytes, ...], Sequence[int]]]:
    """Of each leaf of a block that a party may see, by number: its parts and its items."""
    parts: list[tuple[bytes, dict[str, Any]]] = []
    seen: list[tuple[int, str, tuple[bytes, ...]]] = []
    places: list[list[int]] = []
    for number, data, leaf in _leaves_of(snap, first):
        if leaf["kind"] == "part":
            parts.append((data, leaf))
            continue
        if leaf["kind"] in SHOWN:
            seen.append((number, leaf["kind"], tuple(data for data, _ in parts)))
        elif leaf["kind"] == "place":
            whole = joined([*(each for _, each in parts), leaf])[0]
            places.append([seq for start, last in whole["items"] for seq in range(start, last + 1)])
        parts = []
    # The first delivery of a block has the first place of it, and so on.
    behind = iter(places)
    return {number: (before, next(behind, ()) if kind == "delivery" else ()) for number, kind, before in seen}


def _leaves_of(snap: Snapshot, first: int) -> list[tuple[int, bytes, dict[str, Any]]]:
    """The leaves of the block that begins there."""
    found: list[tuple[int, bytes, dict[str, Any]]] = []
    while rows := snap.leaves(first=first + len(found), limit=READ_AT_ONCE):
        for number, row in rows:
            leaf = decoded(row.data)
            if leaf["block"] != first:
                return found
            found.append((number, row.data, leaf))
    return found


def require_role(roles: Sequence[str]) -> None:
    """Returns where one of these roles sees what its party was given. Raises `Refused` (`role-missing`)."""
    if not {"reader", "officer", "approver", "auditor", "admin"} & {*roles}:
        raise Refused(
            "role-missing", "what a party was given is for those who read, act, audit or administer in its name"
        )


def _require_width(snap: Snapshot, width: int, *, level: int, index: int) -> None:
    if width > width_in(_signed_size(snap), level=level, index=index):
        raise Unknown("tile-unknown", "there is no such tile")
