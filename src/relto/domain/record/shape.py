"""Shapes: what the fields of an entry may hold, how each is read, and how JSON Schema says it.

A shape reads what was typed or stored into plain values, the same that a file, a document and the stored object
show; it raises `BadInput`. How names are understood is `Names`'; nothing else is looked up.

>>> Choice("air", "sea").read("air", what="`scope`", names=Stored(), on=When.parse("2025-03-09"))
'air'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from relto.domain.errors import BadInput
from relto.domain.record.when import When
from relto.domain.record.who import KEYS, Names, Stored
from relto.domain.written import nearest, one_line, shown

LINE_MAX: Final = 500
"""Characters of a line: a subject, a place, an outcome."""

TEXT_MAX: Final = 4_000
"""Characters of what somebody said, or of what an entry tells."""

LISTED_MAX: Final = 50
"""So many a list may name."""

CODE: Final = "entry-invalid"

_WHO: Final = {
    "type": ["string", "object"],
    "properties": {key: {"type": "string"} for key in KEYS},
    "additionalProperties": False,
}
_PAUSE: Final = re.compile(r"[0-9]{1,18}")


class Shape(Protocol):
    """What a field may hold."""

    @property
    def says(self) -> str:
        """In words, for people."""
        ...

    def read(self, value: object, *, what: str, names: Names, on: When) -> Any:
        """The plain value. Raises `BadInput`."""
        ...

    def schema(self) -> dict[str, Any]:
        """The same in JSON Schema, as people may write it."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text."""

    longest: int = LINE_MAX

    @property
    def says(self) -> str:
        """In words."""
        return f"text, up to {self.longest} characters"

    def read(self, value: object, *, what: str, names: Names, on: When) -> str:
        """As it stands."""
        del names, on
        return one_line(value, what=what, code=CODE, longest=self.longest)

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "minLength": 1, "maxLength": self.longest}


@dataclass(frozen=True, slots=True, init=False)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)

    @property
    def says(self) -> str:
        """In words."""
        return ", ".join(f"`{word}`" for word in self.words)

    def read(self, value: object, *, what: str, names: Names, on: When) -> str:
        """The word."""
        del names, on
        if value not in self.words:
            raise BadInput(
                CODE, f"{what} is {shown(value)}, and may be one of a few", remedy=nearest(str(value), self.words)
            )
        return str(value)

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Party:
    """A party, by code or name; kept by code."""

    @property
    def says(self) -> str:
        """In words."""
        return "a party of the node, by code or name"

    def read(self, value: object, *, what: str, names: Names, on: When) -> str:
        """Its code."""
        del on
        return names.party(value, what=what)

    def schema(self) -> dict[str, Any]:
        """A code, or a name."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who somebody is: a key, a name, a party, or a mapping."""

    @property
    def says(self) -> str:
        """In words."""
        return "somebody: a key, a name, a party, or `{name: …, role: …, party: …}`, `{unnamed: …}`"

    def read(self, value: object, *, what: str, names: Names, on: When) -> dict[str, str]:
        """By name, role and party."""
        return names.who(value, what=what, on=on).as_value()

    def schema(self) -> dict[str, Any]:
        """A string, or a mapping."""
        return dict(_WHO)


@dataclass(frozen=True, slots=True)
class Listed:
    """At least one of a shape."""

    of: Shape

    @property
    def says(self) -> str:
        """In words."""
        return f"a list of: {self.of.says}"

    def read(self, value: object, *, what: str, names: Names, on: When) -> list[Any]:
        """A list, without anything twice."""
        if not isinstance(value, list):
            raise BadInput(CODE, f"{what} must be a list", remedy="write [one, another]")
        if not value:
            raise BadInput(CODE, f"{what} is an empty list", remedy="leave it out, or name something")
        if len(value) > LISTED_MAX:
            raise BadInput(CODE, f"{what} lists {len(value)}, and may list {LISTED_MAX}")
        found: list[Any] = []
        for each in value:
            read = self.of.read(each, what=f"an entry of {what}", names=names, on=on)
            if read not in found:
                found.append(read)
        return found

    def schema(self) -> dict[str, Any]:
        """An array."""
        return {"type": "array", "minItems": 1, "maxItems": LISTED_MAX, "items": self.of.schema()}


@dataclass(frozen=True, slots=True)
class ByParty:
    """Something for each party that is named; of a list, there may be nothing in it."""

    of: Shape

    @property
    def says(self) -> str:
        """In words."""
        return f"a mapping; for each party: {self.of.says}"

    def read(self, value: object, *, what: str, names: Names, on: When) -> dict[str, Any]:
        """By code."""
        if not isinstance(value, dict) or not value:
            raise BadInput(CODE, f"{what} must be a mapping of parties", remedy="write {USA: …, UKR: …}")
        if len(value) > LISTED_MAX:
            raise BadInput(CODE, f"{what} names {len(value)} parties, and may name {LISTED_MAX}")
        found: dict[str, Any] = {}
        for party, each in value.items():
            code = names.party(party, what=f"a party of {what}")
            if code in found:
                raise BadInput(CODE, f"{what} names `{code}` twice")
            # A party that takes part without anybody being named has nothing to list.
            is_empty = each == [] and isinstance(self.of, Listed)
            found[code] = [] if is_empty else self.of.read(each, what=f"`{code}` of {what}", names=names, on=on)
        return found

    def schema(self) -> dict[str, Any]:
        """A mapping."""
        of = self.of.schema()
        if isinstance(self.of, Listed):
            del of["minItems"]
        return {"type": "object", "minProperties": 1, "maxProperties": LISTED_MAX, "additionalProperties": of}


@dataclass(frozen=True, slots=True)
class Day:
    """A date, as `When` reads it."""

    @property
    def says(self) -> str:
        """In words."""
        return "a date"

    def read(self, value: object, *, what: str, names: Names, on: When) -> str:
        """Its text."""
        del names, on
        return When.parse(value, what=what).text

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string"}


def lines(given: Mapping[str, Any], name: str) -> list[str]:
    """The list of that name, each once; empty where there is none. Raises `BadInput` (`entry-invalid`)."""
    if name not in given:
        return []
    listed = given[name]
    if not isinstance(listed, list):
        raise BadInput(CODE, f"`{name}` must be a list", remedy="write [one, another]")
    if len(listed) > LISTED_MAX:
        raise BadInput(CODE, f"`{name}` lists {len(listed)}, and may list {LISTED_MAX}")
    # A number that was typed without quotes is meant as it stands.
    texts = [str(each) if type(each) is int and 0 <= each < 10**18 else each for each in listed]
    return list(dict.fromkeys(one_line(each, what=f"an entry of `{name}`", code=CODE) for each in texts))


def matching(given: Mapping[str, Any], name: str, pattern: re.Pattern[str], meant: str) -> tuple[str, ...]:
    """As `lines`, where each has to match; `meant` says what it has to be."""
    found = lines(given, name)
    for each in found:
        if not pattern.fullmatch(each):
            raise BadInput(CODE, f"{shown(each)} in `{name}` is not {meant}")
    return tuple(found)


def pause_numbers(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The pauses that are named."""
    return matching(given, "pauses", _PAUSE, "the number of a pause")


__all__ = [
    "ByParty", "Choice", "Day", "Line", "Listed", "Party", "Shape", "Somebody", "Stored", "When", "lines", "matching",
    "pause_numbers",
]  # fmt: skip
