"""Keys of idempotency and events of acts of the store in memory."""

from __future__ import annotations

from typing import Any

from relto.ports.store import EventRow, IdempotencyRow


class FakeIdempotencySnapshot:
    """The reading part, of one state."""

    _state: Any

    def idempotency(self, account: str, key: str) -> IdempotencyRow | None:
        return self._state.idempotency.get((account, key))

    def idempotency_keys(self, account: str) -> int:
        return sum(name == account for name, _ in self._state.idempotency)

    def events(self, *, after: int, limit: int = 1000) -> list[EventRow]:
        return [row for row in self._state.events if row.number > after][:limit]

    def last_event(self) -> int:
        return len(self._state.events)


class FakeIdempotencyTransaction(FakeIdempotencySnapshot):
    """The writing part, on a state of its own."""

    def put_idempotency(self, row: IdempotencyRow) -> None:
        self._state.idempotency[row.account, row.key] = row

    def drop_idempotency(self, account: str, key: str) -> None:
        self._state.idempotency.pop((account, key), None)

    def forget_idempotency(self, *, before: int, account: str | None = None) -> None:
        for name, row in list(self._state.idempotency.items()):
            if account in {None, name[0]} and row.at < before:
                del self._state.idempotency[name]

    def add_event(self, act: int, state: str, at: int) -> None:
        self._state.events.append(EventRow(len(self._state.events) + 1, act, state, at))
