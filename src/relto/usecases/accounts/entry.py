"""An entry: who came in, by what, and what that leaves of the account's rights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from relto.domain.actor import Actor
from relto.domain.scope import SCOPES, narrowed

if TYPE_CHECKING:
    from relto.ports.store import AccountRow, CredentialRow

How = Literal["password", "token", "certificate", "openid"]

ALL: Final = frozenset(SCOPES)


@dataclass(frozen=True, slots=True)
class Entry:
    """Who came in. `account` has those of its roles that `scopes` leave, so whoever looks at its roles sees what this
    entry may do. `how` says by what, for a session by what it was begun. `credential` is its id; 0: the password.

    `expires_at`: from then on it is no entry any more; None: until it is revoked. `session` is the SHA-256 of the
    cookie, empty where they came in without one.
    """

    account: AccountRow
    how: How
    scopes: frozenset[str] = ALL
    credential: int = 0
    expires_at: int | None = None
    session: bytes = b""

    @property
    def actor(self) -> Actor:
        """Who acts, for the record."""
        return Actor(self.account.name, self.account.party, frozenset(self.account.roles), self.how)

    @classmethod
    def by(cls, account: AccountRow, credential: CredentialRow) -> Entry:
        """What somebody is who shows this credential of this account."""
        return cls(
            replace(account, roles=narrowed(account.roles, credential.scopes)),
            credential.kind,
            frozenset(credential.scopes),
            credential.id,
            credential.expires_at,
        )
