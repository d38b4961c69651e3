"""The validator: what is read of one object, or the first reason to refuse it.

In this order, so that the reason given is the one that helps most: JSON (`ijson.py`), what kind of thing it is, its id,
the OASIS schema (`schema.py`), and then the MUSTs that no schema says: moments that exist and stand in order, selectors
of granular markings that select something, STIX patterns that can be read (`pattern.py`).

>>> reject = StixValidator().check(b'{"type": "bundle", "id": "bundle--1"}', where="a.json#0", now_us=0)
>>> reject.code
'bundle-nested'
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

import jsonschema_rs
import orjson

from relto.adapters.stix.flaw import QUOTE_CHARS_MAX, Flaw, quoted
from relto.adapters.stix.ijson import parse
from relto.adapters.stix.pattern import check_pattern
from relto.adapters.stix.schema import TypeSchema, is_observable, is_versioned, schema_for
from relto.domain.classes import JOINING_TYPES
from relto.domain.item import UNVERSIONED, Header, Reject
from relto.domain.record.stix import ref_of
from relto.domain.timestamp import DAY_US, micros

_TYPE = re.compile(r"[a-z][a-z0-9-]{1,248}[a-z0-9-]")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")
_STEP = re.compile(r"\[([0-9]{1,9})\]|.+")

AHEAD_US_MAX = DAY_US
"""How far ahead of now a version may be: further on it would push clients that keep the largest `modified`."""

_JOINS: dict[str, tuple[str, ...]] = {
    "relationship": ("source_ref", "target_ref"),
    "sighting": ("sighting_of_ref", "observed_data_refs", "where_sighted_refs"),
    "report": ("object_refs",),
    "note": ("object_refs",),
    "opinion": ("object_refs",),
    "grouping": ("object_refs",),
    "observed-data": ("object_refs",),
}

_ORDERS: dict[str, tuple[tuple[str, str, bool], ...]] = {
    # (earlier, later, whether both may be the same moment), as sections 4, 5 and 6 say type by type.
    "campaign": (("first_seen", "last_seen", True),),
    "indicator": (("valid_from", "valid_until", False),),
    "infrastructure": (("first_seen", "last_seen", True),),
    "intrusion-set": (("first_seen", "last_seen", True),),
    "malware": (("first_seen", "last_seen", True),),
    "network-traffic": (("start", "end", True),),
    "observed-data": (("first_observed", "last_observed", True),),
    "relationship": (("start_time", "stop_time", False),),
    "sighting": (("first_seen", "last_seen", True),),
    "threat-actor": (("first_seen", "last_seen", True),),
}


class StixValidator:
    """`ports/validator.py` over the OASIS schemas. Holds no state of its own: any number may be made."""

    def check(self, raw: bytes, *, where: str, now_us: int) -> Header | Reject:
        """Keep the promise of the port."""
        value: dict[str, Any] = {}
        try:
            value = parse(raw)
            type_ = _type_of(value)
            _check_id(value, type_)
            rules = schema_for(type_, versioned="created" in value or "modified" in value)
            _check_schema(rules, value)
            version, version_us = _check_moments(rules, value, type_, now_us)
            if "granular_markings" in value:
                _check_selectors(value)
            if type_ == "indicator" and value["pattern_type"] == "stix":
                check_pattern(value["pattern"])
        except Flaw as flaw:
            given = value.get("id", "")
            return Reject(quoted(given) if given.__class__ is str else "", where, flaw.code, flaw.message)
        return _header(raw, value, version, version_us)


def header_of(raw: bytes) -> Header | Reject:
    """The header of an object that was taken in once, as it was read then but for its version as a moment, which is 0:
    at a third of the cost of judging it again. Total: of what was never taken in, something, or a reject.
    """
    try:
        value = orjson.loads(raw)
        version = value.get("modified") or value.get("created") or UNVERSIONED
        header = _header(raw, value, version, 0)
        texts = (header.type, header.id, version, *header.markings, *header.granular, *header.joins)
        if all(text.__class__ is str for text in texts):
            return header
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        pass
    return Reject("", "", "unread", "this was never taken in")


def _type_of(value: dict[str, Any]) -> str:
    """Return the type, once it is sure that this is an object of STIX 2.1."""
    type_ = value.get("type")
    if type_ is None:
        raise Flaw("type-missing", "the object has no `type`")
    if type_.__class__ is not str or _TYPE.fullmatch(type_) is None:
        raise Flaw("type-invalid", f"`{quoted(str(type_))}` is no name of a type: 3 to 250 of `a-z`, `0-9` and `-`")
    if type_ == "bundle":
        raise Flaw("bundle-nested", "a bundle inside a bundle: give its objects one by one, or the bundle by itself")
    spec_version = value.get("spec_version")
    if spec_version == "2.1":
        return str(type_)
    if spec_version is None:
        # Only Cyber-observable Objects may leave it out (section 3.1); a custom one is known by having no `created`.
        if is_versioned(type_) or type_ == "marking-definition" or ("created" in value and not is_observable(type_)):
            raise Flaw("stix-2.0", "a STIX 2.0 object, since `spec_version` is missing: convert it to STIX 2.1")
        return str(type_)
    if spec_version == "2.0":
        raise Flaw("stix-2.0", "a STIX 2.0 object: convert it to STIX 2.1")
    raise Flaw("spec-version-unknown", f"`spec_version` is `{quoted(str(spec_version))}`: only `2.1` is taken")


def _check_id(value: dict[str, Any], type_: str) -> None:
    id_ = value.get("id")
    if id_ is None:
        raise Flaw("id-missing", "the object has no `id`")
    if id_.__class__ is not str:
        raise Flaw("id-invalid", "`id` is not a string")
    prefix, dashes, uuid = id_.partition("--")
    if not dashes or _UUID.fullmatch(uuid) is None:
        raise Flaw("id-invalid", f"`{quoted(id_)}` is not a type, `--` and a UUID of RFC 4122")
    if prefix != type_:
        raise Flaw("id-of-other-type", f"the id `{quoted(id_)}` does not begin with its type `{quoted(type_)}--`")


def _check_schema(rules: TypeSchema, value: dict[str, Any]) -> None:
    if rules.validator.is_valid(value):
        return
    try:
        # The first fault only: a stranger's object may have a million of them.
        rules.validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        path = ".".join(f"[{step}]" if isinstance(step, int) else str(step) for step in error.instance_path)
        # Messages quote the schema and names of members, never values: those are masked when the schema is compiled.
        said = quoted(error.message)
        raise Flaw("schema", f"`{quoted(path)}`: {said}" if path else said) from None


def _check_moments(rules: TypeSchema, value: dict[str, Any], type_: str, now_us: int) -> tuple[str, int]:
    """Return the version and its moment, once every moment exists and those that must stand in order do."""
    moments: dict[str, int] = {}
    for name in rules.moments:
        if name in value:
            moments[name] = _moment(name, value[name])
    for name in ("created", "modified"):
        # The standard gives neither to a Cyber-observable Object; where one stands, it is the version all the same.
        if name in value and name not in moments:
            moments[name] = _moment(name, value[name])
    if "modified" in moments and moments["modified"] < moments.get("created", moments["modified"]):
        raise Flaw("modified-before-created", "`modified` lies before `created`")
    for earlier, later, same in _ORDERS.get(type_, ()):
        if earlier in moments and later in moments:
            _check_order(moments, earlier, later, same=same)
    name = "modified" if "modified" in moments else "created"
    if name not in moments:
        return UNVERSIONED, 0
    if moments[name] > now_us + AHEAD_US_MAX:
        raise Flaw("modified-in-future", f"`{name}` is `{quoted(value[name])}`, more than a day ahead of now")
    return value[name], moments[name]


def _moment(name: str, text: object) -> int:
    try:
        return micros(text)
    except (TypeError, ValueError) as error:
        shown = quoted(text) if isinstance(text, str) else "no string"
        raise Flaw("timestamp-invalid", f"`{name}` is `{shown}`: {error}"[: 2 * QUOTE_CHARS_MAX]) from None


def _check_order(moments: dict[str, int], earlier: str, later: str, *, same: bool) -> None:
    if moments[later] < moments[earlier]:
        raise Flaw("interval-reversed", f"`{later}` lies before `{earlier}`")
    if moments[later] == moments[earlier] and not same:
        raise Flaw("interval-reversed", f"`{later}` must lie after `{earlier}`, and is the same moment")


def _check_selectors(value: dict[str, Any]) -> None:
    """Selectors MUST name what is there (section 7.2.3.1); else a marking would seem to protect what it does not."""
    for marking in value["granular_markings"]:
        for selector in marking["selectors"]:
            if not _selects(value, selector):
                raise Flaw("selector-dangling", f"the selector `{quoted(selector)}` selects nothing in the object")


def _selects(value: Any, selector: str) -> bool:
    for step in selector.split("."):
        index = _STEP.fullmatch(step)
        if index is not None and index[1] is not None:
            if value.__class__ is not list or int(index[1]) >= len(value):
                return False
            value = value[int(index[1])]
        elif value.__class__ is dict and step in value:
            value = value[step]
        else:
            return False
    return True


def _header(raw: bytes, value: dict[str, Any], version: str, version_us: int) -> Header:
    type_ = value["type"]
    granular = value.get("granular_markings")
    return Header(
        raw=raw,
        type=type_,
        id=value["id"],
        version=version,
        version_us=version_us,
        digest=sha256(raw).digest(),
        markings=tuple(value.get("object_marking_refs", ())),
        granular=tuple(mark["marking_ref"] for mark in granular if "marking_ref" in mark) if granular else (),
        labels=_strings(value.get("labels")),
        phases=_phases(value.get("kill_chain_phases")),
        indicator_types=_strings(value.get("indicator_types")),
        joins=_joined(value, type_) if type_ in _JOINS or "extensions" in value else (),
        revoked=value.get("revoked") is True,
        definition=orjson.dumps(value) if type_ == "marking-definition" else b"",
    )


def _strings(value: Any) -> tuple[str, ...]:
    """Return the strings of a list; a custom property of the same name may be anything, and then counts as absent."""
    if value.__class__ is not list:
        return ()
    # A list first: three times for each object, that is felt.
    return tuple([text for text in value if text.__class__ is str])


def _phases(value: Any) -> tuple[str, ...]:
    if value.__class__ is not list:
        return ()
    return _strings([phase.get("phase_name") for phase in value if phase.__class__ is dict])


def _joined(value: dict[str, Any], type_: str) -> tuple[str, ...]:
    found: list[str] = []
    for name in _JOINS.get(type_, ()):
        refs = value.get(name)
        if refs.__class__ is str:
            found.append(refs)
        elif refs is not None:
            found += refs
    # What is part of a record joins its case, whatever it is: so it is found, and never less strict than that.
    case = ref_of(value.get("extensions")) if type_ in JOINING_TYPES else None
    if case is not None and case not in found:
        found.append(case)
    return tuple(found)
