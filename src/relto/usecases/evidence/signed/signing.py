"""Signing: the log says how long it is and which root its tree has, and signs that with its keys.

What the log is called (its origin, which is the name of its keys as well) is chosen when its first key is drawn, and
never changes after: whoever remembers a checkpoint remembers it under that name. Which keys sign is a setting in the
database; their private halves lie elsewhere (`ports/signer.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relto.domain.checkpoint import Checkpoint
from relto.domain.errors import Refused
from relto.domain.keyring import FIRST_FILE, SIGNING_MAX, Keyring, LogKey
from relto.domain.merkle import Frontier
from relto.domain.note import signature_of, signed
from relto.domain.written import shown
from relto.ports.store import CheckpointRow
from relto.usecases.accounts import require_admin, require_admin_first
from relto.usecases.clock import recorded_now
from relto.usecases.evidence.signed.thinning import Thinning, thin
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.ports.signer import Signer, Signers
    from relto.ports.store import Snapshot
    from relto.usecases.policy import PolicyDesk

ORIGIN: Final = "log_origin"
KEYS: Final = "log_keys"
"""The settings in the database."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a log that has no name yet is called. `is_set`: somebody said so, and no other will do."""

    text: str
    is_set: bool = False


def keyring(snap: Snapshot) -> Keyring | None:
    """The keys of the log; None before the first."""
    text = snap.setting(KEYS)
    return None if text is None else Keyring.parse(text)


def sign_checkpoint(node: Node, signers: Signers, origin: Origin, thinning: Thinning | None = None) -> bool:
    """Signs what the log has where that is more than its last checkpoint; whether it did. Of old checkpoints some go
    then (`thinning.py`), from where `thinning` says; unless told, none.

    Raises `Refused` (`log-origin-other`, `log-key-other`), and `Unreachable` (`key-unreadable`).
    """
    with node.store.read() as snap:
        if not _has_more(snap):
            return False
    keys = begin(node, signers, origin)
    with node.store.write() as tx:
        # Somebody else may have been first, or may have turned the keys.
        keys = keyring(tx) or keys
        if not _has_more(tx):
            return False
        at, log = node.now(tx.head()), tx.log()
        text = Checkpoint(keys.name, log.size, Frontier.parse(log.size, log.frontier).root).text
        made = [signature_of(text, each.key, sign=each.sign) for each in _signing(keys, signers, at)]
        # INVARIANT: blocks to write come one after the other, and a log only grows, so no checkpoint is of fewer leaves
        # than the one before. One that was signed and not stored was seen by nobody.
        tx.put_checkpoint(CheckpointRow(log.size, at, signed(text, made)))
        upto = 0 if thinning is None else thin(tx, thinning.upto, at=at)
    if thinning is not None:
        # Only now: what a block that failed had dropped is there still.
        thinning.upto = upto
    return True


def begin(node: Node, signers: Signers, origin: Origin) -> Keyring:
    """The keys of the log, of which the first is drawn where there is none. Raises `Refused` (`log-origin-other`)."""
    with node.store.read() as snap:
        keys = keyring(snap)
    if keys is None:
        with node.store.write() as tx:
            keys = keyring(tx)
            if keys is None:
                # A crash after this leaves a key that the next to come takes: it has signed nothing.
                signer = signers.draw(FIRST_FILE, origin.text)
                keys = Keyring((LogKey(FIRST_FILE, signer.key, recorded_now(node, tx)),))
                tx.put_setting(ORIGIN, origin.text)
                tx.put_setting(KEYS, keys.text)
    if origin.is_set and origin.text != keys.name:
        raise Refused(
            "log-origin-other",
            f"the log is called {shown(keys.name)} since its first checkpoint, and the settings say"
            f" {shown(origin.text)}",
            remedy=f'write origin = "{keys.name}" in [evidence], or nothing',
        )
    return keys


def rotate_key(
    node: Node, desk: PolicyDesk, signers: Signers, origin: Origin, *, by: Actor, overlap_us: int
) -> tuple[LogKey, LogKey]:
    """Gives the log a new key; the old one, which signs beside it until the overlap is over, and the new one.

    Without an overlap the old key need not be there any more. Raises `Refused` (`role-missing`, `party-not-yours`,
    `log-keys-many`, `log-origin-other`) and `Unreachable` (`key-unreadable`).
    """
    assert overlap_us >= 0, "an overlap does not end before it begins"
    what = "give the log another key"
    require_admin_first(node, by, what)
    begin(node, signers, origin)
    with changing(node, desk, by=by) as change:
        require_admin(change, by, what)
        keys = keyring(change.tx)
        assert keys is not None, "a log that has begun has a key"
        if len(keys.signing(change.now)) >= SIGNING_MAX and overlap_us:
            raise Refused(
                "log-keys-many", f"{SIGNING_MAX} keys sign already", remedy="wait until the overlap of one is over"
            )
        # A crash after this leaves a key that nobody signs by.
        new = _drawn(keys, signers, change.now)
        turned = keys.turned(new, until=change.now + overlap_us)
        change.tx.put_setting(KEYS, turned.text)
        change.tx.note("key", key_fields(turned))
        change.act("log-key", by, {"vkey": new.key.text, "overlap_us": overlap_us}, before=keys.keys[-1].key.text)
    return turned.keys[-2], turned.keys[-1]


def _drawn(keys: Keyring, signers: Signers, at: int) -> LogKey:
    """A key that never signed. One that lies there already may have, before the node went on from a backup, and may be
    in anybody's hands since.
    """
    for file in keys.next_files:
        signer = signers.draw_new(file, keys.name)
        if signer is not None:
            return LogKey(file, signer.key, at)
    raise Refused("log-keys-many", "there are too many keys in the folder of the log's", remedy="move old ones away")


def key_fields(keys: Keyring) -> dict[str, object]:
    """What the log says of the key that it signs by from now on: until when the one before signs beside it."""
    before, new = keys.keys[-2:]
    return {"vkey": new.key.text, "from": new.since, "until": before.until}


def require_keys(node: Node, signers: Signers, origin: Origin) -> None:
    """Returns where the log could be signed now, or was never yet. Raises as `sign_checkpoint`."""
    with node.store.read() as snap:
        keys, at = keyring(snap), node.now(snap.head())
    if keys is not None:
        begin(node, signers, origin)
        _signing(keys, signers, at)


def _signing(keys: Keyring, signers: Signers, at: int) -> list[Signer]:
    return [_signer(each, signers) for each in keys.signing(at)]


def _signer(key: LogKey, signers: Signers) -> Signer:
    found = signers.read(key.file, key.key.name)
    if found.key != key.key:
        raise Refused(
            "log-key-other",
            f"the key in `{key.file}` is another than the log's own",
            remedy="put back the file that was there; relto log rotate-key --overlap 0s goes on without it",
        )
    return found


def _has_more(snap: Snapshot) -> bool:
    last = snap.last_checkpoint()
    return snap.log().size > (0 if last is None else last.size)
