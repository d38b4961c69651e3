"""The register: the people of a case, and the parties of its node, by all the names that they go by.

Rules, in order:

1. Who is not known is refused by name, with the nearest that is; somebody who is meant to stay a stranger is written
   out (`{name: …, role: …, party: …}`), and a source without a name as `{unnamed: …}`.
2. A role holds from its first to its last day. Nobody has two roles at one time, so that each date has one answer. A
   further role is an entry of its own, which names whose it is (`person`).
3. A name that several people go by is refused; the whole name or the key tells them apart.

>>> zelenskyy = Person("zelenskyy", "Volodymyr Zelenskyy", ("Zelensky",), (Office("UKR", "president"),))
>>> register = Register([zelenskyy], {"UKR": "Ukraine"})
>>> str(register.who("Zelensky", what="the speaker", on=When.parse("2025-03-04")))
'Volodymyr Zelenskyy (president, UKR)'
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from relto.domain.errors import BadInput, Refused
from relto.domain.record.when import When
from relto.domain.record.who import CODE, Who, of_value
from relto.domain.written import nearest, one_line, shown

if TYPE_CHECKING:
    from relto.domain.record.entry import Entry

_SPLIT: Final = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Office:
    """A role for a party. `since` and `until` bound it, in microseconds (None: open), `until` exclusive."""

    party: str = ""
    role: str = ""
    since: int | None = None
    until: int | None = None

    def holds(self, on: When) -> bool:
        """Whether somebody had it on that date."""
        return (self.since is None or self.since < on.until) and (self.until is None or on.first < self.until)

    def clashes(self, other: Office) -> bool:
        """Whether both hold at one time, and are not the same."""
        if (self.party, self.role) == (other.party, other.role):
            return False
        return (self.until is None or other.since is None or other.since < self.until) and (
            other.until is None or self.since is None or self.since < other.until
        )


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, with all offices that are on record."""

    key: str
    name: str
    aliases: tuple[str, ...] = ()
    offices: tuple[Office, ...] = ()

    def on(self, date: When) -> Who:
        """Who that was on this date: without role and party where no office held then."""
        office = next((each for each in self.offices if each.holds(date)), Office())
        return Who(self.name, office.role, office.party, self.key)

    def with_office(self, office: Office, aliases: Iterable[str]) -> Person:
        """With one more office. Raises `Refused` (`person-two-roles`) where another one holds at that time."""
        clash = next((each for each in self.offices if each.clashes(office)), None)
        if clash is not None:
            raise Refused(
                "person-two-roles",
                f"`{self.key}` is {_said(clash)} at that time, and cannot be {_said(office)} as well",
                remedy="say until when the one role lasted, with a correction, and from when the other",
                person=self.key,
            )
        offices = self.offices if office in self.offices else (*self.offices, office)
        return replace(self, offices=offices, aliases=tuple(dict.fromkeys((*self.aliases, *aliases))))


