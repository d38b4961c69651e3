"""When: a date with its precision, which is a moment, a day, an interval of days, or a month.

An interval counts both of its days. Nothing makes a date more precise than it was told.

>>> When.parse("2025-03-04/2025-03-05").text, When.parse("2025-03").precision
('2025-03-04/2025-03-05', 'month')
>>> When.parse("2025-03-03T21:00:00+03:00").text
'2025-03-03T18:00:00Z'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from relto.domain.errors import BadInput
from relto.domain.moment import DAY_US, parse_when, write
from relto.domain.written import shown

Precision = Literal["moment", "day", "days", "month"]

_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_EPOCH: Final = date(1970, 1, 1).toordinal()
_REMEDY: Final = "write 2025-03-05, 2025-03-04/2025-03-05, 2025-03 or 2025-03-03T18:00:00Z"


@dataclass(frozen=True, slots=True, order=True)
class When:
    """`first <= moment < until`, in microseconds since 1970; `precision` says how it was told."""

    first: int
    until: int
    precision: Precision

    @classmethod
    def parse(cls, value: object, *, what: str = "the date") -> When:
        """The date in a text. Raises `BadInput` (`date-invalid`) where there is none, or no such date."""
        if not isinstance(value, str):
            raise BadInput("date-invalid", f"{what} must be a date, not {shown(value)}", remedy=_REMEDY)
        first, slash, last = value.partition("/")
        if slash:
            begins, ends = _day(first, what), _day(last, what)
            if ends < begins:
                raise BadInput("date-invalid", f"{what} {shown(value)} ends before it begins", remedy=_REMEDY)
            return cls(begins, ends + DAY_US, "days" if begins < ends else "day")
        if _DAY.fullmatch(value):
            begins = _day(value, what)
            return cls(begins, begins + DAY_US, "day")
        month = _MONTH.fullmatch(value)
        if month:
            year, number = int(month[1]), int(month[2])
            if not 1 <= number <= 12 or not 1 <= year <= 9998:
                raise _no_such(value, what)
            begins = _day(f"{value}-01", what)
            after = f"{year + number // 12:04d}-{number % 12 + 1:02d}-01"
            return cls(begins, _day(after, what), "month")
        try:
            moment = parse_when(value, now=0, ahead=True) if "T" in value.upper() else None
        except BadInput:
            moment = None
        if moment is None:
            raise _no_such(value, what)
        return cls(moment, moment + 1, "moment")

    @property
    def text(self) -> str:
        """As it is written in files and documents; `When.parse` reads it back."""
        if self.precision == "moment":
            whole = write(self.first)
            return whole.replace(".000000Z", "Z")
        if self.precision == "day":
            return write(self.first)[:10]
        if self.precision == "month":
            return write(self.first)[:7]
        return f"{write(self.first)[:10]}/{write(self.until - 1)[:10]}"

    @property
    def words(self) -> str:
        """As people say it.

        >>> [When.parse(text).words for text in ("2025-03-09", "2025-03-04/2025-03-05", "2025-02-28/2025-03-01")]
        ['9 March 2025', '4 and 5 March 2025', '28 February and 1 March 2025']
        """
        begin, end = write(self.first), write(self.until - 1)
        if self.precision == "month":
            return f"{_MONTHS[int(begin[5:7]) - 1]} {begin[:4]}"
        if self.precision != "days":
            return _said(begin) + (f", {begin[11:16]} UTC" if self.precision == "moment" else "")
        between = " and " if self.until - self.first == 2 * DAY_US else " to "
        if begin[:7] == end[:7]:
            return f"{int(begin[8:10])}{between}{_said(end)}"
        return f"{_said(begin, year=begin[:4] != end[:4])}{between}{_said(end)}"

    @property
    def told(self) -> int:
        """The first moment at which all of it can have been told: of several days, on the last of them."""
        return self.first if self.precision in {"moment", "day"} else self.until - DAY_US

    def overlaps(self, other: When) -> bool:
        """Whether both may be the same moment."""
        return self.first < other.until and other.first < self.until


def day_of(moment: int) -> When:
    """The day, UTC, in which the moment lies."""
    first = moment // DAY_US * DAY_US
    return When(first, first + DAY_US, "day")


def asked_moment(text: str, *, now: int) -> int:
    """The moment of a question about the record: a bare day, an interval or a month means all of it, as far as it has
    passed.

    `now`: the clock, from which a duration counts back. Raises `BadInput` (`when-invalid`, `date-invalid`).
    """
    if _DAY.fullmatch(text) or _MONTH.fullmatch(text) or "/" in text:
        asked = When.parse(text)
        # What has begun and is not over yet is known up to now.
        return now if asked.first <= now < asked.until else asked.until - 1
    return parse_when(text, now=now, ahead=False)


def _said(text: str, *, year: bool = True) -> str:
    return f"{int(text[8:10])} {_MONTHS[int(text[5:7]) - 1]}" + (f" {text[:4]}" if year else "")


def _day(text: str, what: str) -> int:
    found = _DAY.fullmatch(text)
    if found is None:
        raise _no_such(text, what)
    try:
        return (date(int(found[1]), int(found[2]), int(found[3])).toordinal() - _EPOCH) * DAY_US
    except ValueError as error:
        raise _no_such(text, what) from error


def _no_such(text: str, what: str) -> BadInput:
    return BadInput("date-invalid", f"{what} {shown(text)} is no date", remedy=_REMEDY)
