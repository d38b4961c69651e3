"""The office on every store: officers who act at once, and the record of acts as it is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.actors import ADMIN, actor
from tests.fakes.store import FakeStore
from tests.simulation.world import Client, World

from relto.adapters.database import create_database, open_database
from relto.domain.errors import ReltoError
from relto.ports.node import Node
from relto.usecases import office, standing
from relto.usecases.agreements import ApplyAgreement
from relto.usecases.pausing import AmendPause, LiftPause, MakePause
from relto.usecases.policy import PolicyDesk

TERMS = "agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\napprovals: {resume: 2}\n"
OLGA = actor("olga", "officer", how="password")
HOUR = 3_600_000_000


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def stores(request: pytest.FixtureRequest) -> Iterator[list[Any]]:
    """The same database as four processes open it."""
    if request.param == "fake":
        yield [FakeStore()] * 4
        return
    url = request.getfixturevalue(f"{request.param}_url")
    made: list[Any] = [create_database(url)]
    made += [open_database(url) for _ in range(3)]
    yield made
    for store in made:
        store.close()


class Offices:
    """Several processes at one database: each has a store and a desk of its own."""

    def __init__(self, stores: list[Any]) -> None:
        self.world = World(stores[0])
        self.world.apply(TERMS)
        self.nodes: list[tuple[Node, PolicyDesk]] = [
            (replace(self.world.node, store=store), PolicyDesk()) for store in stores
        ]

    def at_once(self, *steps: Callable[[Node, PolicyDesk], Any]) -> list[Any]:
        """What each step came to, each in a thread and process of its own, begun together: a value or an error."""
        gate, found = threading.Barrier(len(steps)), [None] * len(steps)

        def run(place: int) -> None:
            node, desk = self.nodes[place % len(self.nodes)]
            gate.wait()
            try:
                found[place] = steps[place](node, desk)
            except ReltoError as error:
                found[place] = error

        threads = [threading.Thread(target=run, args=(place,)) for place in range(len(steps))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert None not in found
        return found

    def proposed(self) -> str:
        """A resume that waits for two."""
        node, desk = self.nodes[0]
        paused = office.submit(node, desk, MakePause(["usa-ukr"], reason="talks"), by=OLGA)
        self.world.take([self.world.header("one", ("naval",))])
        assert paused.done is not None
        act = office.submit(node, desk, LiftPause(paused.done.value.number), by=OLGA).act
        assert act is not None
        return str(act.number)

    def state(self) -> str:
        node, desk = self.nodes[-1]
        return standing.status(node, desk, by=ADMIN)[0].state


def approving(number: str, name: str) -> Callable[[Node, PolicyDesk], Any]:
    return lambda node, desk: office.approve(node, desk, number, by=actor(name, "approver", how="token")).state


def code_of(found: object) -> str:
    return found.code if isinstance(found, ReltoError) else str(found)


def test_two_approvals_at_once_are_two_and_the_second_carries_out(stores: list[Any]) -> None:
    offices = Offices(stores)
    number = offices.proposed()
    found = offices.at_once(approving(number, "ann"), approving(number, "ben"))
    assert sorted(map(code_of, found)) == ["applied", "proposed"]
    assert offices.state() == "flowing"
    kept = office.shown(offices.nodes[2][0], number)
    assert sorted(each.by for each in kept.approvals) == ["ann", "ben"]
    assert kept.outcome["released"] == 1


def test_one_who_approves_twice_at_once_has_approved_once(stores: list[Any]) -> None:
    offices = Offices(stores)
    number = offices.proposed()
    found = offices.at_once(*[approving(number, "ann")] * 4)
    assert sorted(map(code_of, found)) == ["approval-twice"] * 3 + ["proposed"]
    assert offices.state() == "paused"


def test_four_who_approve_at_once_lift_once(stores: list[Any]) -> None:
    offices = Offices(stores)
    number = offices.proposed()
    found = offices.at_once(*[approving(number, name) for name in ("ann", "ben", "cas", "dee")])
    assert sorted(map(code_of, found)) == ["act-closed", "act-closed", "applied", "proposed"]
    client = Client(offices.world.account("kyiv", "UKR"), collection(offices), "last", 10, versions=("all",))
    for _ in range(2):
        offices.world.settle_clock()
        offices.world.walk(client)
    assert len(client.got) == 1


def collection(offices: Offices) -> str:
    with offices.world.node.store.read() as snap:
        return snap.flows()[0].collection


def test_an_approval_and_what_moves_the_ground_at_once_come_one_after_the_other(stores: list[Any]) -> None:
    offices = Offices(stores)
    number = offices.proposed()
    approving(number, "ann")(*offices.nodes[0])
    found = offices.at_once(
        approving(number, "ben"),
        lambda node, desk: office.submit(node, desk, AmendPause("1", mode="cut"), by=OLGA).state,
    )
    # Whoever came first: the pause is lifted and cannot be amended, or it was amended and the resume is out of date.
    assert list(map(code_of, found)) in (["applied", "pause-lifted"], ["act-closed", "applied"])
    assert offices.state() == ("flowing" if code_of(found[0]) == "applied" else "paused")


def test_two_who_amend_one_agreement_at_once_make_two_versions(stores: list[Any]) -> None:
    offices = Offices(stores)
    found = offices.at_once(
        *[
            lambda node, desk, title=title: (
                office.submit(node, desk, ApplyAgreement(f"{TERMS}title: {title}\n"), by=OLGA).done.value.version  # type: ignore[union-attr]  # nobody else is asked
            )
            for title in ("one", "two")
        ]
    )
    assert sorted(found) == [2, 3]
    acts = office.listed(offices.nodes[0][0], kind="agreement-apply")
    assert acts[0].before["title"] == acts[1].after["title"], "each stands on the one before"


def test_what_falls_due_is_carried_out_once_by_whoever_comes_first(stores: list[Any]) -> None:
    offices = Offices(stores)
    node, desk = offices.nodes[0]
    until = offices.world.now + HOUR
    done = office.submit(node, desk, MakePause(["usa-ukr"], reason="talks", until_us=until), by=OLGA)
    (act,) = done.follows
    for name in ("ann", "ben"):
        approving(str(act.number), name)(node, desk)
    offices.world.clock.moment += 2 * HOUR
    looks = [lambda node, desk: standing.status(node, desk, by=ADMIN)[0].state] * 4
    assert offices.at_once(*looks) == ["flowing"] * 4
    kept = office.shown(node, str(act.number))
    assert (kept.state, kept.ended_by) == ("applied", "schedule")
    with node.store.read() as snap:
        assert [row.state for row in snap.pause_versions(1)] == ["running", "lifted"]


def test_acts_are_listed_newest_first_page_by_page_and_told_in_the_order_in_which_they_were_done(
    stores: list[Any],
) -> None:
    offices = Offices(stores)
    number = int(offices.proposed())
    node, desk = offices.nodes[0]
    later = office.submit(node, desk, MakePause(["usa-ukr"], topics=("naval",), reason="more"), by=OLGA).act
    for name in ("ann", "ben"):
        approving(str(number), name)(node, desk)
    assert later is not None
    assert later.number > number
    listed = office.listed(node)
    pages, before = [], None
    while page := office.listed(node, before=before, limit=2):
        pages += page
        before = page[-1].number
    assert pages == listed
    with node.store.read() as snap:
        done = [row.number for row in snap.acts_done({"pause", "resume"})]
        assert snap.acts_open() == []
        assert snap.act(10**6) is None
        rows = [row for row in snap.acts() if row.done_at]
        for moment in {row.done_at for row in rows}:
            then = sorted((row for row in rows if row.done_at == moment), key=lambda row: row.done)
            assert snap.acts_at(moment) == then
        assert snap.acts_at(0) == snap.acts_at(5) == []
    assert done.index(later.number) < done.index(number)
