"""One time axis: lanes of signs and bars below a curve by day, with what was paused shaded, as numbers for a drawing.

Rules, in order:

1. What has a moment stands at it: pauses begin and end at theirs, and so does `now`. The axis itself has whole days.
2. What has a day stands in its middle, or, where several do, side by side about it; its whole day is shaded. What has
   several days, or a month, reaches from the first of them to the last.
3. No sign covers another. What finds no room is counted, at the sign that is in its way.

The same is drawn twice, wide and narrow, since names that stand beside lanes take the room of a narrow screen. A column
of the curve is a day, or as many days as it takes for there to be no more than `COLUMNS_MAX`.

>>> talks = Lane("talks", marks=[Mark("talks", When.parse("2025-03-11"), title="in Jeddah")])
>>> noon = When.parse("2025-03-11T12:00:00Z").first
>>> drawn = draw([talks], [Day("2025-03-10", 4, 0)], since=noon - DAY_US, until=noon, now=noon, wide=False)
>>> [(tick.text, tick.x) for tick in drawn.ticks], drawn.lanes[0].marks[0].x == drawn.now
([('10 Mar', 10.0), ('11 Mar', 170.0)], True)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from relto.domain.moment import DAY_US, write
from relto.domain.record.when import When

COLUMNS_MAX: Final = 60
DAYS_MAX: Final = 36_600
"""Days of an axis; what lies before is drawn at its beginning."""

MARKS_MAX: Final = 120
"""So many marks are signs with a title; where there are more, they are counted, in half as many columns."""

ROWS_MAX: Final = 3
"""Rows of signs in a lane."""

CURVE: Final = 96
HEAD: Final = 16
"""For the name of each pause above the curve."""

SIGN: Final = 14
"""Width and height of a sign."""

SLACK: Final = 0.5
"""What rounding may take of the room between two signs."""

WIDE: Final = 900
NARROW: Final = 340
"""Widths; a narrow drawing is wider where its columns need that, and scrolls."""

COLUMN_MIN: Final = 18
COUNT_MIN: Final = 28
"""Width of a column of a narrow drawing at least, of signs and of numbers."""

NAMED_EVERY: Final = 300
"""How far apart the name of a lane stands again in a narrow drawing, so that one of them is seen wherever it stands."""

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Mark:
    """Something with a date. `kind`: its sign; `look`: how that is drawn; `at`: the moment at which it stands, where
    that is not the middle of its date.
    """

    kind: str
    when: When
    title: str = ""
    address: str = ""
    look: str = ""
    at: int | None = None

    @property
    def stands(self) -> int:
        """The moment at which its sign stands."""
        return (self.when.first + self.when.until) // 2 if self.at is None else self.at


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a lane, `since <= moment < until` in microseconds, with what it says."""

    since: int
    until: int
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
    """A day of the curve (UTC, as `2025-03-09`): so many items were released, so many were held."""

    day: str
    released: int
    held: int


