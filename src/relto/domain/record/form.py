"""Forms: the kinds of entry, and the fields that each has beside what all have in common (`entry.py`).

The table is the one place that says them: files, forms, the stored object, its JSON Schema and the manual follow it.

>>> sorted(field.name for field in FORMS["reaction"].fields if field.is_required)
['by', 'stance', 'towards']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput
from relto.domain.record.shape import (
    CODE,
    TEXT_MAX,
    ByParty,
    Choice,
    Day,
    Line,
    Listed,
    Party,
    Shape,
    Somebody,
)
from relto.domain.written import nearest, shown

if TYPE_CHECKING:
    from relto.domain.record.when import When
    from relto.domain.record.who import Names

PROPOSAL_STATES: Final = ("proposed", "accepted", "accepted-with-conditions", "refused")
DEAL_STATES: Final = ("proposed", "stalled", "agreed-in-principle", "signed", "in-force", "called-off")
TALKS_STATES: Final = ("proposed", "announced", "held", "called-off")
STANCES: Final = ("opposes", "critical", "neutral", "welcomes", "supports")
"""The scale of a reaction, from one end to the other."""

EFFECTS: Final = ("none", "slight", "serious", "grave")
EXTENTS: Final = ("unclear", "partial", "complete")
MEASURES: Final = ("paused", "widened", "narrowed", "excepted", "directed", "lifted")
RELATIONS: Final = ("about", "answers", "contradicts", "supports")
"""How one entry may stand to another: `supports` is evidence for it."""

CAPACITY: Final = Choice("official", "personal")
"""Whether somebody speaks for the party, or for himself."""

POINTS: Final = Choice("nearer", "further")
"""Whether what is said has the end of the pause come nearer, or move away."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. `says`: what it holds, for people."""

    name: str
    shape: Shape
    says: str
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of entry. `either`: fields of which at least one has to be there."""

    says: str
    fields: tuple[Field, ...]
    either: tuple[str, ...] = ()

    def read(self, given: Mapping[str, Any], *, kind: str, names: Names, on: When) -> dict[str, Any]:
        """The fields that were given, read; in the order of the form. Raises `BadInput`."""
        found = {}
        for field in self.fields:
            if field.name in given:
                found[field.name] = field.shape.read(given[field.name], what=f"`{field.name}`", names=names, on=on)
            elif field.is_required:
                raise BadInput(CODE, f"a {kind} has no `{field.name}`: {field.says}")
        if self.either and not found.keys() & set(self.either):
            listed = " nor ".join(f"`{name}`" for name in self.either)
            raise BadInput(CODE, f"a {kind} has neither {listed}")
        return found


def kind_of(value: object) -> str:
    """A kind of entry. Raises `BadInput` (`entry-invalid`), naming the nearest."""
    if isinstance(value, str) and value in FORMS:
        return value
    said = "an entry has no `kind`" if value is None else f"{shown(value)} is no kind of entry"
    raise BadInput(CODE, said, remedy=nearest(str(value or ""), FORMS))


def _need(name: str, shape: Shape, says: str) -> Field:
    return Field(name, shape, says, is_required=True)


_SUBJECT = "what it is about"

FORMS: Final[Mapping[str, Form]] = {
    "statement": Form(
        "what somebody said",
        (
            _need("speaker", Somebody(), "who said it"),
            Field("words", Line(TEXT_MAX), "the words, as they were said"),
            Field("paraphrase", Line(TEXT_MAX), "what was said, in other words"),
            Field("subject", Line(), _SUBJECT),
            Field("place", Line(), "where it was said"),
            Field("capacity", CAPACITY, "whether it was said for the party, or as a personal view"),
            Field("points", POINTS, "whether it has the end of the pause come nearer"),
        ),
        either=("words", "paraphrase"),
    ),
    "talks": Form(
        "who met whom, or will",
        (
            _need("place", Line(), "where"),
            Field("hosts", Listed(Somebody()), "who receives them"),
            Field("delegations", ByParty(Listed(Somebody())), "by party, who takes part"),
            _need("state", Choice(*TALKS_STATES), "whether they were held"),
            Field("outcome", Line(TEXT_MAX), "what came of them"),
        ),
    ),
    "proposal": Form(
        "what somebody proposes",
        (
            _need("subject", Line(), "what is proposed"),
            Field("scope", Listed(Line()), "what it covers, such as air, sea"),
            _need("by", Listed(Somebody()), "who proposes it"),
            Field("to", Listed(Party()), "to whom"),
            Field("terms", Line(TEXT_MAX), "on what terms"),
            Field("reciprocity", Line(), "what the other side would have to do"),
            Field("status", ByParty(Choice(*PROPOSAL_STATES)), "by party, how it stands"),
        ),
    ),
    "deal": Form(
        "what parties agree on, or do not",
        (
            _need("subject", Line(), "what it is about"),
            _need("parties", Listed(Party()), "between whom"),
            _need("status", Choice(*DEAL_STATES), "how it stands"),
            Field("terms", Line(TEXT_MAX), "on what terms"),
        ),
    ),
    "condition": Form(
        "what is asked for before the flow resumes",
        (
            _need("asks", Line(TEXT_MAX), "what has to come about"),
            _need("asked_by", Somebody(), "who asks for it"),
            Field("capacity", CAPACITY, "whether it is asked for by the party, or as a personal view"),
            Field("state", Choice("unmet", "claimed", "met", "disputed", "waived"), "how it stands by this source"),
            Field("words", Line(TEXT_MAX), "the words in which it was asked for"),
        ),
    ),
    "reaction": Form(
        "what somebody thinks of it",
        (
            _need("by", Somebody(), "whose reaction it is"),
            _need("stance", Choice(*STANCES), "from opposes to supports"),
            _need("towards", Line(), "to what"),
            Field("words", Line(TEXT_MAX), "the words, as they were said"),
        ),
    ),
    "impact": Form(
        "what the pause does to somebody, as it is told",
        (
            _need("on", Listed(Party()), "to whom"),
            _need("effect", Choice(*EFFECTS), "how grave"),
            Field("topics", Listed(Line(64)), "on which topics"),
            Field("told_by", Somebody(), "who tells it"),
            Field("words", Line(TEXT_MAX), "the words in which it was told"),
        ),
    ),
    "shift": Form(
        "a change of policy",
        (
            _need("party", Party(), "whose policy"),
            _need("from", Line(), "what it was"),
            _need("to", Line(), "what it is"),
            Field("administration", Line(), "under which administration"),
        ),
    ),
    "measure": Form(
        "what was done to the flow, as it is told",
        (
            _need("does", Choice(*MEASURES), "what was done"),
            _need("by", Somebody(), "who did it"),
            Field("subject", Line(), "to what"),
            Field("extent", Choice(*EXTENTS), "how far it goes"),
            Field("to", Listed(Party()), "whom it binds"),
            Field("words", Line(TEXT_MAX), "the words in which it was told"),
        ),
    ),
    "person": Form(
        "somebody who plays a part",
        (
            _need("name", Line(120), "the whole name"),
            Field("person", Line(64), "of whom this is a further role, by key"),
            Field("aliases", Listed(Line(120)), "other ways to write it"),
            Field("party", Party(), "for whom"),
            Field("role", Line(200), "as what"),
            Field("from", Day(), "since when"),
            Field("until", Day(), "until when, that day included"),
        ),
    ),
    "link": Form(
        "how an entry stands to another, or to a pause, as somebody saw it later",
        (
            _need("entry", Line(64), "which entry"),
            Field("relation", Choice(*RELATIONS), "how it stands to the other"),
            Field("other", Line(64), "which other; without one, the pauses, agreements or conditions that it is about"),
        ),
    ),
}
"""By kind, its form."""
