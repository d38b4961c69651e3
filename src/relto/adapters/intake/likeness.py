"""Likeness: what a file that is not STIX looks like, so that the refusal helps.

>>> likeness_of_bytes(b"<?xml version='1.0'?><stix:STIX_Package>")
'XML (STIX 1 was XML: convert it to STIX 2.1)'
>>> likeness_of_keys({"Event"})
'a MISP event (export it from MISP as STIX 2.1)'
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xfe", "UTF-16 text (save it as UTF-8)"),
    (b"\xfe\xff", "UTF-16 text (save it as UTF-8)"),
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<", "XML (STIX 1 was XML: convert it to STIX 2.1)"),
    (b"PK\x03\x04", "a zip archive (unpack it)"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "an SQLite database"),
    (b"BZh", "bzip2 data (unpack it)"),
    (b"\xfd7zXZ", "xz data (unpack it)"),
    (b"\x1f\x8b", "gzip inside gzip or Zstandard (unpack it once)"),
    (b"\x28\xb5\x2f\xfd", "Zstandard inside gzip or Zstandard (unpack it once)"),
    (b"---", "YAML"),
)

_KEYS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"Event"}), "a MISP event (export it from MISP as STIX 2.1)"),
    (frozenset({"info", "threat_level_id"}), "a MISP event (export it from MISP as STIX 2.1)"),
    (frozenset({"response"}), "a MISP answer (export it from MISP as STIX 2.1)"),
    (frozenset({"namespace", "predicates"}), "a MISP taxonomy"),
    (frozenset({"techniques", "domain"}), "an ATT&CK Navigator layer"),
    (frozenset({"$schema"}), "a JSON schema or a document that names one"),
    (frozenset({"api_roots"}), "a TAXII discovery answer"),
    (frozenset({"collections"}), "a TAXII list of collections"),
    (frozenset({"total_count", "success_count"}), "a TAXII status"),
    (frozenset({"versions"}), "a TAXII list of versions"),
    (frozenset({"error"}), "an error message"),
)


def likeness_of_bytes(head: bytes) -> str:
    """Return what a file that is not JSON looks like, from its first bytes."""
    lowered = head[:64].lower()
    for beginning, likeness in _BEGINNINGS:
        if lowered.startswith(beginning.lower()):
            return likeness
    return "text or data that is not JSON"


def likeness_of_keys(keys: AbstractSet[str]) -> str:
    """Return what an object that is not STIX looks like, from the names of its members."""
    for names, likeness in _KEYS:
        if names <= keys:
            return likeness
    return "JSON of another kind: no object in it has a `type`"
