"""The scene: what a reader has in mind at a sentence, so that `he`, `the president` and `the ministry` mean somebody.

One passes through the sentences in order and says of each who was named and who spoke.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from relto.domain.article.dates import DateMention, dates_in
from relto.domain.article.known import Known, Who
from relto.domain.article.parties import PartyMention, Register, made_up
from relto.domain.article.people import Cast, NameMention, is_woman
from relto.domain.article.place import Places
from relto.domain.article.roles import HEADS
from relto.domain.article.sentence import Sentence
from relto.domain.article.token import Token
from relto.domain.article.words import word_set

KEPT: Final = 8
"""So many of those who were in focus are kept."""

DISTANCE_MAX: Final = 4
"""So many paragraphs later a pronoun no longer means somebody."""


@dataclass(slots=True)
class Scene:
    """What the sentences so far leave in mind. `on`: the day on which the article appeared; `actor`: the party that did
    something last.
    """

    cast: Cast
    register: Register
    places: Places
    on: date | None
    words: frozenset[str]
    _focus: list[tuple[Who, int]] = field(default_factory=list)
    _bodies: list[tuple[Who, int]] = field(default_factory=list)
    actor: str = ""
    _seen: dict[str, None] = field(default_factory=dict)

    def dates_in(self, tokens: Sequence[Token]) -> list[DateMention]:
        """The dates in a sentence."""
        return dates_in(tokens, self.on)

    def parties_in(self, tokens: Sequence[Token]) -> list[PartyMention]:
        """The parties in a sentence; a town after `in` is a place and none."""
        found = self.register.parties_in(tokens)
        return [each for each in found if not (each.is_town and _is_place(tokens, each.start))]

    def names_in(self, tokens: Sequence[Token]) -> list[NameMention]:
        """The names of people in a sentence."""
        return self.cast.names_in(tokens)

    def person(self, text: str) -> Who:
        """Who is meant by a name; a stranger where nobody is known by it."""
        return self.cast.person(text) or Who(name=text)

    def by_role(self, words: str, party: str) -> Who | None:
        """Whom a role means here; None where nobody."""
        return self.cast.by_role(words, party, recent=tuple(self._seen))

    def unnamed(self, head: str) -> Who | None:
        """Somebody without a name who was spoken of by that noun a moment ago: `the official added`."""
        for who, _ in (*reversed(self._focus), *reversed(self._bodies)):
            if who.unnamed and head in who.unnamed.lower().split():
                return who
        return None

    def see(self, who: Who) -> None:
        """Somebody was named: of those who may be meant, they are the latest."""
        self._seen.pop(who.name, None)
        self._seen[who.name] = None

    def focus_on(self, who: Who, paragraph: int) -> None:
        """Somebody is spoken of, or speaks."""
        listed = self._focus if who.is_person or _is_somebody(who) else self._bodies
        listed[:] = [each for each in listed if each[0] != who][-KEPT:]
        listed.append((who, paragraph))

    def pronoun(self, word: str, paragraph: int) -> Who | None:
        """Whom `he`, `she`, `they` or `it` means there; None where that is anybody's guess."""
        listed = self._bodies if word == "it" else self._focus
        if word == "they":
            listed = [each for each in (*self._focus, *self._bodies) if not each[0].is_person] or self._focus
        for who, where in reversed(listed):
            if paragraph - where > DISTANCE_MAX:
                break
            woman = is_woman(f"{who.name} {who.role} {who.unnamed}")
            if word in {"he", "she"} and (
                who.is_body or (not who.role and " " not in who.name and not who.key and who.name)
            ):
                continue
            if word in {"he", "she"} and woman is not None and woman != (word == "she"):
                continue
            return who
        return None


def scene_of(sentences: Sequence[Sentence], quoted: Sequence[Sequence[Token]], known: Known, on: date | None) -> Scene:
    """A scene before the first sentence: who is in the article is known by then, from all of it."""
    register = Register(known)
    capitals = frozenset(token.base for each in sentences for token in each.tokens if token.is_capital)
    for name, peoples in made_up(capitals).items():
        register.learn(name, peoples)
    cast = Cast(known, register)
    for sentence in sentences:
        cast.read(sentence.tokens)
    for tokens in quoted:
        cast.read(tokens)
    small = frozenset(token.text for each in sentences for token in each.tokens if not token.is_capital)
    return Scene(cast, register, Places(register), on, small)


def told_of(who: Who, scene: Scene) -> Who:
    """The same, with what the article says elsewhere that they are."""
    found = scene.cast.person(who.name) if who.name else None
    return replace(found, role=found.role or who.role, party=found.party or who.party) if found else who


def _is_place(tokens: Sequence[Token], place: int) -> bool:
    return (
        place > 0
        and tokens[place - 1].lower in word_set("in at near outside to from of for")
        and not (tokens[place].is_possessive)
    )


def _is_somebody(who: Who) -> bool:
    return any(word in HEADS for word in who.unnamed.lower().split())
