"""Sentences: the tokens of a paragraph, cut where a sentence ends, with quotations as single tokens in them.

A stop after an abbreviation or an initial ends nothing. A quotation ends its sentence where its own words do, unless
what follows says who said them.

>>> from relto.domain.article.quotation import quotations_of
>>> text = "“Is it over?” he asked. Gen. Clark left. Nobody knew."
>>> [each.text for each in sentences_of(text, 0, quotations_of([text])[0])]
['“Is it over?” he asked.', 'Gen. Clark left.', 'Nobody knew.']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from relto.domain.article.quotation import Quotation
from relto.domain.article.token import Token, tokens_of
from relto.domain.article.verbs import SAYING
from relto.domain.article.words import word_set

_ABBREVIATIONS: Final = word_set(
    "mr mrs ms dr prof gen lt col maj capt cmdr sgt adm brig sen rep gov pres st sr jr hon rev amb vs etc no nos vol "
    "jan feb mar apr jun jul aug sep sept oct nov dec inc ltd co corp e.g i.e approx dept est"
)
_ENDS: Final = frozenset({".", "!", "?", "…", "..."})
_OPENERS: Final = word_set("the a an he she they it in on at but and this that these those his her its their")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its tokens, its text, and the numbers of its paragraph and of itself within that."""

    text: str
    paragraph: int
    number: int
    tokens: tuple[Token, ...]

    @property
    def quotes(self) -> tuple[int, ...]:
        """The places, among the tokens, of what is quoted."""
        return tuple(place for place, token in enumerate(self.tokens) if token.kind == "quote")

    @property
    def is_quoted_only(self) -> bool:
        """Whether nobody but a speaker says anything in it."""
        return bool(self.quotes) and all(token.kind != "word" for token in self.tokens)


def sentences_of(text: str, paragraph: int, quotations: Sequence[Quotation]) -> list[Sentence]:
    """The sentences of a paragraph, in order."""
    tokens = tokens_of(text, [(each.outer_start, each.outer_end) for each in quotations])
    found: list[Sentence] = []
    begun = 0
    for place, token in enumerate(tokens):
        if _ends(tokens, place, token, text) or place == len(tokens) - 1:
            part = tuple(tokens[begun : place + 1])
            found.append(Sentence(text[part[0].start : part[-1].end], paragraph, len(found), part))
            begun = place + 1
    return found


def _ends(tokens: Sequence[Token], place: int, token: Token, text: str) -> bool:
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    if following is None:
        return True
    if token.kind == "quote":
        return _quotation_ends(tokens, place, token)
    if token.kind == "mark":
        if token.text not in _ENDS or following.text in _ENDS or following.text in {")", "]", ","}:
            return False
        if following.kind == "word" and not (following.is_capital or following.text[0].isdigit()):
            return False
        if token.text == "." and place and tokens[place - 1].end == token.start:
            return not _is_abbreviation(tokens[place - 1], following)
        return True
    # `in the U.S. The pause …`: the abbreviation's stop is the sentence's.
    return token.text.endswith(".") and following.is_capital and following.lower in _OPENERS and text[token.end] == " "


def _is_abbreviation(before: Token, following: Token) -> bool:
    if before.kind != "word" or following.kind == "quote":
        return False
    if len(before.text) == 1:
        return before.is_capital and before.text != "I"
    if before.lower not in _ABBREVIATIONS or (before.lower == "no" and not following.text[0].isdigit()):
        return False
    return before.is_capital or before.lower in {"vs", "etc", "e.g", "i.e", "approx", "no"}


def _quotation_ends(tokens: Sequence[Token], place: int, token: Token) -> bool:
    inner = token.text.rstrip("\"”»’'“›").rstrip()
    following = tokens[place + 1]
    if not inner.endswith((".", "!", "?", "…", "...")):
        return False
    if following.kind == "quote":
        return True
    if not (following.is_capital or following.text[:1].isdigit()):
        return False
    # `“Is it over?” Mr Rubio asked.`: up to the verb there are only names.
    for ahead in range(place + 1, min(place + 9, len(tokens))):
        word = tokens[ahead]
        if word.kind != "word" and word.text != ".":
            return True
        if word.lower in SAYING and ahead > place + 1:
            if not inner.endswith((".", "…")):
                return False
            last = ahead + 1 >= len(tokens)
            return not (last or tokens[ahead + 1].text in {".", ","} or tokens[ahead + 1].lower in {"on", "in"})
        if not word.is_capital and word.lower not in word_set("bin al de van von of the"):
            # `“No more!” Mr Rubio bellowed.`: a name and one word is who said it, whatever the word is.
            return not (
                ahead > place + 1
                and word.lower.endswith(("ed", "s"))
                and (ahead + 1 >= len(tokens) or tokens[ahead + 1].text in {".", ","})
            )
    return True
