"""The wording of restrictions: what markings, combined, say, in the words in which people know them.

>>> from relto.domain.classes import Restrictions
>>> worded(Restrictions(marked=True, tlp=2, level=3, rel=frozenset({("GBR", "USA")}), orcon=2))
('TLP amber', 'classification S', 'REL TO GBR, USA', 'ORCON')
>>> worded(Restrictions())
('no marking',)
"""

from __future__ import annotations

from typing import Final

from relto.domain.classes import Restrictions
from relto.domain.marking.register import CEILINGS
from relto.domain.marking.tlp import name_of

LISTED_MAX: Final = 20
"""Codes of one REL TO list that are named."""

_ORCON: Final = ("", "ORCON-USGOV", "ORCON")
_PAP: Final = ("clear", "green", "amber", "red")


def worded(restrictions: Restrictions) -> tuple[str, ...]:
    """What they say, each by itself; what could not be understood, which withholds, last."""
    if not restrictions.marked:
        return ("no marking",)
    found = []
    if restrictions.tlp is not None:
        found.append(f"TLP {name_of(restrictions.tlp)}")
    if restrictions.level is not None:
        found.append(f"classification {CEILINGS[restrictions.level]}")
    found += [
        "REL TO " + ", ".join(listed[:LISTED_MAX]) + (" …" if len(listed) > LISTED_MAX else "")
        for listed in sorted(restrictions.rel)
    ]
    if restrictions.noforn:
        found.append("NOFORN")
    if restrictions.orcon:
        found.append(_ORCON[restrictions.orcon])
    found += [f"caveat {name}" for name in sorted(restrictions.caveats)]
    found += [f"control system {name}" for name in sorted(restrictions.controls)]
    if restrictions.pap is not None:
        found.append(f"PAP {_PAP[restrictions.pap]}")
    found += [f"statement {name}" for name in sorted(restrictions.statements)]
    found += [f"not understood: {doubt}" for doubt in sorted(restrictions.doubts)]
    return tuple(found) or ("marked, and restricted by nothing",)
