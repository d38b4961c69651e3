"""Notices in the store in memory: stated as plainly as possible; `tests/fakes/store.py` keeps the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from relto.domain.dispatch import Dispatch, DispatchState
from relto.domain.mailbox import Mailbox
from relto.domain.notice import Acknowledgement, Notice
from relto.domain.webhook import Webhook

if TYPE_CHECKING:
    from tests.fakes.store import State


class FakeNoticeSnapshot:
    _state: State

    def notice(self, party: str, number: int) -> Notice | None:
        return self._state.notices.get((party, number))

    def notices(
        self,
        party: str,
        *,
        after: int | None = None,
        kind: str | None = None,
        without: Collection[str] = (),
        limit: int = 100,
    ) -> list[Notice]:
        found = [
            each
            for (whose, number), each in sorted(self._state.notices.items())
            if whose == party and number > (after or 0) and kind in {None, each.kind} and each.kind not in without
        ]
        return found[-limit:] if after is None else found[:limit]

    def notice_numbers(self, parties: Collection[str]) -> dict[str, int]:
        return {party: last for party, last in self._state.inboxes.items() if party in parties}

    def notices_about(self, about: Collection[str]) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for (party, number), each in sorted(self._state.notices.items()):
            if each.about in about:
                found.setdefault((party, each.about), number)
        return found

    def acknowledgements(self, party: str, *, first: int, last: int) -> list[Acknowledgement]:
        found = [
            each
            for (whose, number, _), each in self._state.acknowledgements.items()
            if whose == party and first <= number <= last
        ]
        return sorted(found, key=lambda each: (each.notice, each.at, each.account))

    def webhook(self, webhook: str) -> Webhook | None:
        return self._state.webhooks.get(webhook)

    def webhooks(self, *, parties: Collection[str] | None = None) -> list[Webhook]:
        found = [each for each in self._state.webhooks.values() if parties is None or each.party in parties]
        return sorted(found, key=lambda each: (each.party, each.made_at, each.id))

    def mailbox(self, mailbox: str) -> Mailbox | None:
        return self._state.mailboxes.get(mailbox)

    def mailboxes(self, *, parties: Collection[str] | None = None) -> list[Mailbox]:
        found = [each for each in self._state.mailboxes.values() if parties is None or each.party in parties]
        return sorted(found, key=lambda each: (each.party, each.made_at, each.id))

    def dispatch(self, party: str, notice: int, target: str) -> Dispatch | None:
        return self._state.dispatches.get((party, notice, target))

    def dispatches(self, target: str, *, state: DispatchState, since: int = 0, limit: int = 100) -> list[Dispatch]:
        found = [
            each
            for each in self._state.dispatches.values()
            if (each.target, each.state) == (target, state) and each.next_at >= since
        ]
        return sorted(found, key=lambda each: (each.next_at, each.notice), reverse=True)[:limit]

    def dispatches_due(
        self, at: int, *, limit: int, but_targets: Collection[str] = (), but_parties: Collection[str] = ()
    ) -> list[Dispatch]:
        found = [
            each
            for each in self._state.dispatches.values()
            if each.state == "waiting"
            and each.next_at <= at
            and each.target not in but_targets
            and each.party not in but_parties
        ]
        return sorted(found, key=lambda each: (each.next_at, each.notice))[:limit]


class FakeNoticeTransaction(FakeNoticeSnapshot):
    def add_notices(self, notices: Sequence[Notice]) -> None:
        for each in notices:
            assert each.number > self._state.inboxes.get(each.party, 0), "numbers only grow"
            self._state.notices[each.party, each.number] = each
            self._state.inboxes[each.party] = each.number

    def skip_notice_numbers(self, numbers: Mapping[str, int]) -> None:
        self._state.inboxes |= numbers

    def put_acknowledgement(self, row: Acknowledgement) -> None:
        self._state.acknowledgements.setdefault((row.party, row.notice, row.account), row)

    def put_webhook(self, webhook: Webhook) -> None:
        self._state.webhooks[webhook.id] = webhook

    def put_mailbox(self, mailbox: Mailbox) -> None:
        self._state.mailboxes[mailbox.id] = mailbox

    def drop_target(self, target: str) -> None:
        self._state.webhooks.pop(target, None)
        self._state.mailboxes.pop(target, None)
        for key in [key for key in self._state.dispatches if key[2] == target]:
            del self._state.dispatches[key]

    def put_dispatches(self, rows: Sequence[Dispatch]) -> None:
        assert len({(row.party, row.notice, row.target) for row in rows}) == len(rows), "each once"
        self._state.dispatches |= {(row.party, row.notice, row.target): row for row in rows}

    def postpone_dispatches(self, target: str, *, until: int) -> None:
        for key, row in self._state.dispatches.items():
            if row.target == target and row.state == "waiting" and row.next_at < until:
                self._state.dispatches[key] = replace(row, next_at=until)

    def drop_dispatches(self, *, before: int, limit: int) -> int:
        settled = [row for row in self._state.dispatches.values() if row.state != "waiting" and row.next_at < before]
        gone = sorted(settled, key=lambda row: (row.state, row.next_at, row.notice))[:limit]
        for row in gone:
            del self._state.dispatches[row.party, row.notice, row.target]
        return len(gone)
