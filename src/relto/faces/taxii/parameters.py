"""The query of a TAXII request: filters and paging (TAXII 2.1 sections 3.4 and 3.5).

What is malformed is refused (`parameter-malformed`, 400); what is unknown is ignored, as the standard allows. A
parameter that an endpoint does not have is ignored there.

>>> query = read(b"added_after=2025-03-05T12:00:00Z&limit=5&match[type]=note,grouping", OBJECTS, default=9, most=99)
>>> query.added_after, query.limit, query.types
(1741176000000000, 5, ('grouping', 'note'))
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_plus

from relto.domain.errors import BadInput
from relto.domain.moment import parse_timestamp
from relto.usecases.reading import Query

QUERY_BYTES_MAX: Final = 65_536
VALUES_MAX: Final = 1_000
"""Values of one `match`."""
NUMBER_DIGITS_MAX: Final = 18

OBJECTS: Final = frozenset(
    {"added_after", "limit", "next", "match[id]", "match[type]", "match[version]", "match[spec_version]"}
)
"""Of the lists of objects and of the manifest."""
OBJECT: Final = frozenset({"added_after", "limit", "next", "match[version]", "match[spec_version]"})
"""Of one object."""
VERSIONS: Final = frozenset({"added_after", "limit", "next", "match[spec_version]"})
"""Of an object's versions."""
DELETION: Final = frozenset({"match[version]", "match[spec_version]"})
"""Of a deletion."""

_DIGITS: Final = re.compile(r"[0-9]+")
_SPEC_VERSION: Final = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}")
_WORDS: Final = {"last", "first"}


def salvaged(query: bytes) -> Query:
    """What was asked of a list, where only how it is to be paged is malformed.

    Raises `BadInput` (`parameter-malformed`) where it cannot be told what was asked for.
    """
    try:
        return read(query, OBJECTS, default=1, most=1)
    except BadInput:
        return read(query, OBJECTS - {"limit", "next"}, default=1, most=1)


def read(query: bytes, allowed: frozenset[str], *, default: int, most: int) -> Query:
    """What was asked. `default` and `most` bound the page: a greater `limit` counts as `most`.

    Raises `BadInput` (`parameter-malformed`).
    """
    if not query:
        return Query(limit=default)
    given = _pairs(query, allowed)
    limit = _limit(given["limit"], most) if "limit" in given else default
    added_after = _moment("added_after", given["added_after"]) if "added_after" in given else None
    cursor = given.get("next")
    if cursor == "":
        raise _malformed("next", "it is empty")
    return Query(
        limit,
        added_after,
        cursor,
        ids=_values("match[id]", given),
        types=_values("match[type]", given),
        versions=_versions(given),
        spec_versions=_spec_versions(given),
    )


def _pairs(query: bytes, allowed: frozenset[str]) -> dict[str, str]:
    if len(query) > QUERY_BYTES_MAX:
        raise BadInput("parameter-malformed", f"a query has at most {QUERY_BYTES_MAX} bytes")
    given: dict[str, str] = {}
    try:
        parts = query.decode("ascii").split("&")
    except UnicodeDecodeError:
        raise BadInput("parameter-malformed", "the query is not percent-encoded") from None
    for part in parts:
        name, _, value = part.partition("=")
        try:
            name = unquote_plus(name, errors="strict") if "%" in name else name
            if name not in allowed:
                continue
            value = unquote_plus(value, errors="strict") if "%" in value or "+" in value else value
        except UnicodeDecodeError:
            raise BadInput("parameter-malformed", "the query holds what is not UTF-8") from None
        if name in given:
            raise _malformed(name, "it is given more than once")
        given[name] = value
    return given


def _limit(text: str, most: int) -> int:
    if _DIGITS.fullmatch(text) is None or not text.strip("0"):
        raise _malformed("limit", "it is a whole number above 0")
    return most if len(text.lstrip("0")) > NUMBER_DIGITS_MAX else min(int(text), most)


def _moment(name: str, text: str) -> int:
    try:
        return parse_timestamp(text)
    except BadInput:
        raise _malformed(name, "it is a moment in the form 2025-03-05T12:00:00.000000Z") from None


def _values(name: str, given: dict[str, str]) -> tuple[str, ...] | None:
    if name not in given:
        return None
    values = given[name].split(",")
    if not all(values):
        raise _malformed(name, "one of its values is empty")
    if len(values) > VALUES_MAX:
        raise _malformed(name, f"it has more than {VALUES_MAX} values")
    # In one order, so that a walk which names the same values otherwise is the same walk.
    return tuple(sorted(set(values)))


def _versions(given: dict[str, str]) -> tuple[str | int, ...] | None:
    name = "match[version]"
    if name not in given:
        return None
    values = given[name].split(",")
    if len(values) > VALUES_MAX:
        raise _malformed(name, f"it has more than {VALUES_MAX} values")
    if "all" in values and len(values) > 1:
        raise _malformed(name, "`all` stands alone")
    if values == ["all"]:
        return ("all",)
    words = sorted(value for value in values if value in _WORDS)
    moments = sorted(_moment(name, value) for value in values if value not in _WORDS)
    if len(words) != len(set(words)) or len(moments) != len(set(moments)):
        raise _malformed(name, "a value is given more than once")
    return (*words, *moments)


def _spec_versions(given: dict[str, str]) -> tuple[str, ...] | None:
    values = _values("match[spec_version]", given)
    if values is not None and not all(_SPEC_VERSION.fullmatch(value) for value in values):
        raise _malformed("match[spec_version]", "a version of the specification is written like 2.1")
    return values


def _malformed(name: str, why: str) -> BadInput:
    return BadInput("parameter-malformed", f"the parameter `{name}` is malformed: {why}", parameter=name)
