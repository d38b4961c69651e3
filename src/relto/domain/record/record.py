"""The record of one case: its entries in the order in which they were recorded, and what stands of them at a moment.

Rules, in order:

1. An entry counts as of a moment when its source had told it by then, and it had been recorded by then. Without a date
   of its source, it was told on its own date, unless that lies ahead of its recording.
2. As of a moment before the case itself was recorded, nothing was recorded; then the dates of the sources alone
   decide, and the record says so (`is_told_later`).
3. The last correction of an entry that counts stands in its place; what is taken back has none. A correction corrects
   what stands before it in the record, so no two can correct each other. Links to what was corrected lead on to what
   stands in its place.
4. What contradicts each other stands, both of it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Final

from relto.domain.classes import Restrictions
from relto.domain.errors import ReltoError
from relto.domain.record.clash import claim, clashes
from relto.domain.record.register import people_of

if TYPE_CHECKING:
    from relto.domain.record.casefile import Case
    from relto.domain.record.entry import Entry
    from relto.domain.record.register import Person

ASIDE: Final = frozenset({"person", "link"})
"""Kinds that tell of no event."""

CONTRADICTIONS_MAX: Final = 10_000
"""So many contradictions of one record are told."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry, with the item that it is. `at`: when that was stored, in microseconds; `by`: the account that recorded
    it; `restrictions`: what its markings say, all that it joins included.
    """

    entry: Entry
    seq: int
    stix_id: str
    at: int
    by: str = ""
    restrictions: Restrictions = field(default_factory=Restrictions)

    @property
    def key(self) -> str:
        """Its key."""
        return self.entry.key

    @property
    def told_at(self) -> int:
        """When its source told it, in microseconds, to the precision of that date."""
        source, entry = self.entry.source, self.entry
        if source is not None and source.date is not None:
            return source.date.told
        return self.at if entry.corrects or entry.date.told > self.at else entry.date.told

    @property
    def order(self) -> tuple[int, int, int]:
        """Entries in the order of what they tell; what is told of some day of a month stands where it was told."""
        date = self.entry.date
        first = min(max(self.told_at, date.first), date.until - 1) if date.precision == "month" else date.first
        return (first, date.until, self.seq)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two entries that cannot both be so, and why; `is_said`: somebody who recorded one of them says so, else a rule
    finds it.
    """

    one: Recorded
    other: Recorded
    why: str
    is_said: bool


