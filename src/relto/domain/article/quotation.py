"""Quotations: what stands between quotation marks, whichever marks they are, over as many paragraphs as it does.

The rules, in order: marks that show their direction are believed; a straight mark opens after a blank and closes before
one; an apostrophe is none; what is quoted within a quotation belongs to it; a quotation that is open when its paragraph
ends goes on in the next one where that begins with an opening mark, as printers do it; otherwise it was a slip.

>>> text = "“It’s a pause,” he said. 'It is not an end.'"
>>> [text[each.start : each.end] for each in quotations_of([text])[0]]
['It’s a pause,', 'It is not an end.']
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_MARKS: Final = re.compile("[\"“”„‟«»‘’‚‹›']|''|``")
_CLOSING: Final = {"“": "”", "„": "“”", "‟": "”", "«": "»", '"': '"', "‘": "’", "'": "'", "‹": "›", "‚": "‘’"}
_SINGLE: Final = frozenset("‘'‚’")
_BEFORE_OPENING: Final = frozenset("([{—–-/:,“«")
_AHEAD: Final = 12
"""So many marks are looked at to tell a plural's apostrophe from the end of a quotation."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """`[start, end)` is what was said, `[outer_start, outer_end)` is that with its marks, in paragraph number
    `paragraph`. `goes_on`: it was not closed there, and the next paragraph's first quotation is more of it.
    """

    paragraph: int
    start: int
    end: int
    outer_start: int
    outer_end: int
    goes_on: bool = False
    continues: bool = False


@dataclass(slots=True)
class _Open:
    mark: str
    outer: int
    inner: int


def quotations_of(paragraphs: Sequence[str]) -> list[list[Quotation]]:
    """The quotations of each paragraph, in order; none lies within another."""
    found: list[list[Quotation]] = []
    was_open: str = ""
    for number, text in enumerate(paragraphs):
        following = paragraphs[number + 1] if number + 1 < len(paragraphs) else ""
        quotations, left = _in_paragraph(text, number)
        if was_open and quotations and not text[: quotations[0].outer_start].strip():
            first = quotations[0]
            quotations[0] = Quotation(
                number, first.start, first.end, first.outer_start, first.outer_end, first.goes_on, continues=True
            )
        goes_on = left is not None and following.lstrip()[:1] == left.mark
        if left is not None and goes_on:
            continues = bool(was_open) and not quotations and not text[: left.outer].strip()
            end = len(text.rstrip())
            quotations.append(Quotation(number, left.inner, end, left.outer, end, goes_on=True, continues=continues))
        was_open = left.mark if left is not None and goes_on else ""
        found.append(quotations)
    return found


def _in_paragraph(text: str, number: int) -> tuple[list[Quotation], _Open | None]:
    """What is closed in it, and what is left open at its end."""
    marks = [(match[0], match.start(), match.end()) for match in _MARKS.finditer(text)]
    found: list[Quotation] = []
    opened: _Open | None = None
    for place, (mark, start, end) in enumerate(marks):
        if opened is None:
            if _opens(text, mark, start, end):
                opened = _Open(mark, start, end)
        elif mark in _CLOSING.get(opened.mark, "") and _closes(text, marks, place, opened):
            inner = text[opened.inner : start].strip()
            # `rock 'n' roll`: a letter is nobody's words.
            if len(inner) > 1 or (inner and opened.mark not in _SINGLE):
                found.append(Quotation(number, opened.inner, start, opened.outer, end))
            opened = None
        elif opened.mark in _SINGLE and mark not in _SINGLE and _opens(text, mark, start, end):
            # What looked like an opening single mark was an apostrophe: no quotation holds a double one open.
            opened = _Open(mark, start, end) if not _has_closing(marks, place, opened.mark, text) else opened
    if opened is not None and opened.mark in _SINGLE:
        opened = None
    return found, opened


def _opens(text: str, mark: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    if mark not in _CLOSING or not after or after.isspace():
        return False
    if mark in "“„‟«":
        return True
    free = not before or before.isspace() or before in _BEFORE_OPENING
    if mark in _SINGLE:
        # A digit: `the '90s`.
        return free and (after.isalpha() or after in '…"“[')
    return free or (mark == '"' and not before.isalnum() and before not in ".,!?")


def _closes(text: str, marks: Sequence[tuple[str, int, int]], place: int, opened: _Open) -> bool:
    _, start, end = marks[place]
    before, after = text[start - 1 : start], text[end : end + 1]
    if opened.mark == '"':
        return not (after.isalnum() and (before.isspace() or start == opened.inner))
    if opened.mark not in _SINGLE:
        return True
    if after.isalnum() or before.isspace():
        return False
    if before not in "sS":
        return True
    # `allies' assets`: a plural, where the quotation is closed further on and before the next one opens.
    return not (after == " " and _has_closing(marks, place, opened.mark, text))


def _has_closing(marks: Sequence[tuple[str, int, int]], place: int, opening: str, text: str) -> bool:
    for mark, start, end in marks[place + 1 : place + 1 + _AHEAD]:
        if mark in _CLOSING[opening] and text[start - 1 : start] in {".", ",", "!", "?", "…"}:
            return not text[end : end + 1].isalnum()
        if mark == opening and _opens(text, mark, start, end):
            return False
    return False
