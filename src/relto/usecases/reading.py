"""Reading: what a reader's account is given of a collection, page by page.

In order: the clock is read, then the head; acts that have fallen due are carried out; the page is decided on one
snapshot at one policy version; its delivery is recorded, which fails if that version has passed (then it is decided
anew); only then does the caller get the bytes. No page shows a date later than the clock it was read by.

When nothing is new, which is most polls, the heads of the classes in memory say so, with no question to the database
but the head.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from relto.domain.cursor import Cursor, Filters
from relto.domain.errors import BadInput, Refused, Unknown
from relto.domain.ranges import EVERYTHING, OPEN
from relto.domain.stream import BEGINNING, LIVE, Place, Stream
from relto.ports.store import Delivery, MarkRow
from relto.usecases.keys import object_key
from relto.usecases.sequencing import carry_out_due

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from relto.domain.flow import ClassState
    from relto.domain.pause import Pause
    from relto.ports.node import Node
    from relto.ports.store import AccountRow, Body, FlowRow, Head, Known, Record, Snapshot, Store
    from relto.usecases.delivering import DeliveryDesk
    from relto.usecases.policy import Policy, PolicyDesk

ATTEMPTS_MAX = 20
"""How often a page is decided anew because policy changed under it, before the reader is asked to come again."""

FEW_RANGES = 8
"""Up to this many ranges are each asked for a whole page; beyond, a window of `seq` bounds what each is asked for."""

PORTION_MIN = 16
"""No look into the index is for fewer items than this."""

MARKS_KEPT, MOMENTS_KEPT, STREAMS_KEPT = 100_000, 10_000, 100_000
"""Written limits of what is kept in memory; beyond them memory begins anew, at the price of a few more questions."""

Endpoint = Literal["objects", "manifest", "versions"]


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked: `added_after` in microseconds, `cursor` the text of `next`, `limit` at least 1.

    `filters` None: none was given, so that a cursor's own count; `types` and the like that were given must agree with it.
    """

    limit: int
    added_after: int | None = None
    cursor: str | None = None
    ids: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    versions: tuple[str | int, ...] | None = None
    spec_versions: tuple[str, ...] | None = None


class Entry(NamedTuple):
    """One item of a page; `raw` is empty in a manifest, `date_added` is 0 where nobody asked for it."""

    stix_id: str
    version: str
    raw: bytes
    date_added: int


@dataclass(frozen=True, slots=True)
class Page:
    """What is given: the entries, whether more stands behind them (then `next`), and the dates of the first and last.

    On an empty page both dates repeat the `added_after` that was asked; None where none was.
    """

    entries: Sequence[Entry] = ()
    more: bool = False
    next: str | None = None
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """A TAXII collection as its account sees it. `own` is the party's own."""

    id: str
    alias: str
    title: str
    pauses: Sequence[Pause]
    ended: bool
    own: bool = False
    writable: bool = False


class _View(NamedTuple):
    """One reader's view of one stream at one version."""

    reader: str
    collection: str
    stream: Stream
    stream_id: int
    flow: FlowRow | None
    states: Mapping[int, ClassState]
    hidden: bool
    policy: Policy

    def shown(self, class_id: int) -> bool:
        """Whether what the stream gives of the class may be read now."""
        state = self.states.get(class_id)
        return state is None or not state.hidden_since


