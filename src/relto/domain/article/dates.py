"""Dates in prose, resolved against the day on which an article appeared.

A weekday is the latest one, the article's own day included; where what is told is ahead, it is the next one. A month
without a year is the nearest. What is relative stays unresolved where the article has no date.

>>> from relto.domain.article.token import tokens_of
>>> day = date(2025, 3, 9)
>>> def dated(text):
...     return [each.value for each in dates_in(tokens_of(text), day)]
>>> dated("On Sunday he said talks will be held on Tuesday"), dated("from March 4 to 5, or early April")
(['2025-03-09', '2025-03-11'], ['2025-03-04/2025-03-05', '2025-04-01/2025-04-10'])
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from relto.domain.article.token import Token, tokens_of
from relto.domain.article.verbs import FUTURE
from relto.domain.article.words import phrase_list, word_set

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        phrase_list(
            "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sep sept|"
            "october oct|november nov|december dec"
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
"""Names of months, with their number."""

WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
    for name in (names, f"{names}s")
}
COUNTS: Final = {
    word: number
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
} | {"a": 1, "an": 1}
_PARTS: Final = {"early": (1, 10), "mid": (11, 20), "late": (21, 31)}
_NEAR: Final = {"today": 0, "tonight": 0, "yesterday": -1, "tomorrow": 1}
_SPANS: Final = frozenset({"week", "month", "weekend", "year"})
_DAY: Final = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?")
_DAYS: Final = re.compile(r"([0-9]{1,2})[-‐‑]([0-9]{1,2})")
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}")
_ISO: Final = re.compile(r"((?:19|20)[0-9]{2})[-‐‑]([0-9]{2})[-‐‑]([0-9]{2})")
_SIGNS: Final = 16
"""So many words before a weekday tell whether it is ahead."""

_PAST: Final = word_set(
    "said told added wrote met was were had held took came announced warned arrived spoke called on's last suspended "
    "paused signed began started ended left confirmed posted"
)


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date in a sentence: tokens `[start, end)`; `value`: a day, an interval of days `A/B`, or a month `2025-03`."""

    start: int
    end: int
    value: str

    @property
    def is_day(self) -> bool:
        """Whether it is one day."""
        return len(self.value) == 10


def dates_in(tokens: Sequence[Token], on: date | None) -> list[DateMention]:
    """The dates in a sentence of an article that appeared `on` that day, in order."""
    found: list[DateMention] = []
    place = 0
    while place < len(tokens):
        mention = _date_at(tokens, place, on)
        if mention is not None:
            before = found[-1] if found else None
            if before is not None and _is_named_day(tokens, before, mention):
                # `Tuesday, March 11`: one day, and its number counts.
                found[-1] = mention = DateMention(before.start, mention.end, mention.value)
            else:
                found.append(mention)
        place = mention.end if mention is not None else place + 1
    return found


def _is_named_day(tokens: Sequence[Token], before: DateMention, mention: DateMention) -> bool:
    day = tokens[before.end - 1].lower in WEEKDAYS
    between = [token.text for token in tokens[before.end : mention.start]]
    return day and mention.is_day and between in ([], [","], ["("]) and tokens[mention.start].lower not in WEEKDAYS


def _date_at(tokens: Sequence[Token], place: int, on: date | None) -> DateMention | None:
    token = tokens[place]
    if token.kind != "word":
        return None
    if token.text[0].isdigit():
        return _from_number(tokens, place, on)
    part, dash, month = token.lower.partition("-")
    if dash and part in _PARTS and month in MONTHS:
        year, end = _year(tokens, place + 1)
        year = year or _nearest_year(MONTHS[month], 15, on)
        return DateMention(place, end if year else place + 1, _part_of(year, MONTHS[month], part)) if year else None
    if token.is_capital and token.lower in MONTHS:
        return _from_month(tokens, place, on)
    return _relative(tokens, place, on) if on is not None else None


