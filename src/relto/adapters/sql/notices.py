"""Notices in SQL: what both engines ask and write of them in the same words.

What a party was told is found by party and number; what is on its way by when it may be tried, over an index in that
order, so that neither question costs more for what was settled long ago.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from relto.domain.dispatch import Dispatch
from relto.domain.mailbox import Mailbox
from relto.domain.notice import Acknowledgement, Notice
from relto.domain.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from relto.domain.dispatch import DispatchState

INBOX_COLUMNS = ("party", "last")
NOTICE_COLUMNS = ("party", "number", "kind", "about", "value")
TARGET_COLUMNS = ("id", "party", "value")
DISPATCH_COLUMNS = (
    "party", "notice", "target", "way", "made_at", "next_at", "state", "tries", "last_at", "last_status", "last_answer"
)  # fmt: skip
"""In the order of the fields of `Dispatch`, the key first."""

DISPATCH = f"SELECT {', '.join(DISPATCH_COLUMNS)} FROM dispatches"


class SqlNoticeSnapshot(ABC):
    """A `NoticeSnapshot` over statements."""

    @abstractmethod
    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows that the statement finds."""

    @abstractmethod
    def rows_among(self, statement: str, listed: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The rows for a list of values of any length, in no order."""

    def notice(self, party: str, number: int) -> Notice | None:
        """By its key."""
        found = self.rows("SELECT value FROM notices WHERE party = ? AND number = ?", (party, number))
        return Notice.parse(found[0][0]) if found else None

    def notices(
        self,
        party: str,
        *,
        after: int | None = None,
        kind: str | None = None,
        without: Collection[str] = (),
        limit: int = 100,
    ) -> list[Notice]:
        """By number."""
        only = ("" if kind is None else " AND kind = ?") + " AND kind <> ?" * len(without)
        values = (*([] if kind is None else [kind]), *sorted(without))
        order = "DESC" if after is None else "ASC"
        found = self.rows(
            f"SELECT number, value FROM notices WHERE party = ?{only} AND number > ? ORDER BY number {order} LIMIT ?",
            (party, *values, 0 if after is None else after, limit),
        )
        return [Notice.parse(value) for _, value in sorted(found)]

    def notice_numbers(self, parties: Collection[str]) -> dict[str, int]:
        """By party."""
        return dict(self.rows_among("SELECT party, last FROM inboxes WHERE party @", sorted(parties)))

    def notices_about(self, about: Collection[str]) -> dict[tuple[str, str], int]:
        """By party and thing."""
        found = self.rows_among(
            "SELECT party, about, min(number) FROM notices WHERE about @ GROUP BY party, about", sorted(about)
        )
        return {(party, thing): number for party, thing, number in found}

    def acknowledgements(self, party: str, *, first: int, last: int) -> list[Acknowledgement]:
        """A stretch of the table."""
        found = self.rows(
            "SELECT party, notice, account, at_us, note FROM acknowledgements"
            " WHERE party = ? AND notice BETWEEN ? AND ?",
            (party, first, last),
        )
        return sorted((Acknowledgement(*row) for row in found), key=lambda row: (row.notice, row.at, row.account))

    def webhook(self, webhook: str) -> Webhook | None:
        """By id."""
        found = self.rows("SELECT value FROM webhooks WHERE id = ?", (webhook,))
        return Webhook.parse(found[0][0]) if found else None

    def webhooks(self, *, parties: Collection[str] | None = None) -> list[Webhook]:
        """By party, moment and id."""
        found = [Webhook.parse(value) for value in self._targets("webhooks", parties)]
        return sorted(found, key=lambda each: (each.party, each.made_at, each.id))

    def mailbox(self, mailbox: str) -> Mailbox | None:
        """By id."""
        found = self.rows("SELECT value FROM mailboxes WHERE id = ?", (mailbox,))
        return Mailbox.parse(found[0][0]) if found else None

    def mailboxes(self, *, parties: Collection[str] | None = None) -> list[Mailbox]:
        """By party, moment and id."""
        found = [Mailbox.parse(value) for value in self._targets("mailboxes", parties)]
        return sorted(found, key=lambda each: (each.party, each.made_at, each.id))

    def _targets(self, table: str, parties: Collection[str] | None) -> list[str]:
        statement = f"SELECT value FROM {table}"
        if parties is None:
            return [row[0] for row in self.rows(statement)]
        return [row[0] for row in self.rows_among(f"{statement} WHERE party @", sorted(parties))]

    def dispatch(self, party: str, notice: int, target: str) -> Dispatch | None:
        """By its key."""
        found = self.rows(f"{DISPATCH} WHERE party = ? AND notice = ? AND target = ?", (party, notice, target))
        return Dispatch(*found[0]) if found else None

    def dispatches(self, target: str, *, state: DispatchState, since: int = 0, limit: int = 100) -> list[Dispatch]:
        """The latest first."""
        found = self.rows(
            f"{DISPATCH} WHERE target = ? AND state = ? AND next_at >= ? ORDER BY next_at DESC, notice DESC LIMIT ?",
            (target, state, since, limit),
        )
        return [Dispatch(*row) for row in found]

    def dispatches_due(
        self, at: int, *, limit: int, but_targets: Collection[str] = (), but_parties: Collection[str] = ()
    ) -> list[Dispatch]:
        """In the order of the index; what is left out is as much as one process has in hand."""
        but = _none_of("target", but_targets) + _none_of("party", but_parties)
        found = self.rows(
            f"{DISPATCH} WHERE state = 'waiting' AND next_at <= ?{but} ORDER BY next_at, notice LIMIT ?",
            (at, *sorted(but_targets), *sorted(but_parties), limit),
        )
        return [Dispatch(*row) for row in found]


class SqlNoticeTransaction(SqlNoticeSnapshot):
    """A `NoticeTransaction` over statements."""

    @abstractmethod
    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Carry the statement out."""

    @abstractmethod
    def run_each(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Carry the statement out for each row of values."""

    @abstractmethod
    def put_each(self, table: str, keys: int, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """Add each row, or replace the one whose first `keys` columns are the same; no two have the same."""

    @abstractmethod
    def delete_each(self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """Delete the rows that have these values in these columns."""

    @abstractmethod
    def load(self, table: str, columns: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> None:
        """Add many rows, in the quickest way of the engine."""

    def add_notices(self, notices: Sequence[Notice]) -> None:
        """Two statements, however many parties."""
        last: dict[str, int] = {}
        for each in notices:
            last[each.party] = max(each.number, last.get(each.party, 0))
        self.load(
            "notices",
            NOTICE_COLUMNS,
            [(each.party, each.number, each.kind, each.about, each.as_text()) for each in notices],
        )
        self.skip_notice_numbers(last)

    def skip_notice_numbers(self, numbers: Mapping[str, int]) -> None:
        """One row each."""
        self.put_each("inboxes", 1, INBOX_COLUMNS, sorted(numbers.items()))

    def put_acknowledgement(self, row: Acknowledgement) -> None:
        """The first stays."""
        self.run(
            "INSERT INTO acknowledgements (party, notice, account, at_us, note) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (party, notice, account) DO NOTHING",
            (row.party, row.notice, row.account, row.at, row.note),
        )

    def put_webhook(self, webhook: Webhook) -> None:
        """By id."""
        self.put_each("webhooks", 1, TARGET_COLUMNS, [(webhook.id, webhook.party, webhook.as_text())])

    def put_mailbox(self, mailbox: Mailbox) -> None:
        """By id."""
        self.put_each("mailboxes", 1, TARGET_COLUMNS, [(mailbox.id, mailbox.party, mailbox.as_text())])

    def drop_target(self, target: str) -> None:
        """With all that was for it."""
        for statement in (
            "DELETE FROM webhooks WHERE id = ?",
            "DELETE FROM mailboxes WHERE id = ?",
            "DELETE FROM dispatches WHERE target = ?",
        ):
            self.run(statement, (target,))

    def put_dispatches(self, rows: Sequence[Dispatch]) -> None:
        """By their key."""
        values = [
            (
                row.party, row.notice, row.target, row.way, row.made_at, row.next_at, row.state, row.tries,
                row.last_at, row.last_status, row.last_answer,
            )
            for row in rows
        ]  # fmt: skip
        self.put_each("dispatches", 3, DISPATCH_COLUMNS, values)

    def postpone_dispatches(self, target: str, *, until: int) -> None:
        """One statement."""
        self.run(
            "UPDATE dispatches SET next_at = ? WHERE target = ? AND state = 'waiting' AND next_at < ?",
            (until, target, until),
        )

    def drop_dispatches(self, *, before: int, limit: int) -> int:
        """The oldest of each state first."""
        gone = [
            row
            for state in ("delivered", "failed")
            for row in self.rows(
                "SELECT party, notice, target FROM dispatches WHERE state = ? AND next_at < ?"
                " ORDER BY next_at, notice LIMIT ?",
                (state, before, limit),
            )
        ][:limit]
        self.delete_each("dispatches", DISPATCH_COLUMNS[:3], gone)
        return len(gone)


def _none_of(column: str, values: Collection[str]) -> str:
    return f" AND {column} NOT IN ({', '.join('?' * len(values))})" if values else ""
