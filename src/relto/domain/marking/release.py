"""Whether markings forbid release to a recipient, with every reason why.

TLP alone bars no first release: what an agreement grants is its own bound (`marking_at_most`). Whether the giver is
the originator or passes material on, so that ORCON needs leave, is for the caller to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from relto.domain.classes import Restrictions
from relto.domain.marking.doubt import quoted
from relto.domain.marking.register import CEILINGS
from relto.domain.reason import Reason

NEVER_ADMITTED: Final = frozenset({"RELIDO"})
"""Caveats that no agreement can admit: a designated official decides, so a machine gives nothing to foreigners."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who would receive: a party's `code`, and the codes of the groups whose member it is at the moment of decision."""

    code: str
    groups: frozenset[str] = frozenset()


def bars(
    restrictions: Restrictions,
    *,
    originator: str,
    recipient: Recipient,
    admitted: frozenset[str],
    unmarked: int | None,
    ceiling: int | None,
) -> tuple[Reason, ...]:
    """Why the markings forbid release to the recipient, all reasons, sorted; empty where they do not. Total.

    `admitted` are the caveats and control systems that the agreement lists. `unmarked` is the TLP rank that an object
    without any marking counts as; None withholds it. `ceiling` is the highest rank of classification that the
    recipient may have; None: no ceiling. Adding a marking never takes the last reason away, but for `unmarked`.
    """
    reasons = [Reason("marking-doubt", doubt) for doubt in restrictions.doubts]
    if not restrictions.marked and unmarked is None:
        reasons.append(Reason("unmarked", "it has no marking, and the agreement withholds what has none"))
    level = restrictions.level
    if level is not None and ceiling is not None and level > ceiling:
        text = f"its classification {CEILINGS[level]} is above {recipient.code}'s ceiling {CEILINGS[ceiling]}"
        reasons.append(Reason("ceiling", text))
    never = restrictions.caveats & NEVER_ADMITTED
    for code, kind, held in (
        ("caveat", "caveat", restrictions.caveats - never),
        ("control", "control system", restrictions.controls),
    ):
        reasons += [
            Reason(code, f"the agreement does not list the {kind} {quoted(name)} among its controls")
            for name in held - admitted
        ]
    if recipient.code != originator:
        reasons += _foreign(restrictions, recipient, never)
    return tuple(sorted(reasons))


def codes_of(restrictions: Restrictions) -> frozenset[str]:
    """The codes in all its REL TO lists, for whoever wants to name those that stand for no party here."""
    return frozenset(code for listed in restrictions.rel for code in listed)


def _foreign(restrictions: Restrictions, recipient: Recipient, never: frozenset[str]) -> list[Reason]:
    """What bars every party but the originator, who always stays."""
    reasons: list[Reason] = []
    if restrictions.noforn:
        text = "it is not releasable to foreign parties: NOFORN, or classified and marked for release to nobody"
        reasons.append(Reason("noforn", text))
    for listed in restrictions.rel:
        if recipient.code not in listed and recipient.groups.isdisjoint(listed):
            shown = ", ".join(listed[:20]) + (" …" if len(listed) > 20 else "")
            reasons.append(Reason("rel-to", f"it is releasable to {shown} only, and {recipient.code} is none of them"))
    text = "a designated official decides on release, not an agreement"
    return reasons + [Reason("caveat", f"{caveat}: {text}") for caveat in never]