def _from_number(tokens: Sequence[Token], place: int, on: date | None) -> DateMention | None:
    text = tokens[place].base
    iso = _ISO.fullmatch(text)
    if iso is not None:
        day = _day(int(iso[1]), int(iso[2]), int(iso[3]))
        return DateMention(place, place + 1, day.isoformat()) if day is not None else None
    first, last, end = _days(tokens, place)
    if not first:
        return None
    if _lower(tokens, end) == "of":
        end += 1
    month = MONTHS.get(_lower(tokens, end), 0) if end < len(tokens) and tokens[end].is_capital else 0
    if not month:
        return None
    end += 1
    year, end = _year(tokens, end)
    return _dated(place, end, year, month, first, last, on)


def _from_month(tokens: Sequence[Token], place: int, on: date | None) -> DateMention | None:
    month = MONTHS[tokens[place].lower]
    end = place + 1
    if end < len(tokens) and tokens[end].text == ".":
        end += 1
    first, last, after = _days(tokens, end)
    if first:
        year, after = _year(tokens, after)
        return _dated(place, after, year, month, first, last, on)
    year, after = _year(tokens, end)
    before = _lower(tokens, place - 1) if place else ""
    part = before.removesuffix("-")
    if tokens[place].lower == "may" and not year and before not in {"in", "since", "until", "early", "late", "of"}:
        return None
    if tokens[place].lower in {"mar", "jan", "jun", "dec"} and not year:
        return None
    year = year or _nearest_year(month, 15, on)
    if not year:
        return None
    # What follows a month without a day may be its own stop.
    after = after if after > place + 1 and tokens[after - 1].text != "." else place + 1
    if part in _PARTS:
        return DateMention(place - 1, after, _part_of(year, month, part))
    return DateMention(place, after, f"{year:04d}-{month:02d}")


def _part_of(year: int, month: int, part: str) -> str:
    low, high = _PARTS[part]
    return f"{_day(year, month, low)}/{_last_of(year, month) if high > 28 else _day(year, month, high)}"


def _days(tokens: Sequence[Token], place: int) -> tuple[int, int, int]:
    """The first and the last day of the month that stand there, and where they end; 0 where none does."""
    if place >= len(tokens):
        return 0, 0, place
    both = _DAYS.fullmatch(tokens[place].base)
    if both is not None:
        return int(both[1]), int(both[2]), place + 1
    one = _DAY.fullmatch(tokens[place].base)
    if one is None or not 1 <= int(one[1]) <= 31:
        return 0, 0, place
    if place + 2 < len(tokens) and (tokens[place + 1].is_dash or tokens[place + 1].lower in {"to", "and", "until"}):
        other = _DAY.fullmatch(tokens[place + 2].base)
        if other is not None and int(one[1]) < int(other[1]) <= 31:
            return int(one[1]), int(other[1]), place + 3
    return int(one[1]), int(one[1]), place + 1


def _year(tokens: Sequence[Token], place: int) -> tuple[int, int]:
    skip = 1 if place < len(tokens) and tokens[place].text == "," else 0
    if place + skip < len(tokens) and _YEAR.fullmatch(tokens[place + skip].base):
        return int(tokens[place + skip].base), place + skip + 1
    return 0, place


def _dated(start: int, end: int, year: int, month: int, first: int, last: int, on: date | None) -> DateMention | None:
    year = year or _nearest_year(month, first, on)
    low, high = _day(year, month, first), _day(year, month, last)
    if low is None or high is None:
        return None
    return DateMention(start, end, low.isoformat() if low == high else f"{low}/{high}")


def _relative(tokens: Sequence[Token], place: int, on: date) -> DateMention | None:
    word = tokens[place].lower
    before = _lower(tokens, place - 1) if place else ""
    after = _lower(tokens, place + 1)
    try:
        if word in WEEKDAYS and tokens[place].is_capital:
            return _weekday(tokens, place, on)
        if word in _NEAR:
            return DateMention(place, place + 1, str(on + timedelta(days=_NEAR[word])))
        if word == "this" and after in {"morning", "afternoon", "evening"}:
            return DateMention(place, place + 2, str(on))
        if word in {"last", "this", "next", "past", "coming"} and after in _SPANS:
            return DateMention(place, place + 2, _span(word, after, on))
        if word == "weekend" and before in {"the", "over"}:
            return DateMention(place, place + 1, _span("last", "weekend", on))
        if after in {"days", "day", "weeks", "week"} and _lower(tokens, place + 2) == "ago":
            count = COUNTS.get(word, 0) or (int(word) if word.isdigit() and len(word) < 4 else 0)
            unit = 7 if after.startswith("week") else 1
            return DateMention(place, place + 3, str(on - timedelta(days=count * unit))) if count else None
    except OverflowError:
        return None
    return None