class Reading:
    """The reading side of a node. Safe to use from several threads."""

    def __init__(self, node: Node, desk: PolicyDesk, deliveries: DeliveryDesk, key: bytes) -> None:
        """`key` signs cursors; all processes of a node share it."""
        self._node = node
        self._desk = desk
        self._deliveries = deliveries
        self._key = key
        self._quiet = Quiet(node.store)
        self._own: dict[str, str] = {}
        self._marked: dict[tuple[int, str, int], Place] = {}

    # Collections.

    def collections(self, account: AccountRow) -> list[Collection]:
        """What exists for this account, in one order."""
        policy = self._settled()[2]
        found = [
            self._collection(policy, flow)
            for flow in sorted(policy.flows.values(), key=lambda flow: flow.agreement)
            if _receives(policy, flow, account)
        ]
        own = self._own_collection(account)
        return [own, *found] if own is not None else found

    def collection(self, account: AccountRow, name: str) -> Collection:
        """The collection with this id or alias. Raises `Unknown` `collection-unknown`, whatever the reason."""
        return self._resolved(self._settled()[2], account, name)

    def _resolved(self, policy: Policy, account: AccountRow, name: str) -> Collection:
        for flow in policy.flows.values():
            if name in {flow.collection, flow.agreement} and _receives(policy, flow, account):
                return self._collection(policy, flow)
        own = self._own_collection(account)
        if own is not None and name in {own.id, own.alias}:
            return own
        raise _no_collection()

    def _own_collection(self, account: AccountRow) -> Collection | None:
        if "contributor" not in account.roles:
            return None
        if account.party not in self._own:
            with self._node.store.read() as snap:
                number = snap.collection(account.party)
            if number is None:
                return None
            self._own[account.party] = number
        title = f"What {account.party} gives"
        return Collection(self._own[account.party], "own", title, (), ended=False, own=True, writable=True)

    @staticmethod
    def _collection(policy: Policy, flow: FlowRow) -> Collection:
        standing = policy.standings[flow.agreement]
        pauses = [
            pause
            for pause in policy.pauses.values()
            if pause.state == "running" and flow.agreement in pause.agreements and pause.recipient in {None, flow.party}
        ]
        return Collection(flow.collection, flow.agreement, standing.terms.title or flow.agreement, pauses, standing.ended)

    # Pages.

    def quiet(self, account: AccountRow, name: str, query: Query) -> Page | None:
        """The empty page where memory alone can say that nothing is new; None where one has to look.

        Asks the database for its head and nothing else, so it may be called where waiting is not allowed.
        """
        if query.cursor is not None or query.added_after is None or query.ids is not None:
            return None
        if query.versions not in {None, ("last",)}:
            return None
        now, head = self._moment()
        policy = self._desk.seen(head.policy_version)
        if policy is None or (head.next_due is not None and now >= head.next_due):
            return None
        collection = self._resolved(policy, account, name)
        view = self._known_view(policy, account, collection)
        if view is None:
            return None
        start = self._quiet.place(view, query.added_after, head)
        if start is None or not self._quiet.holds(view, start, head) or self._mark(view, start) is not None:
            return None
        return Page(first=query.added_after, last=query.added_after)

    def page(self, account: AccountRow, name: str, query: Query, endpoint: Endpoint) -> Page:
        """One page of the collection with this id or alias.

        Raises `Unknown` `collection-unknown`; `BadInput` for a forged cursor, or filters that differ from the cursor's.
        """
        for _ in range(ATTEMPTS_MAX):
            now, head, policy = self._settled()
            collection = self._resolved(policy, account, name)
            after, began, filters = self._asked(account, collection, query)
            with self._node.store.read() as snap:
                if snap.head().policy_version != policy.version:
                    continue
                view = self._view(snap, policy, account, collection)
                start = self._start(view, snap, after, began)
                horizon = view.stream.place_at(now, snap.seq_upto)
                rows, more = self._rows(snap, view, start, horizon, filters, query.limit, endpoint)
                page = self._made(snap, view, rows, endpoint, more=more, query=query, began=began, filters=filters)
                if not more and filters == _UNFILTERED:
                    self._quiet.note(view, rows[-1][0] if rows else start, horizon, snap.head())
            # A place matters only where the read could pass something: not for ids, not for chosen versions.
            moves = filters.ids is None and filters.versions in {("last",), ("all",)} and endpoint != "versions"
            if self._recorded(view, now, rows, start if moves else None, endpoint):
                return page
        raise Refused("policy-unsettled", "policy changes faster than this page can be decided", remedy="ask again")

    def item(self, account: AccountRow, name: str, stix_id: str, query: Query, endpoint: Endpoint) -> Page:
        """An object by id, or its versions. Raises `Unknown` `object-unknown` where the reader can see no version of it."""
        page = self.page(account, name, replace(query, ids=(stix_id,), types=None), endpoint)
        if not page.entries and not self._sees(account, name, stix_id):
            raise Unknown("object-unknown", "there is no such object in this collection")
        return page

    def _sees(self, account: AccountRow, name: str, stix_id: str) -> bool:
        now, _, policy = self._settled()
        collection = self._resolved(policy, account, name)
        with self._node.store.read() as snap:
            if snap.head().policy_version != policy.version:
                return False
            view = self._view(snap, policy, account, collection)
            horizon = view.stream.place_at(now, snap.seq_upto)
            return bool(self._by_id(snap, view, BEGINNING, horizon, Filters(ids=(stix_id,), versions=("all",))))

    # Steps of a page.

    def _moment(self) -> tuple[int, Head]:
        # The clock first: whatever is committed between the two has a date beyond this moment.
        moment = self._node.clock.now()
        head = self._node.store.head()
        return moment + head.clock_offset, head

    def _settled(self) -> tuple[int, Head, Policy]:
        """The clock, the head with everything done that has fallen due, and the policy of that head."""
        for _ in range(ATTEMPTS_MAX):
            now, head = self._moment()
            if carry_out_due(self._node, self._desk, head) is not head:
                continue
            policy = self._desk.seen(head.policy_version)
            if policy is not None:
                return now, head, policy
            with self._node.store.read() as snap:
                if snap.head().policy_version == head.policy_version:
                    return now, head, self._desk.current(snap, head.policy_version)
        raise Refused("policy-unsettled", "policy changes faster than it can be read", remedy="ask again")

    def _asked(self, account: AccountRow, collection: Collection, query: Query) -> tuple[Place | None, int | None, Filters]:
        """Where to go on (None: from `began`), the `added_after` that the walk began with, and the filters."""
        given = Filters(query.ids, query.types, query.versions or ("last",), query.spec_versions)
        if query.cursor is None:
            return None, query.added_after, given
        cursor = Cursor.parse(query.cursor, self._key)
        if cursor is None:
            raise BadInput("cursor-forged", "`next` is not one that this server gave", remedy="begin anew without `next`")
        mine = cursor.collection == collection.id and cursor.reader == account.name
        if not mine or (query.added_after is not None and query.added_after != cursor.began):
            return None, query.added_after, given
        for name, now, then in (
            ("id", query.ids, cursor.filters.ids),
            ("type", query.types, cursor.filters.types),
            ("version", query.versions, cursor.filters.versions),
            ("spec_version", query.spec_versions, cursor.filters.spec_versions),
        ):
            if now is not None and now != then:
                raise BadInput("cursor-filter-differs", f"`match[{name}]` is not what the walk began with")
        return cursor.place, cursor.began, cursor.filters

    def _view(self, snap: Snapshot, policy: Policy, account: AccountRow, collection: Collection) -> _View:
        """The reader's view at the version of `policy`, which is that of `snap`."""
        if not collection.own:
            flow = next(each for each in policy.flows.values() if each.collection == collection.id)
            policy.states_of(snap, flow.id)
            policy.stream(snap, policy.stream_of(flow, account.name))
        view = self._known_view(policy, account, collection)
        assert view is not None  # noqa: S101 - what it needs was loaded just now
        return view

    @staticmethod
    def _known_view(policy: Policy, account: AccountRow, collection: Collection) -> _View | None:
        """The reader's view where everything that it needs is in memory."""
        if collection.own:
            live = {
                row.id: EVERYTHING
                for row in policy.classes.values()
                if row.value.originator == account.party and not row.value.withdrawn
            }
            return _View(account.name, collection.id, Stream.begun(live), 0, None, {}, hidden=False, policy=policy)
        flow = next(each for each in policy.flows.values() if each.collection == collection.id)
        number = policy.stream_of(flow, account.name)
        states, stream = policy.states_if_seen(flow.id), policy.stream_if_seen(number)
        if states is None or stream is None:
            return None
        hidden = any(state.hidden_since for state in states.values())
        return _View(account.name, collection.id, stream, number, flow, states, hidden, policy)

    def _start(self, view: _View, snap: Snapshot, after: Place | None, began: int | None) -> Place:
        if after is not None:
            return after
        if began is None:
            return BEGINNING

        def seq_upto(moment: int) -> int:
            seq = snap.seq_upto(moment)
            self._quiet.learn(moment, seq, snap.head())
            return seq

        return view.stream.place_at(began, seq_upto)

    def _classes(self, view: _View, filters: Filters) -> list[int]:
        policy, types = view.policy, filters.types
        if filters.spec_versions is not None and "2.1" not in filters.spec_versions:
            return []
        names = set(view.stream.live)
        for spans in view.stream.backlog.values():
            names.update(spans)
        return [
            name
            for name in names
            if view.shown(name) and (types is None or policy.classes[name].value.type in types)
        ]

    def _rows(
        self,
        snap: Snapshot,
        view: _View,
        start: Place,
        horizon: Place,
        filters: Filters,
        limit: int,
        endpoint: Endpoint,
    ) -> tuple[list[tuple[Place, Body | Record]], bool]:
        if filters.ids is not None:
            found = self._by_id(snap, view, start, horizon, filters)
        else:
            found = self._walked(snap, view, start, horizon, filters, limit + 1, endpoint)
        more = len(found) > limit
        found = found[:limit]
        if filters.ids is not None and found:
            by_seq = {row.seq: row for row in self._fetched(snap, [place.seq for place, _ in found], endpoint)}
            return [(place, by_seq[place.seq]) for place, _ in found], more
        return found, more  # type: ignore[return-value]

    @staticmethod
    def _fetched(snap: Snapshot, seqs: Sequence[int], endpoint: Endpoint) -> Sequence[Body | Record]:
        return snap.bodies(seqs) if endpoint == "objects" else snap.records(seqs)

    def _walked(
        self,
        snap: Snapshot,
        view: _View,
        start: Place,
        horizon: Place,
        filters: Filters,
        wanted: int,
        endpoint: Endpoint,
    ) -> list[tuple[Place, Body | Record]]:
        found: list[tuple[Place, Body | Record]] = []
        last_seq = snap.head().last_seq
        for segment in view.stream.segments(start, horizon, self._classes(view, filters)):
            ranges = [(name, after, min(upto, last_seq)) for name, after, upto in segment.ranges if after < last_seq]
            share = self._quiet.share({name for name, _, _ in ranges}, snap.head())
            for seqs in _windows(snap, ranges, lambda: wanted - len(found), share):
                rows = self._fetched(snap, seqs, endpoint)
                kept = self._of_versions(snap, view, rows, filters, horizon)
                found.extend((Place(segment.epoch, segment.part, row.seq), row) for row in kept)
                if len(found) >= wanted:
                    return found
        return found

    def _of_versions(
        self, snap: Snapshot, view: _View, rows: Sequence[Body | Record], filters: Filters, horizon: Place
    ) -> Sequence[Body | Record]:
        """The rows whose version was asked for; most objects have one version, and then it is first and last."""
        if filters.versions == ("all",):
            return rows
        keys = {row.rival_key for row in rows if row.rival_key is not None}
        known = snap.known(keys) if keys else {}
        chosen = {
            version.seq
            for versions in known.values()
            for version in _chosen(self._visible(view, versions, horizon), filters)
        }
        instants = [each for each in filters.versions if isinstance(each, int)]
        alone = bool({"last", "first"} & set(filters.versions))
        return [
            row
            for row in rows
            if (row.seq in chosen if row.rival_key is not None else alone or row.version_us in instants)
        ]

    @staticmethod
    def _visible(view: _View, versions: Iterable[Known], horizon: Place) -> list[Known]:
        found = []
        for version in versions:
            if not view.shown(version.class_id):
                continue
            place = view.stream.place_of(version.class_id, version.seq)
            if place is not None and place <= horizon:
                found.append(version)
        return found

    def _by_id(
        self, snap: Snapshot, view: _View, start: Place, horizon: Place, filters: Filters
    ) -> list[tuple[Place, Known]]:
        classes = set(self._classes(view, filters))
        originators = {view.policy.classes[name].value.originator for name in classes}
        keys = [object_key(originator, name) for originator in sorted(originators) for name in filters.ids or ()]
        found = []
        for versions in snap.known(keys).values():
            seen = [each for each in self._visible(view, versions, horizon) if each.class_id in classes]
            for version in _chosen(seen, filters):
                place = view.stream.place_of(version.class_id, version.seq)
                if place is not None and place > start:
                    found.append((place, version))
        return sorted(found, key=lambda pair: pair[0])

    def _made(
        self,
        snap: Snapshot,
        view: _View,
        rows: Sequence[tuple[Place, Body | Record]],
        endpoint: Endpoint,
        *,
        more: bool,
        query: Query,
        began: int | None,
        filters: Filters,
    ) -> Page:
        if not rows:
            return Page(first=query.added_after, last=query.added_after)
        if endpoint == "objects":
            dates = self._dates(snap, view.stream, [rows[0][0], rows[-1][0]])
            entries = [Entry("", "", row.raw, 0) for _, row in rows]  # type: ignore[union-attr]
        else:
            dates = self._dates(snap, view.stream, [place for place, _ in rows])
            entries = [
                Entry(row.stix_id, row.version, b"", date)  # type: ignore[union-attr]
                for (_, row), date in zip(rows, dates, strict=True)
            ]
        cursor = Cursor(view.collection, view.reader, began, rows[-1][0], filters).signed(self._key) if more else None
        return Page(entries, more, cursor, dates[0], dates[-1])

    @staticmethod
    def _dates(snap: Snapshot, stream: Stream, places: Sequence[Place]) -> list[int]:
        live = [place.seq for place in places if place.part == LIVE]
        batches = snap.batches(live) if live else []
        added: dict[int, int] = {}
        index = 0
        for seq in sorted(live):
            while batches[index].last < seq:
                index += 1
            added[seq] = batches[index].added_at(seq)
        return [stream.date(place, added.get(place.seq, 0)) for place in places]

    def _recorded(
        self,
        view: _View,
        now: int,
        rows: Sequence[tuple[Place, Body | Record]],
        start: Place | None,
        endpoint: Endpoint,
    ) -> bool:
        if view.flow is None:
            return True
        version = view.policy.version
        mark = self._mark(view, start)
        delivery = None
        if rows:
            digest = hashlib.sha256(b"".join(row.digest for _, row in rows)).digest()
            first, last = rows[0][0], rows[-1][0]
            delivery = Delivery(view.stream_id, view.reader, now, version, first, last, len(rows), digest, endpoint)
        if delivery is None and mark is None:
            return True
        if not self._deliveries.record(version, delivery, mark):
            return False
        if mark is not None:
            if len(self._marked) >= MARKS_KEPT:
                self._marked.clear()
            self._marked[mark.flow, mark.reader, mark.version] = mark.place
        return True

    def _mark(self, view: _View, start: Place | None) -> MarkRow | None:
        """The mark that this read leaves while something is hidden from it; None where a lower one is on record."""
        if view.flow is None or start is None or not view.hidden:
            return None
        seen = self._marked.get((view.flow.id, view.reader, view.policy.version))
        if seen is not None and seen <= start:
            return None
        return MarkRow(view.flow.id, view.reader, view.policy.version, start)


