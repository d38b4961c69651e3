"""The addresses of TAXII (TAXII 2.1 sections 4 and 5), and what may be done at each.

A missing slash at the end is tolerated, since clients leave it out.

>>> route_of(b"/exchange/collections/own/objects")
Route(name='objects', collection='own', object='', methods=('GET', 'POST'))
>>> route_of(b"/exchange/collections//") is None
True
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

DISCOVERY: Final = b"/taxii2"
ROOT: Final = b"/exchange"
ROOT_URL: Final = "/exchange/"

PATH_BYTES_MAX: Final = 1_024
"""No address of ours is longer."""


class Route(NamedTuple):
    """An address: its kind, and the collection (or status) and object that it names."""

    name: str
    collection: str = ""
    object: str = ""
    methods: tuple[str, ...] = ("GET",)


def is_taxii(path: bytes) -> bool:
    """Whether the address belongs to this face, whether or not there is anything."""
    return path.startswith((DISCOVERY, ROOT)) and path.split(b"/", 2)[1] in {DISCOVERY[1:], ROOT[1:]}


def route_of(path: bytes) -> Route | None:
    """The route of an address as it was sent, or None where there is none."""
    return _route_of(path) if len(path) <= PATH_BYTES_MAX and b"//" not in path else None


@lru_cache(maxsize=1_024)
def _route_of(path: bytes) -> Route | None:
    try:
        parts = [unquote_to_bytes(part).decode() for part in path.strip(b"/").split(b"/")]
    except UnicodeDecodeError:
        return None
    match parts:
        case ["taxii2"]:
            route = Route("discovery")
        case ["exchange"]:
            route = Route("api-root")
        case ["exchange", "status", status]:
            route = Route("status", status)
        case ["exchange", "collections"]:
            route = Route("collections")
        case ["exchange", "collections", name]:
            route = Route("collection", name)
        case ["exchange", "collections", name, "manifest"]:
            route = Route("manifest", name)
        case ["exchange", "collections", name, "objects"]:
            route = Route("objects", name, methods=("GET", "POST"))
        case ["exchange", "collections", name, "objects", id_]:
            route = Route("object", name, id_, methods=("GET", "DELETE"))
        case ["exchange", "collections", name, "objects", id_, "versions"]:
            route = Route("versions", name, id_)
        case _:
            return None
    return route
