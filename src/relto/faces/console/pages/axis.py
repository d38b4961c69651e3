"""One time axis: lanes of marks and bars below a curve by day, with what was paused shaded, as numbers for a drawing.

The same is drawn twice, wide and narrow, since what is scaled down cannot be read. A column is a day, or as many days
as it takes for there to be no more than `COLUMNS_MAX`.

>>> drawn = draw([Lane("talks", marks=(Mark("talks", "2025-03-11", title="in Jeddah"),))], [Day("2025-03-10", 4, 0)],
...              since="2025-03-10", until="2025-03-12", wide=False)
>>> [(tick.text, tick.x) for tick in drawn.ticks], drawn.lanes[0].marks[0].x
([('10 Mar', 4.0), ('11 Mar', 114.7), ('12 Mar', 225.3)], 170.0)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

COLUMNS_MAX: Final = 60
DAYS_MAX: Final = 36_600
"""Days of an axis; what lies before is drawn at its beginning."""

MARKS_MAX: Final = 120
"""So many marks are signs with a title; where there are more, they are counted, in half as many columns."""

ROWS_MAX: Final = 3
"""Rows of marks in a lane; what a column holds beyond that is counted."""

CURVE: Final = 96
HEAD: Final = 16
"""For the name of each pause above the curve."""

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Mark:
    """Something on a day, or from one day `to` another. `kind`: its sign; `look`: how that is drawn."""

    kind: str
    day: str
    to: str = ""
    title: str = ""
    address: str = ""
    look: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a lane, both days included, with what it says."""

    day: str
    to: str
    look: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane with its name."""

    title: str
    marks: Sequence[Mark] = ()
    bars: Sequence[Bar] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the curve: so many items were received, so many were held."""

    day: str
    received: int
    held: int


@dataclass(frozen=True, slots=True)
class Shade:
    """What lasted from a day to another, both included."""

    day: str
    to: str
    title: str


