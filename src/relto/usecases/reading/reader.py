"""Reading: what a reader's account is given of a collection, page by page.

In order: the clock is read, then the head; acts that have fallen due are carried out; the page is decided on one
snapshot at one policy version; its delivery is recorded, which fails if that version has passed (then it is decided
anew, in the end in the block that records it, where nobody can overtake it); only then does the caller get the bytes.
No page shows a date later than the clock it was read by.

What the reader was served is kept with the delivery (its track). Where it asks beyond what it was served, what lies
between is given to it again first (`repairing`).

When nothing is new, which is most polls, the heads of the classes in memory say so, with no question to the database
but the head.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from relto.domain.cursor import Cursor, Filters
from relto.domain.errors import BadInput, Refused, Unknown
from relto.domain.reader import way_of
from relto.domain.stream import BEGINNING, Place
from relto.ports.store import Body, MarkRow, Record
from relto.usecases.clock import recorded_now
from relto.usecases.delivering import Outgoing, never, put_records
from relto.usecases.reading.catalogue import Catalogue
from relto.usecases.reading.current import Accounts
from relto.usecases.reading.following import Asked, Following, follow, moves
from relto.usecases.reading.given import delivery_of
from relto.usecases.reading.look import Found, Look
from relto.usecases.reading.quiet import Quiet
from relto.usecases.reading.tracks import Tracks
from relto.usecases.reading.undone import is_undone
from relto.usecases.reading.values import Collection, Endpoint, Entry, Page, Query
from relto.usecases.reading.view import View, known_view, loaded_view
from relto.usecases.repairing import has_to_wait, is_repaired, repair
from relto.usecases.sequencing import carry_out_due, is_settled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from relto.ports.node import Node
    from relto.ports.store import AccountRow, Head, Snapshot, Stand, TrackRow
    from relto.usecases.delivering import DeliveryDesk
    from relto.usecases.policy import Policy, PolicyDesk

ATTEMPTS_FREE = 4
"""How often a page is decided beside those who change policy; if they overtook it each time, they wait for it once."""

ATTEMPTS_MAX = 20
"""How often something is read anew because policy changed under it, before the reader is asked to come again."""

MARKS_KEPT = 100_000
"""How many marks memory knows to be on record; beyond, it begins anew, at the price of writing some again."""

REPAIR_WAIT_US = 1_000_000
"""How long an answer waits for the dates of what it gives again."""

SHORT_WAIT_US = 50_000
"""How long any answer may wait for them: the lead of an epoch, and the first of its dates."""

WAITING_MAX = 2
"""So many answers wait longer than that at once in one process; others are given what can be read already."""

_UNFILTERED = Filters()


@dataclass(frozen=True, slots=True)
class _Made:
    """A page that nobody has been given yet, and what has to be on record before (`outgoing`). `hidden`: as the view
    has it.

    `track` is what the reader has been served with it, whether that has to be on record or not. `owing`: instead of a
    page, what has to be given again first.
    """

    page: Page
    outgoing: Outgoing
    hidden: int
    track: TrackRow | None = None
    owing: _Owing | None = None


@dataclass(frozen=True, slots=True)
class _Owing:
    """A reader asks beyond what it was served: up to `began`, in this way."""

    flow: int
    way: str
    types: tuple[str, ...] | None
    began: int


class Reading:
    """The reading side of a node. Safe to use from several threads."""

    def __init__(self, node: Node, desk: PolicyDesk, deliveries: DeliveryDesk, key: bytes) -> None:
        """`key` signs cursors; all processes of a node share it."""
        self._node = node
        self._desk = desk
        self._deliveries = deliveries
        self._key = key
        self._quiet = Quiet(node.store)
        self._catalogue = Catalogue(node.store)
        self._accounts = Accounts()
        self._marked: dict[tuple[int, str, int], Place] = {}
        self._waiting = threading.BoundedSemaphore(WAITING_MAX)
        self._tracks = Tracks(node.store)

    # Collections.

    def collections(self, account: AccountRow) -> list[Collection]:
        """What exists for this account, in one order."""
        _, _, policy = self._settled()
        return self._catalogue.all(policy, account)

    def collection(self, account: AccountRow, name: str) -> Collection:
        """The collection with this id or alias. Raises `Unknown` `collection-unknown`, whatever the reason."""
        _, _, policy = self._settled()
        return self._catalogue.named(policy, account, name)

    # Pages.

    def quiet(
        self,
        account: AccountRow,
        name: str,
        query: Query,
        at: tuple[int, Head] | None = None,
        endpoint: Endpoint = "objects",
    ) -> Page | None:
        """The empty page where memory alone can say that nothing is new; None where one has to look.

        Asks the database for its head and nothing else (not even for that where the caller hands in the `moment` of the
        request), so it may be called where waiting is not allowed.
        """
        if query.cursor is not None or query.added_after is None or query.ids is not None:
            return None
        if query.versions not in {None, ("last",)}:
            return None
        now, head = self.moment() if at is None else at
        policy = self._desk.seen(head.policy_version)
        if policy is None or not is_settled(head, now) or query.added_after > now:
            return None
        view = known_view(policy, account, self._catalogue.named(policy, account, name))
        if view is None:
            return None
        start = self._quiet.place(view, query.added_after, head)
        if start is None:
            return None
        if view.flow is not None:
            way = way_of(endpoint, query.types, query.spec_versions)
            track = self._tracks.known(head, (view.flow.id, account.name, way))
            if track is None or track.walk is not None:
                return None
            # What stands between the reader's place and the moment that it asks for is owed: there must be nothing.
            start = min(start, track.place) if is_repaired(account) else start
        if not self._quiet.holds(view, start, head) or self._mark(view, start) is not None:
            return None
        return Page(first=query.added_after, last=query.added_after)

    def page(
        self,
        account: AccountRow,
        name: str,
        query: Query,
        endpoint: Endpoint,
        *,
        gone: Callable[[], bool] = never,
        at: tuple[int, Head] | None = None,
    ) -> Page:
        """One page of the collection with this id or alias; an empty one where whoever asked has `gone` by then. `at`:
        the `moment` of the request, where the caller has asked for it.

        Raises `Unknown` `collection-unknown`; `BadInput` for a forged cursor, or filters that differ from the cursor's.
        """
        mended = Page()
        for _ in range(ATTEMPTS_FREE):
            now, _, policy = self._settled(at)
            at = None
            with self._node.store.read() as snap:
                stand = snap.head().stand
                if stand.policy != policy.version:
                    continue
                account = self._accounts.current(snap, account)
                collection = self._catalogue.named(policy, account, name, snap)
                made = self._made(snap, policy, now, account, collection, query, endpoint)
            if made.owing is not None:
                mended = self._mended(account, made.page, made.owing)
            elif self._deliveries.record(stand, made.outgoing, gone=gone):
                return self._given(made, mended, stand)
            if gone():
                return self._abandoned(account, name, query, endpoint)
        for _ in range(ATTEMPTS_MAX):
            carry_out_due(self._node, self._desk, self._node.store.head())
            with self._node.store.write() as tx:
                head = tx.head()
                now = recorded_now(self._node, tx)
                if not is_settled(head, now):
                    continue
                policy = self._desk.current(tx, head.policy_version)
                account = self._accounts.current(tx, account)
                collection = self._catalogue.named(policy, account, name, tx)
                made = self._made(tx, policy, now, account, collection, query, endpoint)
                left = gone()
                if made.owing is None and not left:
                    put_records(tx, [made.outgoing])
            if left:
                return self._abandoned(account, name, query, endpoint)
            if made.owing is None:
                return self._given(made, mended, head.stand)
            mended = self._mended(account, made.page, made.owing)
        raise _unsettled()

    def refused(self, account: AccountRow, name: str, query: Query, endpoint: Endpoint) -> None:
        """A request of an account that was let in and then refused, or that broke down (too busy, a time-out).

        Its client may move on all the same, so where it is the first one, what it asked for is owed from now on. Costs
        nothing where the reader is known in memory. Raises as `page` does.
        """
        for _ in range(ATTEMPTS_MAX):
            now, _, policy = self._settled()
            collection = self._catalogue.named(policy, account, name)
            try:
                asked = self._asked(account, collection, query)
            except BadInput:
                asked = self._asked(account, collection, replace(query, cursor=None))
            view = known_view(policy, account, collection)
            way = way_of(endpoint, asked.filters.types, asked.filters.spec_versions)
            if view is not None and (view.flow is None or (view.flow.id, account.name, way) in self._tracks):
                return
            with self._node.store.read() as snap:
                stand = snap.head().stand
                if stand.policy != policy.version:
                    continue
                # It was let in before it was refused, and may have been revoked or lost its role meanwhile.
                account = self._accounts.current(snap, account)
                collection = self._catalogue.named(policy, account, name, snap)
                view = loaded_view(snap, policy, account, collection)
                look = Look(snap, view, view.stream.place_at(now, snap.seq_upto), asked.filters, endpoint)
                following = self._following(look, account, asked, now)
            row = following.row(view.flow, account.name, following.track) if following.new else None
            if self._deliveries.record(stand, Outgoing(now, track=row, after=following.start or BEGINNING)):
                return

    def _abandoned(self, account: AccountRow, name: str, query: Query, endpoint: Endpoint) -> Page:
        self.refused(account, name, query, endpoint)
        return Page()

    def unsent(self, page: Page) -> None:
        """The page never left: whoever asked for it had gone. Its reader is owed it as if it had not been made."""
        if page.tracks is not None:
            self._tracks.withdraw(*page.tracks, gave=bool(page.entries))

    def _mended(self, account: AccountRow, page: Page, owing: _Owing) -> Page:
        """Gives the reader what it is owed, and waits until it can be read, or a second; `page` with how many."""
        given = repair(
            self._node,
            self._desk,
            flow=owing.flow,
            reader=account.name,
            way=owing.way,
            types=owing.types,
            added_after=owing.began,
        )
        now, _ = self.moment()
        missing = min(given.visible_at - now, REPAIR_WAIT_US)
        # Not all threads wait long at once, or readers that are owed much would keep everybody else from an answer.
        if missing > SHORT_WAIT_US and self._waiting.acquire(blocking=False):
            try:
                self._node.clock.sleep(missing)
            finally:
                self._waiting.release()
        elif missing > 0:
            # By then the first of it can be read: who is answered with nothing moves on, and is owed it once more.
            self._node.clock.sleep(min(missing, SHORT_WAIT_US))
        return replace(page, repaired=given.items)

    def item(self, account: AccountRow, name: str, stix_id: str, query: Query, endpoint: Endpoint) -> Page:
        """An object by id, or its versions.

        Raises `Unknown` `object-unknown` where the reader can see no version of it, and as `page` does.
        """
        page = self.page(account, name, replace(query, ids=(stix_id,), types=None), endpoint)
        if not page.entries and not self._sees(account, name, stix_id):
            raise Unknown("object-unknown", "there is no such object in this collection")
        return page

    def _sees(self, account: AccountRow, name: str, stix_id: str) -> bool:
        every = Filters(ids=(stix_id,), versions=("all",))
        for _ in range(ATTEMPTS_MAX):
            now, _, policy = self._settled()
            collection = self._catalogue.named(policy, account, name)
            with self._node.store.read() as snap:
                if snap.head().policy_version != policy.version:
                    continue
                view = loaded_view(snap, policy, account, collection)
                horizon = view.stream.place_at(now, snap.seq_upto)
                return bool(Look(snap, view, horizon, every, "versions").named())
        raise _unsettled()

    # Steps of a page.

    def moment(self) -> tuple[int, Head]:
        """The node's clock, and the head that is no older than it."""
        # The clock first: whatever is committed between the two has a date beyond this moment.
        moment = self._node.clock.now()
        head = self._node.store.head()
        return self._node.at(moment, head), head

    def _settled(self, at: tuple[int, Head] | None = None) -> tuple[int, Head, Policy]:
        """The clock (first that of `at`), the head with everything done that has fallen due, and the policy of that
        head.
        """
        for _ in range(ATTEMPTS_MAX):
            now, head = at or self.moment()
            at = None
            if carry_out_due(self._node, self._desk, head) is not head:
                continue
            policy = self._desk.seen(head.policy_version)
            if policy is not None:
                return now, head, policy
            with self._node.store.read() as snap:
                if snap.head().policy_version == head.policy_version:
                    return now, head, self._desk.current(snap, head.policy_version)
        raise _unsettled()

    def _asked(self, account: AccountRow, collection: Collection, query: Query) -> Asked:
        """What the query asks for. Raises `BadInput`: a forged cursor, or filters that differ from the cursor's."""
        given = Filters(query.ids, query.types, query.versions or ("last",), query.spec_versions)
        if query.cursor is None:
            return Asked(None, query.added_after, given)
        cursor = Cursor.parse(query.cursor, self._key)
        if cursor is None:
            remedy = "begin anew without `next`"
            raise BadInput("cursor-forged", "`next` is not one that this server gave", remedy=remedy)
        mine = cursor.collection == collection.id and cursor.reader == account.name
        if not mine or (query.added_after is not None and query.added_after != cursor.began):
            return Asked(None, query.added_after, given, stray=True)
        for name, now, then in (
            ("id", query.ids, cursor.filters.ids),
            ("type", query.types, cursor.filters.types),
            ("version", query.versions, cursor.filters.versions),
            ("spec_version", query.spec_versions, cursor.filters.spec_versions),
        ):
            if now is not None and now != then:
                raise BadInput("cursor-filter-differs", f"`match[{name}]` is not what the walk began with")
        return Asked(cursor.place, cursor.began, cursor.filters, given_at=cursor.given_at)

    def _following(self, look: Look, account: AccountRow, asked: Asked, now: int) -> Following:
        def seq_upto(moment: int) -> int:
            seq = look.snap.seq_upto(moment)
            self._quiet.learn(moment, seq, look.snap.head())
            return seq

        def place_of(moment: int | None) -> Place:
            return BEGINNING if moment is None else look.view.stream.place_at(moment, seq_upto)

        return follow(look, account, asked, now, place_of, self._quiet)

    def _made(
        self,
        snap: Snapshot,
        policy: Policy,
        now: int,
        account: AccountRow,
        collection: Collection,
        query: Query,
        endpoint: Endpoint,
    ) -> _Made:
        """The page by the clock `now`; `snap` is of the version of `policy`."""
        asked = self._asked(account, collection, query)
        view = loaded_view(snap, policy, account, collection)
        look = Look(snap, view, view.stream.place_at(now, snap.seq_upto), asked.filters, endpoint)
        if asked.after is not None and is_undone(snap, view.stream, asked.after, given_at=asked.given_at):
            asked = replace(asked, after=None, stray=True)
        following = self._following(look, account, asked, now)
        if following.owes and view.flow is not None and asked.began is not None:
            if has_to_wait(snap, view.flow.id, account.name, now):
                empty = Page(first=asked.began, last=asked.began, broke=following.broke)
                return _Made(empty, Outgoing(now), view.hidden)
            owing = _Owing(view.flow.id, following.way, asked.filters.types, asked.began)
            return _Made(Page(broke=following.broke), Outgoing(now), view.hidden, owing=owing)
        found, more = Found(), False
        if following.start is not None:
            found, more = look.rows(following.start, query.limit, self._quiet)
        page = self._page(look, found, query, asked, following.start, more=more, now=now)
        passed = following.passed if following.passed is not None else following.start
        # Where gaps are not mended nobody has looked at what stands between the reader's place and the start.
        seen = passed if is_repaired(account) else following.start
        if not more and asked.filters == _UNFILTERED and seen is not None:
            self._quiet.note(view, found.last if found else seen, look.horizon, snap.head())
        mark = self._mark(view, passed) if passed is not None and moves(asked.filters, endpoint) else None
        served = following.served(asked.began, found, page.last, None if more else look.horizon, now)
        before, track = (following.row(view.flow, account.name, each) for each in (following.track, served))
        # A walk whose end was hidden meanwhile ends with an empty page; unless that is on record, it counts as broken.
        moved = bool(found) or following.ends(served)
        is_news = moved or following.new
        tracks = (before, track) if moved and before is not None and track is not None else None
        page = replace(page, broke=following.broke, tracks=tracks)
        delivery = delivery_of(look, found, following, asked, page, track, more=more)
        news = track if is_news else None
        outgoing = Outgoing(now, delivery, mark, news, following.stored, following.start or BEGINNING, asked.began)
        return _Made(page, outgoing, view.hidden, track)

    def _given(self, made: _Made, mended: Page, stand: Stand) -> Page:
        """The page, now that what has to be on record is; decided at this stand of the head."""
        mark = made.outgoing.mark
        if mark is not None:
            if len(self._marked) >= MARKS_KEPT:
                self._marked.clear()
            self._marked[mark.flow, mark.reader, made.hidden] = mark.place
        if made.track is not None:
            self._tracks.keep(made.track, withdrawn=stand.withdrawn)
        if not (mended.broke or mended.repaired):
            return made.page
        # The repair has ended the walk that broke off, so that the page itself knows of none.
        return replace(made.page, broke=made.page.broke or mended.broke, repaired=mended.repaired)

    def _page(
        self,
        look: Look,
        found: Found,
        query: Query,
        asked: Asked,
        start: Place | None,
        *,
        more: bool,
        now: int,
    ) -> Page:
        if not found:
            moment = query.added_after
            if moment is None and (asked.after is not None or asked.stray) and start is not None:
                moment = look.date(start)
            return Page(first=moment, last=moment)
        bodies: Sequence[Body] = ()
        listed: Sequence[Entry] = ()
        if look.endpoint == "objects":
            dates = look.dates([found.first, found.last])
            bodies = [row for row in found.rows if isinstance(row, Body)]
        else:
            dates = look.dates(found.places())
            listed = [
                Entry(row.stix_id, row.version, date)
                for row, date in zip(found.rows, dates, strict=True)
                if isinstance(row, Record)
            ]
        token = None
        if more:
            view = look.view
            token = Cursor(view.collection, view.reader, asked.began, found.last, look.filters, now).signed(self._key)
        return Page(bodies, listed, more, token, dates[0], dates[-1])

    def _mark(self, view: View, start: Place) -> MarkRow | None:
        """The mark that this read leaves while something is hidden from it; None where a lower one is on record.

        One that was left since the newest hiding counts for all that is hidden, whatever changed in policy meanwhile.
        """
        if view.flow is None or not view.hidden:
            return None
        seen = self._marked.get((view.flow.id, view.reader, view.hidden))
        if seen is not None and seen <= start:
            return None
        return MarkRow(view.flow.id, view.reader, view.policy.version, start)


def _unsettled() -> Refused:
    return Refused("policy-unsettled", "policy changes faster than it can be read", remedy="ask again")
