"""Parties: who gives and who receives, and who belongs to which group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from relto.domain.party import PartyKind, unknown_party
from relto.faces.verbs.acts import told
from relto.faces.verbs.caller import Caller, written
from relto.usecases import office, parties
from relto.usecases.memberships import JoinGroup, LeaveGroup

if TYPE_CHECKING:
    from relto.usecases.parties import PartyStatus
    from relto.usecases.sight import Sight


def add(
    caller: Caller, *, party: str, name: str, kind: PartyKind, members: Sequence[str] = (), ceiling: str = ""
) -> dict[str, Any]:
    """Make a party known."""
    parties.add_party(
        caller.node, caller.desk, party, name=name, kind=kind, by=caller.by, members=members, ceiling=ceiling
    )
    return _document(parties.show_party(caller.node, party), caller.sight)


def list_(caller: Caller) -> list[dict[str, Any]]:
    """List the parties that whoever asks may know of; who belongs to a group it is told where that concerns it."""
    sight = caller.sight
    return [_document(each, sight) for each in parties.list_parties(caller.node) if sight.party(each.row.code)]


def show(caller: Caller, *, party: str) -> dict[str, Any]:
    """Show one party."""
    if not caller.sight.party(party):
        raise unknown_party(party)
    return _document(parties.show_party(caller.node, party), caller.sight)


def join(caller: Caller, *, group: str, member: str, from_: str | None = None) -> dict[str, Any]:
    """Make a party a member of a group; what that grants flows from that moment on."""
    order = JoinGroup(group, member, caller.when(from_))
    return told(caller, office.submit(caller.node, caller.desk, order, by=caller.by), party=group, member=member)


def leave(caller: Caller, *, group: str, member: str, from_: str | None = None) -> dict[str, Any]:
    """Take a member out of a group; it binds at once, or at its moment."""
    order = LeaveGroup(group, member, caller.when(from_))
    return told(caller, office.submit(caller.node, caller.desk, order, by=caller.by), party=group, member=member)


def _document(each: PartyStatus, sight: Sight) -> dict[str, Any]:
    told = sight.members(each.row.code, each.members)
    return {
        "party": each.row.code,
        "name": each.row.name,
        "kind": each.row.kind,
        "members": list(each.members) if told else None,
        "ceiling": (each.row.ceiling or None) if told else None,
        "memberships": [
            {"member": row.member, "from": written(row.since), "until": written(row.until)} for row in each.rows
        ]
        if told
        else None,
    }
