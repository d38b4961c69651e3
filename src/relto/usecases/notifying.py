"""Notifying: parties are told what concerns them, in the transaction of the act that they are told of.

`notify` writes notices, and what is to be sent of them, into the caller's block: when that is durable they are, and
nothing has left the house before. What must not be told, because a pause is discreet say, is not told by making no
notice: numbers are each party's own, so that nothing is missing between two of them.

An inbox is a party's. Its accounts read it and acknowledge, those in office all of it, others what concerns whoever
receives; whoever administers the node may read any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relto.domain.actor import OFFICE
from relto.domain.dispatch import Dispatch
from relto.domain.errors import BadInput, Refused, Unknown
from relto.domain.notice import OFFICE_KINDS, Acknowledgement, notice_kind
from relto.domain.party import unknown_party
from relto.domain.scope import SCOPES
from relto.usecases.acting import require_there
from relto.usecases.clock import recorded_now

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from relto.domain.actor import Actor
    from relto.domain.notice import Draft, Notice
    from relto.ports.node import Node
    from relto.ports.store import AccountRow, Snapshot, Transaction

PAGE_MAX: Final = 1_000
"""Notices of one answer."""

LOOKS_INTO_ALL: Final = frozenset({"admin", "auditor"})
"""Accounts of the node's own party that have one of these roles read the inbox of every party."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A notice, and who of its party has acknowledged it, the first first."""

    notice: Notice
    acknowledgements: tuple[Acknowledgement, ...]


@dataclass(frozen=True, slots=True)
class Inbox:
    """Notices of a party, by number. `more`: there are others beyond, later ones if they were asked for after a number,
    else earlier ones.
    """

    party: str
    entries: tuple[Entry, ...]
    more: bool


def notify(node: Node, tx: Transaction, drafts: Iterable[Draft], *, at: int) -> list[Notice]:
    """Tells parties, in this block; the notices, in the order of the drafts. `at`: the clock of the block.

    As many questions and statements for a hundred parties as for one. Raises `BadInput` as `Draft.numbered` does.
    """
    listed = list(drafts)
    if not listed:
        return []
    last = tx.notice_numbers({draft.party for draft in listed})
    about = {draft.about for draft in listed if draft.about}
    first = tx.notices_about(about) if about else {}
    notices: list[Notice] = []
    for draft in listed:
        number = last[draft.party] = last.get(draft.party, 0) + 1
        # The first of a thing regards none; those that follow regard that one.
        regards = first.setdefault((draft.party, draft.about), number) if draft.about else number
        notices.append(
            draft.numbered(number, id=node.chance.uuid4(), at=at, regards=None if regards == number else regards)
        )
    tx.add_notices(notices)
    tx.put_dispatches(_dispatches(tx, notices, at))
    return notices


def _dispatches(tx: Transaction, notices: Sequence[Notice], at: int) -> list[Dispatch]:
    """One for each notice and place that wants it; a place that is being left alone for a while gets it afterwards."""
    parties = {notice.party for notice in notices}
    webhooks, mailboxes = tx.webhooks(parties=parties), tx.mailboxes(parties=parties)
    accounts = {row.name: row for row in tx.accounts()} if any(mailbox.account for mailbox in mailboxes) else {}
    found: list[Dispatch] = []
    for notice in notices:
        found += [
            Dispatch(notice.party, notice.number, each.id, "webhook", at, max(at, each.health.quiet_until))
            for each in webhooks
            if each.wants(notice)
        ]
        found += [
            Dispatch(notice.party, notice.number, each.id, "mail", at, max(at, each.health.quiet_until))
            for each in mailboxes
            if each.wants(notice) and (each.account is None or may_get(accounts.get(each.account), notice))
        ]
    return found


def may_get(account: AccountRow | None, notice: Notice) -> bool:
    """Whether the notice is for this account: one that is revoked, or not there, gets nothing more."""
    return account is not None and not account.revoked and notice.kind not in hidden_from(account.roles)


def inbox_of(snap: Snapshot, by: Actor, party: str | None = None) -> str:
    """Whose inbox the actor reads: its own party's, or with `party` that one's where it may.

    Raises `Refused` (`role-missing`) where its scopes leave it no role, `Unknown` (`party-unknown`): a party whose
    inbox it may not see looks like one that is not there.
    """
    _require_any_role(by)
    if party is None or party == by.party:
        return by.party
    of_all = by.party == snap.setting("party") and not LOOKS_INTO_ALL.isdisjoint(by.roles)
    if of_all and any(each.code == party for each in snap.parties()):
        return party
    raise unknown_party(party)


def _require_any_role(by: Actor) -> None:
    if not by.roles:
        by.require("reader", for_=(), host="", what="look into an inbox")


def hidden_from(roles: Collection[str]) -> frozenset[str]:
    """The kinds of notices that are not there for an account of these roles."""
    return OFFICE_KINDS if OFFICE.isdisjoint(roles) else frozenset()


def inbox(
    node: Node,
    party: str,
    *,
    after: int | None = None,
    limit: int = 100,
    kind: str | None = None,
    hidden: Collection[str] = (),
) -> Inbox:
    """Notices of the party beyond number `after`, or the latest where that is None; of one kind, if one is named.

    `hidden`: kinds that are not there for whoever reads (`hidden_from`).

    Raises `BadInput` (`notice-kind-unknown`, `limit-invalid`).
    """
    if not 1 <= limit <= PAGE_MAX:
        raise BadInput("limit-invalid", f"a limit is a number from 1 to {PAGE_MAX}")
    if kind is not None:
        notice_kind(kind)
    with node.store.read() as snap:
        found = snap.notices(party, after=after, kind=kind, without=hidden, limit=limit + 1)
        more = len(found) > limit
        found = found[-limit:] if after is None else found[:limit]
        acknowledged: dict[int, list[Acknowledgement]] = {}
        if found:
            for each in snap.acknowledgements(party, first=found[0].number, last=found[-1].number):
                acknowledged.setdefault(each.notice, []).append(each)
    return Inbox(party, tuple(Entry(each, tuple(acknowledged.get(each.number, ()))) for each in found), more)


def acknowledge(node: Node, number: int, *, by: Actor, note: str = "", within: Collection[str] = SCOPES) -> Entry:
    """The account takes note of that notice of its party; the notice with all acknowledgements. A second one of the
    same account changes nothing. `within`: the scopes that it came in with.

    Raises `Unknown` (`notice-unknown`), `BadInput` (`acknowledgement-invalid`), `Refused` (`role-missing`,
    `scope-missing`, `account-revoked`).
    """
    _require_any_role(by)
    if {*within} <= {"read"}:
        raise Refused("scope-missing", "whoever comes in with scope `read` alone reads, and takes note of nothing")
    with node.store.write() as tx:
        require_there(tx, by, host=tx.setting("party") or "")
        notice = tx.notice(by.party, number)
        if notice is None or notice.kind in hidden_from(by.roles):
            raise Unknown("notice-unknown", f"there is no notice `{number}`", remedy="relto inbox")
        tx.put_acknowledgement(Acknowledgement(by.party, number, by.account, recorded_now(node, tx), note))
        return Entry(notice, tuple(tx.acknowledgements(by.party, first=number, last=number)))
