r"""An agreement: one party's standing decision to share a defined scope with others.

The file that people write is read into a whole `Agreement`, or refused by name: keys that are not known (the nearest
is named), values that are no such thing, and words of the contract that this release does not carry out (`NotBuilt`,
never accepted and ignored). Two files that mean the same have the same `canonical` text, whatever their spacing.

>>> agreement = parse("agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}")
>>> agreement.scope.words()
'originators USA; topics any of naval; marking at most amber'
>>> differences(agreement, parse("agreement: usa-ukr\nfrom: USA\nto: [UKR, GBR]\nscope: {topics: [naval]}"))
('to: adds GBR',)
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from relto.domain import ids, moment, written
from relto.domain.classes import SUPPORT_TYPES
from relto.domain.errors import BadInput, NotBuilt
from relto.domain.marking import LEVELS
from relto.domain.party import Parties
from relto.domain.selector import AMBER, Selector, marking_level

History = Literal["all", "none"]

WITHHOLD: Final = "withhold"
"""What `unmarked` says to refuse what carries no marking."""

_CODE: Final = "agreement-invalid"
_KEYS: Final = (
    "agreement", "title", "from", "to", "scope", "exceptions", "unmarked", "controls", "revocations", "history",
    "onward", "approvals", "review", "authority", "support",
)  # fmt: skip
_ACTS: Final = ("pause", "resume", "amend")
_CONTROL: Final = re.compile(r"[A-Z0-9](?:[A-Z0-9 ./-]{0,62}[A-Z0-9])?")
_EXCEPTIONS_MAX: Final = 100
_APPROVALS_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exception of an agreement: what of its scope flows on through any pause. It never widens the scope."""

    name: str
    scope: Selector


@dataclass(frozen=True, slots=True)
class Approvals:
    """How many others have to agree to a pause, to what lets flow again, and to a change of the terms."""

    pause: int = 0
    resume: int = 0
    amend: int = 0


