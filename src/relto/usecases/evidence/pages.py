"""Pages: whether a delivery gave what it might at its place of the log, all of it, each item once, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relto.domain.cursor import Filters
from relto.domain.keys import object_key
from relto.domain.stream import BEGINNING, Place
from relto.usecases.evidence.expected import UNREADABLE
from relto.usecases.evidence.faults import Fault
from relto.usecases.evidence.ledger import Sight, place_of
from relto.usecases.reading.look import chosen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from relto.ports.store import AccountRow, FlowRow, Head, Snapshot, Store
    from relto.usecases.evidence.faults import Promise
    from relto.usecases.evidence.ledger import Ledger
    from relto.usecases.policy import Policy

ITEMS_MAX = 1_000_000
"""Items of a page that is looked at."""


@dataclass(frozen=True, slots=True)
class Page:
    """A delivery as its two leaves tell it; `number` is that of the first."""

    number: int
    told: Mapping[str, Any]
    place: Mapping[str, Any]

    @property
    def reader(self) -> str:
        """The account that it went to."""
        return str(self.told.get("reader"))

    @property
    def seqs(self) -> list[int]:
        """The items that it gave, in order. Raises `ValueError` where it says so many that no page has them."""
        runs = self.place["items"]
        if sum(last - first + 1 for first, last in runs) > ITEMS_MAX or any(last < first for first, last in runs):
            raise ValueError("no page has so many items")
        return [seq for first, last in runs for seq in range(first, last + 1)]

    @property
    def filters(self) -> Filters:
        """What it was narrowed to."""
        asked = self.told["asked"]

        def listed(name: str) -> tuple[str, ...] | None:
            return tuple(asked[name]) if name in asked else None

        return Filters(listed("ids"), listed("types"), tuple(asked.get("versions", ("last",))), listed("spec_versions"))


class Pages:
    """Checks deliveries one after the other; whoever carries the log out says how things stand at each."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        """`store`: where the log is carried out."""
        self._store = store
        self._ledger = ledger
        self._cursors: dict[tuple[int, str], set[Place]] = {}
        self._lost_cursors = False

    def begin_era(self) -> None:
        """Pages that were given between the backup and its restore are in no log, and their cursors are still used."""
        self._lost_cursors = True

    def faults(self, page: Page, policy: Policy, head: Head, accounts: Mapping[str, AccountRow]) -> list[Fault]:
        """What is wrong with a delivery, decided on this picture; `accounts` by name."""
        try:
            return list(self._looked(page, policy, head, accounts))
        except UNREADABLE:
            return [Fault("delivery-unreadable", "a delivery does not say what deliveries say", leaf=page.number)]

    def _looked(self, page: Page, policy: Policy, head: Head, accounts: Mapping[str, AccountRow]) -> Iterator[Fault]:
        told, place = page.told, page.place
        version, at = place["version"], told["given_at"]
        if version != policy.version:
            yield _gate(
                page, "delivery-late", f"it was decided at policy version {version}, at version {policy.version}"
            )
            return
        if head.next_due is not None and at >= head.next_due:
            yield _gate(page, "delivery-late", "it was decided by a clock at which an act was due that comes after it")
        flow = policy.flows.get(place["flow"])
        account = accounts.get(page.reader)
        if flow is None or (flow.agreement, flow.party) != (told["agreement"], told["party"]):
            yield _gate(page, "delivery-misdirected", "there is no such flow")
            return
        if account is None or account.party != flow.party or policy.stream_of(flow, page.reader) != place["stream"]:
            yield _gate(page, "delivery-misdirected", f"`{page.reader}` does not read stream {place['stream']}")
            return
        if not flow.member or policy.standings[flow.agreement].row.closed:
            yield _gate(page, "delivery-misdirected", f"`{flow.party}` receives nothing under `{flow.agreement}`")
        with self._store.read() as snap:
            sight = self._sight(snap, policy, flow, place["stream"], at)
            if "after" in place:
                yield from self._in_order(snap, page, policy, flow, sight)
            else:
                yield from self._by_name(snap, page, policy, sight)

    def _sight(self, snap: Snapshot, policy: Policy, flow: FlowRow, number: int, at: int) -> Sight:
        states, stream = policy.states_of(snap, flow.id), policy.stream(snap, number)

        def shown(class_id: int) -> bool:
            state = states.get(class_id)
            return state is None or not state.hidden_since

        return Sight(stream, shown, stream.place_at(at, self._ledger.seq_upto))

    # Pages that are a stretch of the stream.

    def _in_order(self, snap: Snapshot, page: Page, policy: Policy, flow: FlowRow, sight: Sight) -> Iterator[Fault]:
        after, last = place_of(page.place["after"]), place_of(page.place["last"])
        upto = None if page.place["upto"] is None else place_of(page.place["upto"])
        if last > sight.horizon:
            yield _gate(page, "delivery-early", "it gave what its own clock had not come to")
        yield from self._begins(page, flow, sight, after)
        wanted = self._wanted(snap, page, policy, sight, after, last)
        yield from self._gave(page, sight, wanted)
        if not wanted or sight.stream.place_of(self._ledger.class_of(wanted[-1]), wanted[-1]) != last:
            yield _whole(page, "delivery-end", "it does not end where it says")
        else:
            yield from self._dated(page, sight, wanted, last)
        if upto is None:
            self._cursors.setdefault((flow.id, page.reader), set()).add(last)
            return
        if upto != sight.horizon:
            yield _whole(page, "delivery-end", "it says that it looked up to another place than its clock's")
        left = self._wanted(snap, page, policy, sight, last, sight.horizon)
        if left:
            yield _whole(page, "item-left", f"it says that nothing more stood there, and item {left[0]} did", left[0])

    def _begins(self, page: Page, flow: FlowRow, sight: Sight, after: Place) -> Iterator[Fault]:
        asked = page.told["asked"]
        if page.place["by_track"]:
            return
        if asked.get("next"):
            if not self._lost_cursors and after not in self._cursors.get((flow.id, page.reader), ()):
                yield _whole(page, "delivery-start", "it goes on from a place at which no page before it ended")
            return
        began = asked.get("added_after")
        start = BEGINNING if began is None else sight.stream.place_at(began, self._ledger.seq_upto)
        if start != after:
            yield _whole(page, "delivery-start", "it begins at another place than the moment that was asked for")

    def _wanted(self, snap: Snapshot, page: Page, policy: Policy, sight: Sight, after: Place, upto: Place) -> list[int]:
        filters = page.filters
        if filters.spec_versions is not None and "2.1" not in filters.spec_versions:
            return []
        types = None
        if filters.types is not None:
            types = {name: row.value.type in filters.types for name, row in policy.classes.items()}
        found = self._ledger.between(sight, after, upto, types)
        if filters.versions == ("all",):
            return found
        rivals = self._ledger.rivals(found)
        if not rivals:
            return found
        kept = self._chosen(snap, sight, rivals, filters)
        outdone = {seq for seq in rivals if seq not in kept}
        return [seq for seq in found if seq not in outdone]

    def _chosen(self, snap: Snapshot, sight: Sight, seqs: Sequence[int], filters: Filters) -> set[int]:
        keys = {row.rival_key for row in snap.records(seqs) if row.rival_key is not None}
        found: set[int] = set()
        for versions in snap.known(keys).values():
            visible = []
            for each in versions:
                place = sight.stream.place_of(each.class_id, each.seq) if sight.shown(each.class_id) else None
                if place is not None and place <= sight.horizon:
                    visible.append(each)
            found.update(each.seq for each in chosen(visible, filters))
        return found

    def _gave(self, page: Page, sight: Sight, wanted: Sequence[int]) -> Iterator[Fault]:
        """Exactly what stood there was given, each once, in its order."""
        given = page.seqs
        if given != wanted:
            allowed, had = set(wanted), set(given)
            for seq in wanted:
                if seq not in had:
                    yield _whole(page, "item-skipped", f"item {seq} was passed over", seq)
            for seq in dict.fromkeys(given):
                if seq not in allowed:
                    shown = sight.shown(self._ledger.class_of(seq))
                    why = "did not stand there, or is not released" if shown else "is hidden"
                    yield _gate(page, "item-released", f"it gave item {seq}, which {why}", seq)
            if len(had) < len(given):
                twice = _first_repeated(given)
                yield _whole(page, "item-repeated", f"item {twice} was given twice", twice)
            elif had == allowed:
                yield _whole(page, "delivery-order", "its items are out of order")
        yield from self._digested(page)

    def _digested(self, page: Page) -> Iterator[Fault]:
        given = page.seqs
        if not self._ledger.has_all(given):
            yield _whole(page, "delivery-other", "it names items that there are not")
        elif (page.told["items"], page.told["digest"]) != (len(given), self._ledger.digest(given).hex()):
            yield _whole(page, "delivery-other", "its digest is not that of the items that it names")

    def _dated(self, page: Page, sight: Sight, wanted: Sequence[int], last: Place) -> Iterator[Fault]:
        place = sight.stream.place_of(self._ledger.class_of(wanted[0]), wanted[0])
        assert place is not None
        dates = [self._ledger.date(sight.stream, each) for each in (place, last)]
        if dates != page.told["dates"]:
            yield _whole(page, "delivery-dates", "its dates are not those of its items")

    # Pages that were asked for by ids or by versions.

    def _by_name(self, snap: Snapshot, page: Page, policy: Policy, sight: Sight) -> Iterator[Fault]:
        filters, seqs = page.filters, page.seqs
        rows = {row.seq: row for row in snap.records(seqs)}
        places: list[Place] = []
        keys = {
            object_key(originator, name)
            for originator in {row.value.originator for row in policy.classes.values()}
            for name in filters.ids or ()
        }
        known = {each.seq for versions in snap.known(keys).values() for each in versions}
        for seq in seqs:
            row, name = rows.get(seq), self._ledger.class_of(seq)
            place = sight.stream.place_of(name, seq)
            gone = row is None or place is None or self._ledger.is_purged(seq)
            if gone or place is None or not sight.shown(name) or place > sight.horizon:
                yield _gate(page, "item-released", f"it gave item {seq}, which is not released", seq)
                continue
            if filters.ids is not None and seq not in known:
                yield _whole(page, "item-unasked", f"it gave item {seq}, which was not asked for", seq)
            places.append(place)
        if places != sorted(set(places)):
            yield _whole(page, "delivery-order", "its items are out of order, or there twice")
        yield from self._digested(page)


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
