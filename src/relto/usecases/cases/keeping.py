"""Keeping: a case is opened, and entries are added to it, corrected and linked; nothing in it is ever edited.

Rules, in order:

1. All that is added at once is taken in at once or not at all, in one transaction. What was checked is checked against
   the record as it stands in that transaction: whoever was overtaken looks again.
2. Names are resolved when an entry is recorded: somebody by the office held on its date.
3. An entry may name entries of the record, and those that come with it; it may correct what stands before it alone.
4. A new entry that clashes with what stands is taken in, and the answer says so: contradictions are kept openly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput, Conflict, Refused, Unknown
from relto.domain.item import Header, Reject
from relto.domain.keys import object_key
from relto.domain.party import unknown_party
from relto.domain.record.casefile import PRIVATE, Case, stricter_level
from relto.domain.record.entry import Entry, condition_of, entry_key
from relto.domain.record.record import Record, Recorded
from relto.domain.record.register import Person, Register, folded, people_of, person_key
from relto.domain.record.stix import CASES, TYPES, definition_objects, entry_object, opening_object
from relto.domain.record.when import day_of
from relto.domain.written import nearest, shown
from relto.usecases.cases.loading import ENTRIES_MAX, Found, Library
from relto.usecases.cases.reaching import reached
from relto.usecases.publishing import Publisher, require_giver

if TYPE_CHECKING:
    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.ports.validator import Validator
    from relto.usecases.cases.reaching import Reach
    from relto.usecases.change import Change
    from relto.usecases.policy import PolicyDesk

TRIES_MAX: Final = 20
"""So often what was overtaken is tried again."""


@dataclass(frozen=True, slots=True)
class Added:
    """What was added: `entries`, as they were resolved, in order. `clashes`: (key, key, why) for what of it stands
    against what. `visible_at`: when the last of it can be read, in microseconds. `reach`: of a rehearsal, what would
    become of each object for whom.
    """

    case: Case
    entries: Sequence[Entry] = ()
    clashes: Sequence[tuple[str, str, str]] = ()
    visible_at: int = 0
    reach: Sequence[Reach] = ()


class _Overtaken(Exception):
    """Somebody added to the case meanwhile, or opened one of that id."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Keeps cases, for one account. `rehearses`: it says what would come of it, and takes nothing in."""

    node: Node
    desk: PolicyDesk
    validator: Validator
    by: Actor
    rehearses: bool = False

    def open(self, said: Mapping[str, Any], entries: Sequence[Mapping[str, Any]] = ()) -> Added:
        """Opens a case, with these entries. Raises `BadInput`, `Conflict` `case-exists`, `Refused` (`role-missing`,
        `party-not-yours`), `Unknown` (`party-unknown`, `agreement-unknown`, `pause-unknown`).
        """

        def opened(library: Library) -> _Work:
            case = Case.parse(said, party=self.by.party)
            require_giver(self.by, case.party, host=library.policy.host, what="keep a case")
            known = library.parties()
            for code in (case.party, *case.parties):
                if code not in known:
                    raise unknown_party(code)
            _About(library).require(case.agreements, case.pauses, ())
            taken = [each for each in library.cases_of(case.party) if each.opening.case.id == case.id]
            if taken:
                raise Conflict(
                    "case-exists",
                    f"there is a case `{case.id}` already",
                    remedy="relto case add, or another id",
                    case=case.id,
                )
            ref = f"event--{self.node.chance.uuid4()}"
            record = Record(case, library.now, [])
            work = self._worked(library, record, ref, case.party, entries)
            at = library.now
            opening = opening_object(case, ref=ref, at=at, by=self.by.account)
            definitions = definition_objects(case.marking, at=at)
            watched = object_key(case.party, CASES)
            last = max((seq for _, seq in library.snap.joiners([watched])), default=0)
            return replace(work, objects=[*definitions, opening, *work.objects], watched=watched, base=last)

        return self._done(opened)

    def add(self, id: str, entries: Sequence[Mapping[str, Any]]) -> Added:
        """Adds entries to a case. Raises `Unknown` (`case-unknown`, `entry-unknown`, `pause-unknown`,
        `agreement-unknown`, `condition-unknown`), `BadInput` and `Refused` as the entries ask for.
        """

        def added(library: Library) -> _Work:
            found = library.case(id)
            require_giver(self.by, found.originator, host=library.policy.host, what="keep a case")
            return self._worked(library, library.record(found), found.opening.ref, found.originator, entries, found)

        return self._done(added)

    def correct(self, id: str, key: str, changes: Mapping[str, Any], *, because: str, retract: bool = False) -> Added:
        """Adds an entry that stands in the place of another: the same but for `changes` (None takes a field away).

        Raises as `add`, and `Unknown` `entry-unknown`, `Refused` `entry-corrected` where it is corrected already.
        """

        def corrected(library: Library) -> _Work:
            found = library.case(id)
            require_giver(self.by, found.originator, host=library.policy.host, what="keep a case")
            record = library.record(found)
            before = _entry_of(record, key)
            standing = record.history(before.key)[-1]
            if standing is not before:
                raise _corrected(key, standing.key)
            value = {**before.entry.as_value(), **changes, "corrects": key, "because": because}
            # What it said of others it goes on to say, but for what it contradicted: that may be what was corrected.
            for name in ("key", "contradicts", "retracts"):
                value.pop(name, None)
            value |= {name: part for name, part in changes.items() if name in {"key", "contradicts", "retracts"}}
            source = changes.get("source")
            if isinstance(source, dict) and "name" not in source:
                # Of the same source, something else is said.
                kept = before.entry.source.as_value() if before.entry.source else {}
                value["source"] = {name: part for name, part in {**kept, **source}.items() if part is not None}
            if retract:
                value["retracts"] = True
            value = {name: part for name, part in value.items() if part is not None}
            return self._worked(library, record, found.opening.ref, found.originator, [value], found)

        return self._done(corrected)

    # In one block, and again where somebody was faster.

    def _done(self, work_on: Callable[[Library], _Work]) -> Added:
        for _ in range(TRIES_MAX):
            with self.node.store.read() as snap:
                head = snap.head()
                policy = self.desk.current(snap, head.policy_version)
                library = Library(snap, policy, self.by, now=self.node.now(head))
                work = work_on(library)
            if not work.objects:
                return Added(work.case)
            publisher = Publisher(self.node, self.desk, originator=work.originator, by=self.by)
            headers = self._headers(work, library.now)
            if self.rehearses:
                reach = reached(publisher.classes(headers), policy, by=self.by, at=library.now)
                return Added(work.case, work.entries, work.clashes, reach=reach)
            try:
                taken = publisher.take_whole(headers, guard=work.guard)
            except _Overtaken:
                continue
            assert not taken.rejects, taken.rejects
            return Added(work.case, work.entries, work.clashes, taken.visible_at)
        raise Refused("case-busy", "others keep adding to this case", remedy="try again")

    def _headers(self, work: _Work, now: int) -> list[Header]:
        headers = []
        for raw in work.objects:
            judged = self.validator.check(raw, where="", now_us=now)
            if isinstance(judged, Reject):
                # Whatever people may write is made into objects that keep the standard.
                raise BadInput("entry-invalid", f"this makes no STIX object: {judged.message}")
            headers.append(judged)
        return headers

    def _worked(
        self,
        library: Library,
        record: Record,
        ref: str,
        originator: str,
        said: Sequence[Mapping[str, Any]],
        found: Found | None = None,
    ) -> _Work:
        if len(record.recorded) + len(said) > ENTRIES_MAX:
            raise Refused("case-full", f"a case has {ENTRIES_MAX} entries at most", remedy="open another case")
        desk = _Desk(library, record, said)
        for place, each in enumerate(said):
            try:
                desk.take(place)
            except (BadInput, Unknown, Refused, Conflict) as error:
                if len(said) > 1:
                    named = each.get("key") if isinstance(each, dict) else None
                    error.message = f"entry {shown(named) if named else place + 1}: {error.message}"
                raise
        desk.finish()
        ids = {each.key: each.stix_id for each in record.recorded}
        ids |= {entry.key: f"{TYPES[entry.kind]}--{self.node.chance.uuid4()}" for entry in desk.taken}
        objects = [
            entry_object(entry, record.case, ref=ref, id=ids[entry.key], at=library.now, by=self.by.account, others=ids)
            for entry in desk.taken
        ]
        return _Work(
            record.case,
            originator,
            objects,
            desk.taken,
            desk.clashes(),
            object_key(originator, ref),
            found.base if found else 0,
        )


