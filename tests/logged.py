"""What stands in the log of a node: leaves as plain values, and what was delivered."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from relto.domain.leaf import decoded, joined
from relto.ports.store import Snapshot

EVERY = 10**9


@dataclass(frozen=True)
class Delivered:
    """A delivery as its two leaves have it: `told` is shown to the party, `place` is not."""

    told: dict[str, Any]
    place: dict[str, Any]

    @property
    def reader(self) -> str:
        return self.told["reader"]

    @property
    def count(self) -> int:
        return self.told["items"]

    @property
    def digest(self) -> bytes:
        return bytes.fromhex(self.told["digest"])

    @property
    def policy_version(self) -> int:
        return self.place["version"]


def leaves(snap: Snapshot) -> list[dict[str, Any]]:
    """All leaves, in order, with their parts put together."""
    read = [decoded(row.data) for _, row in snap.leaves(limit=EVERY)]
    return [leaf for _, block in itertools.groupby(read, key=lambda leaf: leaf["block"]) for leaf in joined(block)]


def deliveries(snap: Snapshot) -> list[Delivered]:
    """All that was delivered, in order."""
    found = [leaf for leaf in leaves(snap) if leaf["kind"] in {"delivery", "place"}]
    assert [leaf["kind"] for leaf in found] == ["delivery", "place"] * (len(found) // 2)
    return [Delivered(told, place) for told, place in zip(found[::2], found[1::2], strict=True)]
