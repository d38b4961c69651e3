"""The record as STIX 2.1: what a case and its entries are to whoever receives them.

| in the record | in STIX |
| --- | --- |
| the case; talks, proposal, deal, measure, shift | `event`, by the extension of the OASIS common objects (`EVENT`) |
| statement, condition, link | `note` |
| impact | `report` |
| reaction | `opinion`, whose scale is STIX's own |
| person | `identity` |

Each carries the extension `ENTRY` as well, a property extension with the entry in full, so that it reads back without a
loss. By that extension an entry joins its case (`case_ref`), and a case joins `CASES`: so both are found, and an
entry takes on the topics and the restrictions of its case as any joining object does.

A program that knows neither extension still has name, words, authors, dates, sources and confidence where STIX puts
them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relto.domain.errors import BadInput
from relto.domain.marking.tlp import FIXED, LEVELS
from relto.domain.moment import write
from relto.domain.record.casefile import TOPIC, Case
from relto.domain.record.entry import Entry
from relto.domain.record.schema import extension_schema
from relto.domain.record.source import Source
from relto.domain.record.telling import headline
from relto.domain.record.when import When
from relto.domain.record.who import Stored

EVENT: Final = "extension-definition--4ca6de00-5b0d-45ef-a1dc-ea7279ea910e"
"""`event` of the OASIS common objects, a new SDO."""

ENTRY: Final = "extension-definition--d04a7fc6-09b2-45e5-a755-2edd14615a39"
"""Ours, a property extension."""

CASES: Final = "case-index--0d818636-9420-4c07-ab3a-d84419c6f106"
"""What every case joins, so that all are found: an id under which nothing is ever stored."""

MAKER: Final = "identity--513e43c6-7d09-4c9a-8f2e-2f837bc6fdb1"
"""Who defines it."""

VERSION: Final = "1.0.0"
DEFINED: Final = "2025-01-01T00:00:00.000Z"

TYPES: Final[Mapping[str, str]] = {
    "talks": "event",
    "proposal": "event",
    "deal": "event",
    "measure": "event",
    "shift": "event",
    "statement": "note",
    "condition": "note",
    "impact": "report",
    "link": "note",
    "reaction": "opinion",
    "person": "identity",
}
"""By kind of entry, the type of its object."""

_OPINIONS: Final = {
    "opposes": "strongly-disagree",
    "critical": "disagree",
    "neutral": "neutral",
    "welcomes": "agree",
    "supports": "strongly-agree",
}
_TLP_2: Final = {LEVELS[each.level]: name for name, each in FIXED.items() if each.version == 2}
_ID: Final = re.compile(r"[a-z0-9-]{1,250}--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Opening:
    """A case as it was read from its object. `ref`: the object's id."""

    case: Case
    ref: str
    by: str


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as it was read from its object: `ref`: the id of its case's object; `by`: who recorded it."""

    entry: Entry
    case: str
    ref: str
    by: str


def read_object(raw: bytes) -> Opening | Written | None:
    """What an object says as a part of a record; None where it says nothing that can be understood. Total."""
    try:
        value = json.loads(raw)
        said = value["extensions"][ENTRY]
        case, ref, by = said["case"], said["case_ref"], said["recorded_by"]
        if not all(isinstance(text, str) for text in (case, ref, by)):
            return None
        if "opening" in said:
            return Opening(Case.parse(said["opening"], party=""), value["id"], by) if ref == value["id"] else None
        entry = Entry.parse(said["entry"], names=Stored())
        # What has no name can be neither corrected nor cited.
        return Written(entry, case, ref, by) if entry.key else None
    except (BadInput, ValueError, KeyError, TypeError, RecursionError):
        return None


def ref_of(extensions: object) -> str | None:
    """What an object with these extensions joins as a part of a record, by id; None where it is no part of any.

    `CASES` for a case itself; whether the rest can be understood is for `read_object` to say. Total.
    """
    said = extensions.get(ENTRY) if isinstance(extensions, dict) else None
    ref = said.get("case_ref") if isinstance(said, dict) else None
    if said is None or not isinstance(ref, str) or _ID.fullmatch(ref) is None:
        return None
    return CASES if "opening" in said else ref


def opening_object(case: Case, *, ref: str, at: int, by: str) -> bytes:
    """The object of a case. `ref`: its id; `at`: the moment of the object, in microseconds; `by`: the account."""
    parts = {
        "status": "ongoing",
        "event_types": ["case"],
        "name": case.title,
        "description": case.text,
        "extensions": {
            EVENT: {"extension_type": "new-sdo"},
            ENTRY: _extension(case.id, ref, by) | {"opening": case.as_value()},
        },
    }
    if case.begins:
        parts |= _lasting(case.begins)
    return _object("event", ref, at, markings=(case.marking,), labels=_labels(case), parts=parts)


