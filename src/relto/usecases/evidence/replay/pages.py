"""Pages: whether a delivery gave what it might at its place of the log, all of it, each item once, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relto.domain.keys import object_key
from relto.domain.stream import BEGINNING, Place
from relto.ports.node import CLOCK_STEP_US
from relto.usecases.delivering import DECIDED_MAX_US
from relto.usecases.evidence.expected import UNREADABLE
from relto.usecases.evidence.faults import Fault
from relto.usecases.evidence.replay.delivered import is_asked
from relto.usecases.evidence.replay.ledger import Readable
from relto.usecases.evidence.replay.served import Served, Wrong
from relto.usecases.reading.look import chosen
from relto.usecases.reading.view import receives
from relto.usecases.repairing import is_repaired

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from relto.domain.cursor import Filters
    from relto.ports.store import AccountRow, FlowRow, Head, Known, Snapshot, Stand
    from relto.usecases.evidence.expected import Expected
    from relto.usecases.evidence.faults import Promise
    from relto.usecases.evidence.replay.delivered import Page
    from relto.usecases.evidence.replay.ledger import Ledger
    from relto.usecases.evidence.replay.scratch import Look
    from relto.usecases.policy import Policy

USED: Final = 1
CURSOR: Final = 2
"""Of each cursor is kept by how many pages it was given that were not taken back, `CURSOR` for each, and whether a page
went on from it (`USED`).
"""


class Pages:
    """Checks deliveries one after the other; whoever carries the log out says how things stand at each."""

    def __init__(self, look: Look, ledger: Ledger) -> None:
        """`look`: at where the log is carried out."""
        self._look = look
        self._ledger = ledger
        self.served = Served()
        self._cursors: dict[bytes, int] = {}
        self._lost = -1
        self._lost_epochs: dict[int, int] = {}
        self._taken_back = 0

    def begin_era(self, policy: Policy, last_seq: int) -> None:
        """Pages that were given between the backup and its restore are in no log, and their cursors are still used.

        They are of flows that there were by then, behind none of the items that came later, and in no epoch that was
        made later.
        """
        for number, stream in policy.streams_whole(self._look.snap, policy.streams).items():
            self._lost_epochs[number] = stream.last_epoch
        self._lost = last_seq

    def faults(self, page: Page, policy: Policy, head: Head, accounts: Mapping[str, AccountRow]) -> list[Fault]:
        """What is wrong with a delivery, decided on this picture; `accounts` by name."""
        try:
            found = list(self._looked(page, policy, head, accounts))
        except UNREADABLE:
            found = [Fault("delivery-unreadable", "a delivery does not say what deliveries say", leaf=page.number)]
        # Where it could not be judged.
        self.tell(page, head)
        return found

    def tell(self, page: Page, head: Head) -> None:
        """The log says this of a track, whatever the page gave."""
        if page.is_followed:
            key = (page.place["flow"], page.reader, page.place["way"])
            self.served.told(key, page.place["track"], page.at, self.stand(head))

    def tell_emptied(self, leaf: Expected, head: Head) -> None:
        """The log says this of a track that nothing was given for, or by which a page is taken back."""
        fields = leaf.fields
        self.served.told((fields["flow"], fields["reader"], fields["way"]), fields["digest"], leaf.at, self.stand(head))
        self._taken_back += "around" in fields

    def stand(self, head: Head) -> Stand:
        """What a page is decided on that goes on record now. The replay does not count the pages in the head."""
        return head.stand._replace(withdrawn=self._taken_back)

    # Tracks without a page.

    def emptied(self, leaf: Expected, policy: Policy, head: Head, accounts: Mapping[str, AccountRow]) -> list[Fault]:
        """What is wrong with a leaf that tells of a track that nothing was given for."""
        key = (leaf.fields["flow"], leaf.fields["reader"], leaf.fields["way"])
        flow, account = policy.flows.get(key[0]), accounts.get(key[1])
        if flow is None or account is None or not self._is_followed(leaf, policy, flow, account):
            self.served.told(key, leaf.fields["digest"], leaf.at, self.stand(head))
            return [Fault("track-unfounded", "nothing leads to it", "whole", leaf=leaf.number)]
        stream = policy.stream(self._look.snap, policy.stream_of(flow, account.name))
        horizon = stream.place_at(leaf.at + CLOCK_STEP_US, self._ledger.seq_upto)

        def reaches(place: Place) -> bool:
            return place <= horizon or self._is_lost(flow, policy.stream_of(flow, account.name), place)

        wrong = self.served.empty(key, leaf.fields, leaf.at, self.stand(head), reaches=reaches)
        return [] if wrong is None else [Fault(wrong.code, wrong.text, "whole", leaf=leaf.number)]

    def _is_followed(self, leaf: Expected, policy: Policy, flow: FlowRow, account: AccountRow) -> bool:
        """Whether a track may be told of without a page: of an account that reads there by then, in a way in which it
        can ask, and beyond as many others in none.
        """
        way = leaf.fields["way"]
        reads = not account.revoked and receives(policy, flow, account)
        can_ask = is_asked(way) and not self.served.is_unfollowed((flow.id, account.name, way))
        return "after" in leaf.fields and reads and can_ask

    def taken_back(self, leaf: Expected, head: Head) -> tuple[list[Fault], int | None]:
        """What is wrong with a leaf by which a page is taken back that never left; and the page's name, where it had
        items, so that its party is told.
        """
        key = (leaf.fields["flow"], leaf.fields["reader"], leaf.fields["way"])
        wrong, name, cursor = self.served.taken_back(key, leaf.fields, leaf.at, self.stand(head))
        self._taken_back += 1
        if cursor:
            self._cursors[cursor] -= CURSOR
            if self._cursors[cursor] == USED and wrong is None:
                text = "a page went on from it, and from no other that ended there: it had left"
                wrong = Wrong("withdrawn-unfounded", text)
        found = [] if wrong is None else [Fault(wrong.code, wrong.text, "whole", leaf=leaf.number)]
        return found, None if cursor is None else name

    # Pages.

    def _looked(self, page: Page, policy: Policy, head: Head, accounts: Mapping[str, AccountRow]) -> Iterator[Fault]:
        told, place = page.told, page.place
        version, at = place["version"], page.given_at
        if version != policy.version:
            yield _gate(
                page, "delivery-late", f"it was decided at policy version {version}, at version {policy.version}"
            )
            return
        if head.next_due is not None and at >= head.next_due:
            yield _gate(page, "delivery-late", "it was decided by a clock at which an act was due that comes after it")
        if not page.at - DECIDED_MAX_US - CLOCK_STEP_US <= at <= page.at + CLOCK_STEP_US:
            yield _gate(page, "delivery-clock", "it was decided by another clock than it was written by")
        flow = policy.flows.get(place["flow"])
        if flow is None or (flow.agreement, flow.party) != (told["agreement"], told["party"]):
            yield _gate(page, "delivery-misdirected", "there is no such flow")
            return
        account = accounts.get(page.reader)
        if account is None or account.party != flow.party or policy.stream_of(flow, page.reader) != place["stream"]:
            yield _gate(page, "delivery-misdirected", f"`{page.reader}` does not read stream {place['stream']}")
            return
        if account.revoked or "reader" not in account.roles:
            yield _gate(page, "delivery-misdirected", f"account `{page.reader}` did not read by then")
        if not flow.member or policy.standings[flow.agreement].row.closed:
            yield _gate(page, "delivery-misdirected", f"`{flow.party}` receives nothing under `{flow.agreement}`")
        yield from self._named(page, flow)
        snap = self._look.snap
        readable = self._readable(snap, policy, flow, place["stream"], at)
        yield from self._in_order(snap, page, policy, flow, readable)
        if page.is_followed:
            yield from self._followed(snap, page, policy, flow, readable, account, self.stand(head))

    def _named(self, page: Page, flow: FlowRow) -> Iterator[Fault]:
        """A page that moves a track has a name of its own there, and no other has one."""
        way = page.way
        is_unfollowed = way is not None and self.served.is_unfollowed((flow.id, page.reader, way))
        if page.is_followed:
            if page.place.get("way") != way or not page.name or self.served.is_named(flow.id, page.reader, page.name):
                yield _whole(page, "delivery-track", "its track is not that of what was asked for, or has it already")
            elif is_unfollowed:
                yield _whole(page, "delivery-track", "it moves a track, and its reader asks in too many other ways")
        elif page.name or page.by_track:
            yield _whole(page, "delivery-track", "it says that a track was kept, and moves none")
        elif way is not None and not is_unfollowed:
            yield _whole(page, "delivery-track", "it moves no track, and its reader is followed in what it asks")

    def _followed(
        self,
        snap: Snapshot,
        page: Page,
        policy: Policy,
        flow: FlowRow,
        readable: Readable,
        account: AccountRow,
        stand: Stand,
    ) -> Iterator[Fault]:
        """Whether its track follows, and whatever was owed before it was given again."""

        def owed(place: Place) -> int | None:
            between = self._wanted(snap, page, policy, readable, place, page.after) if is_repaired(account) else ()
            return next(iter(between), None)

        cursor = b"" if page.upto is not None else page.cursor(flow.id, page.last)
        wrong = self.served.page((flow.id, page.reader, page.place["way"]), page, stand, owed, cursor)
        if wrong is not None:
            yield _whole(page, wrong.code, wrong.text, wrong.item)

    def _readable(self, snap: Snapshot, policy: Policy, flow: FlowRow, number: int, at: int) -> Readable:
        states, stream = policy.states_of(snap, flow.id), policy.stream(snap, number)
        hidden = frozenset([name for name, state in states.items() if state.hidden_since])
        return Readable(stream, hidden, stream.place_at(at, self._ledger.seq_upto))

    def _in_order(
        self, snap: Snapshot, page: Page, policy: Policy, flow: FlowRow, readable: Readable
    ) -> Iterator[Fault]:
        after, last, upto = page.after, page.last, page.upto
        if last > readable.horizon:
            yield _gate(page, "delivery-early", "it gave what its own clock had not come to")
        yield from self._begins(page, flow, readable, after)
        wanted = self._wanted(snap, page, policy, readable, after, last)
        yield from self._gave(page, readable, wanted)
        if not wanted or readable.stream.place_of(self._ledger.class_of(wanted[-1]), wanted[-1]) != last:
            yield _whole(page, "delivery-end", "it does not end where it says")
        else:
            yield from self._dated(page, readable, wanted, last)
        if upto is None:
            cursor = page.cursor(flow.id, last)
            self._cursors[cursor] = self._cursors.get(cursor, 0) + CURSOR
            return
        if upto != readable.horizon:
            yield _whole(page, "delivery-end", "it says that it looked up to another place than its clock's")
        left = self._wanted(snap, page, policy, readable, last, readable.horizon)
        if left:
            yield _whole(page, "item-left", f"it says that nothing more stood there, and item {left[0]} did", left[0])

    def _begins(self, page: Page, flow: FlowRow, readable: Readable, after: Place) -> Iterator[Fault]:
        began = page.began
        if page.by_track:
            # Where it is the client's clock that is ahead, or all that it has is a cursor that counts as none.
            if page.goes_on or (began is not None and began <= page.given_at):
                yield _whole(page, "delivery-start", "what was asked for does not lead to the reader's place")
            return
        if page.goes_on:
            cursor = page.cursor(flow.id, after)
            if self._cursors.get(cursor, 0) >= CURSOR:
                self._cursors[cursor] |= USED
            elif not self._is_lost(flow, page.place["stream"], after):
                yield _whole(page, "delivery-start", "it goes on from a place at which no page before it ended")
            return
        start = BEGINNING if began is None else readable.stream.place_at(began, self._ledger.seq_upto)
        if start != after:
            yield _whole(page, "delivery-start", "it begins at another place than the moment that was asked for")

    def _is_lost(self, flow: FlowRow, stream: int, place: Place) -> bool:
        """Whether a page may have ended there that is in no log, for it was given between a backup and its restore. A
        stream that was made later goes on from that of its flow.
        """
        last = self._lost_epochs.get(stream, self._lost_epochs.get(flow.main, -1))
        return place.seq <= self._lost and place.epoch <= last

    def _wanted(
        self, snap: Snapshot, page: Page, policy: Policy, readable: Readable, after: Place, upto: Place
    ) -> list[int]:
        filters = page.filters
        if filters.spec_versions is not None and "2.1" not in filters.spec_versions:
            return []
        if filters.ids is not None:
            return self._asked_by_id(snap, filters, policy, readable, after, upto)
        types = None
        if filters.types is not None:
            types = {name: row.value.type in filters.types for name, row in policy.classes.items()}
        found = self._ledger.between(readable, after, upto, types)
        if filters.versions == ("all",):
            return found
        rivals = self._ledger.rivals(found)
        if not rivals and {"last", "first"} & set(filters.versions):
            return found
        kept = self._chosen(snap, readable, rivals, filters)
        alone = set(found).difference(rivals)
        if not {"last", "first"} & set(filters.versions):
            alone = {seq for seq in alone if self._ledger.version_of(seq) in filters.versions}
        return [seq for seq in found if seq in kept or seq in alone]

    def _asked_by_id(
        self, snap: Snapshot, filters: Filters, policy: Policy, readable: Readable, after: Place, upto: Place
    ) -> list[int]:
        classes = {
            name: policy.classes[name].value
            for name in readable.stream.classes
            if name not in readable.hidden
            and (filters.types is None or policy.classes[name].value.type in filters.types)
        }
        originators = {value.originator for value in classes.values()}
        keys = {object_key(originator, name) for originator in originators for name in filters.ids or ()}
        found = []
        for versions in snap.known(keys).values():
            visible = [each for each in self._visible(readable, versions) if each.class_id in classes]
            for each in chosen(visible, filters):
                place = readable.stream.place_of(each.class_id, each.seq)
                if place is not None and after < place <= upto and not self._ledger.is_purged(each.seq):
                    found.append(place)
        return [place.seq for place in sorted(found)]

    def _chosen(self, snap: Snapshot, readable: Readable, seqs: Sequence[int], filters: Filters) -> set[int]:
        keys = {row.rival_key for row in snap.records(seqs) if row.rival_key is not None}
        found: set[int] = set()
        for versions in snap.known(keys).values():
            found.update(each.seq for each in chosen(self._visible(readable, versions), filters))
        return found

    @staticmethod
    def _visible(readable: Readable, versions: Iterable[Known]) -> list[Known]:
        visible = []
        for each in versions:
            place = None if each.class_id in readable.hidden else readable.stream.place_of(each.class_id, each.seq)
            if place is not None and place <= readable.horizon:
                visible.append(each)
        return visible

    def _gave(self, page: Page, readable: Readable, wanted: Sequence[int]) -> Iterator[Fault]:
        """Exactly what stood there was given, each once, in its order."""
        given = page.seqs
        if given != wanted:
            allowed, had = set(wanted), set(given)
            for seq in wanted:
                if seq not in had:
                    yield _whole(page, "item-skipped", f"item {seq} was passed over", seq)
            for seq in dict.fromkeys(given):
                if seq not in allowed:
                    yield self._too_much(page, readable, seq)
            if len(had) < len(given):
                twice = _first_repeated(given)
                yield _whole(page, "item-repeated", f"item {twice} was given twice", twice)
            elif had == allowed:
                yield _whole(page, "delivery-order", "its items are out of order")
        yield from self._digested(page)

    def _too_much(self, page: Page, readable: Readable, seq: int) -> Fault:
        name = self._ledger.class_of(seq)
        place = readable.stream.place_of(name, seq)
        if name in readable.hidden:
            return _gate(page, "item-released", f"it gave item {seq}, which is hidden", seq)
        if place is None or place > readable.horizon or self._ledger.is_purged(seq):
            return _gate(page, "item-released", f"it gave item {seq}, which is not released", seq)
        return _whole(page, "item-unasked", f"it gave item {seq}, which was not asked for, or stands elsewhere", seq)

    def _digested(self, page: Page) -> Iterator[Fault]:
        given = page.seqs
        if not self._ledger.has_all(given):
            yield _whole(page, "delivery-other", "it names items that there are not")
        elif (page.told["items"], page.told["digest"]) != (len(given), self._ledger.digest(given).hex()):
            yield _whole(page, "delivery-other", "its digest is not that of the items that it names")

    def _dated(self, page: Page, readable: Readable, wanted: Sequence[int], last: Place) -> Iterator[Fault]:
        place = readable.stream.place_of(self._ledger.class_of(wanted[0]), wanted[0])
        assert place is not None, "what is wanted stands somewhere"
        dates = [self._ledger.date(readable.stream, each) for each in (place, last)]
        if dates != page.told["dates"]:
            yield _whole(page, "delivery-dates", "its dates are not those of its items")


def _first_repeated(seqs: Sequence[int]) -> int:
    """One is. A set: whoever signs a page may name a million items."""
    seen: set[int] = set()
    for seq in seqs:
        if seq in seen:
            break
        seen.add(seq)
    return seq


def _gate(page: Page, code: str, text: str, item: int | None = None) -> Fault:
    return _fault(page, code, text, "gate", item)


def _whole(page: Page, code: str, text: str, item: int | None = None) -> Fault:
    return _fault(page, code, text, "whole", item)


def _fault(page: Page, code: str, text: str, promise: Promise, item: int | None) -> Fault:
    told = page.told
    what = f"a page for `{page.reader}` under `{told.get('agreement')}`: {text}"
    return Fault(code, what, promise, page.number, item)
