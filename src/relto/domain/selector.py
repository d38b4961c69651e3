"""A selector: a closed, declarative condition over a class. All given parts must hold.

Scopes of agreements, exceptions and pauses are all selectors, written the same way everywhere. An empty one is an
error: who means everything writes `all`.

A marking bound compares TLP. What carries no TLP is compared so:

- nothing marked at all, or nothing but statements that are carried: it counts as the agreement's `unmarked`;
- marked otherwise (a classification, a REL TO list, a caveat): there is nothing to compare. Where a selector
  *keeps back* (a pause: `in_doubt=True`) it is covered. Where a selector *lets through* (a scope, an exception:
  `in_doubt=False`) it counts as amber, or as `unmarked` where that is higher, against `marking_at_most`, and fails
  `marking_at_least`. Its REL TO list and the ceiling of the party bound it beside that.

>>> naval = Selector.parse({"topics": ["naval"], "marking_at_most": "amber"}, where="scope")
>>> naval.words()
'topics any of naval; marking at most amber'
>>> naval.holds(Class("USA", "indicator", frozenset({"naval"})), unmarked=2, in_doubt=False)
True
>>> naval.holds(Class("USA", "indicator", frozenset({"cyber"})), unmarked=2, in_doubt=False)
False
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from relto.domain import ids, written
from relto.domain.classes import Class, Restrictions
from relto.domain.errors import BadInput, Unknown
from relto.domain.marking import LEVELS, level_of

AMBER: Final = level_of("amber")
"""What `marking_at_most` and `unmarked` are unless an agreement says so."""

_KEYS: Final = ("originators", "types", "topics", "marking_at_most", "marking_at_least")
_TOPIC_KEYS: Final = ("any", "all", "none")
_ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a selector does not hold: the part that fails, and a sentence."""

    part: str
    text: str


