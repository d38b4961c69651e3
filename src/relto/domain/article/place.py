"""Places in prose: what follows `in`, `at`, `near` or `aboard` and begins with a capital letter.

>>> from relto.domain.article.known import Known
>>> from relto.domain.article.parties import Register
>>> from relto.domain.article.token import tokens_of
>>> places = Places(Register(Known()))
>>> tokens = tokens_of("They met in Jeddah, Saudi Arabia, and spoke aboard Air Force One.")
>>> [each.text for each in places.places_in(tokens)]
['Jeddah, Saudi Arabia', 'Air Force One']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from relto.domain.article.dates import MONTHS, WEEKDAYS
from relto.domain.article.parties import Register
from relto.domain.article.roles import BODIES
from relto.domain.article.token import Token
from relto.domain.article.words import word_set

PREPOSITIONS: Final = frozenset({"in", "at", "near", "aboard", "outside"})
_TRAVEL: Final = word_set(
    "travel travels travelled traveled travelling fly flies flew flying go going went head heads headed heading"
)
_WORDS_MAX: Final = 5
_JOINING: Final = word_set("of de el al la le sur am upon")
_TOWNS: Final = word_set("city port town village capital resort island province region")
_NO_PLACES: Final = word_set(
    "he she it they we i english french congress parliament nato truth telegram twitter x facebook mr mrs ms dr "
    "president prime cnn bbc fox reuters"
)


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A place in a sentence: tokens `[start, end)`, the preposition before them not among these."""

    start: int
    end: int
    text: str


class Places:
    """Finds places."""

    def __init__(self, register: Register) -> None:
        """The register tells a state, which may stand behind a town, from its people."""
        self._register = register

    def places_in(self, tokens: Sequence[Token]) -> list[PlaceMention]:
        """The places in a sentence, in order."""
        found = []
        for place, token in enumerate(tokens[:-1]):
            travels = token.lower == "to" and place > 0 and tokens[place - 1].lower in _TRAVEL
            if token.kind == "word" and (token.lower in PREPOSITIONS or travels):
                mention = self._after(tokens, place + 1)
                if mention is not None:
                    found.append(mention)
        return found

    def _after(self, tokens: Sequence[Token], begin: int) -> PlaceMention | None:
        start = begin
        if tokens[start].lower in {"the", "a"}:
            start += 1
        while start < len(tokens) and start - begin < 5 and self._is_description(tokens, start):
            start += 1
        party = self._register.party_at(tokens, start) if start < len(tokens) else None
        if party is not None and party.form == "people":
            return None
        end = party.end if party is not None else self._name_end(tokens, start)
        if end + 2 < len(tokens) and tokens[end].lower in _TOWNS and tokens[end + 1].lower == "of":
            # `the Red Sea city of Jeddah`
            start, party = end + 2, None
            end = self._name_end(tokens, start)
        if end == start or tokens[start].lower in _NO_PLACES:
            return None
        text = " ".join(token.base for token in tokens[start:end])
        # A town, and after a comma the land that it is in.
        if end + 1 < len(tokens) and tokens[end].text == ",":
            land = self._register.party_at(tokens, end + 1)
            if land is not None and land.form == "name" and (party is None or party.is_town):
                text += ", " + " ".join(token.base for token in tokens[land.start : land.end])
                end = land.end
        return PlaceMention(start, end, text[:200])

    def _is_description(self, tokens: Sequence[Token], place: int) -> bool:
        """`the Saudi city of Jeddah`, `the port of Odesa`, `the Red Sea city of Jeddah`."""
        token = tokens[place]
        following = tokens[place + 1].lower if place + 1 < len(tokens) else ""
        if not token.is_capital and following in word_set("city port town village capital resort island"):
            return True
        if token.lower in word_set(
            "city port town village capital of resort nearby southern northern eastern western central coastal "
            "island state"
        ):  # fmt: skip
            return True
        if token.is_possessive and self._register.party_at(tokens, place):
            return True
        mention = self._register.party_at(tokens, place)
        following = tokens[mention.end].lower if mention is not None and mention.end < len(tokens) else ""
        return mention is not None and mention.form == "people" and following in {"city", "port", "town", "capital"}

    def _name_end(self, tokens: Sequence[Token], start: int) -> int:
        end = start
        while end < len(tokens) and end - start < _WORDS_MAX:
            token = tokens[end]
            is_joining = (
                token.lower in {"on", "for", "and"}
                and end > start
                and tokens[end - 1].lower in BODIES
                and end + 1 < len(tokens)
                and tokens[end + 1].is_capital
                and tokens[end + 1].lower not in WEEKDAYS
                and tokens[end + 1].lower not in MONTHS
            ) or (token.lower in _JOINING and end > start and end + 1 < len(tokens) and tokens[end + 1].is_capital)
            if not (token.is_capital or is_joining):
                break
            if token.lower in MONTHS or token.lower in WEEKDAYS:
                break
            end += 1
            if token.is_possessive:
                return start
        return end
