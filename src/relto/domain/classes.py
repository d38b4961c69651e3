"""A class: the interned combination of the attributes that a decision may look at.

Items have one class; a node has hundreds of classes, seldom thousands. A decision, a span and a hold speak
of classes, never of items, which is why a pause costs the same with ten items held as with ten million.

The attributes follow from an object's own markings, its granular markings, the markings of its marking
definitions and the classes of what it joins (`domain/marking`, `domain/classify.py`).

>>> Class("USA", "report", frozenset({"naval"})) == Class("USA", "report", frozenset(["naval"]))
True
"""

from __future__ import annotations

from dataclasses import dataclass, field

from relto.domain.override import Override

JOINING_TYPES = frozenset(
    {"relationship", "sighting", "report", "note", "opinion", "grouping", "observed-data", "event", "identity"}
)
"""Types that take on the topics and the restrictions of what they join; the last two as a part of a record alone
(`domain/record/stix.py`).
"""

SUPPORT_TYPES = frozenset({"identity", "marking-definition", "extension-definition"})
"""Types that belong to every agreement of their originator, whatever its topics."""


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What the markings of an object say, combined (associative, commutative, idempotent; without any: neutral).

    `marked`: whether there was any marking at all. `tlp`: 0 clear, 1 green, 2 amber, 3 amber+strict, 4 red; None: no
    TLP. `level`: classification rank 0 to 4 (U … TS and equivalents); None: none.
    `rel`: a conjunction of REL TO lists, each a sorted tuple of codes of parties and groups; a recipient must be in
    each one, groups standing for their members at the moment of the decision. Empty: no list restricts.
    `noforn`: no foreign party. `orcon`: 0 none, 1 OC-USGOV, 2 OC. `caveats` and `controls`: an agreement must list
    each. `pap`: 0 clear … 3 red, carried, never a reason to withhold. `statements`: ids of unmapped statements,
    carried. `doubts`: what could not be understood, each naming its marking; not empty: withhold.
    """

    marked: bool = False
    tlp: int | None = None
    level: int | None = None
    rel: frozenset[tuple[str, ...]] = frozenset()
    noforn: bool = False
    orcon: int = 0
    caveats: frozenset[str] = frozenset()
    controls: frozenset[str] = frozenset()
    pap: int | None = None
    statements: frozenset[str] = frozenset()
    doubts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Class:
    """One class. `lineage` keeps apart items that were moved here from another class, with a history of their own.

    `withdrawn`: its originator took the items back; they are withheld from everyone.
    `overrides`: what was decided about these items one by one (`domain/override.py`).
    """

    originator: str
    type: str
    topics: frozenset[str] = frozenset()
    restrictions: Restrictions = field(default_factory=Restrictions)
    withdrawn: bool = False
    lineage: str = ""
    overrides: frozenset[Override] = frozenset()