@dataclass(frozen=True, slots=True)
class Shade:
    """A pause by its number, `since <= moment < until` in microseconds."""

    since: int
    until: int
    pause: str


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
class Stretch:
    """From where on, and how wide."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A bar in its place."""

    bar: Bar
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class DrawnLane:
    """A lane in its place: `y` is its upper edge, `names` and `name_y` where its name stands; `days` are those on which
    something was that has no moment.
    """

    title: str
    y: float
    height: float
    names: Sequence[float]
    name_y: float
    marks: Sequence[DrawnMark] = ()
    bars: Sequence[DrawnBar] = ()
    days: Sequence[Stretch] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the curve: heights of what was released and held in it, and how much that is, in words."""

    x: float
    width: float
    released: float
    held: float
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A day that is named below, where it begins."""

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
    """Where a moment stands: `first` is the number of the first day since 1970, a column has `step` days."""

    first: int
    count: int
    step: int
    left: float
    slot: float

    def x(self, moment: int) -> float:
        """Its place; what lies outside stands at the edge."""
        # Of whole numbers, so that what is later never stands further to the left.
        passed = min(max(moment - self.first * DAY_US, 0), self.count * self.step * DAY_US)
        return round(self.left + passed * self.slot / (self.step * DAY_US), 1)

    def stretch(self, since: int, until: int) -> Stretch:
        """From one moment to another."""
        x = self.x(since)
        return Stretch(x, round(max(self.x(until) - x, 0.0), 1))

    def column(self, moment: int) -> int:
        """The column in which it lies; what lies outside counts under the one at the edge."""
        return min(max((moment // DAY_US - self.first) // self.step, 0), self.count - 1)

    def middle(self, column: int) -> float:
        """Of a column."""
        return round(self.left + (column + 0.5) * self.slot, 1)

    def has(self, moment: int) -> bool:
        """Whether it lies on the axis, both ends included."""
        return 0 <= moment - self.first * DAY_US <= self.count * self.step * DAY_US


def draw(
    lanes: Sequence[Lane],
    days: Sequence[Day] = (),
    shades: Sequence[Shade] = (),
    *,
    since: int,
    until: int,
    now: int | None = None,
    wide: bool = True,
) -> Drawing:
    """The drawing from the day of one moment to that of another; `now`: the moment that is looked at."""
    last = max(until - 1, since) // DAY_US
    first = max(since // DAY_US, last - DAYS_MAX)
    is_plain = sum(len(lane.marks) for lane in lanes) > MARKS_MAX
    step = max(1, math.ceil((last - first + 1) / (COLUMNS_MAX // 2 if is_plain else COLUMNS_MAX)))
    count = math.ceil((last - first + 1) / step)
    left, right = (104, 8) if wide else (10, 10)
    width = WIDE if wide else max(NARROW, left + count * (COUNT_MIN if is_plain else COLUMN_MIN) + right)
    scale = _Scale(first, count, step, left, (width - left - right) / count)
    # Above the curve stand the names of pauses, and the number at its top.
    curve = HEAD * len(shades) + (HEAD + 4.0 if days else 8.0)
    base = curve + CURVE if days else curve
    summed = _summed(days, scale)
    most = max((sum(pair) for pair in summed.values()), default=0)
    y = base + (24 if days else 4)
    drawn: list[DrawnLane] = []
    for lane in lanes:
        lane_drawn = _lane(lane, scale, y, wide=wide, is_plain=is_plain, width=width)
        drawn.append(lane_drawn)
        y += lane_drawn.height
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
        _columns(summed, scale, most),
        drawn,
        _ticks(scale, (width - left - right) // 56 if wide else (width - left - right) // 64),
        _shades(shades, scale, width - right),
        scale.x(now) if now is not None and scale.has(now) else None,
        is_plain,
    )


def both(
    lanes: Sequence[Lane],
    days: Sequence[Day] = (),
    shades: Sequence[Shade] = (),
    *,
    since: int,
    until: int,
    now: int | None = None,
) -> tuple[Drawing, Drawing]:
    """The drawing for wide screens, and for narrow ones."""
    wide, narrow = (draw(lanes, days, shades, since=since, until=until, now=now, wide=each) for each in (True, False))
    return wide, narrow


def begin(day: str) -> int:
    """When a day (UTC, as `2025-03-09`) begins, in microseconds."""
    return When.parse(day).first


def _lane(lane: Lane, scale: _Scale, y: float, *, wide: bool, is_plain: bool, width: int) -> DrawnLane:
    label = 0 if wide else 15
    if is_plain:
        marks, rows = _counted(lane.marks, scale, y + label), 1
    else:
        marks, rows = _placed(lane.marks, scale, SIGN + (4 if wide else 2), y + label)
    dated = sorted({each.when for each in lane.marks if each.when.precision == "day"})
    return DrawnLane(
        lane.title,
        y,
        label + rows * (SIGN + 4) + 6,
        [4.0] if wide else [float(x) for x in range(4, max(width - NARROW // 2, 5), NAMED_EVERY)],
        y + (15 if wide else 12),
        marks,
        [DrawnBar(bar, each.x, each.width) for bar in lane.bars for each in [scale.stretch(bar.since, bar.until)]],
        [] if is_plain else [scale.stretch(each.first, each.until) for each in dated],
    )


def _placed(marks: Sequence[Mark], scale: _Scale, pitch: int, top: float) -> tuple[list[DrawnMark], int]:
    """The signs in their places, `pitch` from each other at least, and how many rows they take."""
    rows: list[list[int]] = [[] for _ in range(ROWS_MAX)]
    found: list[tuple[Mark, float, int]] = []
    more: dict[int, int] = {}
    for mark, x, end in _wanted(marks, scale, pitch):
        free = (row for row, taken in enumerate(rows) if all(abs(x - found[each][1]) > pitch - SLACK for each in taken))
        row = next(free, None)
        if row is None:
            # Something of the last row is in its way, or it would stand there.
            near = min(rows[-1], key=lambda each: abs(end - found[each][1]))
            more[near] = more.get(near, 1) + 1
            continue
        rows[row].append(len(found))
        found.append((mark, x, row))
    drawn = []
    for place, (mark, x, row) in enumerate(found):
        y = round(top + 3 + row * (SIGN + 4) + SIGN / 2, 1)
        ends = (x, x)
        if mark.when.precision in {"days", "month"} and place not in more:
            ends = scale.x(mark.when.first), scale.x(mark.when.until)
        drawn.append(DrawnMark(mark, x, y, *ends, left=more.get(place, 0)))
    return drawn, max(sum(1 for row in rows if row), 1)


def _wanted(marks: Sequence[Mark], scale: _Scale, pitch: int) -> Iterable[tuple[Mark, float, float]]:
    """Each mark, where it is to stand, and where it is counted if it cannot: what has a moment first, which has no
    other place.
    """
    groups: dict[int, list[Mark]] = {}
    for mark in sorted(marks, key=lambda each: each.stands):
        if mark.when.precision == "moment":
            yield mark, scale.x(mark.stands), scale.x(mark.stands)
        else:
            groups.setdefault(mark.stands, []).append(mark)
    beside = max(1, int(scale.slot / scale.step // pitch))
    for stands, group in groups.items():
        across = min(beside, len(group))
        first = scale.x(stands) - (across - 1) * pitch / 2
        for place, mark in enumerate(group):
            yield mark, round(first + place % across * pitch, 1), first + (across - 1) * pitch


def _counted(marks: Sequence[Mark], scale: _Scale, top: float) -> list[DrawnMark]:
    """How many there are in each column."""
    columns: dict[int, list[Mark]] = {}
    for mark in marks:
        columns.setdefault(scale.column(mark.stands), []).append(mark)
    y = round(top + 3 + SIGN / 2, 1)
    return [
        DrawnMark(listed[0], x, y, x, x, left=len(listed))
        for column, listed in sorted(columns.items())
        for x in [scale.middle(column)]
    ]


def _summed(days: Sequence[Day], scale: _Scale) -> dict[int, tuple[int, int]]:
    """By column, what was released and what was held."""
    sums: dict[int, tuple[int, int]] = {}
    for each in days:
        begins = begin(each.day)
        if scale.has(begins):
            released, held = sums.get(scale.column(begins), (0, 0))
            sums[scale.column(begins)] = released + each.released, held + each.held
    return dict(sorted(sums.items()))


def _columns(summed: dict[int, tuple[int, int]], scale: _Scale, most: int) -> list[Column]:
    tall, wide = CURVE / max(most, 1), scale.slot * 0.76
    found = []
    for column, (released, held) in summed.items():
        begins = (scale.first + column * scale.step) * DAY_US
        days = When(begins, begins + scale.step * DAY_US, "day" if scale.step == 1 else "days")
        title = f"{days.words}: {released:,} released" + (f", {held:,} held" if held else "")
        x = round(scale.middle(column) - wide / 2, 1)
        found.append(Column(x, round(wide, 1), round(released * tall, 1), round(held * tall, 1), title))
    return found


def _ticks(scale: _Scale, most: int) -> list[Tick]:
    every = max(1, math.ceil(scale.count / most))
    ticks = []
    for column in range(0, scale.count, every):
        begins = (scale.first + column * scale.step) * DAY_US
        day = date.fromisoformat(write(begins)[:10])
        text = f"{day.day} {MONTHS[day.month - 1]}"
        ticks.append(Tick(scale.x(begins), text if scale.count * scale.step < 300 else f"{text} {day.year}"))
    return ticks


def _shades(shades: Sequence[Shade], scale: _Scale, right: float) -> list[DrawnShade]:
    found = []
    for place, shade in enumerate(shades):
        drawn = scale.stretch(shade.since, shade.until)
        # Its name stands at its left edge, or, where there is no room for it, ends at its right one.
        is_late = right - drawn.x < (len(shade.pause) + 2) * 7
        found.append(DrawnShade(shade, drawn.x, drawn.width, HEAD * place + 4.0, is_late))
    return found
