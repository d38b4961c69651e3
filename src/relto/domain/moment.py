"""A moment: an integer, microseconds since 1970-01-01T00:00:00Z, from the year 1 to the end of the year 9999.

Nothing here knows what time it is: whoever wants a moment "from now" hands `now` in. There are no leap
seconds (a second is 0 to 59), no time zones by name, and digits are those of ASCII.

>>> write(parse_timestamp("2025-03-05T12:00:00Z"))
'2025-03-05T12:00:00.000000Z'
>>> write(parse_when("2d", now=parse_timestamp("2025-03-05T12:00:00Z"), ahead=True))
'2025-03-07T12:00:00.000000Z'
>>> write(parse_when("2025-03-05T14:00:00+02:00", now=0, ahead=True))
'2025-03-05T12:00:00.000000Z'
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final, NoReturn

from relto.domain.errors import BadInput
from relto.domain.written import shown

SECOND: Final = 1_000_000
"""Microseconds in a second."""

_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_DAY_SECONDS: Final = 86_400

DAY_US: Final = _DAY_SECONDS * SECOND
"""Microseconds in a day."""

EARLIEST: Final = (date.min.toordinal() - _EPOCH_DAY) * _DAY_SECONDS * SECOND
"""The first moment that can be written: the beginning of the year 1."""

LATEST: Final = (date.max.toordinal() + 1 - _EPOCH_DAY) * _DAY_SECONDS * SECOND - 1
"""The last moment that can be written: the end of the year 9999."""

_MINUTE: Final = 60 * SECOND
_MINUTES: Final = tuple(f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(24 * 60))
_SECONDS: Final = tuple(f"{second:02d}." for second in range(60))

_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": _DAY_SECONDS, "w": 7 * _DAY_SECONDS}

_DURATION: Final = re.compile(r"([0-9]{1,12})([smhdw])")
_DATE: Final = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_TIME: Final = r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
_TIMESTAMP: Final = re.compile(f"{_DATE}T{_TIME}Z")
_INSTANT: Final = re.compile(
    _DATE + r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)

_REMEDY: Final = "write a date, 2025-03-05T12:00:00Z, or a duration such as 90m, 2d or 1w"


def parse_when(text: str, *, now: int, ahead: bool) -> int:
    """The moment that a person typed: ISO 8601, or a duration from `now` (ahead, or back).

    A date alone is its first moment; a time without an offset is UTC. What is finer than a microsecond is cut off.
    Raises `BadInput` (`when-invalid`).
    """
    duration = _DURATION.fullmatch(text)
    if duration is None:
        return parse_instant(text)
    distance = int(duration[1]) * _UNITS[duration[2]] * SECOND
    return _within(now + distance if ahead else now - distance, text)


def parse_instant(text: str) -> int:
    """The moment that ISO 8601 text names, without a clock: `parse_when` less the durations."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        _refuse(text)
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    local = _assemble((year, month, day), (hour or "0", minute or "0", second or "0"), fraction, text)
    return _within(local - _offset_seconds(offset, text) * SECOND, text)


def parse_timestamp(text: str) -> int:
    """The moment that a program wrote: RFC 3339 in UTC with `T` and `Z`, 0 to 9 digits of a second.

    It is the form of STIX 2.1 section 2.13 and of TAXII 2.1 `added_after`. What is finer than a microsecond is
    cut off, which never passes over an item: items stand on whole microseconds. Raises `BadInput` (`when-invalid`).
    """
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        _refuse(text)
    year, month, day, hour, minute, second, fraction = found.groups()
    return _assemble((year, month, day), (hour, minute, second), fraction, text)


def write(us: int) -> str:
    """The moment as `YYYY-MM-DDTHH:MM:SS.ssssssZ`: fixed width, so that order as text is order in time.

    Raises `BadInput` (`when-invalid`) outside the years 1 to 9999.
    """
    days, rest = divmod(us, DAY_US)
    minute, rest = divmod(rest, _MINUTE)
    second, rest = divmod(rest, SECOND)
    return f"{_day(days)}{_MINUTES[minute]}{_SECONDS[second]}{rest:06d}Z"


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    # Rows of one page share their day far more often than not, which is what makes `write` cheap.
    ordinal = days + _EPOCH_DAY
    if not date.min.toordinal() <= ordinal <= date.max.toordinal():
        _refuse(f"{days} days since 1970")
    return date.fromordinal(ordinal).isoformat()


def _assemble(day: tuple[str, str, str], time: tuple[str, str, str], fraction: str | None, text: str) -> int:
    try:
        days = date(int(day[0]), int(day[1]), int(day[2])).toordinal() - _EPOCH_DAY
    except ValueError:
        _refuse(text)
    hour, minute, second = int(time[0]), int(time[1]), int(time[2])
    if hour > 23 or minute > 59 or second > 59:
        _refuse(text)
    us = int(fraction.ljust(6, "0")[:6]) if fraction else 0
    return (days * _DAY_SECONDS + hour * 3600 + minute * 60 + second) * SECOND + us


def _offset_seconds(offset: str | None, text: str) -> int:
    if offset is None or offset in "Zz":
        return 0
    digits = offset[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        _refuse(text)
    return (hours * 3600 + minutes * 60) * (-1 if offset[0] == "-" else 1)


def _within(us: int, text: str) -> int:
    if not EARLIEST <= us <= LATEST:
        _refuse(text)
    return us


def _refuse(text: str) -> NoReturn:
    raise BadInput("when-invalid", f"{shown(text)} is no moment", remedy=_REMEDY)