@dataclass(frozen=True, slots=True)
class DrawnMark:
    """A mark in its place; `left` counts those that have none. `x0` and `x1`: from where to where it reaches."""

    mark: Mark
    x: float
    y: float
    x0: float
    x1: float
    left: int = 0


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A bar in its place."""

    bar: Bar
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class DrawnLane:
    """A lane in its place: `y` is its upper edge, `label_x` and `label_y` where its name stands."""

    title: str
    y: float
    height: float
    label_y: float
    marks: Sequence[DrawnMark] = ()
    bars: Sequence[DrawnBar] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the curve: heights of what was received and held in it."""

    x: float
    width: float
    received: float
    held: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A day that is named below."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class DrawnShade:
    """A pause: where it is shaded, and at which height its name stands."""

    shade: Shade
    x: float
    width: float
    y: float
    is_late: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it. `base` is the zero of the curve, `most` the number at its top; `now` the moment that is looked at."""

    wide: bool
    width: int
    height: float
    left: float
    right: float
    curve: float
    base: float
    most: int
    days: int
    columns: Sequence[Column] = ()
    lanes: Sequence[DrawnLane] = ()
    ticks: Sequence[Tick] = ()
    shades: Sequence[DrawnShade] = ()
    now: float | None = None
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a day stands."""

    first: int
    count: int
    step: int
    left: float
    slot: float

    def column(self, day: str) -> int:
        """Its column; what lies outside stands at the edge."""
        return min(max((_ordinal(day) - self.first) // self.step, 0), self.count - 1)

    def start(self, column: int) -> float:
        """The left edge of a column."""
        return round(self.left + column * self.slot, 1)

    def has(self, day: str) -> bool:
        """Whether the day lies on the axis."""
        return 0 <= _ordinal(day) - self.first < self.count * self.step


def draw(
    lanes: Sequence[Lane],
    days: Sequence[Day] = (),
    shades: Sequence[Shade] = (),
    *,
    since: str,
    until: str,
    now: str = "",
    wide: bool = True,
) -> Drawing:
    """The drawing from one day to another, both included; `now`: the day that is looked at."""
    width, left, right = (900, 104, 8) if wide else (340, 4, 4)
    size, gap = (14, 4) if wide else (14, 2)
    last = _ordinal(until)
    first = min(max(_ordinal(since), last - DAYS_MAX), last)
    is_plain = sum(len(lane.marks) for lane in lanes) > MARKS_MAX
    step = max(1, math.ceil((last - first + 1) / (COLUMNS_MAX // 2 if is_plain else COLUMNS_MAX)))
    count = math.ceil((last - first + 1) / step)
    scale = _Scale(first, count, step, left, (width - left - right) / count)
    head = HEAD * len(shades)
    curve = head + 8.0
    base = curve + CURVE if days else curve
    most = max((each.received + each.held for each in _summed(days, scale)), default=0)
    y = base + (24 if days else 4)
    drawn: list[DrawnLane] = []
    for lane in lanes:
        label = 0 if wide else 15
        room = 0 if is_plain else max(1, int(scale.slot // (size + gap)))
        marks, rows = _marks(lane.marks, scale, room, (size, gap), y + label)
        tall = label + max(rows, 1) * (size + 4) + 6
        drawn.append(DrawnLane(lane.title, y, tall, y + (15 if wide else 12), marks, _bars(lane.bars, scale)))
        y += tall
    return Drawing(
        wide,
        width,
        y + 24,
        left,
        width - right,
        curve,
        base,
        most,
        step,
        _columns(days, scale, most),
        drawn,
        _ticks(scale, wide=wide),
        _shades(shades, scale, width - right, wide=wide),
        _middle(scale, now) if now and scale.has(now) else None,
        is_plain,
    )


def both(
    lanes: Sequence[Lane],
    days: Sequence[Day] = (),
    shades: Sequence[Shade] = (),
    *,
    since: str,
    until: str,
    now: str = "",
) -> tuple[Drawing, Drawing]:
    """The drawing for wide screens, and for narrow ones."""
    wide, narrow = (draw(lanes, days, shades, since=since, until=until, now=now, wide=each) for each in (True, False))
    return wide, narrow


def _marks(
    marks: Sequence[Mark], scale: _Scale, beside: int, sizes: tuple[int, int], top: float
) -> tuple[list[DrawnMark], int]:
    """The marks in their places, so many `beside` each other (0: they are counted), and how many rows they take."""
    size, gap = sizes
    columns: dict[int, list[Mark]] = {}
    for mark in marks:
        columns.setdefault(_place(mark, scale), []).append(mark)
    found: list[DrawnMark] = []
    rows = 1
    for column, listed in sorted(columns.items()):
        room = beside * ROWS_MAX
        shown = listed if len(listed) <= room else listed[: max(room - 1, 0)]
        across = min(max(beside, 1), len(listed))
        rows = max(rows, math.ceil((len(shown) + (len(shown) < len(listed))) / across))
        first = scale.start(column) + scale.slot / 2 - (across - 1) * (size + gap) / 2
        for place, mark in enumerate((*shown, *listed[len(shown) : len(shown) + 1])):
            x = round(first + place % across * (size + gap), 1)
            y = round(top + 3 + place // across * (size + 4) + size / 2, 1)
            ends = (x, x)
            if place == len(shown):
                found.append(DrawnMark(mark, x, y, *ends, left=len(listed) - len(shown)))
                continue
            if mark.to and mark.to != mark.day:
                ends = scale.start(scale.column(mark.day)), round(scale.start(scale.column(mark.to)) + scale.slot, 1)
            found.append(DrawnMark(mark, x, y, *ends))
    return found, rows


def _place(mark: Mark, scale: _Scale) -> int:
    first = scale.column(mark.day)
    return (first + scale.column(mark.to)) // 2 if mark.to else first


def _bars(bars: Sequence[Bar], scale: _Scale) -> list[DrawnBar]:
    found = []
    for bar in bars:
        x = scale.start(scale.column(bar.day))
        found.append(DrawnBar(bar, x, round(scale.start(scale.column(bar.to)) + scale.slot - x, 1)))
    return found


def _summed(days: Sequence[Day], scale: _Scale) -> list[Day]:
    sums: dict[int, tuple[int, int]] = {}
    for each in days:
        if scale.has(each.day):
            received, held = sums.get(scale.column(each.day), (0, 0))
            sums[scale.column(each.day)] = received + each.received, held + each.held
    return [Day(str(column), *pair) for column, pair in sorted(sums.items())]


def _columns(days: Sequence[Day], scale: _Scale, most: int) -> list[Column]:
    tall = CURVE / max(most, 1)
    return [
        Column(
            round(scale.start(int(each.day)) + scale.slot * 0.12, 1),
            round(scale.slot * 0.76, 1),
            round(each.received * tall, 1),
            round(each.held * tall, 1),
        )
        for each in _summed(days, scale)
    ]


def _ticks(scale: _Scale, *, wide: bool) -> list[Tick]:
    every = max(1, math.ceil(scale.count / (14 if wide else 5)))
    ticks = []
    for column in range(0, scale.count, every):
        day = date.fromordinal(scale.first + column * scale.step)
        text = f"{day.day} {MONTHS[day.month - 1]}"
        ticks.append(Tick(scale.start(column), text if scale.count * scale.step < 300 else f"{text} {day.year}"))
    return ticks


def _shades(shades: Sequence[Shade], scale: _Scale, right: float, *, wide: bool) -> list[DrawnShade]:
    found = []
    for place, shade in enumerate(shades):
        x = scale.start(scale.column(shade.day))
        end = scale.start(scale.column(shade.to)) + scale.slot
        # Its name stands at its left edge, or, where there is no room for it, ends at its right one.
        is_late = right - x < len(shade.title) * (7 if wide else 6.5)
        found.append(DrawnShade(shade, x, round(end - x, 1), HEAD * place + 4.0, is_late))
    return found


def _middle(scale: _Scale, day: str) -> float:
    return round(scale.start(scale.column(day)) + scale.slot / 2, 1)


def _ordinal(day: str) -> int:
    return date.fromisoformat(day[:10]).toordinal()
