"""Current: the accounts as they stand in the database, so that a request that was let in is given nothing once its
account may read no more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from relto.usecases.reading.view import no_collection

if TYPE_CHECKING:
    from relto.ports.store import AccountRow, Snapshot


class Accounts:
    """Memory of all accounts, for one process. Safe to use from several threads."""

    def __init__(self) -> None:
        """None known yet."""
        self._known: tuple[int, dict[str, AccountRow]] = (-1, {})

    def current(self, snap: Snapshot, account: AccountRow) -> AccountRow:
        """The account that was let in, less the roles that it has no more, with its switches as they are.

        Raises `Unknown` `collection-unknown` where it was revoked, or is another party's.
        """
        version, known = snap.head().accounts_version, self._known
        if known[0] != version:
            known = self._known = version, {row.name: row for row in snap.accounts()}
        row = known[1].get(account.name)
        if row is None or row.revoked or row.party != account.party:
            raise no_collection()
        roles = tuple(role for role in account.roles if role in row.roles)
        return replace(account, roles=roles, settings=row.settings)
