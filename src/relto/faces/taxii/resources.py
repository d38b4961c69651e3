"""The resources of TAXII 2.1 as bytes (sections 3 to 5): what is absent is left out, and no list is ever empty.

The objects of an envelope are the stored bytes, joined: nothing on this path parses or writes an object.

>>> envelope(Page(), empty_list=False)
b'{}'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from relto.domain.moment import write
from relto.faces.taxii.pausing import described
from relto.faces.taxii.routes import ROOT_URL
from relto.usecases.reading import Collection, Page

if TYPE_CHECKING:
    from relto.config import Taxii

TAXII_MEDIA: Final = "application/taxii+json;version=2.1"
STIX_MEDIA: Final = "application/stix+json;version=2.1"

_encode: Final = msgspec.json.Encoder().encode


def discovery(taxii: Taxii) -> bytes:
    """Section 4.1.1. The one API root is relative: whoever reached us by some name reaches it by the same."""
    resource = {"title": taxii.title, "default": ROOT_URL, "api_roots": [ROOT_URL]}
    for name in ("description", "contact"):
        if value := getattr(taxii, name):
            resource[name] = value
    return _encode(resource)


def api_root(taxii: Taxii) -> bytes:
    """Section 4.2.1."""
    resource: dict[str, Any] = {
        "title": taxii.title,
        "versions": [TAXII_MEDIA],
        "max_content_length": taxii.max_content_length,
    }
    if taxii.description:
        resource["description"] = taxii.description
    return _encode(resource)


def collection(found: Collection) -> bytes:
    """Section 5.2.1."""
    return _encode(_collection(found))


def collections(found: Sequence[Collection]) -> bytes:
    """Section 5.1.1."""
    return _encode({"collections": [_collection(each) for each in found]} if found else {})


def _collection(found: Collection) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "id": found.id,
        "title": found.title,
        "alias": found.alias,
        "can_read": True,
        "can_write": found.writable,
        "media_types": [STIX_MEDIA],
    }
    if description := described(found):
        resource["description"] = description
    return resource


def envelope(page: Page, *, empty_list: bool) -> bytes:
    """Section 3.7. `empty_list`: whether an empty page has an empty list, for clients that fail without."""
    if not page.bodies:
        return b'{"objects":[]}' if empty_list else b"{}"
    raws = [body.raw for body in page.bodies]
    # What stands around the objects goes onto the first and the last, so that the whole is copied once.
    raws[0] = _beginning(page) + b'"objects":[' + raws[0]
    raws[-1] += b"]}"
    return b",".join(raws)


def manifest(page: Page, *, empty_list: bool) -> bytes:
    """Section 5.3.1: one record for each version."""
    if not page.listed:
        return b'{"objects":[]}' if empty_list else b"{}"
    records = [
        {
            "id": entry.stix_id,
            "date_added": write(entry.date_added),
            "version": entry.version,
            "media_type": STIX_MEDIA,
        }
        for entry in page.listed
    ]
    return b"".join((_beginning(page), b'"objects":', _encode(records), b"}"))


def versions(page: Page) -> bytes:
    """Section 5.8.1. `next` where there is more, since clients that walk it loop without one."""
    if not page.listed:
        return b"{}"
    return b"".join((_beginning(page), b'"versions":', _encode([entry.version for entry in page.listed]), b"}"))


def _beginning(page: Page) -> bytes:
    if page.next is None:
        return b'{"more":false,'
    return b'{"more":true,"next":' + _encode(page.next) + b","


def date_headers(page: Page) -> list[tuple[bytes, bytes]]:
    """Section 3.9: `date_added` of the first and the last record of this page.

    On an empty page both repeat the `added_after` that was asked; none was asked: both are left out.
    """
    if page.first is None or page.last is None:
        return []
    first = write(page.first).encode()
    last = first if page.last == page.first else write(page.last).encode()
    return [(b"x-taxii-date-added-first", first), (b"x-taxii-date-added-last", last)]
