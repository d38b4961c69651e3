"""Registers of classification: the words with which states and alliances say how secret a thing is, and their ranks.

Ranks: 0 unclassified, 1 restricted, 2 confidential, 3 secret, 4 top secret. Where a register lacks a rank, its next
higher word stands for it. These are defaults: the treaty of each pair of parties decides what is equivalent.

>>> ceiling_of("S"), word_of("STRENG GEHEIM").rank
(3, 4)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from relto.domain.errors import BadInput
from relto.domain.written import nearest, shown

CEILINGS: Final = ("U", "R", "C", "S", "TS")
"""How a party's ceiling is written, by rank."""


@dataclass(frozen=True, slots=True)
class Word:
    """A classification. `owners`: whose register has it, with the highest rank where several differ.

    `releasable`: the group to whose members such material goes without further words (NATO, EU); None: nobody.
    `controls`: control systems that the word brings along (ATOMAL).
    """

    rank: int
    owners: frozenset[str]
    releasable: str | None = None
    controls: frozenset[str] = frozenset()


_USA: Final = {
    "U": 0, "UNCLASSIFIED": 0, "C": 2, "CONFIDENTIAL": 2, "S": 3, "SECRET": 3, "TS": 4, "TOP SECRET": 4,
}  # fmt: skip
_NATO: Final = {
    "NU": 0, "NATO UNCLASSIFIED": 0, "NR": 1, "NATO RESTRICTED": 1, "NC": 2, "NATO CONFIDENTIAL": 2,
    "NS": 3, "NATO SECRET": 3, "CTS": 4, "COSMIC TOP SECRET": 4,
}  # fmt: skip
_EU: Final = {
    "R-UE/EU-R": 1, "RESTREINT UE/EU RESTRICTED": 1, "C-UE/EU-C": 2, "CONFIDENTIEL UE/EU CONFIDENTIAL": 2,
    "S-UE/EU-S": 3, "SECRET UE/EU SECRET": 3, "TS-UE/EU-TS": 4, "TRÈS SECRET UE/EU TOP SECRET": 4,
}  # fmt: skip
_NATIONAL: Final[Mapping[str, Mapping[str, int]]] = {
    "USA": _USA,
    "GBR": {"OFFICIAL": 0, "OFFICIAL-SENSITIVE": 1, "SECRET": 3, "TOP SECRET": 4},
    "FRA": {"NON PROTÉGÉ": 0, "DIFFUSION RESTREINTE": 1, "SECRET": 3, "TRÈS SECRET": 4},
    "DEU": {
        "VS-NfD": 1, "VS-NUR FÜR DEN DIENSTGEBRAUCH": 1, "VS-VERTRAULICH": 2, "GEHEIM": 3, "STRENG GEHEIM": 4,
    },
    "UKR": {
        "ДСК": 1, "для службового користування": 1, "таємно": 2, "цілком таємно": 3, "особливої важливості": 4,
    },
}  # fmt: skip
_ATOMAL: Final = {"NC-A": 2, "NCA": 2, "NS-A": 3, "NSAT": 3, "CTS-A": 4, "CTSA": 4}
_BOHEMIA: Final = {"CTS-B": 4}

FOREIGN: Final[Mapping[str, int]] = {
    "U": 0, "UNCLASSIFIED": 0, "R": 1, "RESTRICTED": 1, "C": 2, "CONFIDENTIAL": 2,
    "S": 3, "SECRET": 3, "TS": 4, "TOP SECRET": 4,
}  # fmt: skip
"""The words that stand after an owner's code where a line is not the US's own (`//GBR S`); R is not a US level."""


def _registers() -> dict[str, Word]:
    words: dict[str, Word] = {}
    for owner, register in _NATIONAL.items():
        for text, rank in register.items():
            known = words.get(text)
            owners = known.owners | {owner} if known else frozenset({owner})
            words[text] = Word(max(rank, known.rank if known else 0), owners)
    for group, register in (("NATO", _NATO), ("EU", _EU)):
        words |= {text: Word(rank, frozenset({group}), group) for text, rank in register.items()}
    for system, register in (("ATOMAL", _ATOMAL), ("BOHEMIA", _BOHEMIA)):
        owned = frozenset({"NATO"})
        words |= {text: Word(rank, owned, "NATO", frozenset({system})) for text, rank in register.items()}
    return words


WORDS: Final[Mapping[str, Word]] = _registers()
"""Every word of every register, as it is spelled."""

_SPELLED: Final = {form: word for text, word in WORDS.items() for form in (text, text.upper())}
_FOLDED: Final = {text.casefold(): word for text, word in WORDS.items()}


def word_of(text: str) -> Word | None:
    """The classification that is spelled so, or all in capitals; None where no register has it."""
    return _SPELLED.get(text)


def folded_word_of(text: str) -> Word | None:
    """The classification in whatever mixture of small and capital letters."""
    return _FOLDED.get(text.casefold())


def foreign_word_of(owner: str, text: str) -> Word | None:
    """The classification after an owner's code: of its own register, or of the common words; None for neither."""
    register = _NATIONAL.get(owner, {})
    spelled = {form: rank for word, rank in register.items() for form in (word, word.upper())}
    rank = spelled.get(text, FOREIGN.get(text))
    if rank is None:
        return None
    return Word(rank, frozenset({owner}), owner if owner in {"NATO", "EU"} else None)


def ceiling_of(name: str) -> int:
    """The rank of a party's ceiling (`U`, `R`, `C`, `S`, `TS`). Raises `BadInput` (`ceiling-unknown`)."""
    if name in CEILINGS:
        return CEILINGS.index(name)
    raise BadInput("ceiling-unknown", f"{shown(name)} is no ceiling", remedy=nearest(name, CEILINGS))
