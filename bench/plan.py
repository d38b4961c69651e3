"""How much is measured: all of it, or enough to see that nothing is far off (`--quick`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """The sizes of a run. A limit that speaks of a million items is judged in a full run only."""

    quick: bool
    repetitions: int
    ingest_items: int
    collection_items: int
    peer_envelopes: int
    medallion_items: int
    pages: int
    sizes: tuple[int, ...]
    classes: tuple[int, ...]
    classes_items: int
    acts: int
    poll_seconds: float
    whole_seconds: float
    load_seconds: float
    read_seconds: float
    appended_seconds: float
    appended_max: int
    proof_leaves: int
    proofs: int
    checked_items: int
    checked_deliveries: int
    checked_page: int


FULL = Plan(
    quick=False,
    repetitions=3,
    ingest_items=200_000,
    collection_items=10_000,
    peer_envelopes=6,
    medallion_items=1_000,
    pages=60,
    sizes=(1_000, 10_000, 100_000, 1_000_000),
    classes=(1, 20, 400),
    classes_items=100_000,
    acts=15,
    poll_seconds=5.0,
    whole_seconds=10.0,
    load_seconds=20.0,
    read_seconds=3.0,
    appended_seconds=3.0,
    appended_max=200_000,
    proof_leaves=10_000_000,
    proofs=1_000,
    checked_items=1_000_000,
    checked_deliveries=100_000,
    checked_page=200,
)

QUICK = Plan(
    quick=True,
    repetitions=1,
    ingest_items=40_000,
    collection_items=10_000,
    peer_envelopes=1,
    medallion_items=400,
    pages=20,
    sizes=(1_000, 10_000, 40_000),
    classes=(1, 20, 400),
    classes_items=10_000,
    acts=5,
    poll_seconds=2.0,
    whole_seconds=4.0,
    load_seconds=8.0,
    read_seconds=1.0,
    appended_seconds=1.0,
    appended_max=100_000,
    proof_leaves=1_000_000,
    proofs=1_000,
    checked_items=20_000,
    checked_deliveries=2_000,
    checked_page=200,
)

ENVELOPE = 1_000
"""Objects of an envelope, and of a page."""

CONNECTIONS = 4
"""Connections that post at once, to whichever server."""

POLL_CONNECTIONS = 8
"""Connections that poll at once, to whichever server."""

USUAL_CLASSES = 20
"""Classes of the test data, where classes are not the question."""
