"""Filing: whole files are taken in and given out.

What is there already under the same key, and says the same, is known, and not added again: a file may be taken in
twice, or grow and be taken in once more. What says something else under a key that is there is refused.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput, Conflict, Refused, ReltoError, Unknown
from relto.domain.record.casefile import PRIVATE, Case, stricter_level
from relto.domain.record.entry import Entry
from relto.domain.record.file import YAML_MAX, CaseFile, written
from relto.usecases.cases.loading import Library, loaded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.domain.actor import Actor
    from relto.domain.record.record import Record, Recorded
    from relto.domain.record.register import Register
    from relto.ports.node import Node
    from relto.usecases.cases.keeping import Added, Keeper
    from relto.usecases.policy import PolicyDesk


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of a file: what was `added`, and how many entries were `known`; whether the case was opened."""

    added: Added
    known: int
    is_opened: bool


def take_in(keeper: Keeper, file: CaseFile) -> Filed:
    """Opens the case of a file with its entries, or adds what of them is new. Raises as `Keeper.open` and `add`."""
    case = Case.parse({"title": "-", **file.case}, party=keeper.by.party)
    try:
        record, register = loaded(keeper.node, keeper.desk, f"{case.party}:{case.id}", by=keeper.by)
    except Unknown as error:
        if error.code != "case-unknown":
            raise
        return Filed(keeper.open(file.case, file.entries), 0, is_opened=True)
    if Case.parse({**record.case.as_value(), **file.case}, party=case.party) != record.case:
        raise Conflict(
            "case-exists",
            f"case `{case.id}` is here, and says something else of itself",
            remedy="nothing is edited: leave out what differs, or open a case under another id",
            case=case.id,
        )
    there = _There(record, register)
    fresh, known = [], 0
    for each in file.entries:
        key = str(each.get("key", ""))
        same = record.by_key.get(key)
        if same is None and (key or not there.has(each)):
            fresh.append(each)
            continue
        if same is not None and not there.is_same(each, same):
            raise Conflict(
                "entry-exists",
                f"entry `{key}` is here, and says something else",
                remedy="nothing is edited: correct it under a key of its own, with `corrects`",
                entry=key,
            )
        known += 1
    return Filed(keeper.add(f"{case.party}:{case.id}", fresh), known, is_opened=False)


def given_out(node: Node, desk: PolicyDesk, id: str, *, by: Actor, form: str) -> str:
    """The case as a file: `yaml`, `json`, or `stix`, a bundle of the objects byte for byte as they are stored, with
    what they need. Raises `Unknown` `case-unknown`.
    """
    with node.store.read() as snap:
        library = Library(snap, desk.current(snap, snap.head().policy_version), by)
        found = library.case(id)
        record = library.record(found)
        if form != "stix":
            text = written(record, form)
            if form == "yaml" and len(text) > YAML_MAX:
                raise Refused(
                    "case-large",
                    f"the case would be a file of {len(text)} characters, and one in YAML may have {YAML_MAX}",
                    remedy="give it out as json",
                )
            return text
        objects = library.objects(found)
    bundle = f"bundle--{node.chance.uuid4()}"
    joined = ",\n".join(raw.decode() for raw in objects)
    return f'{{"type":"bundle","id":{json.dumps(bundle)},"objects":[\n{joined}\n]}}\n'


class _There:
    """What is in a record, for telling what a file says anew.

    Names are understood as now, and where that differs, as they were when the entry was recorded: people may have been
    corrected since, or have come to share a name.
    """

    def __init__(self, record: Record, register: Register) -> None:
        self._record = record
        self._now = register
        self._marking = stricter_level(record.case.marking, PRIVATE)
        self._people = [each.seq for each in record.recorded if each.entry.kind == "person"]
        self._registers: dict[int, Register] = {}
        self._unkeyed: dict[str, set[str]] = {}
        for each in record.recorded:
            listed = self._unkeyed.setdefault(each.entry.kind, set())
            listed |= {_text(each.entry, **more) for more in _LEFT_OUT}

    def is_same(self, said: Mapping[str, Any], there: Recorded) -> bool:
        """Whether an entry of a file says what is recorded under its key. Raises where it is no entry."""
        # Somebody's entry is dated and marked when it is recorded, where the file does not say.
        given = {"date": there.entry.date.text, "marking": there.entry.marking or self._marking}
        dated = {**given, **said} if said.get("kind") == "person" else said
        try:
            if Entry.parse(dated, names=self._now) == there.entry:
                return True
        except BadInput:
            if not self._people:
                raise
        return Entry.parse(dated, names=self._then(there.seq)) == there.entry

    def has(self, said: Mapping[str, Any]) -> bool:
        """Whether an entry without a key is in the record, under whatever key it was given then."""
        kind, dated = said.get("kind"), "date" in said
        # Any date will do where none is asked for: it is left out again.
        value = {"date": "2000-01-01", "marking": self._marking, **said} if kind == "person" else said
        for register in (self._now, *map(self._then, self._people), self._then(_EVER)):
            try:
                entry = Entry.parse(value, names=register)
            except ReltoError:
                # What is wrong with it is told where it is added.
                continue
            if _text(entry, date=dated, person="person" in said) in self._unkeyed.get(entry.kind, ()):
                return True
        return False

    def _then(self, seq: int) -> Register:
        """Who was known before this item."""
        count = bisect_left(self._people, seq)
        if count == len(self._people):
            return self._now
        if count not in self._registers:
            last = self._people[count]
            people = self._record.only(each for each in self._record.recorded if each.seq < last).people
            self._registers[count] = self._now.of(people.values())
        return self._registers[count]


def _text(entry: Entry, *, date: bool, person: bool) -> str:
    """An entry for comparing, without its key, and without what it was given when it was recorded."""
    value = entry.as_value()
    left_out = {"key", *(() if date else ("date",)), *(() if person else ("person",))}
    return json.dumps({name: part for name, part in value.items() if name not in left_out}, sort_keys=True)


_EVER: Final = 2**63
_LEFT_OUT: Final = tuple({"date": date, "person": person} for date in (True, False) for person in (True, False))