@dataclass(frozen=True, slots=True)
class _Work:
    """Objects to take in at once, and what has to be so for that: nothing joined `watched` after item `base`."""

    case: Case
    originator: str
    objects: Sequence[bytes]
    entries: Sequence[Entry]
    clashes: Sequence[tuple[str, str, str]]
    watched: bytes
    base: int

    def guard(self, change: Change) -> None:
        """Raises `_Overtaken`."""
        last = max((seq for _, seq in change.tx.joiners([self.watched])), default=0)
        if last > self.base:
            raise _Overtaken


@dataclass(slots=True)
class _Desk:
    """Takes entries one by one, each against the record and those before it. `said`: all that are to be taken."""

    library: Library
    record: Record
    said: Sequence[Mapping[str, Any]]
    taken: list[Entry] = field(default_factory=list)
    _last: dict[str, int] = field(init=False)
    _keys: set[str] = field(init=False)
    _corrected: dict[str, str] = field(init=False)
    _before: dict[str, str] = field(init=False)
    _people: dict[str, Person] = field(init=False)
    _names: dict[str, set[str]] = field(init=False)
    _about: _About = field(init=False)
    _register: Register | None = None
    _is_stale: bool = False
    _number: int = 0

    def __post_init__(self) -> None:
        # Where each key that is given comes last.
        self._last = {str(each.get("key")): place for place, each in enumerate(self.said) if isinstance(each, dict)}
        self._keys = set(self.record.by_key)
        self._corrected = {key: each.key for key, each in self.record.corrections.items()}
        self._before = {after: before for before, after in self._corrected.items()}
        self._people = dict(self.record.people)
        self._names = {}
        for person in self._people.values():
            self._names.setdefault(folded(person.name), set()).add(person.key)
        self._about = _About(self.library)
        # What was purged had a number as well, and others may name it.
        kept = len(self.record.recorded) + self.record.unread
        self._number = max((_number(key) for key in self._keys), default=0)
        self._number = max(self._number, kept if self.record.unread else 0)

    def take(self, place: int) -> None:
        """Takes one."""
        value = self.said[place]
        is_person = isinstance(value, dict) and value.get("kind") == "person"
        if is_person and "date" not in value:
            # Who somebody is holds from the office on, which the entry says itself; it is dated when it is recorded.
            value = {**value, "date": day_of(self.library.now).text}
        # Whoever is made known names nobody else: while people come one after the other, none of them is looked up.
        if self._register is None or (self._is_stale and not is_person):
            self._register = Register(self._people.values(), self.library.parties())
            self._is_stale = False
        entry = Entry.parse(value, names=self._register)
        if entry.kind == "person":
            entry = self._named(entry)
        if not entry.key:
            entry = entry.with_key(self._next_key(place))
        if entry.kind == "person" and not entry.marking and not entry.corrects:
            # `identity` objects belong to every agreement of their originator: who is who stays here unless somebody
            # means it to go.
            entry = replace(entry, marking=stricter_level(self.record.case.marking, PRIVATE))
        self._require(entry, place)
        self.taken.append(entry)
        self._keys.add(entry.key)
        self._number = max(self._number, _number(entry.key))
        if entry.corrects:
            self._corrected[entry.corrects] = entry.key
            self._before[entry.key] = entry.corrects
        if entry.kind == "person":
            self._know(entry)

    def finish(self) -> None:
        """Raises `Unknown` `entry-unknown` where something names what is in neither the record nor what was taken."""
        for entry in self.taken:
            for name in entry.names():
                if name not in self._keys:
                    raise _unknown_entry(name, self._keys)

    def clashes(self) -> list[tuple[str, str, str]]:
        """What was taken, against what stands and what was taken before it, as far as nobody has said so himself."""
        places = {entry.key: place for place, entry in enumerate(self.taken)}
        found = []
        for each in self._whole().contradictions:
            one, other = sorted((each.one.key, each.other.key), key=lambda key: places.get(key, -1))
            if other in places and not each.is_said:
                found.append((other, one, each.why))
        return sorted(found, key=lambda clash: places[clash[0]])

    def _named(self, entry: Entry) -> Entry:
        """With a key, and with the key of whoever it is a further role of."""
        body = dict(entry.body)
        same = self._names.get(folded(body["name"]), set())
        if "person" not in body and not entry.key and not entry.corrects and len(same) == 1:
            # Who goes by the same whole name is the same, unless a key of its own says otherwise.
            body["person"] = next(iter(same))
        if not entry.key:
            entry = entry.with_key(person_key(body["name"], self._keys))
        if "person" in body:
            body["person"] = self._first(body["person"])
            if body["person"] not in self._people:
                raise BadInput(
                    "person-unknown",
                    f"`person` {shown(body['person'])} is nobody in this case",
                    remedy=nearest(body["person"], self._people),
                )
        return replace(entry, body=body)

    def _know(self, entry: Entry) -> None:
        """Who that is, with what is known of them. Raises `Refused` `person-two-roles`."""
        self._is_stale = True
        ((key, made),) = people_of([entry]).items()
        if entry.corrects:
            self._people = self._whole().people
            key = entry.body.get("person", self._first(entry.key))
            if not entry.retracts and key in self._people:
                # Raises where this role was left out, since there is another one at its time.
                self._people[key] = self._people[key].with_office(made.offices[0], ())
        elif key in self._people:
            self._people[key] = self._people[key].with_office(made.offices[0], made.aliases)
        else:
            self._people[key] = made
        self._names.setdefault(folded(entry.body["name"]), set()).add(key)

    def _whole(self) -> Record:
        """The record with what was taken."""
        last = self.record.recorded[-1].seq if self.record.recorded else 0
        taken = [Recorded(each, last + 1 + place, "", 0) for place, each in enumerate(self.taken)]
        return self.record.only([*self.record.recorded, *taken])

    def _first(self, key: str) -> str:
        """The key of the entry at the beginning of a row of corrections."""
        while key in self._before:
            key = self._before[key]
        return key

    def _next_key(self, place: int) -> str:
        number = self._number + 1
        while any(self._last.get(key, -1) > place or key in self._keys for key in (f"{number:02d}", str(number))):
            number += 1
        return f"{number:02d}"

    def _require(self, entry: Entry, place: int) -> None:
        if entry.key in self._keys:
            raise Conflict(
                "entry-exists",
                f"there is an entry `{entry.key}` already",
                remedy="correct that one, or leave the key out",
                entry=entry.key,
            )
        begins = self.record.case.begins
        if begins is not None and entry.kind != "person" and entry.date.until <= begins.first:
            raise BadInput(
                "entry-before-case",
                f"{entry.date.words} is before the case begins, on {begins.words}",
                remedy="look at the date, or open another case for what was before",
            )
        if entry.corrects:
            self._require_correctable(entry, place)
        self._about.require(entry.agreements, entry.pauses, entry.conditions)

    def _require_correctable(self, entry: Entry, place: int) -> None:
        if entry.corrects == entry.key:
            raise BadInput("correction-circular", f"entry `{entry.key}` would correct itself")
        if entry.corrects not in self._keys:
            if self._last.get(entry.corrects, -1) > place:
                raise BadInput(
                    "correction-circular",
                    f"entry `{entry.key}` would correct `{entry.corrects}`, which comes after it",
                    remedy="an entry corrects what stands before it",
                )
            raise _unknown_entry(entry.corrects, self._keys)
        if entry.corrects in self._corrected:
            raise _corrected(entry.corrects, self._corrected[entry.corrects])