@dataclass(frozen=True, slots=True)
class Selector:
    """A condition over a class. An empty set, or None, is a part that was not given; `Selector()` is `all`.

    `originators` and `types`: the class's is among them. `topics_any`: it has one of them; `topics_all`: each;
    `topics_none`: none. `marking_at_most`, `marking_at_least`: TLP ranks, 0 clear to 4 red, both bounds included.
    A selector that no class can ever meet cannot be built (`BadInput`, `selector-contradiction`).
    """

    originators: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    topics_any: frozenset[str] = frozenset()
    topics_all: frozenset[str] = frozenset()
    topics_none: frozenset[str] = frozenset()
    marking_at_most: int | None = None
    marking_at_least: int | None = None

    def __post_init__(self) -> None:
        most, least = self.marking_at_most, self.marking_at_least
        for bound in (most, least):
            if bound is not None and not 0 <= bound < len(LEVELS):
                raise BadInput("marking-level-unknown", f"`{bound}` is no level of marking")
        if most is not None and least is not None and most < least:
            bounds = f"at most {LEVELS[most]} and at least {LEVELS[least]}"
            raise BadInput("selector-contradiction", f"nothing is marked {bounds}")
        both = self.topics_all & self.topics_none
        if both:
            raise BadInput("selector-contradiction", f"topic `{min(both)}` is asked for and excluded")
        if self.topics_any and self.topics_any <= self.topics_none:
            raise BadInput("selector-contradiction", "each topic that is asked for is excluded")

    @property
    def is_everything(self) -> bool:
        """Whether it narrows nothing."""
        return self == EVERYTHING

    @classmethod
    def parse(cls, value: object, *, where: str, topics: Collection[str] | None = None) -> Selector:
        """The selector that plain values from YAML or JSON describe: `all`, or a mapping of parts.

        `where` names it in messages (`scope`). `topics` are the names of the vocabulary; a topic outside it raises
        `Unknown` (`topic-unknown`); None leaves topics unchecked, as for what was checked when it was stored.
        Raises `BadInput` (`selector-empty`, `selector-invalid`, `selector-contradiction`, `marking-level-unknown`, or
        the code of a name's grammar).
        """
        if value == _ALL:
            return EVERYTHING
        if value is None or value == {}:
            raise BadInput("selector-empty", f"{where} selects nothing", remedy="for everything write `all`")
        if isinstance(value, str):
            remedy = "write `all`, or name parts"
            raise BadInput("selector-invalid", f"{where} is {written.shown(value)}", remedy=remedy)
        parts = written.mapping(value, what=where, code="selector-invalid", keys=_KEYS)
        asked = _topic_lists(parts["topics"], where=where) if "topics" in parts else {}
        chosen = {key: frozenset(map(ids.topic_name, names)) for key, names in asked.items()}
        for name in sorted(frozenset().union(*chosen.values())):
            if topics is not None and name not in topics:
                remedy = written.nearest(name, topics)
                raise Unknown("topic-unknown", f"there is no topic `{name}` ({where})", remedy=remedy, topic=name)
        return cls(
            originators=frozenset(map(ids.party_code, _names(parts, "originators", where))),
            types=frozenset(map(ids.stix_type, _names(parts, "types", where))),
            topics_any=chosen.get("any", frozenset()),
            topics_all=chosen.get("all", frozenset()),
            topics_none=chosen.get("none", frozenset()),
            marking_at_most=_level(parts, "marking_at_most", where),
            marking_at_least=_level(parts, "marking_at_least", where),
        )

    def holds(self, klass: Class, *, unmarked: int | None, in_doubt: bool) -> bool:
        """Whether each given part holds for the class. Total: never raises.

        `unmarked` is the TLP rank that an object without any marking counts as; None: there is none, it is in doubt.
        `in_doubt` is the answer where a marking cannot be compared: True for what keeps back, False for what lets
        through (see the top of this page for the one bound that still compares).
        """
        return not self.faults(klass, unmarked=unmarked, in_doubt=in_doubt)

    def faults(self, klass: Class, *, unmarked: int | None, in_doubt: bool) -> tuple[Fault, ...]:
        """Each given part that fails, in the order in which parts are written; empty where the selector holds."""
        found: list[Fault] = []
        if self.originators and klass.originator not in self.originators:
            found.append(Fault("originators", f"originator {klass.originator} is none of {_listed(self.originators)}"))
        if self.types and klass.type not in self.types:
            found.append(Fault("types", f"type {klass.type} is none of {_listed(self.types)}"))
        topics = klass.topics
        if self.topics_any and self.topics_any.isdisjoint(topics):
            found.append(Fault("topics", f"{_has(topics)} include none of {_listed(self.topics_any)}"))
        if self.topics_all and not self.topics_all <= topics:
            found.append(Fault("topics", f"{_has(topics)} lack {_listed(self.topics_all - topics)}"))
        if self.topics_none and not self.topics_none.isdisjoint(topics):
            found.append(Fault("topics", f"topic {_listed(self.topics_none & topics)} is excluded"))
        return (*found, *self.marking_faults(klass.restrictions, unmarked=unmarked, in_doubt=in_doubt))

    def marking_faults(self, restrictions: Restrictions, *, unmarked: int | None, in_doubt: bool) -> tuple[Fault, ...]:
        """The part of `faults` that speaks of markings."""
        found: list[Fault] = []
        most, least = self.marking_at_most, self.marking_at_least
        rank = _comparable(restrictions, unmarked)
        if most is not None:
            highest = rank if rank is not None else (0 if in_doubt else max(AMBER, unmarked or 0))
            if highest > most:
                found.append(Fault("marking_at_most", f"{_marked(restrictions, highest)} is above {LEVELS[most]}"))
        if least is not None:
            if rank is None and not in_doubt:
                found.append(Fault("marking_at_least", f"no TLP to compare with {LEVELS[least]}"))
            elif rank is not None and rank < least:
                found.append(Fault("marking_at_least", f"{_marked(restrictions, rank)} is below {LEVELS[least]}"))
        return tuple(found)

    def contains(self, other: Selector) -> bool:
        """Whether all that the other holds for this one holds for too, as far as their parts tell; False in doubt.

        >>> Selector(topics_any=frozenset({"naval"})).contains(Selector(topics_all=frozenset({"naval", "air"})))
        True
        >>> Selector(topics_any=frozenset({"naval"})).contains(EVERYTHING)
        False
        """
        has_any = (other.topics_any and other.topics_any <= self.topics_any) or other.topics_all & self.topics_any
        at_most = other.marking_at_most is not None and other.marking_at_most <= (self.marking_at_most or 0)
        at_least = other.marking_at_least is not None and other.marking_at_least >= (self.marking_at_least or 0)
        return bool(
            (not self.originators or (other.originators and other.originators <= self.originators))
            and (not self.types or (other.types and other.types <= self.types))
            and (not self.topics_any or has_any)
            and self.topics_all <= other.topics_all
            and self.topics_none <= other.topics_none
            and (self.marking_at_most is None or at_most)
            and (self.marking_at_least is None or at_least)
        )

    def as_value(self) -> Any:
        """Plain values that `parse` reads back as this very selector; lists are sorted."""
        if self.is_everything:
            return _ALL
        value: dict[str, Any] = {}
        if self.originators:
            value["originators"] = sorted(self.originators)
        if self.types:
            value["types"] = sorted(self.types)
        lists = (("any", self.topics_any), ("all", self.topics_all), ("none", self.topics_none))
        topics = {key: sorted(names) for key, names in lists if names}
        if topics:
            value["topics"] = topics
        if self.marking_at_most is not None:
            value["marking_at_most"] = LEVELS[self.marking_at_most]
        if self.marking_at_least is not None:
            value["marking_at_least"] = LEVELS[self.marking_at_least]
        return value

    def words(self) -> str:
        """The selector for people: `topics any of naval, targeting; marking at most amber`, or `everything`."""
        return _words(self)


