"""Every kind of cursor, through every pause: nothing lost, and nothing repeated but what CLIENTS.md names."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from tests.fakes.store import FakeStore
from tests.simulation.crowd import Crowd
from tests.simulation.stage import AGREEMENT, Stage
from tests.simulation.wire import MINUTE, SECOND

if TYPE_CHECKING:
    from relto.ports.store import Store

NAVAL, IMAGERY, BOTH = frozenset({"naval"}), frozenset({"imagery"}), frozenset({"naval", "imagery"})


@dataclass(frozen=True)
class Case:
    """`cut`, else a freeze; `whole`, else one topic. `moment`: of the pause, for a client that is idle, between two
    pages, or has yet to poll. `lasting`: shorter than any period, or many polls. `polling`: it is lifted between pages.
    """

    cut: bool
    whole: bool
    moment: str
    lasting: int
    polling: bool

    @property
    def name(self) -> str:
        words = ("cut" if self.cut else "freeze", "whole" if self.whole else "partial", self.moment)
        length = "short" if self.lasting < MINUTE else "long"
        return "-".join((*words, length, "lifted while polling" if self.polling else "lifted while idle"))


CASES = [
    Case(*each)
    for each in itertools.product(
        (False, True), (True, False), ("idle", "between pages", "before the first poll"), (15 * SECOND, 12 * MINUTE),
        (False, True),
    )
]  # fmt: skip

FAULTS = (0.0, 0.25)


def play(store: Store, case: Case, *, faults: float, seed: int = 0, versions: tuple[str, ...] | None = None) -> Crowd:
    """The case, with everything that comes before and after it."""
    stage = Stage(store)
    crowd = Crowd(stage, versions=versions, faults=faults, seed=seed)
    topics = None if case.whole else NAVAL

    def pause() -> None:
        if not stage.ledger.stops:
            stage.pause((AGREEMENT,), topics, case.cut, None)
            stage.take([NAVAL, IMAGERY, BOTH])

    def resume() -> None:
        if stage.ledger.stops:
            stage.resume(0, "release")

    stage.take([NAVAL, IMAGERY, NAVAL])
    stage.take_old([IMAGERY])
    if case.moment != "before the first poll":
        crowd.run(6 * MINUTE)
        stage.take([NAVAL, IMAGERY, BOTH, IMAGERY])
        crowd.run(
            5 * MINUTE if case.moment == "between pages" else 0, pause if case.moment == "between pages" else None
        )
    pause()
    for _ in range(3):
        stage.take([NAVAL, IMAGERY])
        stage.take_old([NAVAL, BOTH])
        stage.revise(0, NAVAL)
        crowd.run(case.lasting // 3)
    if case.polling:
        stage.take([IMAGERY, IMAGERY, IMAGERY])
        crowd.run(MINUTE, resume)
    resume()
    stage.take([NAVAL])
    crowd.run(3 * MINUTE)
    stage.take_old([IMAGERY])
    stage.revise(4, NAVAL)
    crowd.run(8 * MINUTE)
    crowd.check()
    return crowd


@pytest.mark.parametrize("faults", FAULTS)
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_no_client_loses_anything_or_gets_twice_what_it_did_not_bring_on_itself(case, faults):
    play(FakeStore(), case, faults=faults)
