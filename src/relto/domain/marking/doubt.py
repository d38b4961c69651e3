"""A doubt: why a marking could not be understood. It withholds, and it says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from relto.domain.classes import Restrictions

_QUOTED_MAX: Final = 80


@dataclass(frozen=True, slots=True)
class Doubt:
    """`why` is a sentence without its subject (`unknown definition type`): who reads the marking puts its id before."""

    why: str


def doubtful(marking: str, doubt: Doubt) -> Restrictions:
    """What a marking with this doubt amounts to: marked, and withheld from everyone. `marking` is its id."""
    return Restrictions(marked=True, doubts=frozenset({f"marking {quoted(marking)}: {doubt.why}"}))


def quoted(text: object) -> str:
    """Text of a stranger, in backticks: cut short, on one line, with nothing that a terminal would obey."""
    whole = str(text)
    cut = whole if len(whole) <= _QUOTED_MAX else whole[:_QUOTED_MAX] + "…"
    return "`" + "".join(character if character.isprintable() else "\ufffd" for character in cut) + "`"
