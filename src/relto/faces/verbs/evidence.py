"""Evidence: the log as it grows, leaf by leaf, with proofs, and what a party was given, as whoever asks may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import Refused
from relto.domain.ids import party_code
from relto.domain.merkle import verify_inclusion
from relto.domain.moment import DAY_US
from relto.domain.note import in_base64
from relto.faces.verbs.caller import Caller, written
from relto.faces.verbs.leaves import words
from relto.usecases.evidence.show import disclosing, looking
from relto.usecases.evidence.signed import witnessing

if TYPE_CHECKING:
    from relto.domain.checkpoint import Checkpoint
    from relto.usecases.evidence.show.looking import Given, Seen
    from relto.usecases.evidence.signed.witnessing import Seen as Cosigner

LEAVES_MAX: Final = 200
DELIVERIES_MAX: Final = 200

LATE_US: Final = DAY_US
"""A witness that has not cosigned for so long, while the log grew, is late."""


def latest(caller: Caller, *, before: int | None = None, limit: int = 50) -> dict[str, Any]:
    """The last leaves of the log, the newest first, with their hashes, and what each says as far as that is for whoever
    asks; `next` goes on (`before`) where there are more.
    """
    wanted = max(1, min(limit, LEAVES_MAX))
    sight = caller.sight
    with caller.node.store.read() as snap:
        size = snap.log().size
        end = size if before is None else min(before, size)
        found = looking.newest(snap, sight, before=end, limit=wanted)
    return {"size": size, "leaves": [_line(each) for each in found], "next": end - wanted if end > wanted else None}


def leaf(caller: Caller, *, leaf: int, first: int = 0, limit: int = 100) -> dict[str, Any]:
    """One leaf: what it says, its hash, and the proof that it is in the log at the last checkpoint, checked anew. For
    the number of a part, the leaf that it belongs to. `proof` is null until a checkpoint covers it. Of the items it
    tells of, `limit` from the `first` on.
    """
    sight = caller.sight
    with caller.node.store.read() as snap:
        seen = looking.at(snap, sight, leaf)
        signed = disclosing.latest(snap).checkpoint
        proven = None
        if seen.number < signed.size:
            proof, _ = looking.proof(snap, sight, seen.number)
            proven = _proven(seen, signed, proof.hashes)
        unsent = seen.leaf is not None and looking.is_unsent(snap, seen.leaf)
        count, items = looking.items_of(snap, sight, seen, first=first, limit=max(1, min(limit, LEAVES_MAX)))
    return {
        **_line(seen),
        "block": None if seen.leaf is None else seen.leaf.block,
        "parts": 0 if seen.leaf is None else seen.leaf.parts,
        "party": None if seen.leaf is None else seen.party or None,
        "proof": proven,
        "unsent": unsent,
        "count": count,
        "items": [{"item": each.item or None, "digest": each.digest.hex()} for each in items],
    }


def receipt(caller: Caller, *, leaf: int) -> bytes:
    """The proof that a leaf is in the log (C2SP tlog-proof), with the leaf where that is for whoever asks."""
    with caller.node.store.read() as snap:
        proof, _ = looking.proof(snap, caller.sight, leaf)
    return proof.as_bytes()


def recipients(caller: Caller) -> list[str]:
    """The parties whose deliveries there may be something to see of, by code."""
    sight = caller.sight
    flows = sight.policy.flows.values()
    found = {flow.party for flow in flows if sight.gives(flow.agreement)}
    if any(flow.party == sight.actor.party for flow in flows):
        found.add(sight.actor.party)
    return sorted(found)


def deliveries(
    caller: Caller, *, party: str, agreement: str | None = None, before: int | None = None, limit: int = 50
) -> dict[str, Any]:
    """What a party was given, page by page as it went out, the newest first, as far as that is for whoever asks; `next`
    goes on (`before`) where there is more.
    """
    sight, code = caller.sight, party_code(party)
    gives = any(sight.gives(flow.agreement) for flow in sight.policy.flows_to(code))
    if not (sight.is_whole or gives or code == sight.actor.party):
        raise Refused("party-not-yours", "what a party was given is for itself, and for who gives it")
    if code == sight.actor.party:
        disclosing.require_role(list(sight.actor.roles))
    with caller.node.store.read() as snap:
        found, following = looking.given(
            snap, sight, code, agreement=agreement, before=before, limit=max(1, min(limit, DELIVERIES_MAX))
        )
        last = snap.last_checkpoint()
    signed = 0 if last is None else last.size
    return {"party": code, "deliveries": [_delivery(each, signed) for each in found], "next": following}


def witnesses(caller: Caller) -> list[dict[str, Any]]:
    """Who cosigns, and how each keeps up: `newest`, `behind`, `late` (for a day and more) or `silent`, as far as who
    cosigns is for whoever asks: whoever is in office at the party whose node it is.
    """
    sight = caller.sight
    if not (sight.is_whole or sight.is_in_host_office):
        return []
    found = witnessing.list_witnesses(caller.node)
    with caller.node.store.read() as snap:
        last = snap.last_checkpoint()
    size = 0 if last is None else last.size
    return [_cosigner(each, size, caller.now) for each in found]


def _cosigner(each: Cosigner, size: int, now: int) -> dict[str, Any]:
    if each.size is None or each.at is None:
        state, behind = "silent", size
    else:
        behind = max(size - each.size, 0)
        state = "newest" if not behind else "late" if now - each.at > LATE_US else "behind"
    return {
        "name": each.witness.key.name,
        "party": each.witness.party,
        "key": each.witness.key.text,
        "size": each.size,
        "at": written(each.at),
        "behind": behind,
        "state": state,
    }


def _line(each: Seen) -> dict[str, Any]:
    told = each.leaf
    return {
        "number": each.number,
        "hash": each.hash.hex(),
        "kind": None if told is None else told.kind,
        "at": None if told is None else written(told.at),
        "says": None if told is None else dict(told.says),
        "words": None if told is None else words(told.kind, told.says),
    }


def _proven(seen: Seen, signed: Checkpoint, hashes: tuple[bytes, ...]) -> dict[str, Any]:
    return {
        "size": signed.size,
        "root": in_base64(signed.root),
        "hashes": [in_base64(each) for each in hashes],
        "holds": verify_inclusion(seen.hash, index=seen.number, size=signed.size, proof=hashes, root=signed.root),
    }


def _delivery(each: Given, signed: int) -> dict[str, Any]:
    told = each.seen.leaf
    assert told is not None, "those that are not for whoever asks are left out"
    says = told.says
    dates = says.get("dates") or []
    return {
        "number": each.seen.number,
        "kind": told.kind,
        "at": written(says.get("given_at", told.at)),
        "agreement": says["agreement"],
        "reader": says["reader"],
        "endpoint": says.get("endpoint"),
        "items": says.get("items"),
        "first": written(dates[0]) if dates else None,
        "last": written(dates[-1]) if dates else None,
        "digest": says.get("digest"),
        "unsent": each.unsent,
        "signed": each.seen.number < signed,
    }
