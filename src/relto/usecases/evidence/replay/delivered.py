"""Delivered: a page as its two leaves tell it. Only what a reader can have asked for, and been given, is one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from relto.domain.cursor import Filters
from relto.domain.leaf import canonical
from relto.domain.reader import filters_of, way_of
from relto.usecases.evidence.replay.ledger import read_place
from relto.usecases.evidence.walking import seqs_of
from relto.usecases.reading.following import moves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.domain.stream import Place

ITEMS_MAX: Final = 1_000_000
"""Items of a page that is looked at."""

ENDPOINTS: Final = frozenset({"objects", "manifest", "versions"})
ASKED: Final = frozenset({"ids", "types", "versions", "spec_versions", "added_after", "next"})
VERSIONS: Final = frozenset({"first", "last", "all"})


@dataclass(frozen=True)
class Page:
    """A delivery as its two leaves tell it; `number` is that of the first, `at` when they were written.

    What it answers raises one of `expected.UNREADABLE` where the leaves say what no delivery says.
    """

    number: int
    at: int
    told: Mapping[str, Any]
    place: Mapping[str, Any]

    @property
    def reader(self) -> str:
        """The account that it went to."""
        return str(self.told.get("reader"))

    @property
    def name(self) -> int:
        """Its name in the reader's track; 0 where none is kept."""
        return _number(self.told["page"])

    @property
    def given_at(self) -> int:
        """The clock by which it was decided."""
        return _number(self.told["given_at"])

    @cached_property
    def seqs(self) -> list[int]:
        """The items that it gave, in order."""
        runs = self.place["items"]
        if sum(last - first + 1 for first, last in runs) > ITEMS_MAX or any(last < first for first, last in runs):
            raise ValueError("no page has so many items")
        return seqs_of(self.place)

    @cached_property
    def filters(self) -> Filters:
        """What it was narrowed to."""
        asked = self.told["asked"]
        if not asked.keys() <= ASKED or not all(asked.get(name, True) is True for name in ("next",)):
            raise ValueError("nobody can ask so")
        versions = tuple(asked["versions"])
        if not versions or not all(each in VERSIONS if isinstance(each, str) else _number(each) for each in versions):
            raise ValueError("there are no such versions")
        return Filters(self._listed("ids"), self._listed("types"), versions, self._listed("spec_versions"))

    def _listed(self, name: str) -> tuple[str, ...] | None:
        asked = self.told["asked"]
        return tuple(_text(each) for each in asked[name]) if name in asked else None

    @property
    def endpoint(self) -> str:
        """At which endpoint of TAXII it was asked for."""
        endpoint = self.told["endpoint"]
        if endpoint not in ENDPOINTS:
            raise ValueError("there is no such endpoint")
        return _text(endpoint)

    @property
    def began(self) -> int | None:
        """The `added_after` that its walk began with."""
        return _number(self.told["asked"]["added_after"]) if "added_after" in self.told["asked"] else None

    @property
    def goes_on(self) -> bool:
        """Whether it goes on from the cursor of another page."""
        return "next" in self.told["asked"]

    @property
    def after(self) -> Place:
        """Behind this place it begins."""
        return read_place(self.place["after"])

    @property
    def last(self) -> Place:
        """There it ends."""
        return read_place(self.place["last"])

    @property
    def upto(self) -> Place | None:
        """Up to there nothing more stood; None where more did."""
        return None if self.place["upto"] is None else read_place(self.place["upto"])

    @property
    def dates(self) -> tuple[int, int]:
        """Those of the first and the last of its items."""
        first, last = self.told["dates"]
        return _number(first), _number(last)

    @property
    def by_track(self) -> bool:
        """Whether it begins where the reader's track says."""
        return self.place["by_track"] is True

    @property
    def is_followed(self) -> bool:
        """Whether it moves a track."""
        return "track" in self.place

    @property
    def way(self) -> str | None:
        """The way of asking that it is on, where it can be on one."""
        filters = self.filters
        return way_of(self.endpoint, filters.types, filters.spec_versions) if moves(filters, self.endpoint) else None

    def cursor(self, flow: int, place: Place) -> bytes:
        """What stands for a cursor of its walk at this place: it goes on with the same question."""
        found = self._question.copy()
        found.update(b"%d,%d,%d,%d" % (flow, *place))
        return found.digest()

    @cached_property
    def _question(self) -> blake2b:
        """What all cursors of its walk begin with: who asks, and for what."""
        asked = {name: value for name, value in self.told["asked"].items() if name != "next"}
        return blake2b(canonical([self.reader, asked]), digest_size=16)


def is_asked(way: str) -> bool:
    """Whether a reader can ask in this way, and be followed there."""
    endpoint = way.partition("?")[0]
    return endpoint in ENDPOINTS and moves(Filters(), endpoint) and way == way_of(endpoint, *filters_of(way))


def _number(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("this is no number")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError("this is no text")
    return value
