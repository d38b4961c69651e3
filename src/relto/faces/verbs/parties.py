"""Parties: who gives and who receives, and who belongs to which group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from relto.domain.errors import Unknown
from relto.domain.party import PartyKind
from relto.faces.verbs.acts import told
from relto.faces.verbs.caller import Caller, written
from relto.usecases import office, parties
from relto.usecases.memberships import JoinGroup, LeaveGroup

if TYPE_CHECKING:
    from relto.usecases.parties import PartyStatus


def add(
    caller: Caller, *, party: str, name: str, kind: PartyKind, members: Sequence[str] = (), ceiling: str = ""
) -> dict[str, Any]:
    """Make a party known."""
    parties.add_party(
        caller.node, caller.desk, party, name=name, kind=kind, by=caller.by, members=members, ceiling=ceiling
    )
    return _document(parties.show_party(caller.node, party))


def list_(caller: Caller) -> list[dict[str, Any]]:
    """List all parties."""
    return [_document(each) for each in parties.list_parties(caller.node) if _sees(caller, each)]


def show(caller: Caller, *, party: str) -> dict[str, Any]:
    """Show one party."""
    found = parties.show_party(caller.node, party)
    if not _sees(caller, found):
        raise Unknown("party-unknown", f"there is no party `{party}`", remedy="relto party list", party=party)
    return _document(found)


def join(caller: Caller, *, group: str, member: str, from_: str | None = None) -> dict[str, Any]:
    """Make a party a member of a group; what that grants flows from that moment on."""
    order = JoinGroup(group, member, caller.when(from_))
    return told(caller, office.submit(caller.node, caller.desk, order, by=caller.by), party=group, member=member)


def leave(caller: Caller, *, group: str, member: str, from_: str | None = None) -> dict[str, Any]:
    """Take a member out of a group; it binds at once, or at its moment."""
    order = LeaveGroup(group, member, caller.when(from_))
    return told(caller, office.submit(caller.node, caller.desk, order, by=caller.by), party=group, member=member)


def _sees(caller: Caller, each: PartyStatus) -> bool:
    """Who is in office at a party may have to name any other; whoever only receives sees itself, and its givers."""
    sight = caller.sight
    if sight.is_whole or (sight.is_in_office and caller.by.party == sight.policy.host):
        return True
    code = each.row.code
    theirs = {standing.terms.giver for name, standing in sight.policy.standings.items() if sight.agreement(name)}
    return code == caller.by.party or code in theirs or caller.by.party in each.members


def _document(each: PartyStatus) -> dict[str, Any]:
    return {
        "party": each.row.code,
        "name": each.row.name,
        "kind": each.row.kind,
        "members": list(each.members),
        "ceiling": each.row.ceiling or None,
        "memberships": [
            {"member": row.member, "from": written(row.since), "until": written(row.until)} for row in each.rows
        ],
    }