class Register:
    """Resolves names. It keeps the promise of `Names`."""

    def __init__(self, people: Iterable[Person], parties: Mapping[str, str]) -> None:
        """`parties`: by code, the name."""
        self._parties = parties
        self._people: dict[str, Person] = {person.key: person for person in people}
        self._by_name: dict[str, set[str]] = {}
        for person in self._people.values():
            names = {folded(name) for name in (person.key, person.name, *person.aliases)}
            # Texts go on to speak of somebody by the last name alone.
            names.add(folded(person.name).rsplit(" ", 1)[-1])
            # Of a name that is nothing but accents, nothing is left.
            for name in filter(None, names):
                self._by_name.setdefault(name, set()).add(person.key)
        self._codes = {folded(name): code for code, name in parties.items()}
        self._codes |= {folded(code): code for code in parties}

    def of(self, people: Iterable[Person]) -> Register:
        """One of these people, and of the same parties."""
        return Register(people, self._parties)

    @property
    def people(self) -> Collection[Person]:
        """Everybody, in the order in which they were recorded."""
        return self._people.values()

    def person(self, key: str) -> Person | None:
        """The person of that key."""
        return self._people.get(key)

    def find(self, name: str, *, on: When) -> Who | None:
        """Somebody or a party by any name; None where it is nobody's, or that of several."""
        plain = folded(name)
        keys = self._by_name.get(plain, set())
        exact = [key for key in keys if folded(self._people[key].name) == plain or key == name]
        chosen = exact or sorted(keys)
        if len(chosen) == 1:
            return self._people[chosen[0]].on(on)
        code = self._codes.get(plain)
        return Who(party=code) if code is not None and not keys else None

    def who(self, value: object, *, what: str, on: When) -> Who:
        """Keep the promise of `Names`."""
        if isinstance(value, dict):
            return self._written_out(value, what=what, on=on)
        name = one_line(value, what=what, code=CODE, longest=120)
        found = self.find(name, on=on)
        if found is not None:
            return found
        keys = self._by_name.get(folded(name), set())
        if keys:
            listed = ", ".join(f"`{key}`" for key in sorted(keys)[:5])
            raise BadInput("person-ambiguous", f"{what} {shown(name)} may be {listed}", remedy="write the key")
        known = {person.name for person in self._people.values()} | set(self._parties)
        remedy = nearest(name, known) if known else ""
        more = "add a person first, or write {name: …, party: …} or {unnamed: …}"
        raise BadInput(
            "person-unknown",
            f"{what} {shown(name)} is nobody in this case, and no party of this node",
            remedy=f"{remedy} Else {more}" if remedy.startswith("did you") else more,
            name=name,
        )

    def party(self, value: object, *, what: str) -> str:
        """Keep the promise of `Names`."""
        name = one_line(value, what=what, code=CODE, longest=120)
        code = self._codes.get(folded(name))
        if code is None:
            raise BadInput(
                "party-unknown-here",
                f"{what} {shown(name)} is no party of this node",
                remedy=nearest(name, self._parties) or "relto party add",
                party=name,
            )
        return code

    def _written_out(self, value: dict[str, object], *, what: str, on: When) -> Who:
        # Who is named by key, or by any other name, needs no name in full.
        made = of_value({"name": value["person"], **value} if "person" in value else value, what=what)
        if made.party:
            made = replace(made, party=self.party(made.party, what=f"`party` of {what}"))
        if not made.person:
            return made
        person = self._people.get(made.person)
        known = person.on(on) if person is not None else self.who(made.person, what=what, on=on)
        return replace(known, role=made.role or known.role, party=made.party or known.party)


def people_of(entries: Iterable[Entry]) -> dict[str, Person]:
    """Everybody whom entries of the kind `person` make known, by key. Raises `Refused` (`person-two-roles`)."""
    found: dict[str, Person] = {}
    for entry in entries:
        if entry.kind == "person":
            key = entry.body.get("person", entry.key)
            found[key] = _person(found.get(key), entry, key)
    return found


def person_key(name: str, taken: Collection[str]) -> str:
    """A key for somebody new: the last name in small letters of ASCII, with a number where that is taken.

    >>> person_key("Mohammed bin Salman", {"salman"})
    'salman-2'
    """
    parts = _SPLIT.split(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    base = next((part.lower().strip("_") for part in reversed(parts) if part.strip("_")), "") or "person"
    base = re.sub(r"[^a-z0-9-]", "", base)[:50] or "person"
    key, number = base, 2
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    return key


def folded(name: str) -> str:
    """A name for comparing: without case, accents and doubled blanks."""
    plain = unicodedata.normalize("NFKD", name)
    return " ".join("".join(each for each in plain if not unicodedata.combining(each)).casefold().split())


def _person(before: Person | None, entry: Entry, key: str) -> Person:
    body = entry.body
    since = When.parse(body["from"]).first if "from" in body else None
    until = When.parse(body["until"]).until if "until" in body else None
    if since is not None and until is not None and until <= since:
        raise BadInput("date-invalid", f"`{entry.key}` would leave before taking office", remedy="swap the dates")
    office = Office(body.get("party", ""), body.get("role", ""), since, until)
    aliases = body.get("aliases", ())
    if before is None:
        return Person(key, body["name"], tuple(aliases), (office,))
    return before.with_office(office, (body["name"], *aliases) if body["name"] != before.name else aliases)


def _said(office: Office) -> str:
    return " of ".join(part for part in (office.role or "in office", office.party) if part)
