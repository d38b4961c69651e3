"""Witnessing: which parties cosign checkpoints of the log, and what they signed.

A cosignature is kept where it is right, of a key that is registered for the party of whoever brings it, and of a
checkpoint that this log signed: whoever brings another checkpoint of this log's name has been shown another log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from relto.domain.checkpoint import Checkpoint
from relto.domain.errors import BadInput, Conflict, Refused, Unknown
from relto.domain.keyring import SIGNING_MAX
from relto.domain.moment import SECOND
from relto.domain.note import SIGNATURES_MAX, Note, VerifierKey, signature_of, signed
from relto.domain.party import unknown_party
from relto.domain.witness import WITNESSES_MAX, Witness, parse_witnesses, written_witnesses
from relto.domain.written import nearest, shown
from relto.ports.store import CosignatureRow
from relto.usecases.accounts import require_admin
from relto.usecases.evidence.signed.signing import keyring
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.ports.signer import Signer, Verify
    from relto.ports.store import Snapshot
    from relto.usecases.change import Change
    from relto.usecases.policy import PolicyDesk

WITNESSES: Final = "log_witnesses"
"""The setting in the database."""

LINES_MAX: Final = SIGNATURES_MAX - SIGNING_MAX
"""Cosignatures under one checkpoint, those of witnesses that were removed among them: a note has no more lines."""

AHEAD_MAX_US: Final = 300_000_000
"""By so much the clock of a witness may be ahead."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A witness, and the last that it cosigned: how many leaves, and when by its own clock; None: nothing yet."""

    witness: Witness
    size: int | None
    at: int | None


def witnesses(snap: Snapshot) -> tuple[Witness, ...]:
    """Those that are registered."""
    return parse_witnesses(snap.setting(WITNESSES) or "")


def introduced(leaf: Mapping[str, Any]) -> tuple[Witness, ...]:
    """Those that a leaf of the log names: the row of the setting as it is from then on. Total; empty for every other
    leaf.
    """
    row = leaf.get("row")
    if leaf.get("kind") != "row" or leaf.get("table") != "settings" or not isinstance(row, dict):
        return ()
    try:
        return parse_witnesses(str(row.get("value"))) if row.get("name") == WITNESSES else ()
    except BadInput:
        # What is no list of witnesses introduces nobody.
        return ()


def list_witnesses(node: Node) -> list[Seen]:
    """Those that are registered, by name, with what each cosigned last."""
    with node.store.read() as snap:
        last = {row.name: row for row in snap.cosignatures()}
        found = sorted(witnesses(snap), key=lambda each: each.key.name)
    rows = [(each, last.get(each.key.name)) for each in found]
    return [Seen(each, None, None) if row is None else Seen(each, row.size, row.at) for each, row in rows]


def add_witness(node: Node, desk: PolicyDesk, party: str, vkey: str, *, by: Actor) -> Witness:
    """Has the party cosign by this key from now on.

    Raises `BadInput` (`verifier-key-invalid`, `witness-invalid`), `Unknown` (`party-unknown`), `Conflict`
    (`witness-known`) and `Refused` (`role-missing`, `party-not-yours`, `witnesses-many`).
    """
    made = Witness(party, VerifierKey.parse(vkey))
    with changing(node, desk, by=by) as change:
        put_witness(change, made, by=by)
    return made


def put_witness(change: Change, made: Witness, *, by: Actor) -> None:
    """As `add_witness`, in this block."""
    require_admin(change, by, "register a witness")
    if made.party not in change.policy.parties:
        raise unknown_party(made.party)
    found, keys = witnesses(change.tx), keyring(change.tx)
    of_the_log = {each.key.public for each in keys.keys} if keys is not None else set()
    if made.key.public in {each.key.public for each in found} | of_the_log:
        raise Conflict("witness-known", "this key counts already: for a witness, or for the log itself")
    if made.key.name in {each.key.name for each in found}:
        raise Conflict(
            "witness-known",
            f"a witness is called {shown(made.key.name)} already",
            remedy=f"relto log witness remove {made.key.name}",
        )
    if len(found) >= WITNESSES_MAX:
        raise Refused("witnesses-many", f"a log has {WITNESSES_MAX} witnesses at most")
    change.tx.put_setting(WITNESSES, written_witnesses([*found, made]))
    change.act("log-witness", by, {"party": made.party, "add": made.key.text})


