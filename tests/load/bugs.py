"""Planted bugs: Relto with one thing wrong, so that a test can show that it would notice.

`python -m tests.load.bugs BUG ARGUMENT…` is `relto ARGUMENT…` with the bug; with `--actor` first, an actor with it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

BUGS: dict[str, Callable[[], None]] = {}


def bug(plant: Callable[[], None]) -> Callable[[], None]:
    BUGS[plant.__name__.replace("_", "-")] = plant
    return plant


@bug
def cut_shows() -> None:
    """Reading does not hide what a cut closes."""
    from relto.usecases.reading.view import View

    View.shown = lambda self, class_id: True


@bug
def stale_policy() -> None:
    """A server looks at what has changed only once a second."""
    from relto.usecases.policy import Policy
    from relto.usecases.reading import Reading

    settled = Reading._settled
    seen: list[tuple[float, Any]] = []

    def late(self: Reading, at: Any = None) -> tuple[int, Any, Policy]:
        now, head, policy = settled(self, at)
        if not seen or time.monotonic() - seen[0][0] > 1:
            with self._node.store.read() as snap:
                if snap.head().policy_version != policy.version:
                    return now, head, policy
                copy = policy.copy()
                # What it would look up only when it is asked for would not be stale.
                for number in copy.flows:
                    copy.states_of(snap, number)
                for number in copy.streams:
                    copy.stream(snap, number)
            seen[:] = [(time.monotonic(), copy)]
        stale = seen[0][1]
        stale.version = policy.version
        return now, head, stale

    Reading._settled = late


@bug
def span_early() -> None:
    """A resume opens the live spans twenty items too early."""
    from relto.domain.stream import Stream

    opened = Stream.with_live
    Stream.with_live = lambda self, name, after: opened(self, name, max(after - 20, 0))


@bug
def backlog_short() -> None:
    """A resume leaves out the first item of what was held."""
    from relto.domain.ranges import Ranges
    from relto.domain.stream import Stream

    added = Stream.with_epoch

    def short(self: Stream, epoch: Any, backlog: Any, moved: Any = None) -> Stream:
        cut = {name: Ranges.of(*((after + 1, upto) for after, upto in ranges)) for name, ranges in backlog.items()}
        return added(self, epoch, cut, moved)

    Stream.with_epoch = short


@bug
def unchecked_delivery() -> None:
    """Deliveries are recorded whatever the policy version has become meanwhile; every fifth one late."""
    from relto.usecases.delivering import DeliveryDesk, put_records

    turn = iter(range(10**9))

    def record(self: DeliveryDesk, stand: Any, outgoing: Any, **_: Any) -> bool:
        time.sleep(0 if next(turn) % 5 else 0.4)
        with self._node.store.write() as tx:
            put_records(tx, [outgoing])
        return True

    DeliveryDesk.record = record


@bug
def unrecorded_delivery() -> None:
    """Every third page leaves without a record."""
    from dataclasses import replace

    from relto.usecases.delivering import DeliveryDesk

    record = DeliveryDesk.record
    turn = iter(range(10**9))

    def sometimes(self: DeliveryDesk, stand: Any, outgoing: Any, **more: Any) -> bool:
        return record(self, stand, replace(outgoing, delivery=None) if next(turn) % 3 == 0 else outgoing, **more)

    DeliveryDesk.record = sometimes


def main(arguments: list[str]) -> None:
    name, *rest = arguments
    BUGS[name]()
    if rest[:1] == ["--actor"]:
        from tests.load.actors import main as act

        act(rest[1:])
        return
    from relto.faces.cli import main as relto

    sys.argv[1:] = rest
    relto()


if __name__ == "__main__":
    main(sys.argv[1:])
