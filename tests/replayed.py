"""A node's log carried out again, as whoever checks it would."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from tests.fakes.store import FakeStore
from tests.logged import EVERY

from relto.domain.leaf import decoded
from relto.ports.store import Store
from relto.usecases.evidence.check.parted import PARTS, Parting
from relto.usecases.evidence.expected import Expected, read_block
from relto.usecases.evidence.faults import FAULTS_MAX, Broken, Fault
from relto.usecases.evidence.replay.replaying import Replay, every


def blocks(store: Store) -> list[list[Expected]]:
    """The leaves of each write block."""
    with store.read() as snap:
        read = [decoded(row.data) for _, row in snap.leaves(limit=EVERY)]
    grouped = itertools.groupby(read, key=lambda leaf: leaf["block"])
    return [read_block(first, list(block)) for first, block in grouped]


class Unasked(Replay):
    """Does not ask who acted: most actors of tests have no account."""

    def find(self, leaf: Expected, code: str, text: str) -> None:
        if code != "actor-unfounded":
            super().find(leaf, code, text)


PARTING = Parting(PARTS // 2)


def replay(
    store: Store,
    kind: type[Replay] = Unasked,
    judges: Callable[[str], bool] = every,
    told: Sequence[list[Expected]] | None = None,
) -> tuple[Replay, list[Fault]]:
    """The log of this store on another one, or what is `told` in its place, and what is wrong with it."""

    def records(first: int, _: int) -> bytes:
        with store.read() as snap:
            return snap.batch_records(first)

    again = kind(FakeStore(), records, judges=judges)
    try:
        for block in blocks(store) if told is None else told:
            again.block(block)
    except Broken as broken:
        return again, [*again.faults, broken.fault]
    return again, again.faults


def faults_of(store: Store, told: Sequence[list[Expected]] | None = None) -> list[Fault]:
    """What is wrong with the log of this store, except that most actors of tests have no account; two that each judge
    some of the readers find just that together.
    """
    found = replay(store, told=told)[1]
    assert len(found) < FAULTS_MAX, "the rest was not looked at"
    parts = [replay(store, judges=judges, told=told)[1] for judges in (PARTING.here, PARTING.there)]
    assert {fault for part in parts for fault in part} == {*found}
    return found


def codes_of(store: Store) -> set[str]:
    """The codes of what is wrong with the log of this store, of whoever acted too."""
    return {fault.code for fault in replay(store, Replay)[1]}
