"""What is asked of the cost of a pause, and by whom, in a world that can be counted at a glance."""

from __future__ import annotations

from tests.actors import ADMIN, actor
from tests.simulation.sharing import SECOND, Sharing

from relto.domain.impact import DAY_US, Impact
from relto.usecases.impact import impact

TERMS = """\
agreement: usa-ukr
from: USA
to: [UKR]
scope: {topics: [naval, targeting, imagery]}
exceptions:
  - {name: duty-to-warn, scope: {topics: [life]}}
  - {name: pictures, scope: {topics: [imagery]}}
"""
HOUR = 3_600 * SECOND
MIDDAY = 20_145 * DAY_US + DAY_US // 2
"""Of 26 February 2025."""

READER, OFFICER = actor("kyiv", "reader", party="UKR"), actor("olga", "officer")
THEIR_OFFICER, STRANGER = actor("oleh", "officer", party="UKR"), actor("gary", "officer", party="GBR")


def wait(sharing: Sharing, microseconds: int) -> None:
    sharing.world.settle_clock(microseconds)


def cost(sharing: Sharing, number: str = "1", *, by=ADMIN, at: int | None = None) -> Impact:
    (found,) = impact(sharing.node, sharing.world.desk, number, by=by, at=at)
    return found
