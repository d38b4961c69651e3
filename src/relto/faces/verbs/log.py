"""The log: its checkpoint, its keys, and who cosigns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.domain.act import act_number
from relto.domain.errors import Refused
from relto.domain.ids import party_code
from relto.faces.verbs.caller import Caller, written
from relto.usecases.evidence.show import disclosing, showing
from relto.usecases.evidence.signed import signing, timing, witnessing
from relto.usecases.items import versions_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.stamp import Stamp
    from relto.domain.witness import Witness


LEAVES_MAX = 1_000
RECEIVED_MAX = 10_000


def checkpoint(caller: Caller) -> dict[str, Any]:
    """Say how long the log is and what its root is, as it signs that; what is new is signed first."""
    caller.opened.sign()
    return signed(caller)


def signed(caller: Caller) -> dict[str, Any]:
    """The same, as it was signed last. Raises `Unknown` (`checkpoint-unknown`) before the first time."""
    with caller.node.store.read() as snap:
        found = disclosing.latest(snap)
        cosigned = snap.cosignatures(size=found.checkpoint.size)
        stamped = timing.last_stamp(snap, caller.opened.stamp)
    return {
        "ok": True,
        "size": found.checkpoint.size,
        "root": found.checkpoint.root.hex(),
        "origin": found.checkpoint.origin,
        "at": written(found.at),
        "checkpoint": found.note.as_bytes().decode(),
        "cosignatures": [{"name": each.name, "at": written(each.at), "size": each.size} for each in cosigned],
        "timestamp": None if stamped is None else stamp_document(*stamped),
    }


def stamp_document(size: int, stamp: Stamp) -> dict[str, Any]:
    """The time stamp of the checkpoint of that size."""
    return {
        "size": size,
        "at": written(stamp.at),
        "authority": stamp.authority,
        "accuracy_us": stamp.accuracy_us,
    }


def show(
    caller: Caller,
    *,
    kind: str | None = None,
    party: str | None = None,
    agreement: str | None = None,
    item: str | None = None,
    act: str | None = None,
    leaf: Sequence[int] = (),
    since: str | None = None,
    until: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> dict[str, Any]:
    """Say what the log says, leaf by leaf, narrowed by kind, party, agreement, item, act, leaf and time; `next` goes on
    where there is more.
    """
    require_whole(caller)
    wanted = max(1, min(limit, LEAVES_MAX))
    with caller.node.store.read() as snap:
        policy = caller.desk.current(snap, snap.head().policy_version)
        seqs = None
        if item is not None:
            named = versions_named(snap, policy, item)
            seqs = {version.seq for _, versions in named for version in versions}
        theirs = set() if party is None else policy.agreements_with(party)
        narrowed = showing.Narrowed(
            kind, party, agreement, None if act is None else act_number(act),
            caller.when(since, ahead=False), caller.when(until, ahead=False), seqs, set(leaf) or None,
            theirs,
        )  # fmt: skip
        found = showing.shown(snap, narrowed, after=-1 if after is None else after, limit=wanted + 1)
        last = snap.last_checkpoint()
    more = found[wanted - 1].number if len(found) > wanted else None
    return {
        "ok": True,
        "signed": 0 if last is None else last.size,
        "leaves": [
            {"number": each.number, "kind": each.kind, "at": written(each.at), "block": each.block, "says": each.says}
            for each in found[:wanted]
        ],
        "next": more,
    }


def received(
    caller: Caller,
    *,
    party: str,
    agreement: str | None = None,
    since: str | None = None,
    until: str | None = None,
    after: int | None = None,
) -> dict[str, Any]:
    """List each item that a party received: when, by which leaf, under which version of which agreement, and by which
    act it flowed, with who asked for that and who agreed; `next` goes on (`after`) where there is more.
    """
    require_whole(caller)
    begin, end = caller.when(since, ahead=False), caller.when(until, ahead=False)
    items: list[dict[str, Any]] = []
    more: int | None = None
    with caller.node.store.read() as snap:
        for each in showing.received(
            snap, party_code(party), agreement=agreement, since=begin, until=end, after=-1 if after is None else after
        ):
            # A page is told whole, so that the number of its leaf is where one goes on.
            if len(items) >= RECEIVED_MAX and items[-1]["leaf"] != each.leaf:
                more = items[-1]["leaf"]
                break
            items.append(_received(each))
    return {"items": items, "next": more}


def _received(each: showing.ReceivedItem) -> dict[str, Any]:
    act = each.act
    return {
        "leaf": each.leaf,
        "at": written(each.at),
        "agreement": each.agreement,
        "version": each.version,
        "policy": each.policy,
        "party": each.party,
        "reader": each.reader,
        "item": each.item,
        "digest": each.digest,
        "act": None if act is None else str(act.number),
        "kind": None if act is None else act.kind,
        "by": None if act is None else act.by,
        "approved_by": [] if act is None else [approval.by for approval in act.approvals],
    }


def require_whole(caller: Caller) -> None:
    """Returns where whoever asks sees everything of the node. Raises `Refused` (`role-missing`, `party-not-yours`)."""
    host = caller.sight.policy.host
    if not caller.sight.is_whole:
        caller.by.require("auditor", for_=[host], host=host, what="read the log")
        raise Refused("role-missing", "the log is for auditors and administrators of the node")


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
