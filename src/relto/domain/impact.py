"""Impact: what a pause costs a recipient: how much is kept from it, how stale what it has became, what it got before.

Days are those of UTC, by their number since 1970. A series lists every day from its first to its last, the empty ones
among them, and so many at most; what is older than its first day counts under that one. Nothing here is a fraction:
what is shared out over days stays a number of items beside a length, and is rounded only where people read it.

>>> pause = Window.before(since=10 * DAY_US, lasted=DAY_US)
>>> pause.days, pause.day_numbers
(7, (3, 4, 5, 6, 7, 8, 9))
>>> Series(3, (0, 2, 1)).dated()
(('1970-01-04', 0), ('1970-01-05', 2), ('1970-01-06', 1))
>>> Freshness("naval", newest=5 * DAY_US, newer=3).age(at=7 * DAY_US) == 2 * DAY_US
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from relto.domain.moment import DAY_US, write

if TYPE_CHECKING:
    from relto.domain.pause import Pause

"""Microseconds in a day."""

SERIES_DAYS_MAX: Final = 366
"""Days of one series."""

BEFORE_DAYS_MIN: Final = 7
BEFORE_DAYS_MAX: Final = 90
"""How many days before a pause are looked at: as many as it lasted, but no fewer and no more."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, `since <= moment < until`, in microseconds. Never ends before it begins."""

    since: int
    until: int

    def __post_init__(self) -> None:
        assert self.since <= self.until, "a window does not end before it begins"

    @classmethod
    def before(cls, since: int, lasted: int) -> Window:
        """What a pause is compared with: whole days, each of 24 hours, that end where it began."""
        days = min(max(_days_begun(lasted), BEFORE_DAYS_MIN), BEFORE_DAYS_MAX)
        return cls(since - days * DAY_US, since)

    @property
    def length(self) -> int:
        """In microseconds."""
        return self.until - self.since

    @property
    def days(self) -> int:
        """How many days of 24 hours it lasts, the last of them begun."""
        return _days_begun(self.length)

    @property
    def day_numbers(self) -> tuple[int, ...]:
        """The days on which it lasts, the last ones where they are too many for a series; one at least."""
        first, last = self.since // DAY_US, max(self.until - 1, self.since) // DAY_US
        return tuple(range(max(first, last - SERIES_DAYS_MAX + 1), last + 1))


def _days_begun(length: int) -> int:
    return -(-length // DAY_US)


@dataclass(frozen=True, slots=True)
class Series:
    """So many items on each day, from the day of this number on."""

    first_day: int
    items: tuple[int, ...]

    @classmethod
    def sum(cls, first_day: int, rows: Iterable[Sequence[int]], *, length: int) -> Series:
        """The series of that length whose days are the sums of these rows'."""
        found = [0] * length
        for row in rows:
            for place, items in enumerate(row):
                found[place] += items
        return cls(first_day, tuple(found))

    @property
    def total(self) -> int:
        """Of all days."""
        return sum(self.items)

    def dated(self) -> tuple[tuple[str, int], ...]:
        """Each (day, items), the day as `2025-03-05`."""
        return tuple((write((self.first_day + place) * DAY_US)[:10], items) for place, items in enumerate(self.items))


def daily_tenths(items: int, length: int) -> int:
    """Tenths of an item in a day, where so many came in `length` microseconds; rounded, a half up. 0 for no length.

    >>> daily_tenths(10, 4 * DAY_US), daily_tenths(1, 4 * DAY_US)
    (25, 3)
    """
    return (items * 20 * DAY_US + length) // (2 * length) if length else 0


@dataclass(frozen=True, slots=True)
class Held:
    """What a pause keeps back in one flow, or kept back when it ended.

    `per_day`: by the day of storing; `per_topic_day`: the same by topic, each with the same days. An item counts under
    each of its topics, and under none where it has none. `oldest`: when the first of it was stored, in microseconds.
    `hidden`: what was released before and it closes to reading as well, which is not held.
    """

    items: int
    by_topic: Mapping[str, int]
    by_type: Mapping[str, int]
    per_day: Series
    per_topic_day: Mapping[str, tuple[int, ...]]
    oldest: int | None = None
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh the newest is that a recipient can read on one topic; moments of storing, in microseconds.

    `newest`: None where it can read nothing. `newer`: how much of the topic the pause keeps back that is newer; None
    for whoever may not know. `newest_plain` and `newer_plain`: the same but for what exceptions let through, which may
    make a topic look fresher than it is.
    """

    topic: str
    newest: int | None
    newest_plain: int | None = None
    newer: int | None = None
    newer_plain: int | None = None

    def age(self, at: int) -> int | None:
        """How old the newest is at the moment, in microseconds. Items are stored a little ahead of the clock."""
        return None if self.newest is None else max(at - self.newest, 0)

    def plain_age(self, at: int) -> int | None:
        """The same but for exceptions."""
        return None if self.newest_plain is None else max(at - self.newest_plain, 0)


@dataclass(frozen=True, slots=True)
class Received:
    """What was released to a recipient in a window; `per_day`: by the day on which it was."""

    window: Window
    per_day: Series
    by_topic: Mapping[str, int]

    @property
    def items(self) -> int:
        """All of it."""
        return self.per_day.total


@dataclass(frozen=True, slots=True)
class Became:
    """What became of what a pause held, by now: the numbers add up to all of it.

    `released`; `discarded`; `review`: a review keeps it; `held`: others that covered it took it over; `withheld`: the
    agreement granted it no more.
    """

    released: int = 0
    discarded: int = 0
    review: int = 0
    held: int = 0
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class Impact:
    """What a pause costs, or cost, one recipient under one agreement, at the moment `at` (microseconds).

    `held`: None for whoever may not know. `became`: where the pause was lifted; `at` is when, then. `warnings`: by
    exception of the agreement, what was released of it since the pause began. `reports`: what others report of its
    impact, as plain values: whoever keeps such a record adds it.
    """

    pause: Pause
    agreement: str
    to: str
    at: int
    held: Held | None
    staleness: Sequence[Freshness]
    warnings: Mapping[str, int]
    before: Received
    since: Received
    became: Became | None = None
    reports: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
