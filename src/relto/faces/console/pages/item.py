"""Items, for whoever is in office: found by what people know of them; one of them, what it is, who receives it and why,
and what is decided on it by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from markupsafe import escape

from relto.domain.errors import BadInput, ReltoError, Unknown
from relto.domain.ids import parse_item
from relto.faces.console.act import Act, Question
from relto.faces.console.drawing import plural
from relto.faces.console.form import Form
from relto.faces.console.pages.choice import Choice
from relto.faces.console.visit import Sent, Shown, Went
from relto.faces.console.words import needs_words
from relto.faces.verbs import finding, items, rehearsals

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit
    from relto.faces.verbs.caller import Caller

PAGE: Final = 50
NAMED_MAX: Final = 20
"""So many of the items that were chosen a question names; the rest it counts."""

SEARCHED: Final = frozenset({"words", "topic", "type", "from", "to", "after"})
"""Fields of what is looked for: a decision on what was found leads back to the same list."""

RAW_MAX: Final = 40_000
"""Bytes of an object, as its page writes them out, that are shown there; the rest is in the file."""

TEXT_MAX: Final = 4_000
VALUE_MAX: Final = 500
KEY_MAX: Final = 60
MEMBERS_MAX: Final = 40
REFS_MAX: Final = 30
"""How much of one object is laid out for reading."""

LONG_FROM: Final = 600
"""Characters from which on a member scrolls by itself."""

URGENCY: Final = ("hold", "release", "withhold")

TYPES: Final = (
    "attack-pattern", "campaign", "course-of-action", "domain-name", "email-addr", "file", "grouping", "identity",
    "incident", "indicator", "infrastructure", "intrusion-set", "ipv4-addr", "ipv6-addr", "location", "malware",
    "malware-analysis", "note", "observed-data", "opinion", "relationship", "report", "sighting", "threat-actor",
    "tool", "url", "vulnerability",
)  # fmt: skip
"""Types that are offered; any other may be asked for as well."""

FIRST: Final = (
    "name", "description", "abstract", "content", "pattern", "pattern_type", "value", "indicator_types",
    "malware_types",
    "relationship_type", "source_ref", "target_ref", "sighting_of_ref", "where_sighted_refs", "object_refs",
    "valid_from", "valid_until", "first_observed", "last_observed", "first_seen", "last_seen", "published", "count",
    "number_observed", "labels", "confidence", "aliases", "goals", "kill_chain_phases", "external_references",
    "created", "modified", "revoked", "created_by_ref", "object_marking_refs", "lang",
)  # fmt: skip
"""Members in the order in which people read them; all others follow."""

LONG: Final = frozenset({"description", "abstract", "content", "pattern", "explanation", "body"})
APART: Final = frozenset({"type", "id", "spec_version"})

_REF: Final = re.compile(r"[a-z0-9-]{3,250}--[0-9a-fA-F-]{36}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def listed(visit: Visit, error: ReltoError | None = None) -> Shown:
    """What is looked for, else the newest; and what is chosen of it, to be decided on by hand."""
    said = visit.form
    query = Form(tuple(pair for pair in (said.pairs or visit.query.pairs) if pair[0] in SEARCHED))
    found: dict[str, Any] = {"items": [], "next": None, "behind": 0}
    try:
        found = finding.search(
            visit.caller,
            words=query.text("words"),
            topics=query.texts("topic"),
            types=query.texts("type"),
            from_=query.given("from"),
            to=query.given("to"),
            limit=PAGE,
            after=query.given("after"),
        )
    except BadInput as refused:
        error = refused
    shown = {each["item"] for each in found["items"]}
    decides = visit.may_decide(visit.party)
    return Shown(
        "items.html",
        {
            "found": found,
            "query": query,
            "asked": any(query.has(name) for name in SEARCHED - {"after"}),
            "topics": _topics(visit),
            "types": TYPES,
            "decides": decides,
            "said": said,
            "chosen": said.texts("item"),
            "elsewhere": [each for each in dict.fromkeys(said.texts("item")) if each not in shown],
            "agreements": _decidable(visit) if decides else Choice.of(()),
        },
        error,
    )


def _decidable(visit: Visit) -> Choice:
    """Agreements under which it may decide."""
    sight = visit.caller.sight
    return Choice.of(
        (name, standing.terms.title)
        for name, standing in sorted(sight.policy.standings.items())
        if not standing.ended and sight.gives(name) and visit.may_decide(standing.terms.giver)
    )


def _topics(visit: Visit) -> list[str]:
    """Those to choose from: of what is stored."""
    sight = visit.caller.sight
    values = [row.value for row in sight.policy.classes.values()]
    known = {originator for originator in {value.originator for value in values} if sight.stock(originator)}
    return sorted({topic for value in values if value.originator in known for topic in value.topics})


def page(visit: Visit, error: ReltoError | None = None) -> Shown:
    """One item; `at`: as it stood then."""
    item, after = visit.names["item"], visit.query.given("after")
    then = None
    try:
        then = visit.then()
        found = finding.show(visit.caller, item=item, at=then, after=after)
    except (BadInput, Unknown) as refused:
        if not visit.query.has("at"):
            raise
        then, error = None, refused
        found = finding.show(visit.caller, item=item, after=after)
    shown, is_cut = _cut(found["stix"])
    members = _members(found["stix"])
    concerned = sorted({each["agreement"] for each in found["flows"]})
    return Shown(
        "item.html",
        {
            "item": found,
            "id": found["item"].partition("@")[0],
            "stands": _grouped(found["flows"]),
            "members": members[:MEMBERS_MAX],
            "members_more": max(0, len(members) - MEMBERS_MAX),
            "raw": shown,
            "is_cut": is_cut,
            "bytes": len(found["stix"].encode()),
            "decides": then is None and visit.may_decide(visit.party),
            "concerned": concerned,
            "said": visit.form,
            "address": visit.names["item"],
            "at": visit.query.text("at"),
            "then": then,
        },
        error,
    )


def _grouped(flows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Parties for which the same holds, for the same reasons, together; what is held first, and what flows."""
    found: dict[str, dict[str, Any]] = {}
    for each in flows:
        same = {name: each[name] for name in ("agreement", "decision", "reasons", "leaves")}
        found.setdefault(msgspec.json.encode(same).decode(), {**same, "to": []})["to"].append(each["to"])
    return sorted(found.values(), key=lambda each: URGENCY.index(each["decision"]))