class Quiet:
    """Says from memory that nothing is new beyond a place: what was seen to be empty once, and what came in since."""

    def __init__(self, store: Store) -> None:
        """For this database."""
        self._store = store
        self._lock = threading.Lock()
        self._seq = 0
        self._last: dict[int, int] = {}
        self._ord: dict[int, int] = {}
        self._upto: dict[int, int] = {}
        self._empty: dict[str, tuple[tuple[int, ...], Place, int]] = {}

    def share(self, classes: Iterable[int], head: Head) -> float:
        """Which share of all items these classes have, roughly; above 0."""
        self._refresh(head)
        return max(sum(self._ord.get(name, 0) for name in classes), 1) / max(head.last_seq, 1)

    def place(self, view: _View, moment: int, head: Head) -> Place | None:
        """The place of `moment` in the stream, or None where memory does not know it."""
        if moment >= head.last_given:
            return view.stream.place_at(moment, lambda _: head.last_seq)
        seq = self._upto.get(moment)
        return None if seq is None else view.stream.place_at(moment, lambda _: seq)

    def learn(self, moment: int, seq: int, head: Head) -> None:
        """Remembers the last item up to a moment that nothing can be added before any more."""
        if moment < head.last_given:
            if len(self._upto) >= MOMENTS_KEPT:
                self._upto.clear()
            self._upto[moment] = seq

    def holds(self, view: _View, start: Place, head: Head) -> bool:
        """Whether nothing that may be read stands beyond `start`; False where memory cannot say."""
        known = self._empty.get(_quiet_key(view))
        if known is None or known[0] != _versions(view) or start < known[1]:
            return False
        seq = known[2]
        if seq == head.last_seq:
            return True
        self._refresh(head)
        if any(
            self._last.get(name, 0) > seq and ranges.pairs and ranges.pairs[-1][1] == OPEN and view.shown(name)
            for name, ranges in view.stream.live.items()
        ):
            return False
        self._empty[_quiet_key(view)] = (known[0], known[1], head.last_seq)
        return True

    def note(self, view: _View, start: Place, horizon: Place, head: Head) -> None:
        """Remembers that nothing that may be read stands beyond `start`, if the page was not ended by the clock."""
        if horizon == view.stream.place_at(LATEST, lambda _: head.last_seq):
            if len(self._empty) >= STREAMS_KEPT:
                self._empty.clear()
            self._empty[_quiet_key(view)] = (_versions(view), start, head.last_seq)

    def _refresh(self, head: Head) -> None:
        if self._seq >= head.last_seq:
            return
        with self._lock, self._store.read() as snap:
            seq = snap.head().last_seq
            for class_id, last, count in snap.class_heads(beyond_seq=self._seq):
                self._last[class_id], self._ord[class_id] = last, count
            self._seq = seq


