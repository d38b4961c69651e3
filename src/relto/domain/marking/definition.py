"""Marking definitions: what the ids that an object names amount to, from the definitions its originator carried.

The rules, in order:

1. An id that a standard fixes counts as the standard says; a carried copy that says something else is a doubt.
2. Any other id counts as the definition that the same originator carried first. One that was carried again with
   other content is a doubt; so is one that was never carried, unless the node itself maps that id.
3. A definition's own markings count as well, and theirs (STIX 2.1 section 7.2.2 forbids a circle: a doubt).
4. A form that this release does not carry out is a doubt that names the form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Final, TypeAlias

import msgspec

from relto.domain.classes import Restrictions
from relto.domain.marking.combination import combine_all
from relto.domain.marking.doubt import Doubt, doubtful, quoted
from relto.domain.marking.statement import STATEMENTS, read_statement
from relto.domain.marking.tlp import FIXED, TLP_2_EXTENSION, is_exact

Content: TypeAlias = bytes | Mapping[str, Any] | Restrictions
"""A marking definition: as JSON, as read from JSON, or as what it restricts, its own markings included."""

MARKINGS_MAX: Final = 256
"""Different markings of one object; more is a doubt, and none of them is read."""

CHAIN_MAX: Final = 64
"""Marking definitions that one may bring along through its own markings; more is a doubt."""

_FORMS: Final = {
    "extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce": "ACS 3.0",
    "extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a": "IEP 2.0",
    "extension-definition--dff17fb3-edcb-4f99-ad1b-4b751c95738a": "CUI",
    "extension-definition--f8d78575-edfd-406e-8e84-6162a8450f5b": "PAP",
}
_MEANING: Final = ("definition_type", "definition", "extensions", "x_opencti_definition")
_TYPES: Final = {"ais": "AIS", "iep": "IEP", "pap": "PAP", "acs": "ACS", "cui": "CUI"}


def read_definition(
    definition: bytes | Mapping[str, Any],
    *,
    originator: str,
    statements: Mapping[str, Restrictions] = STATEMENTS,
) -> Restrictions:
    """What one marking definition says, without its own markings (`own_markings`; `Resolver` takes them on). Total.

    `originator` is whose it is; `statements` is the node's mapping. What cannot be understood comes back as doubts.
    """
    value = _decoded(definition)
    if value is None:
        return doubtful("?", Doubt("no marking definition that can be read"))
    marking = str(value.get("id", "?"))
    fixed = FIXED.get(marking)
    if fixed is not None:
        if is_exact(value, fixed):
            return Restrictions(marked=True, tlp=fixed.level)
        return doubtful(marking, Doubt("the fixed id of a level of TLP, with other content"))
    said = _said(value, marking, originator, statements)
    return combine_all(doubtful(marking, part) if isinstance(part, Doubt) else part for part in said)


def own_markings(definition: bytes | Mapping[str, Any]) -> tuple[str, ...] | Doubt:
    """The ids of a marking definition's own markings, granular ones included; a `Doubt` where they are no ids."""
    value = _decoded(definition)
    if value is None:
        return ()
    refs = value.get("object_marking_refs", [])
    granular = value.get("granular_markings", [])
    if not isinstance(refs, list) or not isinstance(granular, list):
        return Doubt("its own markings are no list")
    entries = [entry if isinstance(entry, dict) else {"marking_ref": None} for entry in granular]
    ids = [*refs, *(entry.get("marking_ref") for entry in entries if "marking_ref" in entry or "lang" not in entry)]
    if not all(isinstance(ref, str) for ref in ids):
        return Doubt("one of its own markings is no id")
    return tuple(dict.fromkeys(ids))


def is_same_definition(
    first: bytes | Mapping[str, Any],
    second: bytes | Mapping[str, Any],
    *,
    originator: str,
    statements: Mapping[str, Restrictions] = STATEMENTS,
) -> bool:
    """Whether two marking definitions with the same id have the same content.

    Compared is what says what they mean: `definition_type`, `definition`, `extensions`, `x_opencti_definition` and
    their own markings; not the order of members, and not what a tool writes beside it. Where the node itself maps
    the id or both texts, what they come to is compared instead: so a node can settle a statement that its author
    edits in every release.
    """
    one, two = _decoded(first), _decoded(second)
    if one is None or two is None:
        return False
    if _marked_by(one) != _marked_by(two):
        return False
    if all(one.get(key) == two.get(key) for key in _MEANING):
        return True
    if not all(_is_mapped(value, statements) for value in (one, two)):
        return False
    read = [read_definition(value, originator=originator, statements=statements) for value in (one, two)]
    return read[0] == read[1] and not read[0].doubts


