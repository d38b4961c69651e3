"""Acting: whoever acts is looked up once more in the block that records it, for its log-in may be long over by then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relto.domain.actor import operator
from relto.domain.errors import Refused

if TYPE_CHECKING:
    from relto.domain.actor import Actor
    from relto.ports.store import AccountRow, Snapshot

REVOKED: Final = "account-revoked"
"""The error of an account that may do nothing any more, however often it asks."""


def require_there(snap: Snapshot, by: Actor, *, host: str) -> None:
    """Returns where whoever came in may still act: an account keeps its party and its roles until it is revoked. The
    machine's operator may, whatever became of the account whose name it has.

    Raises `Refused` (`account-revoked`).
    """
    row = None if by == operator(host) else snap.account(by.account)
    if row is not None:
        live(row)


def live(row: AccountRow) -> AccountRow:
    """The account. Raises `Refused` (`account-revoked`) where it is revoked."""
    if row.revoked:
        raise Refused("account-revoked", f"account `{row.name}` is revoked", remedy="relto account add")
    return row