@dataclass(frozen=True, slots=True)
class Agreement:
    """One version of an agreement, whole. The store numbers versions; the value does not know its number.

    `giver`: the party whose decision it is (`from` in files). `to`: codes of parties and groups. `scope` has its
    defaults filled in: the giver as originator, marking at most amber. `unmarked`: TLP rank that an object without any
    marking counts as; None: withheld. `controls`: caveats, notices and control systems that it admits.
    `holds_revocations`: whether the retraction of what a recipient has is held by a pause like everything else.
    `approvals`: how many have to agree, beside who asks, before an act of that kind is carried out.
    `history`: whether what was here before the agreement is in its stream. `review_us`: microseconds since 1970.
    `support`: types that belong to it whatever its topics.
    """

    id: str
    giver: str
    to: frozenset[str]
    scope: Selector
    title: str = ""
    exceptions: tuple[Exemption, ...] = ()
    unmarked: int | None = AMBER
    controls: frozenset[str] = frozenset()
    holds_revocations: bool = False
    history: History = "all"
    review_us: int | None = None
    office: str = ""
    administration: str = ""
    support: frozenset[str] = SUPPORT_TYPES
    approvals: Approvals = Approvals()

    def is_overdue(self, at: int) -> bool:
        """Whether its review date has passed; nothing follows from that but that everybody is told."""
        return self.review_us is not None and self.review_us <= at

    @property
    def named_topics(self) -> frozenset[str]:
        """The topics that it names, in its scope and its exceptions: those that its recipients may be told of."""
        selectors = (self.scope, *(each.scope for each in self.exceptions))
        return frozenset().union(*(each.topics_any | each.topics_all for each in selectors))

    def as_value(self) -> dict[str, Any]:
        """Plain values, as a file would say them, that `of` reads back as this very agreement; lists are sorted."""
        value: dict[str, Any] = {
            "agreement": self.id,
            "title": self.title,
            "from": self.giver,
            "to": sorted(self.to),
            "scope": self.scope.as_value(),
            "exceptions": [{"name": each.name, "scope": each.scope.as_value()} for each in self.exceptions],
            "unmarked": WITHHOLD if self.unmarked is None else LEVELS[self.unmarked],
            "controls": sorted(self.controls),
            "history": self.history,
            "onward": "none",
            "approvals": {act: getattr(self.approvals, act) for act in _ACTS},
            "support": sorted(self.support),
        }
        if self.holds_revocations:
            value["revocations"] = "hold"
        if self.review_us is not None:
            value["review"] = moment.write(self.review_us)
        authority = {"office": self.office, "administration": self.administration}
        if any(authority.values()):
            value["authority"] = {key: text for key, text in authority.items() if text}
        return value

    def canonical(self) -> str:
        """The agreement as one line of JSON: equal texts mean equal agreements. `parse_canonical` reads it."""
        return json.dumps(self.as_value(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def parse_canonical(cls, text: str) -> Agreement:
        """The agreement that `canonical` gave. Topics are not checked: the vocabulary may have changed since."""
        return of(json.loads(text))


def parse(text: str, *, topics: Collection[str] | None = None) -> Agreement:
    """The agreement in a file. `topics` are the names of the vocabulary, where topics are to be checked against it.

    Raises `BadInput` (`agreement-invalid`, the codes of selectors, names and moments) and `NotBuilt` (`not-built`).
    """
    return of(written.read(text, code=_CODE), topics=topics)


def of(value: object, *, topics: Collection[str] | None = None) -> Agreement:
    """The agreement that plain values describe; raises as `parse` does."""
    file = written.mapping(value, what="the agreement", code=_CODE, keys=_KEYS)
    for key in ("agreement", "from", "to", "scope"):
        if key not in file:
            raise BadInput(_CODE, f"the agreement has no `{key}`", remedy=f"add `{key}`", key=key)
    name = ids.agreement_id(_text(file, "agreement"))
    giver = ids.party_code(_text(file, "from"))
    to = frozenset(map(ids.party_code, written.words(file["to"], what="`to`", code=_CODE)))
    if to == {giver}:
        raise BadInput(_CODE, f"agreement `{name}` reaches nobody but `{giver}`, whose it is")
    office, administration = _authority(file.get("authority", {}))
    agreement = Agreement(
        id=name,
        giver=giver,
        to=to,
        scope=_with_defaults(Selector.parse(file["scope"], where="scope", topics=topics), giver),
        title=_title(file),
        exceptions=_exceptions(file.get("exceptions", []), topics),
        unmarked=_unmarked(file.get("unmarked", LEVELS[AMBER])),
        controls=_controls(file.get("controls", [])),
        holds_revocations=_choice(file, "revocations", ("flow", "hold"), absent="") == "hold",
        history="none" if _choice(file, "history", ("all", "none"), absent="all") == "none" else "all",
        review_us=moment.parse_instant(_text(file, "review")) if "review" in file else None,
        office=office,
        administration=administration,
        support=_support(file.get("support")),
        approvals=_approvals(file.get("approvals", {})),
    )
    _refuse_what_is_not_built(file)
    return agreement


def recipients(agreement: Agreement, parties: Parties, at: int) -> tuple[str, ...]:
    """The codes of all parties that receive under the agreement at the moment, sorted.

    A group gives each of its members a place; whose agreement it is receives nothing from it.
    Raises `Unknown` (`party-unknown`) where `from` or `to` names nobody.
    """
    parties.party(agreement.giver)
    reached: set[str] = set()
    for code in sorted(agreement.to):
        reached |= parties.reached_by(code, at)
    return tuple(sorted(reached - {agreement.giver}))


def differences(before: Agreement, after: Agreement) -> tuple[str, ...]:
    """What changes from one to the other, a readable line for each part; empty where they mean the same."""
    old, new = _flat(before.as_value()), _flat(after.as_value())
    return tuple(
        f"{key}: {_change(old.get(key), new.get(key))}"
        for key in dict.fromkeys((*old, *new))
        if old.get(key) != new.get(key)
    )


def _with_defaults(scope: Selector, giver: str) -> Selector:
    # `all` gets the bounds too: strict and red flow only where `marking_at_most` says so.
    return replace(
        scope,
        originators=scope.originators or frozenset({giver}),
        marking_at_most=_default_bound(scope) if scope.marking_at_most is None else scope.marking_at_most,
    )


def _default_bound(scope: Selector) -> int:
    if scope.marking_at_least is not None and scope.marking_at_least > AMBER:
        least = LEVELS[scope.marking_at_least]
        raise BadInput(
            "selector-contradiction",
            f"nothing is marked at least {least} and at most amber, which holds unless said",
            remedy=f"add `marking_at_most: {least}`",
        )
    return AMBER


def _exceptions(value: object, topics: Collection[str] | None) -> tuple[Exemption, ...]:
    if not isinstance(value, list):
        raise BadInput(_CODE, "`exceptions` must be a list")
    if len(value) > _EXCEPTIONS_MAX:
        raise BadInput(_CODE, f"an agreement has at most {_EXCEPTIONS_MAX} exceptions")
    found: dict[str, Exemption] = {}
    for entry in value:
        parts = written.mapping(entry, what="an exception", code=_CODE, keys=("name", "scope"))
        for key in ("name", "scope"):
            if key not in parts:
                raise BadInput(_CODE, f"an exception has no `{key}`", remedy=f"add `{key}`")
        text = written.word(parts["name"], what="`name` of an exception", code=_CODE)
        if not re.fullmatch(r"[a-z0-9-]{1,64}", text):
            raise BadInput(_CODE, f"{written.shown(text)} is no exception's name: 1 to 64 of a-z, 0-9 and `-`")
        if text in found:
            raise BadInput(_CODE, f"there are two exceptions `{text}`")
        found[text] = Exemption(text, Selector.parse(parts["scope"], where=f"exception `{text}`", topics=topics))
    return tuple(found[key] for key in sorted(found))


def _unmarked(value: object) -> int | None:
    return None if value == WITHHOLD else marking_level(value, where="`unmarked`")


def _controls(value: object) -> frozenset[str]:
    if value == []:
        return frozenset()
    names = written.words(value, what="`controls`", code=_CODE)
    for name in names:
        if not _CONTROL.fullmatch(name):
            remedy = f"write {name.upper()}" if _CONTROL.fullmatch(name.upper()) and name.isascii() else ""
            raise BadInput(_CODE, f"{written.shown(name)} is no caveat or control system", remedy=remedy)
    return frozenset(names)


def _support(value: object) -> frozenset[str]:
    if value is None:
        return SUPPORT_TYPES
    if value == []:
        return frozenset()
    names = written.words(value, what="`support`", code=_CODE)
    for name in names:
        if name not in SUPPORT_TYPES:
            remedy = written.nearest(name, SUPPORT_TYPES)
            raise BadInput(_CODE, f"{written.shown(name)} is no type of `support`", remedy=remedy)
    return frozenset(names)


def _authority(value: object) -> tuple[str, str]:
    parts = written.mapping(value, what="`authority`", code=_CODE, keys=("office", "administration"))
    office, administration = (
        written.one_line(parts[key], what=f"`{key}` of `authority`", code=_CODE) if key in parts else ""
        for key in ("office", "administration")
    )
    return office, administration


def _title(file: Mapping[str, Any]) -> str:
    return written.one_line(file["title"], what="`title`", code=_CODE, longest=200) if file.get("title", "") else ""


def _refuse_what_is_not_built(file: Mapping[str, Any]) -> None:
    onward = _choice(file, "onward", ("none", "consent", "free"), absent="none")
    if onward != "none":
        text = f"`onward: {onward}` is not built in this release"
        raise NotBuilt("not-built", text, remedy="write `onward: none`, or leave it out", key="onward", value=onward)


def _approvals(value: object) -> Approvals:
    asked = written.mapping(value, what="`approvals`", code=_CODE, keys=_ACTS)
    for act, count in asked.items():
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= _APPROVALS_MAX:
            raise BadInput(_CODE, f"`{act}` of `approvals` must be a number of approvals, 0 to {_APPROVALS_MAX}")
    return Approvals(**asked)


def _choice(file: Mapping[str, Any], key: str, choices: tuple[str, ...], *, absent: str) -> str:
    if key not in file:
        return absent
    text = _text(file, key)
    if text not in choices:
        remedy = written.nearest(text, choices)
        raise BadInput(_CODE, f"`{key}` cannot be {written.shown(text)}", remedy=remedy, key=key)
    return text


def _text(file: Mapping[str, Any], key: str) -> str:
    return written.word(file[key], what=f"`{key}`", code=_CODE)


def _flat(value: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, entry in value.items():
        if key == "exceptions":
            for each in entry:
                found[f"exception {each['name']}"] = Selector.parse(each["scope"], where="exception").words()
        elif isinstance(entry, dict):
            found |= _flat(entry, f"{above}{key}.")
        else:
            found[above + key] = entry
    return found


def _change(old: Any, new: Any) -> str:
    if isinstance(old, list) and isinstance(new, list):
        added, dropped = sorted(set(new) - set(old)), sorted(set(old) - set(new))
        lines = [f"adds {', '.join(added)}"] if added else []
        return "; ".join([*lines, f"drops {', '.join(dropped)}"] if dropped else lines)
    if old is None:
        return f"adds {_one(new)}"
    return f"drops {_one(old)}" if new is None else f"{_one(old)} becomes {_one(new)}"


def _one(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else f"`{value}`"
