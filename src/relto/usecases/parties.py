"""Parties: who gives and who receives, and which of them stand for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relto.domain.actor import operator
from relto.domain.errors import BadInput, Conflict
from relto.domain.party import Party, unknown_party
from relto.ports.store import AccountRow, MemberRow, PartyRow
from relto.usecases.accounts import count_accounts, require_admin
from relto.usecases.policy import parties_of
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.usecases.change import Change
    from relto.usecases.policy import PolicyDesk


def add_party(
    node: Node,
    desk: PolicyDesk,
    code: str,
    *,
    name: str,
    kind: str,
    by: Actor,
    members: Sequence[str] = (),
    ceiling: str = "",
) -> PartyRow:
    """A new party; with members, one that stands for them from now on.

    Raises `Conflict` `party-exists`, `Unknown` `party-unknown` for a member, `BadInput` for codes, kinds and ceilings.
    """
    party = Party.parse(code, name, kind, ceiling)
    if members and party.kind not in {"alliance", "group"}:
        raise BadInput("party-members", f"a party of kind `{kind}` has no members", remedy="--kind alliance or group")
    row = PartyRow(code, name, kind, ceiling)
    with changing(node, desk, by=by) as change:
        make_party(change, row, members, by=by)
    return row


def make_party(change: Change, row: PartyRow, members: Sequence[str], *, by: Actor) -> None:
    """As `add_party`, in this block, of a party that is well-formed."""
    code = row.code
    require_admin(change, by, "make parties known")
    if code in change.policy.parties:
        raise Conflict("party-exists", f"there is a party `{code}` already", remedy=f"relto party show {code}")
    for member in members:
        change.policy.parties.party(member)
    change.tx.put_party(row)
    for member in dict.fromkeys(members):
        change.tx.put_member(MemberRow(code, member, change.now))
    change.policy.parties = parties_of(change.tx)
    change.changed = True
    # A marking may have named the party, or the group that has members now, before either was here.
    change.follow_all()
    order = {"party": code, "name": row.name, "kind": row.kind, "ceiling": row.ceiling, "members": list(members)}
    change.act("party-add", by, order)


@dataclass(frozen=True, slots=True)
class PartyStatus:
    """A party with its members now, and with all memberships that ever were or are set."""

    row: PartyRow
    members: tuple[str, ...]
    rows: tuple[MemberRow, ...]


def list_parties(node: Node) -> list[PartyStatus]:
    """All parties, by code."""
    with node.store.read() as snap:
        now, rows, members = node.now(snap.head()), snap.parties(), snap.members()
    found = []
    for row in rows:
        mine = tuple(each for each in members if each.group == row.code)
        counting = [each for each in mine if each.since <= now and (each.until is None or now < each.until)]
        found.append(PartyStatus(row, tuple(each.member for each in counting), mine))
    return found


def show_party(node: Node, code: str) -> PartyStatus:
    """One party. Raises `Unknown` `party-unknown`."""
    for each in list_parties(node):
        if each.row.code == code:
            return each
    raise unknown_party(code)


def found(node: Node, desk: PolicyDesk, *, code: str, name: str, topics: str) -> str:
    """Makes an empty database a node: its own party, its vocabulary and the `admin` account; the account's password."""
    own = Party(code, name, "state")
    password = node.chance.password()
    secret = node.hasher.hashed(password)
    with changing(node, desk) as change:
        make_node(change, own, topics=topics, secret=secret)
    return password


def make_node(change: Change, own: Party, *, topics: str, secret: str) -> None:
    """As `found`, in this block; `secret`: what is stored of the password."""
    if change.tx.setting("party") is not None:
        raise Conflict("node-exists", "this database is a node already", remedy="relto status")
    change.tx.put_setting("party", own.code)
    change.tx.put_setting("topics", topics)
    change.tx.put_party(PartyRow(own.code, own.name, own.kind))
    roles = ("officer", "approver", "auditor", "admin")
    change.tx.put_account(AccountRow("admin", own.code, roles, secret, made_at=change.now))
    count_accounts(change.tx, change)
    # From here on an administrator of another party is none of the node, in this process too.
    change.policy.host = own.code
    change.changed = True
    change.act("init", operator(own.code), {"party": own.code, "name": own.name})
