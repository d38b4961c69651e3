"""How markings combine: associative, commutative, idempotent, with `NEUTRAL` as the neutral element.

STIX 2.1 leaves this open (section 7.2); the rule is Relto's: levels by the highest, sets by union, and REL TO lists
as a conjunction, so that each list goes on counting with the members that its groups have at the moment of decision.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from relto.domain.classes import Restrictions

NEUTRAL: Final = Restrictions()
"""What an object without any marking has."""

MARKED: Final = Restrictions(marked=True)
"""A marking that restricts nothing."""


def combine(a: Restrictions, b: Restrictions) -> Restrictions:
    """Both at once: nobody may receive what either forbids."""
    if b in (a, NEUTRAL):
        return a
    if a == NEUTRAL:
        return b
    return _joined((a, b))


def combine_all(parts: Iterable[Restrictions]) -> Restrictions:
    """All at once, in whatever order; `NEUTRAL` for none. Linear in what the parts hold."""
    distinct = set(parts)
    distinct.discard(NEUTRAL)
    if len(distinct) < 2:
        return next(iter(distinct), NEUTRAL)
    return _joined(tuple(distinct))


def _joined(parts: tuple[Restrictions, ...]) -> Restrictions:
    return Restrictions(
        marked=any(part.marked for part in parts),
        tlp=_highest(part.tlp for part in parts),
        level=_highest(part.level for part in parts),
        rel=frozenset().union(*(part.rel for part in parts)),
        noforn=any(part.noforn for part in parts),
        orcon=max(part.orcon for part in parts),
        caveats=frozenset().union(*(part.caveats for part in parts)),
        controls=frozenset().union(*(part.controls for part in parts)),
        pap=_highest(part.pap for part in parts),
        statements=frozenset().union(*(part.statements for part in parts)),
        doubts=frozenset().union(*(part.doubts for part in parts)),
    )


def _highest(ranks: Iterable[int | None]) -> int | None:
    return max((rank for rank in ranks if rank is not None), default=None)
