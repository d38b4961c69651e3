"""Tokens: the words and marks of a paragraph, with where they stand in it.

A word keeps its hyphens, apostrophes and the stops of an abbreviation: `30-day`, `Trump's`, `U.S.`. What is in
quotation marks is one token, `quote`, so that rules about sentences never take a speaker's words for the reporter's.

>>> [token.text for token in tokens_of("The U.S. envoy's 30-day plan.")]
['The', 'U.S.', "envoy's", '30-day', 'plan', '.']
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

TokenKind = Literal["word", "mark", "quote"]

# Each alternative consumes what it matches and none of them nests: one pass, whatever the text is.
_TOKEN: Final = re.compile(
    r"(?:[A-Z]\.){2,}|\d+(?:[.,:]\d+)+|[^\W_]+(?:[-‐‑'’][^\W_]+)*|\.\.\.|--|[^\w\s]|_",
)
_POSSESSIVE: Final = ("'s", "’s", "'S", "’S")
_DASHES: Final = frozenset({"--", "–", "—"})


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a mark, or a whole quotation (`quote`, its number in the paragraph); `[start, end)` in the paragraph."""

    text: str
    start: int
    end: int
    kind: TokenKind = "word"
    quote: int = -1
    base: str = field(init=False, compare=False)
    lower: str = field(init=False, compare=False)
    is_capital: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """`base`: without a possessive ending; `lower`: the base in small letters."""
        base = self.text[:-2] if self.kind == "word" and self.text.endswith(_POSSESSIVE) else self.text
        object.__setattr__(self, "base", base)
        object.__setattr__(self, "lower", base.lower().replace("’", "'"))
        object.__setattr__(self, "is_capital", self.kind == "word" and self.text[:1].isupper())

    @property
    def is_possessive(self) -> bool:
        """Whether it ends in `'s`."""
        return self.base is not self.text and len(self.base) != len(self.text)

    @property
    def is_dash(self) -> bool:
        """Whether it is a dash between two clauses."""
        return self.kind == "mark" and self.text in _DASHES


def tokens_of(text: str, quotes: Sequence[tuple[int, int]] = ()) -> list[Token]:
    """The tokens of a paragraph; each of `quotes`, its marks included and in order, is one token."""
    found: list[Token] = []
    at = 0
    for number, (start, end) in enumerate(quotes):
        found += _plain(text, at, start)
        found.append(Token(text[start:end], start, end, "quote", number))
        at = end
    return found + _plain(text, at, len(text))


def _plain(text: str, start: int, end: int) -> list[Token]:
    return [
        Token(match[0], match.start(), match.end(), "word" if match[0][0].isalnum() else "mark")
        for match in _TOKEN.finditer(text, start, end)
    ]
