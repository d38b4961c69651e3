"""The JSON Schema (2020-12) of an entry, of a file of a case, and of what an object carries; made from the forms.

>>> entry_schema()["$defs"]["reaction"]["properties"]["stance"]["enum"][0]
'opposes'
"""

from __future__ import annotations

from typing import Any, Final

from relto.domain.record.entry import CONFIDENCES, KEY_MAX
from relto.domain.record.form import FORMS, RELATIONS
from relto.domain.record.shape import LISTED_MAX, TEXT_MAX
from relto.domain.record.source import NAME_MAX, URL_MAX

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_KEY: Final = {"type": ["string", "integer"], "maxLength": KEY_MAX}
_KEYS: Final = {"type": "array", "maxItems": LISTED_MAX, "items": _KEY}
_NAMED: Final = {"type": "array", "maxItems": LISTED_MAX, "items": {"type": ["string", "integer"]}}
_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": TEXT_MAX}
_DATE: Final = {
    "type": "string",
    "description": "a day, a moment, a month, or two days with a slash between them; UTC",
}
_SOURCE: Final = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": NAME_MAX},
        "date": _DATE,
        "url": {"type": "string", "maxLength": URL_MAX, "pattern": "^https?://"},
        "grade": {"type": "string", "pattern": "^[A-Fa-f][1-6]$", "description": "the admiralty scale"},
    },
}


def entry_schema() -> dict[str, Any]:
    """The schema of one entry, as people write it."""
    return {
        "$schema": DIALECT,
        "title": "An entry in the record of a case",
        "oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in FORMS],
        "$defs": _forms(),
    }


def file_schema() -> dict[str, Any]:
    """The schema of a file: a case with its people and entries."""
    line = {"type": "string", "minLength": 1}
    return {
        "$schema": DIALECT,
        "title": "A case and its record",
        "type": "object",
        "required": ["case"],
        "additionalProperties": False,
        "properties": {
            "case": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"},
            "title": line,
            "party": line,
            "begins": _DATE,
            "marking": line,
            "topics": {"type": "array", "minItems": 1, "items": line},
            "parties": _NAMED,
            "agreements": _NAMED,
            "pauses": _NAMED,
            "text": _TEXT,
            "people": {"type": "array", "items": {"$ref": "#/$defs/person"}},
            "entries": {"type": "array", "items": {"oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in FORMS]}},
        },
        "$defs": _forms(),
    }


def extension_schema() -> dict[str, Any]:
    """The schema of what an object carries under our extension."""
    whole = entry_schema()
    text = {"type": "string", "minLength": 1}
    return {
        "$schema": DIALECT,
        "title": "Relto case entry",
        "type": "object",
        "required": ["extension_type", "case", "case_ref", "recorded_by"],
        "properties": {
            "extension_type": {"const": "property-extension"},
            "case": text,
            "case_ref": text,
            "recorded_by": text,
            "opening": {"type": "object", "description": "the case itself"},
            "entry": {"oneOf": whole["oneOf"]},
        },
        "oneOf": [{"required": ["opening"]}, {"required": ["entry"]}],
        "$defs": whole["$defs"],
    }


def _forms() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind, form in FORMS.items():
        required = [field.name for field in form.fields if field.is_required]
        # In a file, the list of people says what they are, and nobody needs a date.
        common = ["kind", "date"] if kind != "person" else []
        found[kind] = {
            "type": "object",
            "description": form.says,
            "required": [*common, *required],
            "additionalProperties": False,
            "properties": _common(kind)
            | {field.name: {**field.shape.schema(), "description": field.says} for field in form.fields},
        }
        if form.either:
            found[kind]["anyOf"] = [{"required": [name]} for name in form.either]
    return found


def _common(kind: str) -> dict[str, Any]:
    return {
        "key": _KEY,
        "kind": {"const": kind},
        "date": _DATE,
        "source": _SOURCE,
        "confidence": {"enum": list(CONFIDENCES)},
        "marking": {"type": "string", "description": "a level of TLP 2.0, or the id of a marking definition"},
        "text": _TEXT,
        "pauses": _NAMED,
        "agreements": _NAMED,
        "conditions": {
            "type": "array",
            "maxItems": LISTED_MAX,
            "items": {"type": "string", "pattern": "^[0-9]+/[0-9]+$"},
        },
        **dict.fromkeys(RELATIONS, _KEYS),
        "corrects": _KEY,
        "because": _TEXT,
        "retracts": {"type": "boolean"},
    }