class Resolver:
    """Turns ids of markings into restrictions, for the objects of one originator; answers are kept for its lifetime.

    `carried` are the marking definitions that this originator carried, by id, the first content of each;
    `conflicting` are ids that it carried with other content as well; `statements` is the node's mapping.
    """

    def __init__(
        self,
        carried: Mapping[str, Content],
        *,
        originator: str,
        conflicting: AbstractSet[str] = frozenset(),
        statements: Mapping[str, Restrictions] = STATEMENTS,
    ) -> None:
        self._carried = carried
        self._originator = originator
        self._conflicting = conflicting
        self._statements = statements
        self._alone: dict[str, tuple[Restrictions, tuple[str, ...]]] = {}
        self._whole: dict[str, Restrictions] = {}

    def restrictions(self, ids: Iterable[str]) -> Restrictions:
        """What markings with these ids amount to together, with all that they bring along. Total."""
        distinct = set(ids)
        if len(distinct) > MARKINGS_MAX:
            return doubtful(min(distinct), Doubt(f"one of more than {MARKINGS_MAX} markings of one object"))
        return combine_all([self._whole.get(ref) or self._taken_on(ref) for ref in distinct])

    def _taken_on(self, id: str) -> Restrictions:
        alone, own = self._read(id)
        if not own:
            self._whole[id] = alone
            return alone
        reached: dict[str, tuple[str, ...]] = {}
        waiting = [id]
        while waiting and len(reached) <= CHAIN_MAX:
            current = waiting.pop()
            if current not in reached:
                reached[current] = self._read(current)[1]
                waiting += reached[current]
        parts = [self._read(current)[0] for current in reached]
        if waiting:
            parts.append(doubtful(id, Doubt(f"marked through more than {CHAIN_MAX} others")))
        elif _has_circle(reached):
            parts.append(doubtful(id, Doubt("marked, directly or through others, by itself or in a circle")))
        whole = combine_all(parts)
        self._whole[id] = whole
        return whole

    def _read(self, id: str) -> tuple[Restrictions, tuple[str, ...]]:
        known = self._alone.get(id)
        if known is None:
            known = self._alone[id] = self._read_anew(id)
        return known

    def _read_anew(self, id: str) -> tuple[Restrictions, tuple[str, ...]]:
        content = self._carried.get(id)
        parts = []
        own: tuple[str, ...] | Doubt = ()
        if id in self._conflicting:
            parts.append(doubtful(id, Doubt("carried again with other content")))
        if isinstance(content, Restrictions):
            parts.append(content)
        elif content is not None:
            parts.append(read_definition(content, originator=self._originator, statements=self._statements))
            own = own_markings(content)
        elif id in FIXED:
            parts.append(Restrictions(marked=True, tlp=FIXED[id].level))
        elif id in self._statements:
            parts.append(self._statements[id])
        else:
            parts.append(doubtful(id, Doubt("neither fixed by a standard nor carried by its originator")))
        if isinstance(own, Doubt):
            parts.append(doubtful(id, own))
            own = ()
        whole = combine_all(parts)
        return (whole if whole.marked else replace(whole, marked=True)), own


def resolve(
    ids: Iterable[str],
    granular_ids: Iterable[str],
    carried: Mapping[str, Content],
    *,
    originator: str,
    conflicting: AbstractSet[str] = frozenset(),
    statements: Mapping[str, Restrictions] = STATEMENTS,
) -> Restrictions:
    """What the markings of one object amount to. Granular ones count for the whole object: nothing is cut out."""
    resolver = Resolver(carried, originator=originator, conflicting=conflicting, statements=statements)
    return resolver.restrictions([*ids, *granular_ids])


def _said(
    value: Mapping[str, Any], id: str, originator: str, statements: Mapping[str, Restrictions]
) -> list[Restrictions | Doubt]:
    """Each thing that a definition says: by its type, and by each extension."""
    if value.get("type") != "marking-definition":
        return [Doubt("no marking definition")]
    said: list[Restrictions | Doubt] = []
    if "definition_type" in value or "definition" in value:
        said.append(_by_type(value, id, originator, statements))
    extensions = value.get("extensions", {})
    if not isinstance(extensions, dict):
        return [*said, Doubt("its extensions are no mapping")]
    said += [_by_extension(key) for key in extensions]
    return said or [Doubt("it says nothing: neither a definition nor an extension")]


def _by_type(
    value: Mapping[str, Any], id: str, originator: str, statements: Mapping[str, Restrictions]
) -> Restrictions | Doubt:
    kind, definition = value.get("definition_type"), value.get("definition")
    if kind == "statement":
        if not isinstance(definition, dict) or set(definition) != {"statement"}:
            return Doubt("a statement with other properties than `statement`")
        text = definition["statement"]
        if not isinstance(text, str):
            return Doubt("a statement that is no text")
        custom = value.get("x_opencti_definition")
        return read_statement(text, id=id, originator=originator, custom=custom, statements=statements)
    if kind == "tlp":
        return Doubt("a level of TLP under an id that no standard fixes")
    form = _TYPES.get(str(kind).casefold())
    return Doubt(f"the form {form} is not carried out yet" if form else f"unknown definition type {quoted(kind)}")


def _by_extension(key: str) -> Doubt:
    if key == TLP_2_EXTENSION:
        return Doubt("a level of TLP under an id that no standard fixes")
    form = _FORMS.get(key)
    return Doubt(f"the form {form} is not carried out yet" if form else f"unknown extension {quoted(key)}")


def _decoded(definition: bytes | Mapping[str, Any]) -> Mapping[str, Any] | None:
    if not isinstance(definition, bytes):
        return definition
    try:
        value = msgspec.json.decode(definition)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _marked_by(value: Mapping[str, Any]) -> frozenset[str] | Doubt:
    own = own_markings(value)
    return own if isinstance(own, Doubt) else frozenset(own)


def _is_mapped(value: Mapping[str, Any], statements: Mapping[str, Restrictions]) -> bool:
    definition = value.get("definition")
    text = definition.get("statement") if isinstance(definition, dict) else None
    return value.get("id") in statements or (isinstance(text, str) and text in statements)


def _has_circle(edges: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a walk along the edges can come back: leaves are taken away until none is left."""
    left = {marking: set(targets) for marking, targets in edges.items()}
    while True:
        leaves = [marking for marking, targets in left.items() if not targets]
        if not leaves:
            return bool(left)
        for leaf in leaves:
            del left[leaf]
        for targets in left.values():
            targets.difference_update(leaves)
