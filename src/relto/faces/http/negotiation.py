"""Media types: whether a client takes what we have, and whether we take what it sends (TAXII 2.1 section 1.6.8).

We have one type in one version. A client that names it without a version, in a list, with weights or with spaces,
or takes anything, gets it; only one that names nothing that we have is refused.

>>> takes(b"application/taxii+json; version=2.1"), takes(b"text/html, */*;q=0.1"), takes(b"text/html")
(True, True, False)
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

TAXII: Final = "application/taxii+json"
STIX: Final = "application/stix+json"
VERSION: Final = "2.1"


class Media(NamedTuple):
    """One type of a list. `version` None: none was named."""

    name: str
    version: str | None
    weight: float


@lru_cache(maxsize=256)
def takes(accept: bytes, *, stix: bool = False) -> bool:
    """Whether a client that sent this `Accept` takes our one type; `stix`: whether naming STIX 2.1 will do as well."""
    names = {TAXII, "application/*", "*/*"} | ({STIX} if stix else set())
    return any(
        media.name in names and media.version in {None, VERSION} and media.weight > 0 for media in _listed(accept)
    )


@lru_cache(maxsize=256)
def is_taxii(content_type: bytes) -> bool:
    """Whether a body of this `Content-Type` is one that we read."""
    listed = list(_listed(content_type))
    return len(listed) == 1 and listed[0].name == TAXII and listed[0].version in {None, VERSION}


def _listed(header: bytes) -> Iterator[Media]:
    for part in header.decode("latin-1").split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if not name:
            continue
        version, weight = None, 1.0
        for parameter in parameters:
            key, equals, value = parameter.partition("=")
            key, value = key.strip().lower(), value.strip().strip('"')
            if key == "version" and equals:
                version = value
            elif key == "q":
                weight = _number(value)
        yield Media(name.lower(), version, weight)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