def remove_witness(node: Node, desk: PolicyDesk, name: str, *, by: Actor) -> Witness:
    """Takes no more cosignatures by the key of this name; what it signed stays. Raises `Unknown` (`witness-unknown`)
    and `Refused` (`role-missing`, `party-not-yours`).
    """
    with changing(node, desk, by=by) as change:
        return drop_witness(change, name, by=by)


def drop_witness(change: Change, name: str, *, by: Actor) -> Witness:
    """As `remove_witness`, in this block."""
    require_admin(change, by, "remove a witness")
    found = witnesses(change.tx)
    gone = next((each for each in found if each.key.name == name), None)
    if gone is None:
        names = [each.key.name for each in found]
        raise Unknown("witness-unknown", f"no witness is called {shown(name)}", remedy=nearest(name, names))
    change.tx.put_setting(WITNESSES, written_witnesses(each for each in found if each is not gone))
    change.act("log-witness", by, {"party": gone.party, "remove": gone.key.text})
    return gone


def cosign(node: Node, raw: bytes, *, party: str, verify: Verify) -> list[CosignatureRow]:
    """Keeps what the witnesses of this party signed under a checkpoint of this log; what is on record of each then.

    Raises `BadInput` (`note-invalid`, `checkpoint-invalid`, `note-unsigned`, `note-signature-wrong`,
    `cosignature-early`), `Unknown` (`checkpoint-unknown`), `Refused` (`witness-missing`, `witnesses-many`) and
    `Conflict` (`checkpoint-other`).
    """
    note = Note.parse(raw)
    checkpoint = Checkpoint.parse(note.text)
    with node.store.read() as snap:
        own = {(each.key.name, each.key.id): each.key for each in witnesses(snap) if each.party == party}
        if not own:
            raise Refused("witness-missing", "no key is registered by which your party cosigns")
        _require_own(snap, checkpoint, note.text)
        # A demonstration's clock is behind its machine's, as no other node's is; a witness has a clock of its own.
        now = max(node.now(snap.head()), node.clock.now())
    note.opened(tuple(own.values()), verify)
    latest: dict[str, CosignatureRow] = {}
    for each in note.signatures:
        if (each.name, each.key_id) not in own:
            continue
        at = each.time_seconds * SECOND
        if at > now + AHEAD_MAX_US:
            raise BadInput("cosignature-early", f"{shown(each.name)} signed at a moment that is yet to come")
        row = CosignatureRow(checkpoint.size, each.name, at, each.line)
        latest[each.name] = max(latest.get(each.name, row), row, key=lambda row: row.at)
    with node.store.write() as tx:
        # It may have been thinned out meanwhile: then nobody could tell what was cosigned.
        _require_own(tx, checkpoint, note.text)
        kept = {row.name: row for row in tx.cosignatures(size=checkpoint.size)}
        if len(kept.keys() | latest.keys()) > LINES_MAX:
            raise Refused("witnesses-many", f"{LINES_MAX} witnesses at most cosign one checkpoint")
        for name, row in latest.items():
            # Who sends an older one again takes nothing back.
            if name not in kept or kept[name].at < row.at:
                tx.put_cosignature(row)
                kept[name] = row
    return [kept[name] for name in sorted(latest)]


def cosignature(note: Note, signer: Signer, *, at: int) -> bytes:
    """What a witness hands in that signs at that moment of its clock: the text, with its cosignature alone under it."""
    made = signature_of(note.text, signer.key, sign=signer.sign, time_seconds=at // SECOND)
    return signed(note.text, [made])


def _require_own(snap: Snapshot, checkpoint: Checkpoint, text: str) -> None:
    keys = keyring(snap)
    stored = snap.checkpoints(first=checkpoint.size, limit=1)
    if keys is None or checkpoint.origin != keys.name or not stored or stored[0].size != checkpoint.size:
        raise Unknown("checkpoint-unknown", "this log has signed no such checkpoint")
    if Note.parse(stored[0].note).text != text:
        raise Conflict(
            "checkpoint-other",
            "this log has signed another checkpoint of this size",
            remedy="keep yours: whoever signed it showed you another log",
        )
