"""Timestamps: the text of STIX 2.1 section 2.16 as microseconds since 1970.

>>> micros("1970-01-01T00:00:01.5Z")
1500000
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,30})?Z")
_LEAP = ":60"
DAY_US = 86_400_000_000


@lru_cache(maxsize=1024)
def micros(text: str) -> int:
    """Return the moment in microseconds since 1970, finer digits cut off; at most 30 digits of a second are read.

    A leap second (`23:59:60`, RFC 3339 section 5.7) counts as the first second of the next day. Raises `ValueError`
    where the text has another shape or names a moment that no calendar has, year 0000 among them.
    """
    if _SHAPE.fullmatch(text) is None:
        msg = "not an RFC 3339 timestamp in UTC with `Z`"
        raise ValueError(msg)
    if text.startswith(_LEAP, 16):
        if text[11:16] != "23:59":
            msg = "second must be in 0..59"
            raise ValueError(msg)
        return micros(text[:17] + "59" + text[19:]) + 1_000_000
    since: timedelta = datetime.fromisoformat(text) - _EPOCH
    return since.days * DAY_US + since.seconds * 1_000_000 + since.microseconds