def stix(visit: Visit) -> Sent:
    """The object, as it was stored."""
    found = finding.show(visit.caller, item=visit.names["item"], limit=1)
    name = parse_item(found["item"]).id
    return Sent.file(f"{name}.json", found["stix"].encode(), b"application/json")


# An object, as people read it.


def _cut(text: str) -> tuple[str, bool]:
    """So much of it as its page can hold: every quotation mark takes five bytes there."""
    shown = text[:RAW_MAX]
    while len(str(escape(shown)).encode()) > 2 * RAW_MAX:
        shown = shown[: len(shown) * 3 // 4]
    return shown, len(shown) < len(text)


def _members(text: str) -> list[dict[str, Any]]:
    try:
        value = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return []
    order = {name: place for place, name in enumerate(FIRST)}
    names = sorted((name for name in value if name not in APART), key=lambda name: order.get(name, len(order)))
    return [_with_length(_member(name, value[name])) for name in names]


def _with_length(made: dict[str, Any]) -> dict[str, Any]:
    value = made["value"]
    return made | {"is_long": len(value if isinstance(value, str) else ", ".join(value)) > LONG_FROM}


def _member(name: str, value: Any) -> dict[str, Any]:
    """A member, with one of `text`, `moment`, `refs`, `texts` and `json`; `more`: how many entries are left out."""
    made: dict[str, Any] = {"name": name[:KEY_MAX].replace("_", " "), "kind": "json", "value": None, "more": 0}
    longest = TEXT_MAX if name in LONG else VALUE_MAX
    match value:
        case bool():
            return made | {"kind": "text", "value": "yes" if value else "no"}
        case int() | float():
            return made | {"kind": "text", "value": str(value)}
        case str() if _is_moment(value):
            return made | {"kind": "moment", "value": value}
        case str() if _REF.fullmatch(value):
            return made | {"kind": "refs", "value": [value]}
        case str():
            kind = "code" if name == "pattern" else "text"
            return made | {"kind": kind, "value": value[:longest], "more": max(0, len(value) - longest)}
        case list() if value and all(isinstance(each, str) and _REF.fullmatch(each) for each in value):
            return made | {"kind": "refs", "value": value[:REFS_MAX], "more": max(0, len(value) - REFS_MAX)}
        case list() if all(isinstance(each, str) for each in value):
            shown = [each[:VALUE_MAX] for each in value[:REFS_MAX]]
            return made | {"kind": "texts", "value": shown, "more": max(0, len(value) - REFS_MAX)}
        case _:
            whole = msgspec.json.encode(value).decode()
            return made | {"value": whole[:TEXT_MAX], "more": max(0, len(whole) - TEXT_MAX)}


def _is_moment(text: str) -> bool:
    if not _MOMENT.fullmatch(text):
        return False
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


# What is decided by hand.

_Verb = Literal["withhold", "release", "recall"]

_VERBS: Final[Mapping[_Verb, Callable[..., dict[str, Any]]]] = {
    "withhold": items.withhold,
    "release": items.release,
    "recall": items.recall,
}

_TELLS: Final[Mapping[_Verb, str]] = {
    "withhold": "What is withheld was not released yet, and is kept from its recipients whatever else is decided.",
    "release": "What is released is let through any pause, and what was withheld or recalled by hand is taken back; "
    "markings and scopes stay.",
    "recall": "What is recalled is closed for reading; the accounts of who was given it are told. What they have, they "
    "have.",
}


def _asks(verb: _Verb, visit: Visit, said: Said) -> Question:
    if not said["reason"]:
        raise BadInput("reason-missing", "what is decided by hand needs a reason")
    chosen = said["items"]
    found = rehearsals.item(visit.caller, verb=verb, items=chosen, agreement=said["agreement"])
    named = [finding.show(visit.caller, item=each, limit=1) for each in chosen[:NAMED_MAX]]
    kind, _, rest = chosen[0].partition("--")
    what, them = (f"{kind} {rest[:8]}", "it") if len(chosen) == 1 else (plural(len(chosen), "item"), "them")
    return Question(
        f"{verb.capitalize()} {what}",
        f"Propose to {verb} {them}" if found["needs"] else f"{verb.capitalize()} {them}",
        (
            needs_words(found["needs"]),
            _TELLS[verb],
            f"Under agreement {said['agreement']} alone." if said["agreement"] else "Under all agreements.",
            f"Reason: “{said['reason']}”",
        ),
        "parts/chosen.html",
        {"flows": found["flows"], "chosen": named, "chosen_left": len(chosen) - len(named)},
        stops=verb != "release",
    )


def versions(visit: Visit, said: Said) -> list[str]:
    """The versions that are chosen: of an item that is named without one it is the last, whichever that is by then."""
    return [each if "@" in each else finding.show(visit.caller, item=each, limit=1)["item"] for each in said["items"]]


# Of one item.


def _said(visit: Visit) -> Said:
    found = finding.show(visit.caller, item=visit.names["item"], limit=1)
    return {
        "items": [found["item"]],
        "agreement": visit.form.given("agreement"),
        "reason": visit.form.text("reason"),
    }


def _then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del said
    if document["state"] == "proposed":
        return Went(f"/acts/{document['act']}")
    return Went(visit.at.rpartition("/")[0])


def _act(verb: _Verb) -> Act:
    return Act(_VERBS[verb], _said, partial(_asks, verb), _then, page, counts=versions)


WITHHOLD: Final = _act("withhold")
RELEASE: Final = _act("release")
RECALL: Final = _act("recall")


# Of several.


def _said_of_several(visit: Visit) -> Said:
    form = visit.form
    if form.text("do") not in _VERBS:
        raise BadInput("form-malformed", "this form cannot be read")
    chosen = list(dict.fromkeys(form.texts("item")))
    if not chosen:
        raise BadInput("nothing-chosen", "no item is chosen", remedy="tick those that are meant")
    return {
        "verb": form.text("do"),
        "items": chosen,
        "agreement": form.given("agreement"),
        "reason": form.text("reason"),
    }


def _decided(caller: Caller, *, verb: _Verb, **said: Any) -> dict[str, Any]:
    return _VERBS[verb](caller, **said)


def _asks_of_several(visit: Visit, said: Said) -> Question:
    return _asks(said["verb"], visit, said)


def _then_of_several(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit, said
    return Went(f"/acts/{document['act']}" if document["act"] else "/items")


DECIDE: Final = Act(_decided, _said_of_several, _asks_of_several, _then_of_several, listed, counts=versions)
