"""Choices: what a form offers to choose from, as far as one can look through it; of more it is typed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OFFERED_MAX: Final = 100
"""So many are offered at once."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is offered: text by value. `is_whole`: nothing is left out."""

    offered: Mapping[str, str]
    is_whole: bool

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Choice:
        """The first of these (value, text).

        >>> Choice.of([("a", "A"), ("b", "B")]).is_whole, Choice.of((str(n), "") for n in range(101)).is_whole
        (True, False)
        """
        found = list(islice(pairs, OFFERED_MAX + 1))
        return cls(dict(found[:OFFERED_MAX]), len(found) <= OFFERED_MAX)