@dataclass(frozen=True)
class Record:
    """A record. `begun`: when its case was recorded; `unread`: how many entries nobody can read any more, since they
    were purged; `as_of`: the moment that it was narrowed to, None: now. `restrictions`: what the markings of the case
    itself say.
    """

    case: Case
    begun: int
    recorded: Sequence[Recorded]
    unread: int = 0
    as_of: int | None = None
    restrictions: Restrictions = field(default_factory=Restrictions)

    @property
    def is_told_later(self) -> bool:
        """Whether all of it was recorded after the moment that is asked about, and sources' dates decide."""
        return self.as_of is not None and self.as_of < self.begun

    def at(self, moment: int) -> Record:
        """What was known at this moment."""
        kept = [
            each
            for each in self.recorded
            if self._told_at(each) <= moment and (moment < self.begun or each.at <= moment)
        ]
        return replace(self, recorded=kept, as_of=moment)

    def _told_at(self, each: Recorded) -> int:
        before = self.by_key.get(each.entry.corrects) if each.entry.corrects else None
        # Whoever corrects without a source of his own knows it from when he did.
        return each.at if before is not None and before.entry.source == each.entry.source else each.told_at

    def only(self, kept: Iterable[Recorded]) -> Record:
        """With these entries alone."""
        return replace(self, recorded=list(kept))

    @cached_property
    def by_key(self) -> dict[str, Recorded]:
        """Entries by key, the first of that key."""
        found: dict[str, Recorded] = {}
        for each in self.recorded:
            found.setdefault(each.key, each)
        return found

    @cached_property
    def corrections(self) -> dict[str, Recorded]:
        """By the key of what was corrected, the last entry that corrects it."""
        found: dict[str, Recorded] = {}
        seen: set[str] = set()
        for each in self.recorded:
            if each.entry.corrects in seen:
                found[each.entry.corrects] = each
            seen.add(each.key)
        return found

    @cached_property
    def standing(self) -> list[Recorded]:
        """What stands: neither corrected nor taken back, in the order of what it tells; without people and links."""
        found = [each for each in self.recorded if each.seq not in self._gone and each.entry.kind not in ASIDE]
        return sorted(found, key=lambda each: each.order)

    @cached_property
    def people(self) -> dict[str, Person]:
        """Everybody, by key. Total: whoever was given two roles at one time keeps the first."""
        found: dict[str, Person] = {}
        for each in self.recorded:
            if each.entry.kind == "person" and each.seq not in self._gone:
                # A correction stands for the person that it corrects.
                entry = each.entry.with_key(self.first_key(each))
                found |= _made(entry, found)
        return found

    def first_key(self, recorded: Recorded) -> str:
        """The key of the entry at the beginning of a row of corrections."""
        while (earlier := self._before(recorded)) is not None:
            recorded = earlier
        return recorded.key

    def history(self, key: str) -> list[Recorded]:
        """The entry of that key and all that corrected it, oldest first."""
        found: list[Recorded] = []
        entry = self.by_key.get(key)
        while entry is not None and (not found or entry.seq > found[-1].seq):
            found.append(entry)
            entry = self.corrections.get(entry.key)
        return found

    def latest(self, key: str) -> Recorded | None:
        """What stands in the place of that entry; None where nothing does."""
        first = self.by_key.get(key)
        last = self._lasts[first.seq] if first is not None else None
        return last if last is not None and not last.entry.retracts else None

    @cached_property
    def contradictions(self) -> list[Contradiction]:
        """All that stands and cannot both be so; each pair once, by what it tells. Rules find no more than
        `CONTRADICTIONS_MAX`: where everything contradicts everything, nobody reads on.
        """
        stands = {each.key: place for place, each in enumerate(self.standing)}
        found: dict[tuple[int, int], Contradiction] = {}
        for mine, theirs, said in self._said("contradicts"):
            here, there = self.latest(mine), self.latest(theirs)
            if here is None or there is None or here.key == there.key:
                continue
            if here.key in stands and there.key in stands:
                pair = sorted((here, there), key=lambda each: stands[each.key])
                places = (stands[pair[0].key], stands[pair[1].key])
                why = clashes(pair[0].entry, pair[1].entry) or said
                found.setdefault(places, Contradiction(pair[0], pair[1], why, is_said=True))
        for meeting in self._meeting():
            one, other = meeting if stands[meeting[0].key] < stands[meeting[1].key] else meeting[::-1]
            why = clashes(one.entry, other.entry)
            if why:
                found.setdefault((stands[one.key], stands[other.key]), Contradiction(one, other, why, is_said=False))
                if len(found) >= CONTRADICTIONS_MAX:
                    break
        return [found[places] for places in sorted(found)]

    @cached_property
    def against(self) -> dict[str, list[str]]:
        """By the key of an entry, the keys of all that contradicts it."""
        found: dict[str, list[str]] = {}
        for each in self.contradictions:
            found.setdefault(each.one.key, []).append(each.other.key)
            found.setdefault(each.other.key, []).append(each.one.key)
        return found

    def linked(self, key: str) -> list[tuple[str, str]]:
        """(relation, key) of all entries that this one names or is named by; `<` before a relation: named by."""
        return list(dict.fromkeys(self._ends.get(key, ())))

    def about(self, key: str) -> Entry | None:
        """What stands in the place of that entry, with the pauses, agreements and conditions that links have added."""
        found = self.latest(key)
        if found is None:
            return None
        entry = found.entry
        for link in self._additions.get(found.seq, ()):
            entry = replace(
                entry,
                pauses=_both(entry.pauses, link.pauses),
                agreements=_both(entry.agreements, link.agreements),
                conditions=_both(entry.conditions, link.conditions),
            )
        return entry

    # Each of these is looked up for every entry, and worked out once.

    @cached_property
    def _gone(self) -> frozenset[int]:
        """By `seq`, what does not stand: it was corrected or taken back, or corrects what was corrected otherwise."""
        aside: set[int] = set()
        for each in self.recorded:
            before = self._before(each)
            if before is not None and (before.seq in aside or self.corrections[before.key] is not each):
                aside.add(each.seq)
        return frozenset(
            each.seq
            for each in self.recorded
            if each.seq in aside or each.entry.retracts or each.key in self.corrections
        )

    @cached_property
    def _lasts(self) -> dict[int, Recorded]:
        """By `seq`, the entry at the end of a row of corrections."""
        found: dict[int, Recorded] = {}
        for each in reversed(self.recorded):
            after = self.corrections.get(each.key)
            found[each.seq] = found[after.seq] if after is not None and after.seq > each.seq else each
        return found

    @cached_property
    def _ends(self) -> dict[str, list[tuple[str, str]]]:
        """By the key of an entry, of what was corrected and of what stands in its place, what `linked` says."""
        found: dict[str, list[tuple[str, str]]] = {}
        for relation, one, other in self._links():
            for end in self._stands_for(one):
                found.setdefault(end, []).append((relation, other))
            for end in self._stands_for(other):
                found.setdefault(end, []).append((f"<{relation}", one))
        return found

    @cached_property
    def _additions(self) -> dict[int, list[Entry]]:
        """By the `seq` of what stands, the links that say what else it is about."""
        found: dict[int, list[Entry]] = {}
        for each in self.recorded:
            if each.entry.kind == "link" and each.seq not in self._gone:
                about = self.latest(each.entry.body["entry"])
                if about is not None:
                    found.setdefault(about.seq, []).append(each.entry)
        return found

    def _stands_for(self, key: str) -> set[str]:
        last = self.latest(key)
        return {key, last.key} if last is not None else {key}

    def _before(self, each: Recorded) -> Recorded | None:
        """What it corrects, where that stands before it."""
        found = self.by_key.get(each.entry.corrects) if each.entry.corrects else None
        return found if found is not None and found.seq < each.seq else None

    def _meeting(self) -> Iterator[tuple[Recorded, Recorded]]:
        """What stands, two by two, of one kind, of claims that differ and of dates that meet."""
        kinds: dict[str, dict[str, list[Recorded]]] = {}
        for each in self.standing:
            claimed = claim(each.entry)
            if claimed:
                kinds.setdefault(each.entry.kind, {}).setdefault(claimed, []).append(each)
        for claims in kinds.values():
            rows = {name: sorted(listed, key=_begin) for name, listed in claims.items()}
            for (mine, ones), (theirs, others) in permutations(rows.items(), 2):
                for one in ones:
                    # Of two that begin at one moment, one finds the other. In the order in which they begin, nothing
                    # further on meets this one.
                    find = bisect_left if mine < theirs else bisect_right
                    for place in range(find(others, _begin(one), key=_begin), len(others)):
                        if _begin(others[place]) >= one.entry.date.until:
                            break
                        yield one, others[place]

    def _said(self, relation: str) -> Iterator[tuple[str, str, str]]:
        for found, one, other in self._links():
            if found == relation:
                yield one, other, "it is recorded as a contradiction"

    def _links(self) -> Iterator[tuple[str, str, str]]:
        for each in self.recorded:
            if each.seq in self._gone:
                continue
            if each.entry.kind == "link" and "other" in each.entry.body:
                body = each.entry.body
                yield body["relation"], body["entry"], body["other"]
            for relation, keys in each.entry.links.items():
                for key in keys:
                    yield relation, each.key, key


def _begin(each: Recorded) -> int:
    return each.entry.date.first


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _made(entry: Entry, before: dict[str, Person]) -> dict[str, Person]:
    try:
        ((key, made),) = people_of([entry]).items()
        return {key: before[key].with_office(made.offices[0], made.aliases) if key in before else made}
    except ReltoError:
        return {}
