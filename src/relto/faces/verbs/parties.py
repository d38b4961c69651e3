"""Parties: who gives and who receives, and who belongs to which group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from relto.domain.party import PartyKind, unknown_party
from relto.faces.verbs.acts import told
from relto.faces.verbs.caller import Caller, written
from relto.faces.verbs.rehearsals import course_document
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


def preview_add(
    caller: Caller, *, party: str, name: str, kind: PartyKind, members: Sequence[str] = (), ceiling: str = ""
) -> dict[str, Any]:
    """Say what making a party known would do: markings may have named it before. Changes nothing."""
    found = parties.preview_party(
        caller.node, caller.desk, party, name=name, kind=kind, by=caller.by, members=members, ceiling=ceiling
    )
    return {"party": party, "flows": [course_document(each) for each in found]}


def list_(caller: Caller) -> list[dict[str, Any]]:
    """List the parties that whoever asks may know of; who belongs to a group it is told where that concerns it."""
    sight = caller.sight
    return [_document(each, sight) for each in parties.list_parties(caller.node) if sight.party(each.row.code)]


def show(caller: Caller, *, party: str) -> dict[str, Any]:
    """Show one party."""
    if not caller.sight.party(party):
        raise unknown_party(party)
    return _document(parties.show_party(caller.node, party), caller.sight)


def groups_of(caller: Caller, *, party: str) -> list[dict[str, Any]]:
    """List the groups that a party is in, was in or is set to be in, with the dates, as far as whoever asks is told."""
    sight = caller.sight
    if not sight.party(party):
        raise unknown_party(party)
    return [
        {"group": each.row.code, "name": each.row.name, "from": written(row.since), "until": written(row.until)}
        for each in parties.groups_of(caller.node, party)
        if sight.party(each.row.code) and sight.members(each.row.code, each.members)
        for row in each.rows
        if row.member == party
    ]


def counts(caller: Caller) -> dict[str, int]:
    """Say how many parties whoever asks may know of, and how many of them are groups with members."""
    sight = caller.sight
    known = [code for code in sight.policy.parties.codes() if sight.party(code)]
    return {"parties": len(known), "groups": sum(map(sight.policy.parties.has_members, known))}


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
