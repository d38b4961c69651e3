"""A condition of a pause: what has to come about before the flow resumes, who asked for it, and how it stands.

A condition is *unmet* until somebody says otherwise, with evidence: *claimed* (somebody holds that it is met, and who
decides has not said so), *met*, *disputed* (sources or parties differ) or *waived* (who decides resumes without it). A
*binding* one stands in the way of a resume until it is met or waived. One that was asked for by somebody who is no
party to the agreement is kept, and has no force.

>>> talks = Condition("talks are fixed", asked_by="USA", binding=True)
>>> talks.has_force({"USA", "UKR"}), talks.has_force({"FRA"}), talks.is_settled
(True, False, False)
>>> talks.set("met", evidence="joint statement, 11 March", by="olga", at=5).is_settled
True
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, cast, get_args

from relto.domain import ids, written
from relto.domain.errors import BadInput

ConditionState = Literal["unmet", "claimed", "met", "disputed", "waived"]

TEXT_MAX: Final = 2_000
"""Characters of a condition, its evidence, or any other text that goes with a pause."""

_SETTLED: Final = frozenset({"met", "waived"})


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. `asked_by`: a party's code, empty where whoever paused asks for it. `changed_at`: microseconds.

    Raises `BadInput` (`pause-condition-invalid`, `condition-state-unknown`, `party-code-invalid`).
    """

    text: str
    state: ConditionState = "unmet"
    asked_by: str = ""
    binding: bool = False
    evidence: str = ""
    changed_by: str = ""
    changed_at: int = 0

    def __post_init__(self) -> None:
        written.one_line(self.text, what="a condition", code="pause-condition-invalid", longest=TEXT_MAX)
        if self.asked_by:
            ids.party_code(self.asked_by)
        if self.evidence:
            written.one_line(self.evidence, what="the evidence", code="pause-condition-invalid", longest=TEXT_MAX)
        if self.state not in get_args(ConditionState):
            remedy = written.nearest(str(self.state), get_args(ConditionState))
            text = f"{written.shown(self.state)} is no state of a condition"
            raise BadInput("condition-state-unknown", text, remedy=remedy)

    @property
    def is_settled(self) -> bool:
        """Whether it stands in nobody's way."""
        return self.state in _SETTLED

    def has_force(self, parties: Collection[str]) -> bool:
        """Whether it counts for an agreement of these parties."""
        return not self.asked_by or self.asked_by in parties

    def set(self, state: str, *, evidence: str, by: str, at: int) -> Condition:
        """The condition in another state, by whom, on what evidence. Raises `BadInput` as above."""
        return replace(self, state=cast("ConditionState", state), evidence=evidence, changed_by=by, changed_at=at)

    def as_value(self) -> dict[str, Any]:
        """Plain values that `Condition(**value)` reads back; what holds its default is left out."""
        value = {
            "text": self.text,
            "state": self.state,
            "asked_by": self.asked_by,
            "binding": self.binding,
            "evidence": self.evidence,
            "changed_by": self.changed_by,
            "changed_at": self.changed_at,
        }
        return {key: part for key, part in value.items() if part or key in {"text", "state"}}
