"""What is measured of every server over HTTP, in the same way: taking in, reading through, random pages, polls."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
from bench.client import Connection, Failed, Load, Target, drive

FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


class Envelope(msgspec.Struct):
    """What a reader has to know of a page to go on: the objects stay as they came."""

    objects: list[msgspec.Raw] = msgspec.field(default_factory=list)
    more: bool = False
    next: str | None = None


class Named(msgspec.Struct):
    """The part of an object that tells it from others."""

    id: str


@dataclass(slots=True)
class Walk:
    """A collection read through. `pages`: seconds of each; `first` and `last`: the dates at its ends."""

    seconds: float
    pages: list[float] = field(default_factory=list)
    objects: int = 0
    first: str = ""
    last: str = ""

    @property
    def rate(self) -> float:
        """Objects a second."""
        return self.objects / self.seconds


def take_in(target: Target, envelopes: Sequence[bytes], *, connections: int) -> Load:
    """Posts envelopes; each is answered when it is in."""
    return drive(
        target, (target.post(each) for each in envelopes), connections=connections, status=202, seconds_max=600
    )


def read_through(target: Target, *, page: int, expected: int, seconds_max: float = 600, whole: bool = True) -> Walk:
    """Reads a collection from its beginning by `next`; `seconds` are those in which an answer was waited for.

    Every object has to come once and none twice, or it raises `Failed`; with `whole` false it may end early, when
    the time is up.
    """
    connection = Connection(target)
    walk = Walk(0.0)
    seen: set[str] = set()
    following: dict[str, str | int] = {}
    try:
        while True:
            answer = connection.ask(target.get(limit=page, **following))
            if answer.status != 200:
                raise Failed(f"status {answer.status} in a walk: {answer.body[:300]!r}")
            envelope = msgspec.json.decode(answer.body, type=Envelope)
            walk.seconds += answer.seconds
            walk.pages.append(answer.seconds)
            walk.objects += len(envelope.objects)
            seen.update(msgspec.json.decode(raw, type=Named).id for raw in envelope.objects)
            walk.first = walk.first or answer.headers.get("x-taxii-date-added-first", "")
            walk.last = answer.headers.get("x-taxii-date-added-last", walk.last)
            if not envelope.more:
                break
            if envelope.next is None:
                raise Failed("there is more, and nothing says where it goes on")
            if not whole and walk.seconds > seconds_max:
                return walk
            following = {"next": envelope.next}
    finally:
        connection.close()
    if walk.objects != expected or len(seen) != expected:
        raise Failed(f"{expected} objects are there, {walk.objects} came, {len(seen)} different ones")
    return walk


def random_pages(
    target: Target, walk: Walk, *, page: int, count: int, seed: int = 1, is_full: bool = True
) -> list[float]:
    """Seconds of pages that begin at random moments between the ends of a walk.

    With `is_full` a page that ends with the collection does not count; another moment is drawn then.
    """
    first, last = (datetime.fromisoformat(each) for each in (walk.first, walk.last))
    drawn = random.Random(seed)
    connection = Connection(target)
    found: list[float] = []
    try:
        for _ in range(10 * count):
            at = first + timedelta(microseconds=drawn.randrange(max(1, (last - first) // timedelta(microseconds=1))))
            answer = connection.ask(target.get(limit=page, added_after=at.strftime(FORMAT)))
            if answer.status != 200:
                raise Failed(f"status {answer.status} for a random page: {answer.body[:300]!r}")
            if not is_full or len(msgspec.json.decode(answer.body, type=Envelope).objects) == page:
                found.append(answer.seconds)
            if len(found) == count:
                return found
    finally:
        connection.close()
    raise Failed(f"of {10 * count} random pages only {len(found)} were full")


def ends(target: Target) -> Walk:
    """The dates at the ends of a collection, found by halving: nothing is read through."""
    connection = Connection(target)
    try:
        answer = connection.ask(target.get(limit=1))
        first = answer.headers["x-taxii-date-added-first"]
        low, high = datetime.fromisoformat(first), datetime.now(UTC)
        while high - low > timedelta(microseconds=1):
            middle = low + (high - low) / 2
            answer = connection.ask(target.get(limit=1, added_after=middle.strftime(FORMAT)))
            low, high = (middle, high) if b'"id"' in answer.body else (low, middle)
        return Walk(0, first=first, last=high.strftime(FORMAT))
    finally:
        connection.close()


def quiet_polls(target: Target, walk: Walk, *, page: int, count: int, connections: int, seconds_max: float) -> Load:
    """Asks for what came after the last object: nothing. As often as fits into the time, and `count` times at most."""
    request = target.get(limit=page, added_after=walk.last)

    def check(body: bytes) -> None:
        if len(body) > 100:
            raise Failed(f"nothing new was there, and came: {body[:200]!r}")

    requests = (request for _ in range(count))
    return drive(target, requests, connections=connections, status=200, seconds_max=seconds_max, check=check)
