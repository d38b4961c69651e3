"""The reader of a brief, and what may stand in it for them.

| reader | entries | pauses, conditions | counts, outlook, approvals |
| --- | --- | --- | --- |
| the party that keeps the case | all | all | all |
| another party | up to amber, as far as markings release them to it | those that it is told of | what it received |
| the public | marked clear, and nothing else | none: what is public is in the record | none |

An entry without any marking counts as amber. What TLP has no word for (a classification, a caveat, a doubt) is shown as
amber+strict at least.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from relto.domain.classes import Restrictions
from relto.domain.marking.release import Recipient, bars

PUBLIC: Final = "public"
"""Who is nobody in particular."""

UNMARKED: Final = 2
FOREIGN_MAX: Final = 2
"""Amber: what is marked more strictly stays with the organisation that it was given to (TLP 2.0)."""


def level_of(restrictions: Restrictions) -> int:
    """The level of TLP that a brief has to bear because of an entry that is marked so, from 0 clear to 4 red. Total."""
    level = restrictions.tlp if restrictions.tlp is not None else UNMARKED
    plain = Restrictions(marked=restrictions.marked, tlp=restrictions.tlp)
    said = replace(restrictions, rel=frozenset(), pap=None, statements=frozenset())
    if said != plain:
        return max(level, FOREIGN_MAX + 1)
    return max(level, UNMARKED) if restrictions != plain else level


@dataclass(frozen=True, slots=True)
class Reader:
    """`party`: empty for the public. `groups`: those whose member it is. `ceiling`: the highest classification that it
    may have; None: no ceiling.
    """

    party: str = ""
    groups: frozenset[str] = frozenset()
    ceiling: int | None = None

    @property
    def name(self) -> str:
        """As it is typed."""
        return self.party or PUBLIC

    def may_read(self, restrictions: Restrictions, *, keeper: str) -> bool:
        """Whether an entry of a party's record may stand in what this reader is given. Closed on doubt. Total."""
        if not self.party:
            return restrictions == Restrictions(marked=True, tlp=0)
        if self.party == keeper:
            return True
        level = restrictions.tlp if restrictions.tlp is not None else UNMARKED
        if level > FOREIGN_MAX or restrictions.orcon:
            return False
        recipient = Recipient(self.party, self.groups)
        reasons = bars(
            restrictions,
            originator=keeper,
            recipient=recipient,
            admitted=frozenset(),
            unmarked=UNMARKED,
            ceiling=self.ceiling,
        )
        return not reasons