def _weekday(tokens: Sequence[Token], place: int, on: date) -> DateMention:
    wanted = WEEKDAYS[tokens[place].lower]
    before = _lower(tokens, place - 1) if place else ""
    start, end = place, place + 1
    back = (on.weekday() - wanted) % 7
    ahead = (wanted - on.weekday()) % 7
    if before == "next":
        day, start = on + timedelta(days=ahead or 7), place - 1
    elif before == "last":
        day, start = on - timedelta(days=back or 7), place - 1
    elif _is_ahead(tokens, place):
        day = on + timedelta(days=ahead)
    else:
        day = on - timedelta(days=back)
    return DateMention(start, end, day.isoformat())


def _is_ahead(tokens: Sequence[Token], place: int) -> bool:
    """Whether the words around a weekday speak of what is to come: the nearest sign before it decides."""
    for before in range(place - 1, max(-1, place - 1 - _SIGNS), -1):
        word = tokens[before].lower
        if word == "held" and tokens[before - 1].lower == "be":
            continue
        if word in _PAST or tokens[before].kind == "quote":
            return False
        if word in FUTURE or (word == "to" and before + 1 < place and tokens[before + 1].lower in _TO_COME):
            return True
        if word in {"after", "since", "following"}:
            return False
        if tokens[before].text in {";", ":"}:
            break
    for after in range(place + 1, min(place + 1 + 6, len(tokens))):
        word = tokens[after].lower
        if word in {"will", "expected", "due", "planned", "scheduled"}:
            return True
        if word in _PAST or tokens[after].text in {",", ";", "."}:
            break
    return False


_TO_COME: Final = word_set("meet hold be begin start resume attend host open travel visit sign send discuss join")


def _span(which: str, unit: str, on: date) -> str:
    step = {"last": -1, "past": -1, "this": 0, "next": 1, "coming": 1}[which]
    if not 1 < on.year + step < 9_999:
        raise OverflowError
    if unit == "year":
        return f"{on.year + step:04d}-01-01/{on.year + step:04d}-12-31"
    if unit == "month":
        months = on.year * 12 + on.month - 1 + step
        return f"{months // 12:04d}-{months % 12 + 1:02d}"
    monday = on - timedelta(days=on.weekday()) + timedelta(days=7 * step)
    if unit == "weekend":
        saturday = monday + timedelta(days=5)
        return f"{saturday}/{saturday + timedelta(days=1)}"
    return f"{monday}/{monday + timedelta(days=6)}"


def _nearest_year(month: int, day: int, on: date | None) -> int:
    if on is None:
        return 0
    found = [
        (abs((when - on).days), year) for year in range(on.year - 1, on.year + 2) if (when := _day(year, month, day))
    ]
    return min(found)[1] if found else 0


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _last_of(year: int, month: int) -> date | None:
    following = _day(year + month // 12, month % 12 + 1, 1)
    return following - timedelta(days=1) if following is not None else None


def _lower(tokens: Sequence[Token], place: int) -> str:
    return tokens[place].lower if 0 <= place < len(tokens) else ""


_DATELINES: Final = 12
_LONG: Final = 160


def dateline(lines: Sequence[str]) -> date | None:
    """The day that stands at the head of a plain text, with its year, in a short line or before a dash."""
    for line in lines[:_DATELINES]:
        tokens = tokens_of(line[:_LONG])
        for mention in dates_in(tokens, None):
            ahead = tokens[mention.end : mention.end + 4]
            if mention.is_day and (len(line) < 100 or any(token.is_dash or token.text == "-" for token in ahead)):
                return date.fromisoformat(mention.value)
    return None
