"""The decision: for a class, an agreement, a recipient, the pauses and a moment: *release*, *hold* or *withhold*.

Total, pure and replayable: it never raises, asks nothing of the world, and says every reason it has. The rules:

1. *Withhold* everything from who is no recipient, what its originator has withdrawn, what was withheld or recalled by
   hand, what is outside the scope, what a marking forbids to this recipient, what is marked above the scope's bound,
   and everything once the agreement ended.
2. *Release* what an exception of the agreement names, or what was released by hand, through any pause; and through
   freezes what retracts what this recipient has. It is asked of what rule 1 left over, so nothing of this widens the
   scope or lifts a marking.
3. *Hold* what running pauses cover.
4. *Release* the rest.

Types in the agreement's `support` (identities, marking definitions, extension definitions) belong to the scope
whatever its topics and types, as far as originator, `marking_at_most` and their own markings allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from relto.domain.agreement import Agreement
from relto.domain.classes import Class
from relto.domain.marking import Recipient, bars
from relto.domain.override import verb_of
from relto.domain.pause import Pause, since_words
from relto.domain.reason import Reason
from relto.domain.selector import Fault

DecisionKind = Literal["release", "hold", "withhold"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a class for a recipient.

    `reasons`: all of them for this kind, the most decisive first, never empty. `covering`: numbers of the running
    pauses that keep it; not empty exactly where the kind is `hold`. `hidden`: whether what was released before is
    closed to reading as well: where it is withheld (unless for no reason but that the agreement has ended), and
    wherever a running cut covers it.
    """

    kind: DecisionKind
    reasons: tuple[Reason, ...]
    covering: frozenset[str] = frozenset()
    hidden: bool = False


def decide(
    klass: Class,
    *,
    agreement: Agreement,
    recipient: Recipient,
    ceiling: int | None,
    pauses: Sequence[Pause],
    ended: bool,
    at: int,
    member: bool = True,
) -> Decision:
    """The decision at the moment `at` (microseconds); `ceiling` is the recipient's, `ended` the agreement's state.

    `member`: whether the party receives under the agreement at all; False while it is out of the group that `to` names.
    """
    verb = verb_of(klass.overrides, agreement.id, recipient.code)
    against = _against(klass, agreement, recipient, ceiling)
    if verb in _KEPT:
        against = (_KEPT[verb], *against)
    if not member:
        against = (Reason("not-a-recipient", f"{recipient.code} receives nothing under it at present"), *against)
    exceptions = _exceptions(klass, agreement)
    if verb == "release":
        exceptions = (*exceptions, _BY_HAND)
    covering = [] if exceptions else _covering(klass, agreement, recipient, pauses, at)
    if verb == "retract" and covering and all(pause.mode == "freeze" for pause in covering):
        exceptions, covering = (_RETRACTION,), []
    cut = any(pause.mode == "cut" for pause in covering)
    if against or ended:
        over = (Reason("agreement-ended", f"agreement `{agreement.id}` has ended"),) if ended else ()
        # An end leaves readable what was released, and a cut that still runs goes on hiding it.
        return Decision("withhold", (*against, *over), hidden=bool(against) or cut)
    within = Reason("in-scope", _within(klass, agreement))
    if exceptions:
        stopped = _covering(klass, agreement, recipient, pauses, at)
        return Decision("release", (*exceptions, within) if stopped else (within, *exceptions))
    if covering:
        return Decision("hold", tuple(map(_paused, covering)), frozenset(pause.number for pause in covering), cut)
    return Decision("release", (within,))


_KEPT: Final = {
    "withhold": Reason("withheld-by-hand", "it was withheld by hand"),
    "recall": Reason("recalled", "it was recalled: who has it was told"),
}
_BY_HAND: Final = Reason("released-by-hand", "it was released by hand, through any pause")
_RETRACTION: Final = Reason("retraction", "it retracts what this recipient has, and passes a freeze")


def _against(klass: Class, agreement: Agreement, recipient: Recipient, ceiling: int | None) -> tuple[Reason, ...]:
    """Every reason to withhold that does not pass with time, in the order of rule 1."""
    withdrawn = (Reason("item-withdrawn", f"{klass.originator} has withdrawn it"),) if klass.withdrawn else ()
    faults = agreement.scope.faults(klass, unmarked=agreement.unmarked, in_doubt=False)
    if klass.type in agreement.support:
        faults = tuple(fault for fault in faults if fault.part in {"originators", "marking_at_most"})
    return (
        *withdrawn,
        *(_outside(agreement, fault) for fault in faults if fault.part != "marking_at_most"),
        *bars(
            klass.restrictions,
            originator=klass.originator,
            recipient=recipient,
            admitted=agreement.controls,
            unmarked=agreement.unmarked,
            ceiling=ceiling,
        ),
        *(_above(agreement, fault) for fault in faults if fault.part == "marking_at_most"),
    )


def _exceptions(klass: Class, agreement: Agreement) -> tuple[Reason, ...]:
    return tuple(
        Reason("exception", f"exception `{each.name}` of agreement `{agreement.id}` lets it through any pause")
        for each in agreement.exceptions
        if each.scope.holds(klass, unmarked=agreement.unmarked, in_doubt=False)
    )


def _covering(
    klass: Class, agreement: Agreement, recipient: Recipient, pauses: Sequence[Pause], at: int
) -> list[Pause]:
    """The running pauses that cover it: cuts first, then the oldest first."""
    found = [
        pause
        for pause in pauses
        if pause.is_running(at) and pause.covers(klass, agreement.id, recipient, unmarked=agreement.unmarked)
    ]
    return sorted(found, key=lambda pause: (pause.mode != "cut", pause.since, len(pause.number), pause.number))


def _outside(agreement: Agreement, fault: Fault) -> Reason:
    return Reason("out-of-scope", f"outside `{fault.part}` of agreement `{agreement.id}`: {fault.text}")


def _above(agreement: Agreement, fault: Fault) -> Reason:
    return Reason("marking-above-scope", f"above `marking_at_most` of agreement `{agreement.id}`: {fault.text}")


def _paused(pause: Pause) -> Reason:
    return Reason("paused", f"{pause.words()} {since_words(pause)}: {pause.reason}")


def _within(klass: Class, agreement: Agreement) -> str:
    if klass.type in agreement.support:
        return f"{klass.type} objects of {klass.originator} belong to agreement `{agreement.id}` whatever their topics"
    return f"in the scope of agreement `{agreement.id}`: {agreement.scope.words()}"
