"""The log: its checkpoint, its keys, and who cosigns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.faces.verbs.caller import Caller, written
from relto.usecases.evidence import disclosing, signing, witnessing

if TYPE_CHECKING:
    from relto.domain.witness import Witness


def checkpoint(caller: Caller) -> dict[str, Any]:
    """Say how long the log is and what its root is, as it signs that; what is new is signed first."""
    caller.opened.sign()
    with caller.node.store.read() as snap:
        found = disclosing.latest(snap)
        cosigned = snap.cosignatures(size=found.checkpoint.size)
    return {
        "ok": True,
        "size": found.checkpoint.size,
        "root": found.checkpoint.root.hex(),
        "origin": found.checkpoint.origin,
        "at": written(found.at),
        "checkpoint": found.note.as_bytes().decode(),
        "cosignatures": [{"name": each.name, "at": written(each.at), "size": each.size} for each in cosigned],
    }


def rotate_key(caller: Caller, *, overlap: str = "30d") -> dict[str, Any]:
    """Give the log a new key. The old one signs beside it until the overlap is over."""
    until = caller.when(overlap)
    assert until is not None, "a moment was given"
    opened = caller.opened
    old, new = signing.rotate_key(
        caller.node,
        caller.desk,
        opened.signers,
        opened.origin,
        by=caller.by,
        overlap_us=max(until - caller.now, 0),
    )
    return {
        "key": new.key.text,
        "file": new.file,
        "from": written(new.since),
        "before": {"key": old.key.text, "file": old.file, "until": written(old.until)},
    }


def add_witness(caller: Caller, *, party: str, key: str) -> dict[str, Any]:
    """Have a party cosign by this key, a verifier key for cosignatures."""
    return _document(witnessing.add_witness(caller.node, caller.desk, party, key, by=caller.by))


def remove_witness(caller: Caller, *, name: str) -> dict[str, Any]:
    """Take no more cosignatures by the key of this name; what it signed stays."""
    return _document(witnessing.remove_witness(caller.node, caller.desk, name, by=caller.by))


def list_witnesses(caller: Caller) -> list[dict[str, Any]]:
    """List who cosigns, what each cosigned last, and when."""
    return [
        {**_document(each.witness), "size": each.size, "at": written(each.at)}
        for each in witnessing.list_witnesses(caller.node)
    ]


def _document(witness: Witness) -> dict[str, Any]:
    return {"name": witness.key.name, "party": witness.party, "key": witness.key.text}
