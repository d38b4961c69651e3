"""A second, naive statement of what the demonstration's items mean to Ukraine under `usa-ukr`, for these tests only.

It knows nothing of classes or selectors: it reads the objects themselves, one by one, and names who may have them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from relto.demo.items import (
    BANNERS,
    NOFORN,
    REL_FVEY,
    TLP,
    made_items,
    marking,
    wind,
)

IN_SCOPE = {"early-warning", "targeting", "naval", "air-defence", "imagery"}
PAUSED_FROM = dict.fromkeys(("early-warning", "targeting", "naval", "air-defence"), wind(3, 5, 12)) | {
    "imagery": wind(3, 7, 12)
}
TOPICS = IN_SCOPE | {"threat-to-life", "logistics", "cyber"}
SUPPORT = {"identity", "marking-definition"}
JOINING = {"relationship", "sighting", "report", "note", "opinion", "observed-data"}
BARS_UKRAINE = {marking(REL_FVEY), marking(NOFORN), TLP["amber+strict"], TLP["red"]}
NAMES = {marking(banner, who): banner for who, banners in BANNERS.items() for banner in banners} | {
    id_: level for level, id_ in TLP.items()
}


@dataclass(frozen=True)
class Seen:
    at: int
    originator: str
    raw: bytes
    object: dict[str, Any]
    topics: frozenset[str]
    markings: frozenset[str]

    @property
    def id(self) -> str:
        return str(self.object["id"])

    @property
    def version(self) -> str:
        return str(self.object.get("modified") or self.object.get("created") or "")

    @property
    def state(self) -> str:
        """What becomes of it for Ukraine under `usa-ukr`, at the end of the story."""
        if self.originator != "USA":
            return "of another originator"
        if self.object["type"] in SUPPORT:
            return "support"
        topics = self.topics & IN_SCOPE
        if not topics:
            return "out of scope"
        if self.markings & BARS_UKRAINE:
            return "marking forbids"
        if "threat-to-life" in self.topics:
            return "warning"
        return "held" if any(self.at > PAUSED_FROM[topic] for topic in topics) else "released"


def refs(made: dict[str, Any]) -> Iterator[str]:
    """The ids that a joining object joins (its maker and its markings are no such thing)."""
    for name, value in made.items():
        if name in {"created_by_ref", "object_marking_refs"}:
            continue
        if name.endswith("_ref"):
            yield value
        elif name.endswith("_refs"):
            yield from value


def picture() -> list[Seen]:
    found: list[Seen] = []
    latest: dict[tuple[str, str], Seen] = {}
    for item in made_items():
        made = json.loads(item.raw)
        topics = {label for label in made.get("labels", []) if label in TOPICS}
        topics |= {"artifact": {"imagery"}, "ipv4-addr": {"cyber"}}.get(made["type"], set())
        marks = set(made.get("object_marking_refs", []))
        marks |= {granular["marking_ref"] for granular in made.get("granular_markings", [])}
        if made["type"] in JOINING:
            for id_ in refs(made):
                joined = latest[item.originator, id_]
                topics |= joined.topics
                marks |= joined.markings
        seen = Seen(item.at, item.originator, item.raw, made, frozenset(topics), frozenset(marks))
        found.append(seen)
        latest[item.originator, seen.id] = seen
    return found
