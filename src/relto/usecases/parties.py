"""Parties: who gives and who receives, and which of them stand for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relto.domain.actor import operator
from relto.domain.errors import BadInput, Conflict
from relto.domain.party import Party, unknown_party
from relto.ports.store import AccountRow, MemberRow, PartyRow
from relto.usecases.accounts import count_accounts, require_admin, require_admin_first
from relto.usecases.policy import parties_of
from relto.usecases.rehearsing import rehearse_flows
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.usecases.change import Change
    from relto.usecases.policy import PolicyDesk
    from relto.usecases.rehearsing import Course

ADD: Final = "make parties known"
"""In words, for who may not."""


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
    row = _row(code, name, kind, members, ceiling)
    with changing(node, desk, by=by) as change:
        make_party(change, row, members, by=by)
    return row


def preview_party(
    node: Node,
    desk: PolicyDesk,
    code: str,
    *,
    name: str,
    kind: str,
    by: Actor,
    members: Sequence[str] = (),
    ceiling: str = "",
) -> Sequence[Course]:
    """What making it known would do to each flow: a marking may have named it before. Raises as `add_party` does."""
    # Before the block: whoever may not keeps nobody waiting, and has nothing counted.
    require_admin_first(node, by, ADD)
    row = _row(code, name, kind, members, ceiling)
    return rehearse_flows(node, desk, lambda change: make_party(change, row, members, by=by), by=by)


def _row(code: str, name: str, kind: str, members: Sequence[str], ceiling: str) -> PartyRow:
    party = Party.parse(code, name, kind, ceiling)
    if members and party.kind not in {"alliance", "group"}:
        raise BadInput("party-members", f"a party of kind `{kind}` has no members", remedy="--kind alliance or group")
    return PartyRow(code, name, kind, ceiling)


def make_party(change: Change, row: PartyRow, members: Sequence[str], *, by: Actor) -> None:
    """As `add_party`, in this block, of a party that is well-formed."""
    code = row.code
    require_admin(change, by, ADD)
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
    return _statuses(rows, members, now)


def show_party(node: Node, code: str) -> PartyStatus:
    """One party. Raises `Unknown` `party-unknown`."""
    with node.store.read() as snap:
        now, rows, members = node.now(snap.head()), snap.parties(), snap.members()
    for each in _statuses([row for row in rows if row.code == code], members, now):
        return each
    raise unknown_party(code)


def groups_of(node: Node, code: str) -> list[PartyStatus]:
    """The groups that it is in itself, was in or is set to be in, by code."""
    with node.store.read() as snap:
        now, rows, members = node.now(snap.head()), snap.parties(), snap.members()
    theirs = {row.group for row in members if row.member == code}
    return _statuses([row for row in rows if row.code in theirs], members, now)


def _statuses(rows: Sequence[PartyRow], members: Sequence[MemberRow], now: int) -> list[PartyStatus]:
    by_group: dict[str, list[MemberRow]] = {row.code: [] for row in rows}
    for each in members:
        if each.group in by_group:
            by_group[each.group].append(each)
    return [
        PartyStatus(
            row,
            tuple(each.member for each in mine if each.since <= now and (each.until is None or now < each.until)),
            tuple(mine),
        )
        for row in rows
        for mine in (by_group[row.code],)
    ]


def found(node: Node, desk: PolicyDesk, *, code: str, name: str, topics: str, password: str = "") -> str:
    """Makes an empty database a node: its own party, its vocabulary and the `admin` account; the account's password,
    which is drawn where none is given.
    """
    own = Party(code, name, "state")
    password = password or node.chance.password()
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
    change.policy.parties = parties_of(change.tx)
    change.changed = True
    change.act("init", operator(own.code), {"party": own.code, "name": own.name})
