"""Known: the people and the parties that are known where an article is read; whoever else it names is a stranger.

Names are compared without accents, and without the endings by which one name is written in several ways:

>>> folded("Zelenskyy") == folded("Zelensky") == folded("Zelenskiy")
True
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "’": "'", "ß": "s"})


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody who is known. `party`: a code, or empty; `roles`: what they are, newest first."""

    key: str
    name: str
    aliases: tuple[str, ...] = ()
    party: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownParty:
    """A party that is known. `aliases`: other names by which it is written."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """Those who are known; nobody, where nothing is handed in."""

    people: tuple[KnownPerson, ...] = ()
    parties: tuple[KnownParty, ...] = ()


@lru_cache(maxsize=8192)
def folded(name: str) -> str:
    """The name as it is compared."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    plain = plain.translate(_LETTERS)
    for ending in ("iyi", "yy", "iy", "ij", "ii", "yi"):
        if plain.endswith(ending) and len(plain) > 4:
            return plain[: -len(ending)] + "y"
    return plain


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody in an article: a person or a body (`name`, and `key` where they are known), a party by itself (`party`
    alone), or somebody without a name (`unnamed`, as the article puts it). `party`: a known party's code, else a name,
    or empty.
    """

    name: str = ""
    key: str = ""
    role: str = ""
    party: str = ""
    unnamed: str = ""
    is_body: bool = False

    @property
    def label(self) -> str:
        """What to call them in one line."""
        return self.name or self.unnamed or self.party

    @property
    def is_person(self) -> bool:
        """Whether it is somebody with a name, and no body."""
        return bool(self.name) and not self.is_body

    def as_entry(self) -> str | dict[str, str]:
        """As an entry names them: a key, a party, or a mapping."""
        if self.key:
            return self.key
        if not self.name and not self.unnamed:
            return self.party
        named = {"name": self.name} if self.name else {"unnamed": self.unnamed}
        return named | {name: value for name, value in (("role", self.role), ("party", self.party)) if value}
