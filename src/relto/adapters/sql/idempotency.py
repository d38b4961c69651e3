"""Keys of idempotency and events of acts in SQL, in the words that both engines have."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from relto.ports.store import EventRow, IdempotencyRow

if TYPE_CHECKING:
    from collections.abc import Sequence


class IdempotencySnapshot(ABC):
    """What a read block is asked of them."""

    @abstractmethod
    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows that the statement finds."""

    def idempotency(self, account: str, key: str) -> IdempotencyRow | None:
        """By account and key."""
        found = self.rows(
            "SELECT account, key, digest, claim, state, at_us, acts, status, answer FROM idempotency"
            " WHERE account = ? AND key = ?",
            (account, key),
        )
        for name, key_, digest, claim, state, at, acts, status, answer in found:
            return IdempotencyRow(name, key_, digest, claim, state, at, tuple(json.loads(acts)), status, answer)
        return None

    def idempotency_keys(self, account: str) -> int:
        """Counted within the key of the table, which begins with the account."""
        return int(self.rows("SELECT count(*) FROM idempotency WHERE account = ?", (account,))[0][0])

    def events(self, *, after: int, limit: int = 1000) -> list[EventRow]:
        """By number."""
        found = self.rows(
            "SELECT number, act, state, at_us FROM events WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
        )
        return [EventRow(*row) for row in found]

    def last_event(self) -> int:
        """The end of the key of the table."""
        return int(self.rows("SELECT coalesce(max(number), 0) FROM events")[0][0])


class IdempotencyTransaction(IdempotencySnapshot):
    """What a write block does with them."""

    @abstractmethod
    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Carry the statement out."""

    def put_idempotency(self, row: IdempotencyRow) -> None:
        """The row that is there gives way."""
        self.drop_idempotency(row.account, row.key)
        self.run(
            "INSERT INTO idempotency (account, key, digest, claim, state, at_us, acts, status, answer)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row.account, row.key, row.digest, row.claim, row.state, row.at, json.dumps(row.acts), row.status,
                row.answer,
            ),
        )  # fmt: skip

    def drop_idempotency(self, account: str, key: str) -> None:
        """By its key."""
        self.run("DELETE FROM idempotency WHERE account = ? AND key = ?", (account, key))

    def forget_idempotency(self, *, before: int, account: str | None = None) -> None:
        """By age; of everybody, the whole table is looked through."""
        if account is None:
            self.run("DELETE FROM idempotency WHERE at_us < ?", (before,))
        else:
            self.run("DELETE FROM idempotency WHERE account = ? AND at_us < ?", (account, before))

    def add_event(self, act: int, state: str, at: int) -> None:
        """Whoever writes is alone, so the next number is the highest plus one."""
        self.run(
            "INSERT INTO events (number, act, state, at_us)"
            " SELECT coalesce(max(number), 0) + 1, CAST(? AS bigint), CAST(? AS text), CAST(? AS bigint) FROM events",
            (act, state, at),
        )
