"""Parties in prose: states and organisations by their names, their peoples and their seats, and those that are known.

>>> from relto.domain.article.known import Known, KnownParty
>>> from relto.domain.article.token import tokens_of
>>> register = Register(Known(parties=(KnownParty("UKR", "Ukraine"), KnownParty("VEL", "Veldania"))))
>>> [(each.party, each.form) for each in register.parties_in(tokens_of("Kyiv and the Veldanian navy told Finland"))]
[('UKR', 'seat'), ('VEL', 'people'), ('Finland', 'name')]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from relto.domain.article.known import Known
from relto.domain.article.states import CAPITALS, CODES, NAMES, PEOPLES, SEATS
from relto.domain.article.token import Token

Form = Literal["name", "people", "seat"]

PHRASE_MAX: Final = 6
"""Words of the longest name that is looked for."""


@dataclass(frozen=True, slots=True)
class PartyMention:
    """A party in a sentence: tokens `[start, end)`. `party`: the code of one that is known, else its name."""

    start: int
    end: int
    party: str
    form: Form
    is_town: bool = False


class Register:
    """Which words mean which party."""

    def __init__(self, known: Known) -> None:
        """What is known comes before the table of states."""
        self._codes = {party.code for party in known.parties}
        self._phrases: dict[tuple[str, ...], tuple[str, Form, bool]] = {}
        for phrase, code in CODES.items():
            form: Form = "people" if phrase in PEOPLES else "seat" if phrase in SEATS else "name"
            self._add(phrase, code if code in self._codes else NAMES[code], form, is_town=phrase in CAPITALS)
        for party in known.parties:
            for name in (party.name, party.code, *party.aliases):
                if len(name) > 1 and name[:1].isupper():
                    self._add(name, party.code, "name")
            for people in _peoples_of(party.name):
                if tuple(people.split()) not in self._phrases:
                    self._add(people, party.code, "people")
        self._longest: dict[str, int] = {}
        for words in self._phrases:
            self._longest[words[0]] = max(len(words), self._longest.get(words[0], 0))

    def _add(self, phrase: str, party: str, form: Form, *, is_town: bool = False) -> None:
        words = tuple(phrase.split())[:PHRASE_MAX]
        self._phrases[words] = (party, form, is_town)

    def learn(self, name: str, peoples: Sequence[str]) -> None:
        """A party of which nobody knows but the article."""
        for phrase, form in ((name, "name"), *((each, "people") for each in peoples)):
            if (phrase,) not in self._phrases:
                self._add(phrase, name, "people" if form == "people" else "name")
                self._longest[phrase] = max(1, self._longest.get(phrase, 0))

    def party_at(self, tokens: Sequence[Token], place: int) -> PartyMention | None:
        """The longest phrase that begins there and means a party."""
        first = tokens[place]
        if not first.is_capital:
            return None
        for length in range(self._longest.get(first.base, 0), 0, -1):
            words = tuple(token.base for token in tokens[place : place + length])
            found = self._phrases.get(words)
            # A possessive ends a name: nothing of it stands behind.
            if (
                found is not None
                and len(words) == length
                and not any(token.is_possessive for token in tokens[place : place + length - 1])
            ):
                return PartyMention(place, place + length, *found)
        return None

    def parties_in(self, tokens: Sequence[Token]) -> list[PartyMention]:
        """All of them, in order, none within another."""
        found: list[PartyMention] = []
        place = 0
        while place < len(tokens):
            mention = self.party_at(tokens, place)
            if mention is not None:
                found.append(mention)
            place = mention.end if mention is not None else place + 1
        return found


def _peoples_of(name: str) -> tuple[str, ...]:
    """The adjectives that one would make of a name of one word."""
    if " " in name or len(name) < 4:
        return ()
    made: tuple[str, ...]
    if name.endswith("ia"):
        made = (f"{name}n", f"{name}ns")
    elif name.endswith("a"):
        made = (f"{name}n", f"{name}ns", f"{name[:-1]}ese")
    elif name.endswith("land"):
        made = (f"{name}er", f"{name}ers", f"{name}ic", f"{name[:-4]}ish")
    else:
        made = (f"{name}ian", f"{name}ians", f"{name}ish", f"{name}ese", f"{name}er", f"{name}ers", f"{name}i")
    return made


def made_up(words: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """States of which nobody has heard, told by a name and its people that both stand in the article: `Veldania` and
    `Veldanian`. `words`: all those with a capital letter.
    """
    found = {}
    for name in sorted(words):
        peoples = tuple(each for each in _peoples_of(name) if each in words)
        # `Trump` and `Trumpian` are no state, but `-ia` and `-land` are what states are made of.
        if peoples and (name.endswith(("ia", "land", "mark", "stan", "a")) or len(peoples) > 1):
            found[name] = peoples
    return found
