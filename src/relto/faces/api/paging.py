"""Lists page by page: one order of all entries, by which they are sorted and cut alike.

>>> paged([{"agreement": name} for name in ("10", "abc", "5")], ["agreement"], 2, None)
([{'agreement': '5'}, {'agreement': '10'}], '10')
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

DIGITS_MAX: Final = 15
"""Longer numbers are no numbers of ours, and stand among the texts."""


def paged(
    document: Sequence[dict[str, Any]], key: Sequence[str], limit: int, after: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """The entries behind `after`, at most `limit`, and what the next page comes after.

    Raises `BadInput` `cursor-invalid`.
    """
    # A list that is sorted otherwise than it is cut loses entries: names may be numbers, here beside texts.
    found = sorted(document, key=lambda each: tuple(_place(str(each[name])) for name in key))
    if after is not None:
        mark = tuple(_place(part) for part in after.split("~"))
        if len(mark) != len(key):
            raise BadInput("cursor-invalid", "`after` is no cursor of this list", remedy="begin without it")
        found = [each for each in found if tuple(_place(str(each[name])) for name in key) > mark]
    following = None
    if len(found) > limit:
        found = found[:limit]
        following = "~".join(str(found[-1][name]) for name in key)
    return found, following


def _place(text: str) -> tuple[int, int, str]:
    """Numbers first, by what they count, then texts; `007` is another entry than `7`, so it has another place."""
    if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX:
        return 0, int(text), text
    return 1, 0, text