def entry_object(entry: Entry, case: Case, *, ref: str, id: str, at: int, by: str, others: Mapping[str, str]) -> bytes:
    """The object of an entry, whose key and people are resolved. `id`: its own; `others`: by key, the ids of the
    entries that it names.
    """
    kind = TYPES[entry.kind]
    parts: dict[str, Any] = _PARTS[kind](entry, [ref, *dict.fromkeys(others[key] for key in entry.names())])
    parts["extensions"] = {ENTRY: _extension(case.id, ref, by) | {"entry": entry.as_value()}}
    if kind == "event":
        parts["extensions"][EVENT] = {"extension_type": "new-sdo"}
    if entry.source:
        parts["external_references"] = [_reference(entry.source)]
        confidence = entry.source.stix_confidence
        if confidence is not None:
            parts["confidence"] = confidence
    labels = [*_labels(case), entry.kind, entry.confidence]
    if entry.source and entry.source.grade:
        # The tags of the MISP taxonomy, which other tools know.
        labels.append(f'admiralty-scale:source-reliability="{entry.source.grade[0].lower()}"')
        labels.append(f'admiralty-scale:information-credibility="{entry.source.grade[1]}"')
    return _object(kind, id, at, markings=(entry.marking, case.marking), labels=labels, parts=parts)


def definition_objects(marking: str, *, at: int) -> list[bytes]:
    """The definition of our extension and who made it, in versions of this moment, marked as the case that uses it."""
    maker = {"name": "Relto", "identity_class": "organization"}
    definition = {
        "created_by_ref": MAKER,
        "name": "Relto case entry",
        "description": "An entry in the record of a case: what was said, held, proposed, agreed or done, and by whom",
        "schema": json.dumps(extension_schema(), ensure_ascii=False, separators=(",", ":")),
        "version": VERSION,
        "extension_types": ["property-extension"],
    }
    return [
        _object("identity", MAKER, at, markings=(marking,), labels=[], parts=maker, created=DEFINED),
        _object("extension-definition", ENTRY, at, markings=(marking,), labels=[], parts=definition, created=DEFINED),
    ]


def _object(
    type: str,
    id: str,
    at: int,
    *,
    markings: Sequence[str],
    labels: list[str],
    parts: Mapping[str, Any],
    created: str = "",
) -> bytes:
    made = {
        "type": type,
        "spec_version": "2.1",
        "id": id,
        "created": created or write(at),
        "modified": write(at),
        "object_marking_refs": _refs(markings),
        "labels": labels,
        **parts,
    }
    whole = {name: part for name, part in made.items() if part or name == "extensions"}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def _refs(markings: Sequence[str]) -> list[str]:
    """What these markings say together. TLP 2.0 knows one level at a time: of several, the strictest."""
    levels = [LEVELS.index(each) for each in markings if each in LEVELS]
    kept = [each for each in markings if each and (each not in LEVELS or LEVELS.index(each) == max(levels))]
    return list(dict.fromkeys(_TLP_2.get(each, each) for each in kept))


def _reference(source: Source) -> dict[str, str]:
    about = [f"of {source.date.words}" if source.date else "", source.grade_words]
    # Beside its name, the standard asks for something else of a source (STIX 2.1 section 2.5).
    description = ", ".join(filter(None, about)) or ("" if source.url else "named as the source")
    found = {"source_name": source.name, "url": source.url, "description": description}
    return {name: part for name, part in found.items() if part}


def _extension(case: str, ref: str, by: str) -> dict[str, Any]:
    return {"extension_type": "property-extension", "case": case, "case_ref": ref, "recorded_by": by}


def _labels(case: Case) -> list[str]:
    return [TOPIC, *(f"topic:{name}" for name in case.topics)]


def _lasting(date: When) -> dict[str, str]:
    fidelity = {"moment": "second", "month": "month"}.get(date.precision, "day")
    found = {"start_time": write(date.first), "start_time_fidelity": fidelity}
    if date.precision == "days":
        found |= {"end_time": write(date.until - 1), "end_time_fidelity": fidelity}
    return found


_STATUS: Final = {"announced": "pending", "proposed": "pending", "called-off": "not-occurred"}


def _event(entry: Entry, refs: list[str]) -> dict[str, Any]:
    del refs
    stands = entry.body.get("state", entry.body.get("status", ""))
    status = _STATUS.get(stands, "occurred") if isinstance(stands, str) else "ongoing"
    return {
        "status": status,
        "event_types": [entry.kind],
        "name": headline(entry),
        "description": entry.text,
        **_lasting(entry.date),
    }


def _note(entry: Entry, refs: list[str]) -> dict[str, Any]:
    authors = [str(entry.speaker)] if entry.speaker else []
    content = f"{headline(entry)} ({entry.date.words})"
    return {
        "abstract": headline(entry)[:200],
        "content": f"{content}\n{entry.text}" if entry.text else content,
        "authors": authors,
        "object_refs": refs,
    }


def _report(entry: Entry, refs: list[str]) -> dict[str, Any]:
    told = entry.source.date if entry.source and entry.source.date else entry.date
    return {
        "name": headline(entry),
        "description": "\n".join(part for part in (f"“{entry.words}”" if entry.words else "", entry.text) if part),
        "published": write(told.told),
        "report_types": ["impact"],
        "object_refs": refs,
    }


def _opinion(entry: Entry, refs: list[str]) -> dict[str, Any]:
    return {
        "explanation": f"{headline(entry)} ({entry.date.words})",
        "authors": [str(entry.speaker)],
        "opinion": _OPINIONS[entry.body["stance"]],
        "object_refs": refs,
    }


def _identity(entry: Entry, refs: list[str]) -> dict[str, Any]:
    del refs
    about = ", ".join(entry.body[name] for name in ("role", "party") if name in entry.body)
    roles = [entry.body["role"]] if "role" in entry.body else []
    return {"name": entry.body["name"], "description": about, "roles": roles, "identity_class": "individual"}


_PARTS: Final = {"event": _event, "note": _note, "report": _report, "opinion": _opinion, "identity": _identity}
