"""Acts, and what is decided item by item, of the store in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from relto.ports.store import ActRow, OverrideRow


class FakeActSnapshot:
    """The reading part, of one state."""

    _state: Any

    def acts(self, *, kind: str | None = None, before: int | None = None, limit: int = 1000) -> list[ActRow]:
        found = [row for row in reversed(self._state.acts) if kind is None or row.kind == kind]
        return [row for row in found if before is None or row.number < before][:limit]

    def act(self, number: int) -> ActRow | None:
        return next((row for row in self._state.acts if row.number == number), None)

    def acts_open(self) -> list[ActRow]:
        return [row for row in self._state.acts if row.state in {"proposed", "scheduled"}]

    def acts_done(self, kinds: Collection[str]) -> list[ActRow]:
        found = [row for row in self._state.acts if row.state == "applied" and row.kind in kinds]
        return sorted(found, key=lambda row: row.done)

    def acts_at(self, moment: int) -> list[ActRow]:
        found = [row for row in self._state.acts if row.state == "applied" and row.done_at == moment]
        return sorted(found, key=lambda row: row.done)

    def overrides(self, *, seqs: Collection[int] | None = None, verb: str | None = None) -> list[OverrideRow]:
        found = [row for row in self._state.overrides if seqs is None or row.seq in seqs]
        return sorted(
            (row for row in found if verb in {None, row.verb}), key=lambda row: (row.act, row.seq, row.agreement)
        )


class FakeActTransaction(FakeActSnapshot):
    """The writing part, on a state of its own."""

    def add_act(self, row: ActRow) -> int:
        number = len(self._state.acts) + 1
        self._state.acts.append(self._numbered(replace(row, number=number)))
        return number

    def put_act(self, row: ActRow) -> None:
        self._state.acts[row.number - 1] = self._numbered(row)

    def _numbered(self, row: ActRow) -> ActRow:
        done = max((each.done for each in self._state.acts), default=0) + 1
        return replace(row, done=done if row.state == "applied" else 0)

    def add_overrides(self, rows: Sequence[OverrideRow]) -> None:
        self._state.overrides.extend(rows)
