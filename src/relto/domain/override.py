"""An override: what was decided about one item by hand, or because its originator retracted it.

*Withhold* and *recall* keep the item from its recipients whatever else is decided; a recall is of an item that they
were given, and they are told. *Release* lets it through any pause, as an exception of the agreement would; *retract*
lets a retraction through freezes. None of them widens a scope or lifts a marking. The last word on an item counts.

>>> word = Override("usa-ukr", "*", "withhold")
>>> word.concerns("usa-ukr", "UKR"), word.concerns("usa-fvey", "UKR")
(True, False)
>>> [each.verb for each in applied({word}, Override("*", "*", "release"))]
['release']
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

Verb = Literal["withhold", "recall", "release", "retract"]

ALL: Final = "*"
"""Every agreement, or every recipient."""


class Override(NamedTuple):
    """One word on an item: under which agreement and for which recipient (`*`: all), and what."""

    agreement: str
    party: str
    verb: str

    def concerns(self, agreement: str, party: str) -> bool:
        """Whether it speaks of what this party gets under this agreement."""
        return self.agreement in {ALL, agreement} and self.party in {ALL, party}

    def covers(self, other: Override) -> bool:
        """Whether it speaks of all that the other speaks of."""
        return self.agreement in {ALL, other.agreement} and self.party in {ALL, other.party}


def applied(before: Iterable[Override], word: Override) -> frozenset[Override]:
    """The words that stand after another one: it takes the place of those that it covers."""
    return frozenset({*(each for each in before if not word.covers(each)), word})


def verb_of(overrides: Iterable[Override], agreement: str, party: str) -> str:
    """What was decided by hand for this recipient under this agreement; empty where nothing was.

    The word on one recipient counts before the word on all, and so does the word on one agreement; between equals the
    one that keeps back.
    """
    found = [each for each in overrides if each.concerns(agreement, party)]
    ranked = sorted(found, key=lambda each: (each.party == ALL, each.agreement == ALL, _ORDER.index(each.verb)))
    return ranked[0].verb if ranked else ""


_ORDER: Final = ("recall", "withhold", "release", "retract")
