"""The checker: says from the journals alone whether Gate and Whole held. It knows nothing of streams, spans or dates.

An act, or a write, was carried out at some moment between its call and its answer. Acts are made one after the other,
so an item was stored after the first k of them, for one k or for one of a few; each is a *world*. In every world one
item and one recipient are followed through all acts by the plain words of the design (section 4). What was seen is a
fault if it is right in no world.

Faults are sentences; none means that everything held.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

from tests.load.journal import Line

FAULTS_MAX = 50
"""More than so many say nothing new."""


@dataclass(frozen=True, slots=True)
class Fate:
    """One item for one recipient in one world. `visible[j]`: whether it may be read after the first j acts."""

    visible: tuple[bool, ...]

    @property
    def at_the_end(self) -> bool:
        return self.visible[-1]


@dataclass(slots=True)
class Found:
    """What was checked. `decisive`: pages that were asked and answered while one pause or more was surely in force.

    `passed_over`: what a client that asks from its own clock, to the microsecond, went past: an item whose commit took
    longer than the lead of its date is not there yet when that date has come. Finding it again is repair's.
    """

    faults: list[str] = field(default_factory=list)
    items: int = 0
    acts: int = 0
    pages: int = 0
    decisive: int = 0
    readers: int = 0
    passed_over: list[str] = field(default_factory=list)

    def fault(self, text: str) -> None:
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(text)


class Checker:
    """`terms`: agreement → `to`, `scope`, `exceptions`, as the agreements were written; `keeps`: reader → its kind."""

    def __init__(self, terms: Mapping[str, Any], keeps: Mapping[str, str], lines: Sequence[Line]) -> None:
        self._terms, self._keeps = terms, keeps
        self._acts = [line for line in lines if line["kind"] in {"pause", "resume"}]
        self._begun = [act["begun"] for act in self._acts]
        self._ended = [act["ended"] for act in self._acts]
        assert self._begun == sorted(self._begun), "acts are made one after the other"
        self._lines = lines
        self._wrote: dict[str, tuple[frozenset[str], range]] = {}
        for line in lines:
            if line["kind"] == "wrote":
                worlds = range(bisect_right(self._ended, line["begun"]), bisect_left(self._begun, line["ended"]) + 1)
                for stix_id, topics in zip(line["ids"], line["topics"], strict=True):
                    self._wrote[stix_id] = (frozenset(topics), worlds)
        self._fate = cache(self._followed)

    def check(self) -> Found:
        """Everything."""
        found = Found(items=len(self._wrote), acts=len(self._acts))
        reads: dict[str, list[Line]] = defaultdict(list)
        done = {line["reader"] for line in self._lines if line["kind"] == "done"}
        for line in self._lines:
            if line["kind"] == "read":
                reads[line["reader"]].append(line)
        for reader, kind in self._keeps.items():
            if reader not in done:
                found.fault(f"{reader} did not come to an end")
            mine = sorted(reads[reader], key=lambda line: line["begun"])
            found.readers += 1
            given = [page for page in mine if page["ids"]]
            found.pages += len(given)
            for page in given:
                self._gate(found, page)
            self._dates(found, reader, given)
            self._whole(found, reader, kind, mine)
        return found

    # One item, one recipient, one world.

    def _followed(self, agreement: str, party: str, topics: frozenset[str], stored: int) -> Fate:
        """What becomes of an item that is stored after the first `stored` acts."""
        terms = self._terms[agreement]
        count = len(self._acts) + 1
        if not topics & set(terms["scope"]):
            return Fate((False,) * count)
        if topics & set(terms["exceptions"]):
            return Fate(tuple(place >= stored for place in range(count)))
        running: dict[str, Line] = {}
        holders: set[str] | None = None
        visible, given, dropped = [], False, False
        for place in range(count):
            lifted, backlog = None, ""
            if place:
                act = self._acts[place - 1]
                if act["kind"] == "resume":
                    lifted, backlog = act["number"], act["backlog"]
                    running.pop(lifted, None)
                elif _covers(act, agreement, party, topics):
                    running[act["number"]] = act
            if place == stored:
                # What is stored now is held by whoever covers it now, and by nobody who comes later.
                holders = set(running)
                given = not holders
            elif holders is not None and lifted in holders and not given and not dropped:
                holders.remove(lifted)
                if backlog == "discard":
                    dropped = True
                else:
                    holders |= set(running)
                    given = not holders
            visible.append(given and not any(pause["cut"] for pause in running.values()))
        return Fate(tuple(visible))

    def _fates(self, collection: str, stix_id: str) -> list[Fate]:
        agreement, party = collection.split("/")
        topics, worlds = self._wrote[stix_id]
        return [self._fate(agreement, party, topics, stored) for stored in worlds]

    # What must hold.

    def _gate(self, found: Found, page: Line) -> None:
        """A page gives only what could be read at some moment between its asking and its answer."""
        first = bisect_right(self._ended, page["begun"])
        last = bisect_left(self._begun, page["ended"])
        found.decisive += first == last and self._is_paused(page["collection"], first)
        for stix_id in page["ids"]:
            if stix_id not in self._wrote:
                found.fault(f"{page['reader']} was given {stix_id}, which nobody wrote")
            elif not any(any(fate.visible[first : last + 1]) for fate in self._fates(page["collection"], stix_id)):
                found.fault(f"gate: {page['reader']} was given {stix_id} between acts {first} and {last}")

    def _is_paused(self, collection: str, count: int) -> bool:
        agreement, party = collection.split("/")
        running: set[str] = set()
        for act in self._acts[:count]:
            if act["kind"] == "resume":
                running.discard(act["number"])
            elif agreement in act["agreements"] and act["recipient"] in {None, party}:
                running.add(act["number"])
        return bool(running)

    @staticmethod
    def _dates(found: Found, reader: str, pages: Sequence[Line]) -> None:
        """Dates increase strictly inside a page, and from one page of a walk to the next; none lies in the future."""
        before: tuple[int, int] | None = None
        for page in pages:
            dates = page["dates"] or ([page["first"], page["last"]] if len(page["ids"]) > 1 else [page["last"]])
            if dates != sorted(set(dates)) or page["first"] > page["last"] or dates[-1] != page["last"]:
                found.fault(f"dates: those of a page of {reader} do not increase: {dates}")
            if page["asked"] is not None and page["first"] <= page["asked"]:
                found.fault(f"dates: {reader} asked for what is after {page['asked']}, and got {page['first']}")
            if before is not None and before[0] == page["walk"] and page["first"] <= before[1]:
                found.fault(f"dates: {reader} got {page['first']} after {before[1]}")
            if page["last"] > page["clock"]:
                found.fault(f"dates: {reader} got {page['last']} at {page['clock']}, in the future")
            before = (page["walk"], page["last"])

    def _whole(self, found: Found, reader: str, kind: str, pages: Sequence[Line]) -> None:
        """In the end it has everything that was released to it, and nothing twice but what it asked for twice."""
        if not any(page["ids"] for page in pages):
            found.fault(f"whole: {reader} never got anything")
            return
        collection = pages[0]["collection"]
        if kind == "fresh":
            for walk in {page["walk"] for page in pages}:
                self._twice(found, reader, [page for page in pages if page["walk"] == walk], again=False)
            last = pages[-1]["walk"]
            got = {stix_id for page in pages if page["walk"] == last for stix_id in page["ids"]}
        else:
            got = {stix_id for page in pages for stix_id in page["ids"]}
            if kind != "shared":
                self._twice(found, reader, pages, again=kind in {"clock", "exact"})
        for stix_id in self._wrote:
            if stix_id not in got and all(fate.at_the_end for fate in self._fates(collection, stix_id)):
                if kind == "exact":
                    found.passed_over.append(stix_id)
                else:
                    found.fault(f"whole: {reader} ({kind}) never got {stix_id}")

    @staticmethod
    def _twice(found: Found, reader: str, pages: Sequence[Line], *, again: bool) -> None:
        """`again`: a client that keeps its own clock asks now and then for what it has: from before its date."""
        first: dict[str, int] = {}
        asked: list[int] = []
        for place, page in enumerate(pages):
            asked.append(page["asked"] or 0)
            for stix_id in page["ids"]:
                if stix_id not in first:
                    first[stix_id] = place
                    continue
                then = first[stix_id]
                later = [each for at, each in enumerate(asked) if pages[at]["walk"] > pages[then]["walk"]]
                if not (again and later and min(later) < pages[then]["last"]):
                    found.fault(f"whole: {reader} got {stix_id} twice, on pages {then} and {place}")


def _covers(pause: Line, agreement: str, party: str, topics: frozenset[str]) -> bool:
    return (
        agreement in pause["agreements"]
        and pause["recipient"] in {None, party}
        and (pause["topics"] is None or bool(topics & set(pause["topics"])))
    )


# The record of what was given.

Delivered = tuple[str, int, int, bytes]
"""(reader, policy version, items, digest), in the order in which they stand on record."""


def against_the_record(lines: Sequence[Line], accounts: Mapping[str, str], record: Sequence[Delivered]) -> list[str]:
    """Each page stands on record under its reader's account, with its digest, and no delivery stands across a change.

    `accounts`: reader → account. A manifest's pages have the digests of their items as well.
    """
    faults = []
    digests = {
        stix_id: bytes.fromhex(digest)
        for line in lines
        if line["kind"] == "wrote"
        for stix_id, digest in zip(line["ids"], line["digests"], strict=True)
    }
    versions = [version for _, version, _, _ in record]
    for before, after in pairwise(versions):
        if after < before:
            faults.append(f"record: a page decided at version {before} stands before one decided at {after}")
    stands = Counter((account, count, digest) for account, _, count, digest in record)
    for line in lines:
        if line["kind"] == "read" and line["ids"]:
            digest = hashlib.sha256(b"".join(digests[stix_id] for stix_id in line["ids"])).digest()
            key = (accounts[line["reader"]], len(line["ids"]), digest)
            stands[key] -= 1
            if stands[key] < 0:
                faults.append(f"record: a page of {len(line['ids'])} items for {line['reader']} is not on record")
    return faults[:FAULTS_MAX]