def _number(key: str) -> int:
    """The number that a key is; 0 where it is none, or not one that was drawn."""
    return int(key) if key.isdecimal() and len(key) < 10 else 0


def _corrected(key: str, by: str) -> Refused:
    return Refused(
        "entry-corrected",
        f"entry `{key}` was corrected already, by `{by}`",
        remedy=f"correct `{by}`",
        entry=key,
    )


def _entry_of(record: Record, key: str) -> Recorded:
    found = record.by_key.get(entry_key(key, what="the entry"))
    if found is None:
        raise _unknown_entry(key, record.by_key)
    return found


def _unknown_entry(key: str, known: Iterable[str]) -> Unknown:
    return Unknown("entry-unknown", f"there is no entry {shown(key)} in this case", remedy=nearest(key, known))


class _About:
    """The agreements and pauses that entries may be about; looked up once, and only where one names any."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known: tuple[set[str], dict[str, int]] | None = None

    def require(self, agreements: Sequence[str], numbers: Sequence[str], conditions: Sequence[str]) -> None:
        """Raises `Unknown` (`agreement-unknown`, `pause-unknown`, `condition-unknown`) for what is not there."""
        if not (agreements or numbers or conditions):
            return
        if self._known is None:
            self._known = self._library.known_agreements(), self._library.known_pauses()
        known, pauses = self._known
        for name in agreements:
            if name not in known:
                remedy = nearest(name, known) or "relto agreement list"
                raise Unknown("agreement-unknown", f"there is no agreement `{name}`", remedy=remedy, agreement=name)
        for number in (*numbers, *(condition_of(each)[0] for each in conditions)):
            if number not in pauses:
                raise Unknown("pause-unknown", f"there is no pause `{number}`", remedy="relto status", pause=number)
        for each in conditions:
            number, place = condition_of(each)
            if not 1 <= place <= pauses[number]:
                raise Unknown(
                    "condition-unknown",
                    f"pause `{number}` has no condition `{place}`: it has {pauses[number]}",
                    remedy="relto status",
                )
