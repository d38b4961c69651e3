"""Credentials and sessions of the store in memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from relto.ports.store import CredentialRow, SessionRow


class FakeAccountSnapshot:
    """An `AccountSnapshot` of one state."""

    _state: Any

    def credentials(self, *, account: str | None = None) -> list[CredentialRow]:
        return [row for _, row in sorted(self._state.credentials.items()) if account in {None, row.account}]

    def session(self, digest: bytes) -> SessionRow | None:
        return self._state.sessions.get(digest)

    def sessions(self, *, account: str | None = None) -> list[SessionRow]:
        rows = sorted(self._state.sessions.values(), key=lambda row: (row.made_at, row.digest))
        return [row for row in rows if account in {None, row.account}]


class FakeAccountTransaction(FakeAccountSnapshot):
    """An `AccountTransaction` on a state of its own."""

    def add_credential(self, row: CredentialRow) -> CredentialRow:
        assert (row.kind, row.identifier) not in {(each.kind, each.identifier) for each in self.credentials()}
        numbered = replace(row, id=max(self._state.credentials, default=0) + 1)
        self._state.credentials[numbered.id] = numbered
        return numbered

    def put_credential(self, row: CredentialRow) -> None:
        self._state.credentials[row.id] = row

    def drop_credentials(self, ids: Collection[int]) -> None:
        for number in ids:
            self._state.credentials.pop(number, None)

    def put_session(self, row: SessionRow) -> None:
        self._state.sessions[row.digest] = row

    def drop_sessions(self, digests: Collection[bytes]) -> None:
        for digest in digests:
            self._state.sessions.pop(digest, None)
