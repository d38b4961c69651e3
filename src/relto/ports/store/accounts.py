"""How accounts prove who they are, in a store: credentials beside the password, and sessions of people.

A credential is found by what it shows (`identifier`, one row for each kind and identifier), a session by the SHA-256
of its cookie. Neither holds anything by which somebody could come in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

CredentialKind = Literal["token", "certificate", "openid"]


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """One way for `account` to come in. `id` counts from 1; 0: not stored yet.

    `identifier` by kind: the SHA-256 of a token in hex; of a certificate `sha256:` and the SHA-256 of its DER, or
    `name:` and the SHA-256 of its issuer's and its subject's DER, in hex; of OpenID Connect the issuer, a space and
    the subject. `scopes` are what it may be used for. `expires_at` and `revoked_at` None: not so far.
    """

    id: int
    account: str
    kind: CredentialKind
    identifier: str
    label: str
    scopes: tuple[str, ...]
    made_at: int
    expires_at: int | None = None
    revoked_at: int | None = None

    def is_live(self, at: int) -> bool:
        """Whether it is good for anything at this moment."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """Somebody who signed in and goes on by a cookie, whose SHA-256 `digest` is.

    `how` says how they signed in (`password`, `openid`), `credential` by which credential (0: the password).
    `seen_at` is the last request, give or take a minute; `expires_at` the moment from which it is over in any case.
    """

    digest: bytes
    account: str
    how: str
    credential: int
    made_at: int
    seen_at: int
    expires_at: int


class AccountSnapshot(Protocol):
    """What a read block says of credentials and sessions."""

    def credentials(self, *, account: str | None = None) -> list[CredentialRow]:
        """All credentials, of one account if one is named, by id; those that are good for nothing too."""
        ...

    def session(self, digest: bytes) -> SessionRow | None:
        """One session, or None."""
        ...

    def sessions(self, *, account: str | None = None) -> list[SessionRow]:
        """All sessions, of one account if one is named, by when they were made; those that are over too."""
        ...


class AccountTransaction(AccountSnapshot, Protocol):
    """What a write block does with credentials and sessions."""

    def add_credential(self, row: CredentialRow) -> CredentialRow:
        """Adds a credential under the next id, which the row that comes back has. The caller has looked that none
        of its kind has its identifier.
        """
        ...

    def put_credential(self, row: CredentialRow) -> None:
        """Replaces the credential with this id."""
        ...

    def drop_credentials(self, ids: Collection[int]) -> None:
        """Forgets these credentials."""
        ...

    def put_session(self, row: SessionRow) -> None:
        """Adds or replaces a session."""
        ...

    def drop_sessions(self, digests: Collection[bytes]) -> None:
        """Forgets these sessions."""
        ...
