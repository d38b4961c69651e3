"""Credentials and sessions in SQL: what both engines ask and write of them in the same words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from relto.adapters.sql.codec import json_text
from relto.ports.store import CredentialRow, SessionRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

CREDENTIAL_COLUMNS = (
    "id", "account", "kind", "identifier", "label", "scopes", "made_at", "expires_at", "revoked_at"
)  # fmt: skip
SESSION_COLUMNS = ("digest", "account", "how", "credential", "made_at", "seen_at", "expires_at")
"""Both in the order of the fields of their rows, the key first."""


class SqlAccountSnapshot(ABC):
    """An `AccountSnapshot` over statements."""

    @abstractmethod
    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows that the statement finds."""

    def credentials(self, *, account: str | None = None) -> list[CredentialRow]:
        """By id."""
        found = self._of("credentials", CREDENTIAL_COLUMNS, account, order="id")
        return [
            CredentialRow(number, name, kind, identifier, label, tuple(msgspec.json.decode(scopes)), *moments)
            for number, name, kind, identifier, label, scopes, *moments in found
        ]

    def session(self, digest: bytes) -> SessionRow | None:
        """By its key."""
        found = self.rows(f"SELECT {', '.join(SESSION_COLUMNS)} FROM sessions WHERE digest = ?", (digest,))
        return SessionRow(*found[0]) if found else None

    def sessions(self, *, account: str | None = None) -> list[SessionRow]:
        """By when they were made."""
        return [SessionRow(*row) for row in self._of("sessions", SESSION_COLUMNS, account, order="made_at, digest")]

    def _of(self, table: str, columns: tuple[str, ...], account: str | None, *, order: str) -> list[tuple[Any, ...]]:
        only, values = ("", ()) if account is None else (" WHERE account = ?", (account,))
        return self.rows(f"SELECT {', '.join(columns)} FROM {table}{only} ORDER BY {order}", values)


class SqlAccountTransaction(SqlAccountSnapshot):
    """An `AccountTransaction` over statements."""

    @abstractmethod
    def put_each(self, table: str, keys: int, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """Add each row, or replace the one whose first `keys` columns are the same; no two have the same."""

    @abstractmethod
    def delete_each(self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """Delete the rows that have these values in these columns."""

    def add_credential(self, row: CredentialRow) -> CredentialRow:
        """With the next id."""
        number: int = self.rows("SELECT coalesce(max(id), 0) + 1 FROM credentials")[0][0]
        numbered = replace(row, id=number)
        self.put_credential(numbered)
        return numbered

    def put_credential(self, row: CredentialRow) -> None:
        """By id."""
        values = (
            row.id, row.account, row.kind, row.identifier, row.label, json_text(row.scopes),
            row.made_at, row.expires_at, row.revoked_at,
        )  # fmt: skip
        self.put_each("credentials", 1, CREDENTIAL_COLUMNS, [values])

    def drop_credentials(self, ids: Collection[int]) -> None:
        """By id."""
        self.delete_each("credentials", ("id",), [(number,) for number in sorted(ids)])

    def put_session(self, row: SessionRow) -> None:
        """By digest."""
        values = (row.digest, row.account, row.how, row.credential, row.made_at, row.seen_at, row.expires_at)
        self.put_each("sessions", 1, SESSION_COLUMNS, [values])

    def drop_sessions(self, digests: Collection[bytes]) -> None:
        """By digest."""
        self.delete_each("sessions", ("digest",), [(digest,) for digest in sorted(digests)])
