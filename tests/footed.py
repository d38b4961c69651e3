"""What an explanation says that it rests on, held against a log that is read from end to end."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from tests.actors import ADMIN
from tests.logged import EVERY
from tests.simulation.world import World

from relto.domain.errors import Unknown
from relto.domain.leaf import decoded, joined
from relto.ports.store import Record, Snapshot
from relto.usecases import standing

ITEMS_MAX = 8


class Read:
    """A log, by number, with its parts put together."""

    def __init__(self, snap: Snapshot) -> None:
        self.leaves: dict[int, dict[str, Any]] = {}
        parts: list[dict[str, Any]] = []
        for number, row in snap.leaves(limit=EVERY):
            parts.append(decoded(row.data))
            if parts[-1]["kind"] != "part":
                self.leaves[number] = joined(parts)[0]
                parts = []

    def last(self, kind: str, **says: Any) -> int:
        return max(
            number
            for number, leaf in self.leaves.items()
            if leaf["kind"] == kind and all(leaf[name] == value for name, value in says.items())
        )

    def delivered(self, agreement: str, party: str, seq: int, at: int) -> int | None:
        """The first page that gave the item, up to that moment."""
        never_left = {(leaf["reader"], leaf["page"]) for leaf in self.leaves.values() if leaf["kind"] == "withdrawn"}
        told: tuple[int, dict[str, Any]] = (0, {})
        for number, leaf in self.leaves.items():
            if leaf["kind"] == "delivery":
                told = number, leaf
            elif leaf["kind"] == "place" and any(first <= seq <= last for first, last in leaf["items"]):
                place, given = told
                mine = (given["agreement"], given["party"]) == (agreement, party) and given["given_at"] <= at
                if mine and given["endpoint"] == "objects" and (given["reader"], given["page"]) not in never_left:
                    return place
        return None


def footed(world: World) -> None:
    """Every leaf that explanations name says what they claim, and none is missing that they always name."""
    with world.node.store.read() as snap:
        stored = snap.records_between(0, snap.head().last_seq)
        parties = [row.code for row in snap.parties() if row.code != "USA" and row.kind == "state"]
    # An item that two originators have is one of theirs in each answer.
    names = Counter((record.stix_id, record.version) for record in stored)
    every = [record for record in stored if names[record.stix_id, record.version] == 1]
    for record in every[:: max(len(every) // ITEMS_MAX, 1)]:
        for party in parties:
            for at in (None, _middle(world)):
                _explained(world, record, party, at)


def _middle(world: World) -> int:
    """The moment of an act in the middle of what happened."""
    with world.node.store.read() as snap:
        rows = [row for row in snap.acts() if row.done_at]
    return sorted(row.done_at for row in rows)[len(rows) // 2]


def _explained(world: World, record: Record, party: str, at: int | None) -> None:
    name = f"{record.stix_id}@{record.version}"
    try:
        answers = standing.explain(world.node, world.desk, name, party, by=ADMIN, at=at)
    except Unknown:
        # It was not there yet.
        assert at is not None
        return
    moment = world.now if at is None else at
    with world.node.store.read() as snap:
        read = Read(snap)
        newest = {row.id: row.version for row in snap.agreements()}
        for answer in answers:
            told = re.search(r"version (\d+) of agreement `", answer.reasons[-1].text)
            version = newest[answer.agreement] if at is None else int(told[1]) if told else 0
            _holds(read, answer, record.seq, party, version=version, at=moment)


def _holds(read: Read, answer: standing.Answer, seq: int, party: str, *, version: int, at: int) -> None:
    found = list(answer.leaves)
    assert found == sorted(found, key=lambda told: told.leaf)
    assert len({told.leaf for told in found}) == len(found)
    assert all(read.leaves[told.leaf]["kind"] == told.kind for told in found)
    kinds = {kind: [told for told in found if told.kind == kind] for kind in ("act", "batch", "epoch", "delivery")}
    (batch,) = kinds["batch"]
    assert read.leaves[batch.leaf]["first"] <= seq <= read.leaves[batch.leaf]["last"]
    for told in kinds["act"]:
        leaf = read.leaves[told.leaf]
        assert leaf["state"] == "applied"
        assert leaf["done_at"] <= at
        assert told.leaf == read.last("act", number=leaf["number"])
        assert told.what.startswith(f"act {leaf['number']} ({leaf['act']}) by `{leaf['by']}`")
    assert any(f": version {version} of agreement `{answer.agreement}`" in told.what for told in kinds["act"])
    for number in answer.pauses:
        assert any(told.what.endswith(f": pause `{number}`") for told in kinds["act"]), (number, found)
    for told in kinds["epoch"]:
        leaf = read.leaves[told.leaf]
        assert told.leaf == read.last("epoch", stream=leaf["stream"], number=leaf["number"])
        assert leaf["backlog_after"] < seq <= leaf["backlog_after"] + leaf["backlog_width"]
    delivered = read.delivered(answer.agreement, party, seq, at)
    assert [told.leaf for told in kinds["delivery"]] == ([] if delivered is None else [delivered])
    for told in kinds["delivery"]:
        leaf = read.leaves[told.leaf]
        assert told.what == f"it was given to `{leaf['reader']}` of {party} under agreement `{answer.agreement}`"