EVERYTHING: Final = Selector()
"""What `all` means."""


def marking_level(text: object, *, where: str) -> int:
    """The TLP rank of a level's name. Raises `BadInput` (`marking-level-unknown`)."""
    try:
        return level_of(written.word(text, what=where, code="marking-level-unknown"))
    except BadInput as error:
        raise BadInput(error.code, f"{where}: {error.message}", remedy=error.remedy) from error


@lru_cache(maxsize=1024)
def _words(selector: Selector) -> str:
    # Every decision says its scope, and there are many more decisions than scopes.
    parts = [
        f"{label} {_listed(names)}"
        for label, names in (
            ("originators", selector.originators),
            ("types", selector.types),
            ("topics any of", selector.topics_any),
            ("topics all of", selector.topics_all),
            ("topics none of", selector.topics_none),
        )
        if names
    ]
    if selector.marking_at_most is not None:
        parts.append(f"marking at most {LEVELS[selector.marking_at_most]}")
    if selector.marking_at_least is not None:
        parts.append(f"marking at least {LEVELS[selector.marking_at_least]}")
    return "; ".join(parts) or "everything"


def _comparable(restrictions: Restrictions, unmarked: int | None) -> int | None:
    """The TLP rank to compare: its own; what `unmarked` says where markings restrict nothing; else None, in doubt."""
    if restrictions.tlp is not None:
        return restrictions.tlp
    restricts = (
        restrictions.level is not None
        or restrictions.rel
        or restrictions.noforn
        or restrictions.orcon
        or restrictions.caveats
        or restrictions.controls
        or restrictions.doubts
    )
    return None if restricts else unmarked


def _marked(restrictions: Restrictions, rank: int) -> str:
    if restrictions.tlp is not None:
        return f"marking {LEVELS[rank]}"
    return (
        f"marking without TLP, which counts as {LEVELS[rank]},"
        if restrictions.marked
        else (f"no marking, which counts as {LEVELS[rank]},")
    )


def _has(topics: frozenset[str]) -> str:
    return f"its topics ({_listed(topics)})" if topics else "its topics (it has none)"


def _topic_lists(value: object, *, where: str) -> dict[str, list[str]]:
    what = f"`topics` of {where}"
    if not isinstance(value, dict):
        return {"any": written.words(value, what=what, code="selector-invalid")}
    if not value:
        raise BadInput("selector-empty", f"{what} is empty", remedy="leave it out, or name topics")
    lists = written.mapping(value, what=what, code="selector-invalid", keys=_TOPIC_KEYS)
    # The contract's own example writes `all: []`: inside the mapping an empty list says nothing, as long as one does.
    asked = {
        key: [] if names == [] else written.words(names, what=f"`{key}` of {what}", code="selector-invalid")
        for key, names in lists.items()
    }
    if not any(asked.values()):
        raise BadInput("selector-empty", f"{what} names no topic", remedy="leave it out, or name topics")
    return asked


def _names(parts: dict[str, Any], key: str, where: str) -> list[str]:
    return written.words(parts[key], what=f"`{key}` of {where}", code="selector-invalid") if key in parts else []


def _level(parts: dict[str, Any], key: str, where: str) -> int | None:
    return marking_level(parts[key], where=f"`{key}` of {where}") if key in parts else None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
