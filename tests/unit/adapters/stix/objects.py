"""Objects to begin from: each is good, and a test spoils one thing."""

import json
from pathlib import Path

from relto.adapters.stix.check import StixValidator
from relto.domain.item import Header

DATA = Path(__file__).resolve().parents[3] / "data"
UUID = "5d3b2c1a-1f7e-4f0a-9c55-0a8b4c6d2e10"
NOW_US = 1_741_521_600_000_000  # 2025-03-09T12:00:00Z
BEFORE = "2025-03-01T08:00:00.000Z"
LATER = "2025-03-02T08:00:00.000Z"
TLP_GREEN = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"


def id_of(type_):
    return f"{type_}--{UUID}"


def versioned(type_, **more):
    return {
        "type": type_,
        "spec_version": "2.1",
        "id": id_of(type_),
        "created": BEFORE,
        "modified": LATER,
    } | more


def indicator(**more):
    return versioned(
        "indicator", pattern="[ipv4-addr:value = '198.51.100.7']", pattern_type="stix", valid_from=BEFORE
    ) | (more)


def relationship(**more):
    return (
        versioned(
            "relationship", relationship_type="indicates", source_ref=id_of("indicator"), target_ref=id_of("malware")
        )
        | more
    )


def statement(**more):
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": id_of("marking-definition"),
        "created": BEFORE,
        "definition_type": "statement",
        "definition": {"statement": "for training only"},
    } | more


def without(value, *names):
    return {name: part for name, part in value.items() if name not in names}


def check_bytes(raw, *, now_us=NOW_US):
    return StixValidator().check(raw, where="here#0", now_us=now_us)


def check(value, **more):
    return check_bytes(json.dumps(value).encode(), **more)


def code_of(value):
    """The code of the reject, or `taken`."""
    answer = check(value) if isinstance(value, dict) else check_bytes(value)
    return "taken" if isinstance(answer, Header) else answer.code
