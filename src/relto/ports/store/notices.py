"""Notices in a store: what a party was told, where it wants to be told, and what is on its way.

Every question about notices names a party: no answer about one party depends on what another was told. What is on its
way (dispatches) is the node's own, and shown to nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from relto.domain.dispatch import Dispatch, DispatchState
    from relto.domain.mailbox import Mailbox
    from relto.domain.notice import Acknowledgement, Notice
    from relto.domain.webhook import Webhook


class NoticeSnapshot(Protocol):
    """What a read block says of notices."""

    def notice(self, party: str, number: int) -> Notice | None:
        """One notice of the party, or None."""
        ...

    def notices(
        self,
        party: str,
        *,
        after: int | None = None,
        kind: str | None = None,
        without: Collection[str] = (),
        limit: int = 100,
    ) -> list[Notice]:
        """The first `limit` notices of the party beyond number `after`, with None the last `limit`; of one kind if one
        is named, and of none of the kinds `without`; by number.
        """
        ...

    def notice_numbers(self, parties: Collection[str]) -> dict[str, int]:
        """The last number that each of these parties was given; parties that never got any are left out."""
        ...

    def notices_about(self, about: Collection[str]) -> dict[tuple[str, str], int]:
        """(party, about) → the number of the first notice about each of these things, for every party that got one."""
        ...

    def acknowledgements(self, party: str, *, first: int, last: int) -> list[Acknowledgement]:
        """Acknowledgements of the party's notices from number `first` to `last`, by notice, moment and account."""
        ...

    def webhook(self, webhook: str) -> Webhook | None:
        """One webhook by its id, or None."""
        ...

    def webhooks(self, *, parties: Collection[str] | None = None) -> list[Webhook]:
        """All webhooks, of these parties if any are named, by party, moment and id."""
        ...

    def mailbox(self, mailbox: str) -> Mailbox | None:
        """One mailbox by its id, or None."""
        ...

    def mailboxes(self, *, parties: Collection[str] | None = None) -> list[Mailbox]:
        """All mailboxes, as `webhooks`."""
        ...

    def dispatch(self, party: str, notice: int, target: str) -> Dispatch | None:
        """One dispatch, or None."""
        ...

    def dispatches(self, target: str, *, state: DispatchState, since: int = 0, limit: int = 100) -> list[Dispatch]:
        """The latest `limit` dispatches for the target in that state whose `next_at` is `since` or later: by `next_at`
        and notice, the latest first.
        """
        ...

    def dispatches_due(
        self, at: int, *, limit: int, but_targets: Collection[str] = (), but_parties: Collection[str] = ()
    ) -> list[Dispatch]:
        """The first `limit` dispatches that wait and may be tried at the moment `at`, by `next_at` and notice; none for
        these targets, none of these parties.
        """
        ...


class NoticeTransaction(NoticeSnapshot, Protocol):
    """What a write block does with notices."""

    def add_notices(self, notices: Sequence[Notice]) -> None:
        """Adds notices under the numbers that they have, each above all earlier ones of its party."""
        ...

    def skip_notice_numbers(self, numbers: Mapping[str, int]) -> None:
        """The next notice of each of these parties gets a number above this one."""
        ...

    def put_acknowledgement(self, row: Acknowledgement) -> None:
        """Adds an acknowledgement; one of the same account for the same notice stays as it is."""
        ...

    def put_webhook(self, webhook: Webhook) -> None:
        """Adds or replaces a webhook."""
        ...

    def put_mailbox(self, mailbox: Mailbox) -> None:
        """Adds or replaces a mailbox."""
        ...

    def drop_target(self, target: str) -> None:
        """Forgets the webhook or mailbox of that id, and every dispatch for it."""
        ...

    def put_dispatches(self, rows: Sequence[Dispatch]) -> None:
        """Adds or replaces dispatches; no two of them are of the same party, notice and target."""
        ...

    def postpone_dispatches(self, target: str, *, until: int) -> None:
        """What waits for the target and was to be tried before `until` waits until then."""
        ...

    def drop_dispatches(self, *, before: int, limit: int) -> int:
        """Forgets at most `limit` dispatches that were settled before that moment; how many."""
        ...
