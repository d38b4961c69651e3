"""A pause and the record of the case about it: USA gives to UKR, a resume asks for two approvals, and the clock is by
hand.
"""

from __future__ import annotations

from typing import Any

from tests.actors import ADMIN, actor
from tests.actors import pause as paused
from tests.fakes.store import FakeStore
from tests.simulation.sharing import Sharing

from relto.adapters.stix.check import StixValidator
from relto.domain.actor import Actor
from relto.domain.moment import DAY_US
from relto.domain.outlook.rules import Rules, default_rules
from relto.domain.record.when import When
from relto.ports.store import Store
from relto.usecases import office
from relto.usecases.cases.keeping import Keeper
from relto.usecases.conditions import SetCondition
from relto.usecases.outlook import Outlook, outlook
from relto.usecases.pausing import LiftPause, MakePause

TERMS = """\
agreement: usa-ukr
from: USA
to: [UKR]
scope: {topics: [naval, targeting]}
approvals: {pause: 0, resume: 2}
"""

OLGA, ANN, BEN = actor("olga", "officer"), actor("ann", "approver"), actor("ben", "approver")
CLERK = actor("clerk", "contributor")
KYIV, OLEH = actor("kyiv", "reader", party="UKR"), actor("oleh", "officer", "approver", party="UKR")
LONDON = actor("gary", "officer", "contributor", party="GBR")

TRUMP = {"name": "Donald Trump", "role": "president", "party": "USA"}


def day(number: int, hour: int = 12) -> int:
    """A moment of March 2025."""
    return When.parse(f"2025-03-{number:02d}").first + hour * DAY_US // 24


def statement(key: str, date: str, points: str | None = "nearer", **more: Any) -> dict[str, Any]:
    said = {"kind": "statement", "key": key, "date": date, "speaker": TRUMP, "words": "We just about have",
            "confidence": "confirmed", "points": points, **more}  # fmt: skip
    return {name: part for name, part in said.items() if part is not None}


def talks(key: str, date: str, told: str | None = None, **more: Any) -> dict[str, Any]:
    source = {} if told is None else {"source": {"name": "a paper", "date": told, "grade": "B2"}}
    return {"kind": "talks", "key": key, "date": date, "place": "Jeddah", "state": "announced", **source, **more}


class Diplomacy(Sharing):
    """On 1 March, at midday."""

    def __init__(self, store: Store | None = None, terms: str = TERMS) -> None:
        super().__init__(terms, store=FakeStore() if store is None else store)
        self.go(day(1))
        self.rules: Rules = default_rules()

    def go(self, moment: int) -> None:
        """Winds the clock on."""
        assert moment >= self.world.clock.moment
        self.world.clock.moment = moment

    def rest(self) -> None:
        """Until what was stored can be read."""
        self.world.settle_clock(1_000_000)

    def make(
        self, *conditions: Any, by: Actor = ADMIN, agreements: tuple[str, ...] = ("usa-ukr",), **order: Any
    ) -> str:
        whole = {"reason": "talks", **order}
        return paused(
            self.node, self.world.desk, MakePause(agreements, conditions=conditions, **whole), by=by
        ).pause.number

    def tell(self, number: str, place: int, state: str, evidence: str = "") -> None:
        office.submit(self.node, self.world.desk, SetCondition(number, place, state, evidence), by=ADMIN)

    def propose(self, number: str, *, by: Actor = OLGA, from_us: int | None = None) -> str:
        done = office.submit(self.node, self.world.desk, LiftPause(number, from_us=from_us), by=by)
        assert done.act is not None
        return str(done.act.number)

    def approve(self, act: str, by: Actor) -> None:
        office.approve(self.node, self.world.desk, act, by=by)

    def keeper(self, by: Actor = ADMIN) -> Keeper:
        return Keeper(self.node, self.world.desk, StixValidator(), by)

    def open(self, *entries: dict[str, Any], by: Actor = ADMIN, case: str = "one", **more: Any) -> None:
        whole = {"case": case, "title": "A case", "agreements": ["usa-ukr"], "parties": ["UKR"], **more}
        self.keeper(by).open(whole, entries)
        self.rest()

    def add(self, *entries: dict[str, Any], by: Actor = ADMIN, case: str = "one") -> None:
        self.keeper(by).add(case, entries)
        self.rest()

    def correct(self, key: str, because: str = "it was misheard", *, retract: bool = False, **changes: Any) -> None:
        self.keeper().correct("one", key, changes, because=because, retract=retract)
        self.rest()

    def outlooks(self, number: str | None = None, *, by: Actor = ADMIN, at: int | None = None) -> list[Outlook]:
        return outlook(self.node, self.world.desk, number, by=by, rules=self.rules, at=at)

    def outlook(self, number: str = "1", *, by: Actor = ADMIN, at: int | None = None) -> Outlook:
        (found,) = self.outlooks(number, by=by, at=at)
        return found

    def judgement(self, number: str = "1", *, at: int | None = None) -> tuple[str, str]:
        judged = self.outlook(number, at=at).judged
        return judged.judgement, judged.rule.name
