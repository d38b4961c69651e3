"""The map of flows: parties as places, agreements as lines between them, for one picture of so many of them.

The node's own party stands in the middle, the others round it in the order of their codes. A line is thick by what was
released along it, on a scale of logarithms. Several agreements between two parties run side by side; more than a few
are bundled by how they stand.

>>> drawn = flow_map([Flow("a", "A", "B", "flowing", 10), Flow("b", "A", "B", "paused", 10)], host="A")
>>> [place.party for place in drawn.places], [line.flow.agreement for line in drawn.lines]
(['A', 'B'], ['b', 'a'])
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WIDTH: Final = 760
HEIGHT: Final = 460
RADIUS: Final = 27
MARGIN: Final = 46

LINES_MAX: Final = 48
PLACES_MAX: Final = 24
"""More than that nobody can tell apart: what is paused comes first, then what flows most."""

BESIDE_MAX: Final = 4
"""Flows from one party to another that have a line each."""

BESIDE: Final = 30.0
"""How far lines between the same parties stand apart at their middle."""

URGENCY: Final = {"paused": 0, "partly-paused": 1, "flowing": 2, "ended": 3}


@dataclass(frozen=True, slots=True)
class Flow:
    """One agreement and recipient: how it stands, and how much was released by it. `count`: of a bundle of so many."""

    agreement: str
    giver: str
    to: str
    state: str
    released: int
    count: int = 1

    @property
    def volume(self) -> int:
        """How thick its line is."""
        return self.released + self.count - 1


@dataclass(frozen=True, slots=True)
class Place:
    """A party, and where it stands."""

    party: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """A flow as a curve (`path`, SVG), its thickness, and its sign: where that stands and how it is turned."""

    flow: Flow
    path: str
    thick: float
    x: float
    y: float
    turned: float


@dataclass(frozen=True, slots=True)
class FlowMap:
    """All of it; `left` counts the flows that have no line."""

    places: Sequence[Place]
    lines: Sequence[Line]
    left: int
    width: int = WIDTH
    height: int = HEIGHT


def flow_map(flows: Iterable[Flow], *, host: str) -> FlowMap:
    """The map of these flows."""
    every = sorted(_bundled(flows), key=lambda each: (URGENCY[each.state], -each.released, each.agreement, each.to))
    known = {host}
    chosen: list[Flow] = []
    for each in every:
        ends = {each.giver, each.to}
        if len(chosen) < LINES_MAX and len(known | ends) <= PLACES_MAX:
            chosen.append(each)
            known |= ends
    shown = known if any(host in {each.giver, each.to} for each in chosen) or not chosen else known - {host}
    places = _placed(sorted(shown - {host}), host if host in shown else None)
    most = max((each.volume for each in chosen), default=0)
    beside: dict[frozenset[str], int] = {}
    counts: dict[frozenset[str], int] = {}
    for each in chosen:
        pair = frozenset({each.giver, each.to})
        counts[pair] = counts.get(pair, 0) + 1
    lines = []
    for each in chosen:
        pair = frozenset({each.giver, each.to})
        nth = beside.get(pair, 0)
        beside[pair] = nth + 1
        lines.append(_line(each, places, nth - (counts[pair] - 1) / 2, most))
    return FlowMap(list(places.values()), lines, sum(each.count for each in every) - sum(each.count for each in chosen))


def _bundled(flows: Iterable[Flow]) -> Iterable[Flow]:
    pairs: dict[tuple[str, str], list[Flow]] = {}
    for each in flows:
        pairs.setdefault((each.giver, each.to), []).append(each)
    for (giver, to), found in pairs.items():
        if len(found) <= BESIDE_MAX:
            yield from found
            continue
        states: dict[str, list[Flow]] = {}
        for each in found:
            states.setdefault(each.state, []).append(each)
        for state, alike in states.items():
            if len(alike) == 1:
                yield alike[0]
            else:
                yield Flow(alike[0].agreement, giver, to, state, sum(each.released for each in alike), len(alike))


def _placed(others: Sequence[str], host: str | None) -> Mapping[str, Place]:
    across, down = WIDTH / 2, HEIGHT / 2
    places = {} if host is None else {host: Place(host, across, down)}
    if len(others) == 1 and host is not None:
        places[host] = Place(host, WIDTH / 4, down)
        places[others[0]] = Place(others[0], 3 * WIDTH / 4, down)
        return places
    for nth, party in enumerate(others):
        angle = 2 * math.pi * nth / max(len(others), 1) - math.pi / 2
        # A little turned, so that no party stands right above or below the middle, where its name would be in the way.
        angle += math.pi / max(len(others), 1) / 2
        x = across + (WIDTH / 2 - MARGIN - RADIUS) * math.cos(angle)
        y = down + (HEIGHT / 2 - MARGIN - RADIUS / 2) * math.sin(angle)
        places[party] = Place(party, round(x, 1), round(y, 1))
    return places


def _line(flow: Flow, places: Mapping[str, Place], nth: float, most: int) -> Line:
    start, end = places[flow.giver], places[flow.to]
    # Side by side as seen from one and the same end, whichever way each of them flows.
    forth = 1 if flow.giver < flow.to else -1
    dx, dy = end.x - start.x, end.y - start.y
    length = math.hypot(dx, dy) or 1.0
    ux, uy = dx / length, dy / length
    bent = 2 * BESIDE * nth * forth
    middle = ((start.x + end.x) / 2 - uy * bent, (start.y + end.y) / 2 + ux * bent)
    first = _beyond(start, middle)
    last = _beyond(end, middle)
    x = 0.25 * first[0] + 0.5 * middle[0] + 0.25 * last[0]
    y = 0.25 * first[1] + 0.5 * middle[1] + 0.25 * last[1]
    path = f"M{first[0]:.1f} {first[1]:.1f}Q{middle[0]:.1f} {middle[1]:.1f} {last[0]:.1f} {last[1]:.1f}"
    thick = 2.0 + 6.0 * math.log1p(flow.volume) / math.log1p(most) if most else 2.0
    turned = math.degrees(math.atan2(dy, dx))
    return Line(flow, path, round(thick, 1), round(x, 1), round(y, 1), round(turned, 1))


def _beyond(place: Place, towards: tuple[float, float]) -> tuple[float, float]:
    """The edge of the place's circle on the way there."""
    dx, dy = towards[0] - place.x, towards[1] - place.y
    length = math.hypot(dx, dy) or 1.0
    return place.x + dx / length * (RADIUS + 5), place.y + dy / length * (RADIUS + 5)
