"""What a pause holds in all flows is what it holds in each, for whose side of them is there; and nobody else's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.actors import ADMIN, actor, apply, by_hand, pause, resume
from tests.fakes.store import FakeStore
from tests.simulation.world import World

from relto.domain.errors import BadInput
from relto.domain.ranges import OPEN, Ranges
from relto.usecases import counting, standing
from relto.usecases.counting import Counts, count_by_topic
from relto.usecases.holding import held_in_all
from relto.usecases.parties import add_party
from relto.usecases.pausing import MakePause

WASHINGTON = actor("olga", "officer")
KYIV = actor("oleh", "officer", party="UKR")
LONDON = actor("liam", "reader", party="GBR")
OURS = "agreement: usa-{0}\nfrom: USA\nto: [{1}]\nscope: {{topics: [naval, targeting]}}\n"
THEIRS = "agreement: ukr-usa\nfrom: UKR\nto: [USA, GBR]\nscope: {topics: [naval]}\n"


@dataclass
class Case:
    world: World = field(default_factory=lambda: World(FakeStore()))

    @property
    def at(self) -> Any:
        return self.world.node, self.world.desk

    def give(self, name: str, *topics: str, whose: str = "USA") -> str:
        header = self.world.header(name, topics)
        self.world.take([header], whose)
        return header.id

    def pause(self, *agreements: str, **order: Any) -> str:
        return pause(*self.at, MakePause(agreements, reason="talks", **order), by=ADMIN).pause.number

    def summed(self, by: Any, at: int | None = None) -> dict[str, tuple[int, dict[str, int]]]:
        """The same, flow by flow."""
        found: dict[str, tuple[int, dict[str, int]]] = {}
        for flow in standing.status(*self.at, by=by, at=at):
            for each in flow.pauses:
                items, topics = found.get(each.pause.number, (0, {}))
                for topic, count in each.held.by_topic.items():
                    topics[topic] = topics.get(topic, 0) + count
                found[each.pause.number] = (items + each.held.items, topics)
        return found

    def held(self, by: Any, at: int | None = None, numbers: Any = None) -> dict[str, Any]:
        found = held_in_all(*self.at, numbers, by=by, at=at)
        return {number: (each.items, dict(each.by_topic)) for number, each in found.items()}


@pytest.fixture
def case() -> Case:
    made = Case()
    add_party(*made.at, "FRA", name="France", kind="state", by=ADMIN)
    apply(*made.at, [OURS.format("gbr", "GBR"), OURS.format("fra", "FRA, UKR")], by=ADMIN)
    apply(*made.at, [THEIRS], by=actor("oleh", "officer", "approver", party="UKR"))
    return made


def test_it_is_what_is_held_flow_by_flow_now_and_then(case: Case) -> None:
    case.give("before", "naval")
    whole, narrow = case.pause("usa-gbr", "usa-fra"), case.pause("usa-fra", topics=["naval"], recipient="FRA")
    case.give("one", "naval")
    case.give("two", "naval", "targeting")
    case.world.settle_clock()
    moment = case.world.now
    held = case.held(ADMIN)
    assert held == case.summed(ADMIN)
    assert held == {
        whole: (6, {"naval": 6, "targeting": 3}),
        narrow: (2, {"naval": 2, "targeting": 1}),
    }
    case.world.settle_clock()
    by_hand(*case.at, "release", [case.give("three", "naval")], by=ADMIN)
    resume(*case.at, [narrow], backlog="release", by=ADMIN)
    case.give("four", "targeting")
    case.world.settle_clock()
    assert case.held(ADMIN) == case.summed(ADMIN)
    assert case.held(ADMIN, moment) == case.summed(ADMIN, moment) == held
    assert case.held(ADMIN, moment, [narrow]) == {narrow: held[narrow]}


def test_of_those_that_are_asked_of_alone_however_their_number_is_written(case: Case) -> None:
    first, second = case.pause("usa-gbr"), case.pause("usa-fra")
    assert [*case.held(ADMIN, numbers=[second.zfill(3)])] == [second]
    assert case.held(ADMIN, numbers=[first])[first][0] == 0
    assert case.held(ADMIN, numbers=[]) == case.held(ADMIN, numbers=["900"]) == {}
    with pytest.raises(BadInput) as caught:
        case.held(ADMIN, numbers=["seven"])
    assert caught.value.code == "pause-number-invalid"


@pytest.mark.parametrize("then", [False, True])
def test_whoever_is_kept_from_something_is_not_told_how_much(case: Case, then: bool) -> None:
    number = case.pause("usa-gbr", "ukr-usa")
    case.give("ours", "naval")
    case.give("theirs", "naval", whose="UKR")
    case.give("theirs again", "naval", whose="UKR")
    case.world.settle_clock()
    at = case.world.now if then else None
    assert case.held(WASHINGTON, at) == {number: (1, {"naval": 1})}
    assert case.held(KYIV, at) == {number: (4, {"naval": 4})}
    assert case.held(LONDON, at) == {}
    assert case.held(ADMIN, at)[number][0] == 5


def test_what_is_due_is_carried_out_first(case: Case) -> None:
    case.pause("usa-gbr", until_us=case.world.now + 5_000_000)
    case.give("one", "naval")
    case.world.settle_clock()
    assert case.held(ADMIN) == {}


def test_where_clocks_differ_a_pause_is_told_of_no_earlier_for_being_asked_of_alone(case: Case) -> None:
    """It stands on all that was carried out before it, though an act that nobody asked of was the last of that."""
    case.world.settle_clock()
    began = case.world.now
    apply(*case.at, [OURS.format("ukr", "UKR")], by=ADMIN)
    # Another process, whose clock is behind.
    case.world.clock.moment -= 600_000
    number = case.pause("usa-gbr")
    case.world.settle_clock()
    between = began - 300_000
    assert case.held(ADMIN, between) == case.held(ADMIN, between, [number]) == {}
    assert [each.state for each in standing.status(*case.at, "usa-gbr", by=ADMIN, at=between)] == ["flowing"]
    assert [*case.held(ADMIN, case.world.now)] == [*case.held(ADMIN, case.world.now, [number])] == [number]


def test_flows_are_told_of_together_in_the_order_in_which_they_are_asked_of(case: Case) -> None:
    case.pause("usa-fra")
    case.give("one", "naval")
    every = {(each.agreement, each.to): each for each in standing.status(*case.at, by=ADMIN)}
    asked = [("usa-fra", "UKR"), ("usa-gone", "GBR"), ("usa-gbr", "GBR"), ("usa-gbr", "FRA"), ("usa-fra", "FRA")]
    told = standing.status_of(*case.at, asked, by=ADMIN)
    assert told == [every[pair] for pair in asked if pair in every]
    assert [each.agreement for each in standing.status_of(*case.at, asked, by=LONDON)] == ["usa-gbr"]


def test_of_very_many_flows_some_are_told_of_at_a_time(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.pause("usa-fra")
    case.give("one", "naval")
    whole = standing.status(*case.at, by=ADMIN)
    monkeypatch.setattr(standing, "AT_ONCE", 2)
    monkeypatch.setattr(counting, "ASKED_MAX", 1)
    assert len(whole) == 5
    assert standing.status(*case.at, by=ADMIN) == whole


def test_a_range_that_many_have_is_asked_about_once(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two", "three"):
        case.give(name, "naval")
    with case.world.node.store.read() as snap:
        policy = case.world.desk.current(snap, snap.head().policy_version)
        asked: list[Any] = []
        count = snap.counts

        def watched(_: Any, ranges: Any) -> list[int]:
            asked.extend(ranges)
            return count(ranges)

        monkeypatch.setattr(type(snap), "counts", watched)
        every = [{1: Ranges.of((0, OPEN))}, {1: Ranges.of((0, OPEN))}, {1: Ranges.of((0, 1), (2, OPEN))}]
        counts = Counts(snap, every)
        assert len(asked) == len(set(asked)) == 3
        monkeypatch.undo()
        alone = [count_by_topic(snap, policy, each) for each in every]
        assert [counts.by_topic(policy, each) for each in every] == alone
