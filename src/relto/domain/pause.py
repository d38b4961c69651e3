"""A pause: agreements whose flow stops for a while, wholly or within a scope, with a reason and a way back.

*Freeze* holds what is new and leaves what was released readable; *cut* also closes what was released. A pause that
was scheduled runs from its moment on, by the clock of whoever asks. It ends by an act, never by the clock alone:
`until_us` is when the resume falls due, and whoever finds it due carries it out before anything else. If that does
not happen, the pause goes on.

>>> pause = Pause("7", frozenset({"usa-ukr"}), "talks", "admin", made_at=100, from_us=200, state="scheduled")
>>> pause.is_running(199), pause.is_running(200), pause.is_narrow
(False, True, False)
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

from relto.domain import moment, written
from relto.domain.classes import Class
from relto.domain.condition import TEXT_MAX, Condition
from relto.domain.errors import BadInput
from relto.domain.marking import Recipient
from relto.domain.selector import EVERYTHING, Selector

Mode = Literal["freeze", "cut"]
PauseState = Literal["scheduled", "running", "lifted"]
Then = Literal["release", "discard", "review"]

CONDITIONS_MAX: Final = 100
"""Conditions of one pause."""


@dataclass(frozen=True, slots=True)
class Pause:
    """One pause, of one or several agreements, as it stands.

    `number` is its name, a string. `recipient`: the code of the one party that it singles out
    (a party that receives, never a group that it receives by); None: all.
    `scope`: what it covers of the agreements; None: everything. `from_us`: the moment it was scheduled for; None: it
    binds from `made_at`. `until_us`, `review_us`: microseconds since 1970, or None. `then`: what becomes at `until_us`
    of what it held. `version` counts from 1; `amended_at`: when this version was made.
    Raises `BadInput` with a code that begins with `pause-`.
    """

    number: str
    agreements: frozenset[str]
    reason: str
    made_by: str
    made_at: int
    recipient: str | None = None
    scope: Selector | None = None
    mode: Mode = "freeze"
    authority: str = ""
    review_us: int | None = None
    conditions: tuple[Condition, ...] = ()
    discreet: bool = False
    from_us: int | None = None
    until_us: int | None = None
    state: PauseState = "running"
    then: Then = "release"
    version: int = 1
    amended_at: int = 0

    def __post_init__(self) -> None:
        if not self.number:
            raise BadInput("pause-invalid", "a pause has a number")
        if not self.agreements:
            raise BadInput("pause-invalid", "a pause names at least one agreement")
        written.one_line(self.reason, what="the reason", code="pause-reason-invalid", longest=TEXT_MAX)
        if self.authority:
            written.one_line(self.authority, what="the authority", code="pause-authority-invalid", longest=TEXT_MAX)
        if self.mode not in get_args(Mode):
            remedy = written.nearest(str(self.mode), get_args(Mode))
            raise BadInput("pause-mode-unknown", f"{written.shown(self.mode)} is no mode of a pause", remedy=remedy)
        if self.state not in get_args(PauseState):
            raise BadInput("pause-invalid", f"{written.shown(self.state)} is no state of a pause")
        if len(self.conditions) > CONDITIONS_MAX:
            raise BadInput("pause-condition-invalid", f"a pause has at most {CONDITIONS_MAX} conditions")
        if self.then not in get_args(Then):
            raise BadInput("pause-invalid", f"{written.shown(self.then)} is nothing that becomes of a backlog")
        if self.until_us is not None and self.until_us <= self.since:
            raise BadInput("pause-ends-before-it-begins", "the pause would end before it begins")

    @property
    def since(self) -> int:
        """The moment from which it binds, in microseconds."""
        return self.made_at if self.from_us is None else self.from_us

    @property
    def is_narrow(self) -> bool:
        """Whether anything of the scope goes on: False where nothing narrows it.

        `recipient` does not count: for the one that is singled out everything stops, and the others are not covered.
        """
        return self.scope is not None and not self.scope.is_everything

    def is_running(self, at: int) -> bool:
        """Whether it binds at the moment: it runs, or was scheduled and its moment has come; and nobody lifted it."""
        return self.state == "running" or (self.state == "scheduled" and self.since <= at)

    def overdue(self, at: int) -> tuple[str, ...]:
        """What calls for a decision at the moment: `review` and `until`, where they have passed and it is not lifted.

        Nothing follows from that but that everybody is told.
        """
        if self.state == "lifted":
            return ()
        dates = (("review", self.review_us), ("until", self.until_us))
        return tuple(name for name, moment_us in dates if moment_us is not None and moment_us <= at)

    @property
    def ground(self) -> str:
        """What an approval of its resume leans on, as text: what it covers, of whom and how, and whether it stands."""
        scope = "everything" if self.scope is None else self.scope.words()
        names = ", ".join(sorted(self.agreements))
        state = "lifted" if self.state == "lifted" else "in force"
        return f"{self.mode} of {scope} in {names} for {self.recipient or 'all'}, {state}"

    @property
    def end(self) -> str:
        """What an approval of the end that was set with it leans on, as text."""
        return "not set" if self.until_us is None else f"{moment.write(self.until_us)} with {self.then}"

    def unmet(self, parties: Mapping[str, Collection[str]]) -> tuple[tuple[int, Condition], ...]:
        """The binding conditions, with their places from 1, that stand in the way of a resume.

        `parties`: agreement → who is a party to it. A condition that was asked for by somebody else has no force.
        """
        known = frozenset().union(*(parties.get(name, ()) for name in self.agreements))
        return tuple(
            (place, each)
            for place, each in enumerate(self.conditions, 1)
            if each.binding and each.has_force(known) and not each.is_settled
        )

    def is_looser_than(self, other: Pause) -> bool:
        """Whether something that the other keeps back might flow or be shown under this one, as far as can be told."""
        if other.mode == "cut" and self.mode != "cut":
            return True
        if self.recipient not in {None, other.recipient} or not self.agreements >= other.agreements:
            return True
        return self.scope is not None and not self.scope.contains(other.scope or EVERYTHING)

    def concerns(self, agreement: str, recipient: Recipient) -> bool:
        """Whether it speaks of what this recipient gets under this agreement."""
        return agreement in self.agreements and self.recipient in {None, recipient.code}

    def covers(self, klass: Class, agreement: str, recipient: Recipient, *, unmarked: int | None) -> bool:
        """Whether the class is within it, whether or not it is running. Total: never raises.

        A marking that cannot be compared is covered. `identity`, `marking-definition` and `extension-definition`
        objects are covered as far as the scope, read as it stands, holds for them: a scope of topics leaves them out.
        `unmarked` is the agreement's.
        """
        if not self.concerns(agreement, recipient):
            return False
        return self.scope is None or self.scope.holds(klass, unmarked=unmarked, in_doubt=True)

    def words(self) -> str:
        """What it stops, for people: ``pause `7` (freeze) of topics any of naval``."""
        what = self.scope.words() if self.scope is not None else "everything"
        return f"pause `{self.number}` ({self.mode}) of {what}"

    def next_version(self, at: int, **changes: Any) -> Pause:
        """The version after this one, made at that moment. Raises `BadInput` as the pause does."""
        return replace(self, version=self.version + 1, amended_at=at, **changes)

    def as_text(self) -> str:
        """The pause as one line of JSON that `parse_value` reads back; equal texts mean equal pauses."""
        return json.dumps(self.as_value(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def as_value(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "number": self.number,
            "agreements": sorted(self.agreements),
            "reason": self.reason,
            "made_by": self.made_by,
            "made_at": self.made_at,
            "recipient": self.recipient,
            "scope": None if self.scope is None else self.scope.as_value(),
            "mode": self.mode,
            "authority": self.authority,
            "review_us": self.review_us,
            "conditions": [condition.as_value() for condition in self.conditions],
            "discreet": self.discreet,
            "from_us": self.from_us,
            "until_us": self.until_us,
            "state": self.state,
            "then": self.then,
            "version": self.version,
            "amended_at": self.amended_at,
        }

    @classmethod
    def parse_value(cls, text: str) -> Pause:
        """The pause that `as_text` gave. Topics are not checked: the vocabulary may have changed since."""
        return cls.of_value(json.loads(text))

    @classmethod
    def of_value(cls, value: Mapping[str, Any]) -> Pause:
        """The pause that `as_value` gave, as above."""
        scope = value["scope"]
        return cls(
            **{
                **value,
                "agreements": frozenset(value["agreements"]),
                "scope": None if scope is None else Selector.parse(scope, where="scope"),
                "conditions": tuple(Condition(**condition) for condition in value["conditions"]),
            }
        )


def narrowing(
    *,
    topics: Iterable[str] = (),
    types: Iterable[str] = (),
    originators: Iterable[str] = (),
    marking_at_least: str | None = None,
    known_topics: Iterable[str] | None = None,
) -> Selector | None:
    """The scope that the command line's narrowing options describe; None where there are none: everything.

    Raises `BadInput` as `Selector.parse` does.
    """
    value: dict[str, Any] = {"topics": list(topics), "types": list(types), "originators": list(originators)}
    given = {key: names for key, names in value.items() if names}
    if marking_at_least is not None:
        given["marking_at_least"] = marking_at_least
    known = None if known_topics is None else frozenset(known_topics)
    return Selector.parse(given, where="the pause", topics=known) if given else None


def pause_number(text: str) -> str:
    """A pause's number as typed, as it stands on record: without zeros before it. Raises `BadInput`
    (`pause-number-invalid`).
    """
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return str(int(text))
    raise BadInput("pause-number-invalid", f"{written.shown(text)} is no pause's number", remedy="relto status")


def since_words(pause: Pause) -> str:
    """`since 2025-03-05T12:00:00.000000Z`, for reasons and descriptions."""
    return f"since {moment.write(pause.since)}"