LATEST = 2**62
_UNFILTERED = Filters()


def _quiet_key(view: _View) -> str:
    return f"{view.collection}/{view.stream_id}"


def _versions(view: _View) -> tuple[int, ...]:
    policy = view.policy
    if view.flow is None:
        return (policy.version,)
    return (policy.streams[view.stream_id].version, policy.streams[view.flow.main].version)


def _receives(policy: Policy, flow: FlowRow, account: AccountRow) -> bool:
    return (
        flow.party == account.party
        and flow.member
        and "reader" in account.roles
        and not policy.standings[flow.agreement].row.closed
    )


def _no_collection() -> Unknown:
    return Unknown("collection-unknown", "there is no such collection")


def _chosen(versions: Sequence[Known], filters: Filters) -> list[Known]:
    """Of the visible versions of objects with one key, by `version_us`, those that were asked for."""
    if not versions:
        return []
    wanted = filters.versions
    if "all" in wanted:
        return list(versions)
    found = {version.seq: version for version in versions if version.version_us in wanted}
    if "last" in wanted:
        found[versions[-1].seq] = versions[-1]
    if "first" in wanted:
        found[versions[0].seq] = versions[0]
    return list(found.values())


def _windows(
    snap: Snapshot,
    ranges: Sequence[tuple[int, int, int]],
    missing: Callable[[], int],
    share: float,
) -> Iterator[list[int]]:
    """The `seq` of the items in the ranges, in order, a portion at a time, each about what is still missing.

    With many ranges a window of `seq` bounds what each is asked for; it is sized by the share of all items that their
    classes have, and doubles where it turns out too small.
    """
    if not ranges:
        return
    floor = min(after for _, after, _ in ranges)
    ceiling = max(upto for _, _, upto in ranges)
    width = max(int(missing() / share * 1.25) + 1, PORTION_MIN)
    while floor < ceiling:
        wanted = max(missing(), PORTION_MIN)
        few = len(ranges) <= FEW_RANGES
        upto = ceiling if few else min(floor + width, ceiling)
        clipped = [
            (name, max(after, floor), min(end, upto)) for name, after, end in ranges if end > floor and after < upto
        ]
        found = snap.scan(clipped, wanted) if clipped else []
        if found:
            yield [seq for seq, _ in found]
        if len(found) < wanted:
            floor, width = upto, width * 2
        else:
            floor = found[-1][0]
