"""Loading: the cases of a node, and the record of one, read from the items that they are.

A case is there for those in office at the party that keeps it, and for its contributors; for everybody else it is not.
Who receives its entries under an agreement has them as items, as far as that reaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relto.domain.actor import OFFICE
from relto.domain.errors import BadInput, Unknown
from relto.domain.keys import object_key
from relto.domain.pause import Pause
from relto.domain.record.casefile import Case
from relto.domain.record.record import Record, Recorded
from relto.domain.record.register import Register
from relto.domain.record.stix import CASES, ENTRY, MAKER, Opening, Written, read_object
from relto.domain.written import nearest, shown
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relto.domain.actor import Actor
    from relto.domain.classes import Restrictions
    from relto.ports.node import Node
    from relto.ports.store import Snapshot
    from relto.usecases.policy import Policy, PolicyDesk

PURGED: Final = "a case whose opening was purged"

PORTION: Final = 5_000
"""So many items are read at a time."""

ENTRIES_MAX: Final = 20_000
"""Entries of a case: what a person can have written, and what one answer can be made of."""


@dataclass(frozen=True, slots=True)
class Found:
    """A case as it was found. `base`: the last item of it, which tells whether anybody has added to it since."""

    opening: Opening
    originator: str
    at: int
    base: int
    restrictions: Restrictions


@dataclass(frozen=True, slots=True)
class Library:
    """The cases that are there for somebody, in one block."""

    snap: Snapshot
    policy: Policy
    by: Actor
    now: int = 0

    def cases(self) -> list[Found]:
        """All of them, by party and id."""
        found = [case for party in self._parties() for case in self.cases_of(party)]
        return sorted(found, key=lambda each: (each.originator, each.opening.case.id))

    def case(self, id: str) -> Found:
        """The case of that id, or of `PARTY:ID`. Raises `Unknown` `case-unknown`, `BadInput` `case-ambiguous`."""
        party, _, name = id.rpartition(":")
        found = [each for each in self.cases() if each.opening.case.id == name and party in {"", each.originator}]
        if len(found) == 1:
            return found[0]
        if found:
            listed = ", ".join(f"`{each.originator}:{name}`" for each in found)
            raise BadInput("case-ambiguous", f"several parties keep a case `{name}`", remedy=f"write one of {listed}")
        known = [each.opening.case.id for each in self.cases()]
        remedy = nearest(name, known) if known else "relto case open"
        raise Unknown("case-unknown", f"there is no case {shown(id)}", remedy=remedy, case=id[:80])

    def record(self, found: Found) -> Record:
        """All that was recorded in a case."""
        key = object_key(found.originator, found.opening.ref)
        joiners = sorted({seq for _, seq in self.snap.joiners([key])})
        recorded: dict[str, Recorded] = {}
        unread = 0
        # What joins a case need not be an entry: so many entries are read, however much else there is.
        for start in range(0, len(joiners), PORTION):
            unread += self._read(found, joiners[start : start + PORTION], recorded)
            if len(recorded) >= ENTRIES_MAX:
                break
        return Record(found.opening.case, found.at, list(recorded.values()), unread, restrictions=found.restrictions)

    def _read(self, found: Found, seqs: Sequence[int], recorded: dict[str, Recorded]) -> int:
        """Adds what of these items are entries; how many nobody can read any more."""
        moments, accounts = _taken_in(self.snap, seqs)
        names = {record.seq: record.stix_id for record in self.snap.records(seqs)}
        unread = 0
        for body in self.snap.bodies(seqs):
            value = self.policy.classes[body.class_id].value
            if value.withdrawn:
                continue
            written = read_object(body.raw) if body.raw else None
            if isinstance(written, Written) and written.ref == found.opening.ref:
                entry = written.entry
                # Who recorded it is whose account took it in, whatever its object says.
                by = accounts[body.seq]
                made = Recorded(entry, body.seq, names[body.seq], moments[body.seq], by, value.restrictions)
                # The first of a key stays, whoever stores another version of its object: an entry is never edited.
                recorded.setdefault(entry.key, made)
            elif body.is_purged:
                unread += 1
        return unread

    def objects(self, found: Found) -> list[bytes]:
        """The objects that a case is, as they are stored: what defines the extension, the case, and its entries."""
        party = found.originator
        keys = [object_key(party, name) for name in (MAKER, ENTRY, found.opening.ref)]
        known = self.snap.known(keys)
        seqs = [known[key][-1].seq for key in keys if key in known]
        entries = [each.seq for each in self.record(found).recorded]
        bodies = [*self.snap.bodies(seqs), *self.snap.bodies(entries)]
        return [body.raw for body in bodies if body.raw and not self.policy.classes[body.class_id].value.withdrawn]

    def register(self, record: Record) -> Register:
        """Who is known to it."""
        return Register(record.people.values(), self.parties())

    def parties(self) -> dict[str, str]:
        """The parties that this actor may have to name: by code, the name. Those of the node's own party, and those in
        office, may have to name any.
        """
        sight, parties = Sight(self.by, self.policy), self.policy.parties
        is_home = self.by.party == self.policy.host
        return {code: parties.party(code).name for code in parties.codes() if is_home or sight.party(code)}

    def known_agreements(self) -> set[str]:
        """The agreements that this actor may know of."""
        sight = Sight(self.by, self.policy)
        return {name for name in self.policy.standings if sight.agreement(name)}

    def known_pauses(self) -> dict[str, int]:
        """By number, how many conditions each pause has that this actor may know of; lifted ones as well."""
        sight = Sight(self.by, self.policy)
        found = {}
        for row in self.snap.pauses(lifted=True):
            pause = Pause.parse_value(row.value)
            if any(sight.gives(name) for name in pause.agreements) or sight.pause(pause):
                found[pause.number] = len(pause.conditions)
        return found

    def _parties(self) -> Sequence[str]:
        sight = Sight(self.by, self.policy)
        if sight.is_whole or self.by.is_host(self.policy.host):
            return sorted(self.policy.parties.codes())
        is_let_in = bool((OFFICE | {"contributor"}) & self.by.roles)
        return [self.by.party] if is_let_in and self.by.party in self.policy.parties else []

    def _purged(self, seq: int, party: str) -> Opening | None:
        """What is left of a case whose opening was purged: its entries still say which case they are of."""
        (record,) = self.snap.records([seq])
        joined = sorted(joiner for _, joiner in self.snap.joiners([object_key(party, record.stix_id)]))
        for body in self.snap.bodies(joined[:ENTRIES_MAX]):
            written = read_object(body.raw) if body.raw else None
            if isinstance(written, Written) and written.ref == record.stix_id:
                return Opening(Case(written.case, PURGED, party), record.stix_id, "")
        return None

    def cases_of(self, party: str) -> list[Found]:
        """All cases that a party keeps, whoever asks."""
        seqs = sorted({seq for _, seq in self.snap.joiners([object_key(party, CASES)])})
        moments, _ = _taken_in(self.snap, seqs)
        found: dict[str, Found] = {}
        for body in self.snap.bodies(seqs):
            value = self.policy.classes[body.class_id].value
            opening = read_object(body.raw) if body.raw and not value.withdrawn else None
            if body.is_purged and not value.withdrawn:
                opening = self._purged(body.seq, party)
            # The first of an id stays: a case is never edited. Nobody opens one in another party's name.
            is_own = isinstance(opening, Opening) and opening.case.party == party
            if isinstance(opening, Opening) and is_own and opening.case.id not in found:
                last = self.snap.joiners([object_key(party, opening.ref)])
                base = max((seq for _, seq in last), default=body.seq)
                found[opening.case.id] = Found(opening, party, moments[body.seq], base, value.restrictions)
        return list(found.values())


def loaded(node: Node, desk: PolicyDesk, id: str, *, by: Actor) -> tuple[Record, Register]:
    """The record of a case, and who is known to it. Raises `Unknown` `case-unknown`."""
    with node.store.read() as snap:
        library = Library(snap, desk.current(snap, snap.head().policy_version), by)
        record = library.record(library.case(id))
        return record, library.register(record)


def listed(node: Node, desk: PolicyDesk, *, by: Actor) -> list[Record]:
    """All cases that are there for somebody, each with its record."""
    with node.store.read() as snap:
        library = Library(snap, desk.current(snap, snap.head().policy_version), by)
        return [library.record(found) for found in library.cases()]


def _taken_in(snap: Snapshot, seqs: Sequence[int]) -> tuple[Mapping[int, int], Mapping[int, str]]:
    """When these items were stored, and by whose account."""
    moments: dict[int, int] = {}
    accounts: dict[int, str] = {}
    listed = snap.batches(seqs)
    takers = snap.taken_by([batch.first for batch in listed])
    batches = iter(listed)
    batch = next(batches, None)
    for seq in seqs:
        while batch is not None and batch.last < seq:
            batch = next(batches, None)
        if batch is not None:
            moments[seq], accounts[seq] = batch.added_at(seq), takers.get(batch.first, "")
    return moments, accounts
