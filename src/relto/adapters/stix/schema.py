"""The OASIS JSON schemas of STIX 2.1, as vendored, and the few places where they ask more than the standard.

The files under `schemas/` are as published (see `schemas/ORIGIN.md`); what is amended is amended here, in the open,
when they are loaded. Nothing is fetched: every `$ref` is resolved among these files. A type's schema is compiled when
the first object of that type is met, once per process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import jsonschema_rs
import orjson

_FOLDERS = ("common", "observables", "sdos", "sros")
_META_TYPES = frozenset({"marking-definition", "extension-definition", "language-content"})
_MASK = "what was given"


@dataclass(frozen=True, slots=True)
class TypeSchema:
    """The compiled schema of one type. `moments` are its top-level properties that hold a timestamp."""

    validator: jsonschema_rs.Draft202012Validator
    moments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Library:
    by_stem: dict[str, dict[str, Any]]
    registry: jsonschema_rs.Registry
    observables: frozenset[str]
    domain_objects: frozenset[str]
    relationship_objects: frozenset[str]


@cache
def _library() -> _Library:
    stems: dict[str, dict[str, dict[str, Any]]] = {}
    root = resources.files(__package__) / "schemas"
    for folder in _FOLDERS:
        files = sorted((root / folder).iterdir(), key=lambda file: file.name)
        stems[folder] = {file.name.removesuffix(".json"): orjson.loads(file.read_bytes()) for file in files}
    by_stem = {stem: schema for folder in stems.values() for stem, schema in folder.items()}
    _amend(by_stem)
    return _Library(
        by_stem=by_stem,
        registry=jsonschema_rs.Registry([(schema["$id"], schema) for schema in by_stem.values()]),
        observables=frozenset(stems["observables"]),
        domain_objects=frozenset(stems["sdos"]),
        relationship_objects=frozenset(stems["sros"]),
    )


def _amend(by_stem: dict[str, dict[str, Any]]) -> None:
    # Section 7.2.3.1: a granular marking names a marking or a language, one of them; the schema knows only markings.
    granular = by_stem["granular-marking"]
    granular["required"] = ["selectors"]
    granular["oneOf"] = [{"required": ["marking_ref"]}, {"required": ["lang"]}]
    # Section 2.5: the form of a CVE or CAPEC number is asked of the sources `cve` and `capec`; that nobody else may
    # quote one is not.
    del by_stem["external-reference"]["oneOf"][2]["properties"]["external_id"]["not"]


def is_observable(type_: str) -> bool:
    """Whether the standard defines this type as a Cyber-observable Object (section 6)."""
    return type_ in _library().observables


def is_versioned(type_: str) -> bool:
    """Whether the standard defines this type as a Domain or Relationship Object (sections 4 and 5)."""
    library = _library()
    return type_ in library.domain_objects or type_ in library.relationship_objects


def schema_for(type_: str, *, versioned: bool) -> TypeSchema:
    """Return the schema for objects of `type_`.

    A type that the standard does not define gets the common properties: those of Domain Objects where the object
    is `versioned`, else those of Cyber-observable Objects (sections 3.2 and 11).
    """
    library = _library()
    known = (
        type_ in library.domain_objects
        or type_ in library.relationship_objects
        or type_ in library.observables
        or type_ in _META_TYPES
    )
    if known:
        return _compiled(type_)
    # Custom types share two compiled schemas, so that made-up names cannot fill the memory.
    return _compiled("core" if versioned else "cyber-observable-core")


@cache
def _compiled(stem: str) -> TypeSchema:
    library = _library()
    schema = library.by_stem[stem]
    validator = jsonschema_rs.Draft202012Validator(
        schema,
        registry=library.registry,
        mask=_MASK,
        offline=True,
        # The engine that never backtracks: no string can make it slow.
        pattern_options=jsonschema_rs.RegexOptions(),
    )
    return TypeSchema(validator=validator, moments=tuple(sorted(_moments(library, schema, stem))))


def _moments(library: _Library, schema: dict[str, Any], stem: str) -> set[str]:
    """Return the properties that `schema`, or what it is made of, gives the type of a timestamp."""
    found: set[str] = set()
    for name, rule in schema.get("properties", {}).items():
        if any(part.get("$ref", "").endswith("/timestamp.json") for part in [rule, *rule.get("allOf", ())]):
            found.add(name)
        # The schema of `core` writes `created` and `modified` as `allOf`, which the line above has seen.
    for part in schema.get("allOf", ()):
        name = part.get("$ref", "").rpartition("/")[2].removesuffix(".json")
        inner = library.by_stem[name] if name else part
        found |= _moments(library, inner, stem)
    return found
