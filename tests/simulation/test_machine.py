"""Clients of every kind, driven as a state machine: anything may happen between any two pages, and fail on the way."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from tests.actors import ADMIN
from tests.checked import check_worlds
from tests.fakes.store import FakeStore
from tests.simulation.clients import KINDS
from tests.simulation.crowd import Crowd
from tests.simulation.stage import AGREEMENT, Stage
from tests.simulation.test_histories import scopes, topic_sets
from tests.simulation.wire import FATES, MINUTE, SECOND

from relto.usecases import repairing

VECTORS = {
    path.stem: json.loads(path.read_text())
    for path in sorted((Path(__file__).parents[1] / "vectors/clients").glob("*.json"))
}

kinds = st.sampled_from(sorted(KINDS))
parts = st.none() | scopes


class Play:
    """What may happen, one act at a time; `run` replays acts that were put down."""

    def __init__(self, *, history: bool, every: bool, folds: bool, kinds: tuple[str, ...] = tuple(KINDS)) -> None:
        self.stack = contextlib.ExitStack()
        if folds:
            # Streams are folded as early as the promises allow, not after months.
            patched = self.stack.enter_context(pytest.MonkeyPatch.context())
            patched.setattr(repairing, "EPOCHS_KEPT", 1)
            patched.setattr(repairing, "FOLD_BEFORE_US", 10 * MINUTE)
        self.stage = Stage(FakeStore(), history=history)
        self.crowd = Crowd(self.stage, kinds, versions=("all",) if every else None)

    def take(self, topics: list[frozenset[str]], old: bool | str) -> None:
        """`old`: modified long ago; "ahead": by a clock that is fast."""
        {True: self.stage.take_old, False: self.stage.take, "ahead": self.stage.take_ahead}[old](topics)

    def revise(self, number: int, topics: frozenset[str]) -> None:
        self.stage.revise(number, topics)

    def pause(self, topics: frozenset[str] | None, cut: bool) -> None:
        self.stage.pause((AGREEMENT,), topics, cut, None)

    def schedule(self, topics: frozenset[str] | None, cut: bool, ahead: int, lasting: int | None) -> None:
        self.stage.schedule((AGREEMENT,), topics, cut, ahead, lasting)

    def resume(self, index: int, backlog: str) -> None:
        self.stage.resume(index, backlog)

    def review(self, release: bool) -> None:
        self.stage.bits(set(), release)

    def poll(self, kind: str, fates: list[str]) -> None:
        """A whole poll, or the rest of one."""
        self.crowd.clients[kind].wire.fates.extend(fates)
        (self.crowd.finish if kind in self.crowd.polls else self.crowd.poll)(kind)

    def step(self, kind: str, fate: str) -> None:
        """The next request of a poll."""
        self.crowd.clients[kind].wire.fates.append(fate)
        self.crowd.step(kind)

    def restart(self) -> None:
        self.stage.restart()

    def redeliver(self, since: int) -> None:
        self.stage._settle_due()
        self.crowd.redeliver(since=self.stage.world.now - since)

    def skip(self, kind: str) -> None:
        """An operator says that nothing up to now is owed to this client."""
        self.stage._settle_due()
        client, world = self.crowd.clients[kind], self.stage.world
        client.wire.lost.update(self.stage.seqs)
        # Where its producer's clock is ahead it asks for what comes after a moment ahead, and is read from its place.
        client.loses = client.loses or kind == "largest modified"
        repairing.skip(world.node, world.desk, client.wire.account.name, AGREEMENT, by=ADMIN)

    def wait(self, microseconds: int) -> None:
        self.stage.wait(microseconds)

    def finish(self) -> None:
        self.crowd.check()
        # While streams are folded as they were.
        check_worlds()

    def run(self, acts: list[tuple[Any, ...]]) -> None:
        with self.stack:
            for name, *given in acts:
                getattr(self, name)(*given)
            self.finish()


class Machine(RuleBasedStateMachine):
    """Each rule is an act of `Play`, with whatever Hypothesis thinks of."""

    play: Play

    @initialize(history=st.booleans(), every=st.booleans(), folds=st.booleans())
    def begin(self, history, every, folds):
        self.play = Play(history=history, every=every, folds=folds)

    @rule(topics=st.lists(topic_sets, min_size=1, max_size=4), old=st.sampled_from([False, False, True, "ahead"]))
    def take(self, topics, old):
        self.play.take(topics, old)

    @rule(number=st.integers(0, 20), topics=topic_sets)
    def revise(self, number, topics):
        self.play.revise(number, topics)

    @rule(topics=parts, cut=st.booleans())
    def pause(self, topics, cut):
        self.play.pause(topics, cut)

    @rule(
        topics=parts,
        cut=st.booleans(),
        ahead=st.sampled_from([20_500, SECOND, MINUTE]),
        lasting=st.none() | st.sampled_from([500_000, 3 * MINUTE]),
    )
    def schedule(self, topics, cut, ahead, lasting):
        self.play.schedule(topics, cut, ahead, lasting)

    @rule(index=st.integers(0, 3), backlog=st.sampled_from(["release", "release", "discard", "review"]))
    def resume(self, index, backlog):
        self.play.resume(index, backlog)

    @rule(release=st.booleans())
    def review(self, release):
        self.play.review(release)

    @rule(kind=kinds, fates=st.lists(st.sampled_from(["answered", *FATES]), max_size=4))
    def poll(self, kind, fates):
        self.play.poll(kind, fates)

    @rule(kind=kinds, fate=st.sampled_from(["answered", "answered", *FATES]))
    def step(self, kind, fate):
        self.play.step(kind, fate)

    @rule()
    def restart(self):
        self.play.restart()

    @rule(since=st.sampled_from([0, MINUTE, 60 * MINUTE]))
    def redeliver(self, since):
        self.play.redeliver(since)

    @rule(kind=kinds)
    def skip(self, kind):
        self.play.skip(kind)

    @rule(microseconds=st.sampled_from([1, 700, 25_000, SECOND, MINUTE, 6 * MINUTE, 60 * MINUTE]))
    def wait(self, microseconds):
        self.play.wait(microseconds)

    def teardown(self):
        if hasattr(self, "play"):
            with self.play.stack:
                self.play.finish()


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=30, stateful_step_count=50, suppress_health_check=[HealthCheck.too_slow], deadline=None
)


def acts_of(vector: dict[str, Any]) -> list[tuple[Any, ...]]:
    def read(value: Any) -> Any:
        if isinstance(value, dict):
            return frozenset(value["set"])
        return list(map(read, value)) if isinstance(value, list) else value

    return [(name, *map(read, given)) for name, *given in vector["acts"]]


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_what_was_found_once_stays_found(name):
    vector = VECTORS[name]
    play = Play(history=True, every=vector["every"], folds=vector["folds"], kinds=tuple(vector["kinds"]))
    play.run(acts_of(vector))


__all__ = ["Machine", "Play"]
