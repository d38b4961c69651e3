"""An entry: one dated, sourced thing that the record holds, and how it stands to others.

What people write, what documents show and what the stored object carries is one mapping; `Entry.parse` reads it, with
names resolved by whoever is handed in (`who.py`), and `as_value` gives it back.

>>> from relto.domain.record.who import Stored
>>> said = {"kind": "statement", "date": "2025-03-09", "speaker": {"name": "Donald Trump", "party": "USA"},
...         "words": "We just about have"}
>>> entry = Entry.parse(said, names=Stored())
>>> entry.date.words, entry.confidence, entry.parties
('9 March 2025', 'reported', ('USA',))
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

from relto.domain import ids
from relto.domain.errors import BadInput
from relto.domain.marking.tlp import level_of, name_of
from relto.domain.record.form import FORMS, RELATIONS, kind_of
from relto.domain.record.shape import CODE, TEXT_MAX, lines, matching, pause_numbers
from relto.domain.record.source import Source
from relto.domain.record.when import When
from relto.domain.record.who import Names, Who, of_value
from relto.domain.written import mapping, nearest, one_line, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

Confidence = Literal["confirmed", "reported", "disputed", "denied"]
CONFIDENCES: Final = get_args(Confidence)

KEY_MAX: Final = 64

_KEY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_CONDITION: Final = re.compile(r"([0-9]{1,18})/([0-9]{1,6})")
_MARKING: Final = re.compile(r"marking-definition--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

COMMON: Final = (
    "key", "kind", "date", "source", "confidence", "marking", "text", "pauses", "agreements", "conditions",
    *RELATIONS, "corrects", "because", "retracts",
)  # fmt: skip
"""What every kind may have, in the order in which it is written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `key`: its name within the case, empty before it has one. `marking`: a level of TLP or the id of a
    marking definition; empty: that of the case.

    `body`: the fields of its kind, as plain values in full (`form.py`). `links`: by relation, the keys of other
    entries. `conditions`: `PAUSE/N`. `corrects`: the key of the entry in whose place it stands, `because`: why. One
    that `retracts` has nothing to say in its place.
    """

    kind: str
    date: When
    body: Mapping[str, Any]
    key: str = ""
    source: Source | None = None
    confidence: Confidence = "reported"
    marking: str = ""
    text: str = ""
    pauses: tuple[str, ...] = ()
    agreements: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    corrects: str = ""
    because: str = ""
    retracts: bool = False

    @classmethod
    def parse(cls, value: object, *, names: Names) -> Entry:
        """The entry in a mapping. Raises `BadInput` (`entry-invalid`, `date-invalid`, `source-invalid` and so on)."""
        if not isinstance(value, dict):
            raise BadInput(CODE, f"an entry must be a mapping, not {shown(value)}")
        kind = kind_of(value.get("kind"))
        form = FORMS[kind]
        fields = tuple(each.name for each in form.fields)
        given = mapping(value, what=f"a {kind}", code=CODE, keys=(*COMMON, *fields))
        if "date" not in given:
            raise BadInput(CODE, f"a {kind} has no `date`", remedy="write date: 2025-03-09")
        date = When.parse(given["date"])
        corrects = entry_key(given["corrects"], what="`corrects`") if "corrects" in given else ""
        if "because" in given and not corrects:
            raise BadInput(CODE, "`because` says why something is corrected, and nothing is", remedy="add `corrects`")
        if kind == "link":
            _require_linked(given)
        if kind == "person" and "person" in given:
            entry_key(given["person"], what="`person`")
        retracts = given.get("retracts", False)
        if not isinstance(retracts, bool) or (retracts and not corrects):
            raise BadInput(
                CODE, "`retracts` is true where an entry is corrected by taking it back", remedy="leave it out"
            )
        return cls(
            kind,
            date,
            form.read(given, kind=kind, names=names, on=date),
            entry_key(given["key"], what="the key") if "key" in given else "",
            Source.parse(given["source"]) if "source" in given else None,
            _confidence(given.get("confidence", "reported")),
            marking(given["marking"]) if "marking" in given else "",
            _line(given, "text"),
            pause_numbers(given),
            tuple(ids.agreement_id(each) for each in lines(given, "agreements")),
            matching(given, "conditions", _CONDITION, "PAUSE/N, such as 2/1"),
            {name: keys for name in RELATIONS if (keys := _keys(given, name))},
            corrects,
            _line(given, "because"),
            retracts,
        )

    def as_value(self) -> dict[str, Any]:
        """Plain values that `parse` reads back; what is empty is left out."""
        found: dict[str, Any] = {
            "key": self.key,
            "kind": self.kind,
            "date": self.date.text,
            "source": self.source.as_value() if self.source else None,
            "confidence": self.confidence,
            "marking": self.marking,
            **self.body,
            "text": self.text,
            "pauses": list(self.pauses),
            "agreements": list(self.agreements),
            "conditions": list(self.conditions),
            **{name: list(keys) for name, keys in self.links.items()},
            "corrects": self.corrects,
            "because": self.because,
            "retracts": self.retracts,
        }
        return {name: part for name, part in found.items() if part or name in self.body}

    def with_key(self, key: str) -> Entry:
        """The same under this key."""
        return replace(self, key=key)

    def names(self) -> Iterable[str]:
        """The keys of all entries that it names."""
        for keys in self.links.values():
            yield from keys
        if self.corrects:
            yield self.corrects
        if "person" in self.body:
            yield self.body["person"]
        if self.kind == "link":
            yield self.body["entry"]
            if "other" in self.body:
                yield self.body["other"]

    @property
    def speaker(self) -> Who | None:
        """Who speaks, asks, reacts or acts in it; None where nobody does."""
        for name in ("speaker", "asked_by", "by", "told_by"):
            found = self.body.get(name)
            if isinstance(found, list):
                found = found[0]
            if found:
                return of_value(found, what=name)
        return None

    @property
    def people(self) -> tuple[Who, ...]:
        """Everybody who is named in it, each once, in the order of its fields."""
        found: list[Who] = []
        for value in self.body.values():
            for each in _mappings(value):
                who = of_value(each, what="somebody")
                if who not in found:
                    found.append(who)
        return tuple(found)

    @property
    def parties(self) -> tuple[str, ...]:
        """The codes of the parties that it names, each once."""
        found = [who.party for who in self.people if who.party]
        for name in ("to", "parties", "on", "party"):
            value = self.body.get(name, ())
            if self.kind == "shift" and name == "to":
                continue
            found += [value] if isinstance(value, str) else value
        for name in ("status", "delegations"):
            value = self.body.get(name)
            found += value if isinstance(value, dict) else ()
        return tuple(dict.fromkeys(found))

    @property
    def words(self) -> str:
        """The words that somebody said, without quotation marks; empty where there are none."""
        return str(self.body.get("words", ""))


def entry_key(value: object, *, what: str) -> str:
    """The key of an entry: 1 to 64 of a-z, 0-9 and `-`. Raises `BadInput` (`entry-key-invalid`)."""
    text = str(value) if type(value) is int and 0 <= value < 10**18 else value
    if not isinstance(text, str) or not _KEY.fullmatch(text):
        raise BadInput(
            "entry-key-invalid", f"{what} {shown(value)} is no key of an entry: 1 to {KEY_MAX} of a-z, 0-9 and `-`"
        )
    return text


def marking(value: object) -> str:
    """A level of TLP, or the id of a marking definition. Raises `BadInput` (`marking-level-unknown`)."""
    if isinstance(value, str) and _MARKING.fullmatch(value):
        return value
    return name_of(level_of(one_line(value, what="the marking", code="marking-level-unknown")))


def condition_of(text: str) -> tuple[str, int]:
    """The pause and the place of the condition that an entry names."""
    pause, _, place = text.partition("/")
    return pause, int(place)


def _require_linked(given: Mapping[str, Any]) -> None:
    if ("relation" in given) != ("other" in given):
        raise BadInput(CODE, "a link has `relation` and `other` together, or neither of them")
    if "other" not in given and not given.keys() & {"pauses", "agreements", "conditions"}:
        raise BadInput(CODE, "a link leads nowhere", remedy="name another entry, or pauses, agreements or conditions")
    for name in ("entry", "other"):
        if name in given:
            entry_key(given[name], what=f"`{name}`")


def _confidence(value: object) -> Confidence:
    if value in CONFIDENCES:
        return cast("Confidence", value)
    raise BadInput(CODE, f"{shown(value)} is no confidence", remedy=nearest(str(value), CONFIDENCES))


def _line(given: Mapping[str, Any], name: str) -> str:
    return one_line(given[name], what=f"`{name}`", code=CODE, longest=TEXT_MAX) if name in given else ""


def _keys(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(entry_key(each, what=f"an entry of `{name}`:") for each in lines(given, name))


def _mappings(value: Any) -> Iterable[Mapping[str, Any]]:
    """Those of somebody within a field."""
    if isinstance(value, dict) and value.keys() & {"name", "unnamed", "party"} and _is_flat(value):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _mappings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _mappings(each)


def _is_flat(value: Mapping[str, Any]) -> bool:
    return all(isinstance(each, str) for each in value.values()) and value.keys() <= {
        "person", "name", "role", "party", "unnamed",
    }  # fmt: skip
