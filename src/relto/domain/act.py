"""An act: whatever changes policy, as one record from the proposal to what came of it.

Who asked, for which party, by which authority, when and why; what exactly was asked (`order`); the whole before and
after. An act that needs approvals is *proposed*; it is approved by others than who asked, each once, and carried out
in the transaction of the last approval that it needs, or *scheduled* where its moment is still to come. It ends
*applied*, *rejected*, *withdrawn* by who asked, or *outdated*: the ground moved under it, and it says what moved.
What was asked never changes: who wants something else withdraws the act and asks anew, so that an approval is always
of what its giver saw.

>>> act = Act(4, "resume", "olga", "USA", "password", 100, "talks", {"pause": "1"}, needs=1, state="proposed")
>>> act = act.approved(Approval("ann", "USA", "token", 200))
>>> act.has, act.is_approved, act.lacks
(1, True, 0)
>>> act.approved(Approval("ann", "USA", "token", 201))
Traceback (most recent call last):
relto.domain.errors.Refused: account `ann` has approved act `4` already
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, get_args

import msgspec

from relto.domain import agreement, written
from relto.domain.actor import Actor, How
from relto.domain.errors import BadInput, Refused

ActState = Literal["proposed", "scheduled", "applied", "rejected", "withdrawn", "outdated"]
OPEN_STATES: Final = ("proposed", "scheduled")

TEXT_MAX: Final = 2_000
"""Characters of a reason or a note."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody agreed: which account, for which party, how it came in, when (microseconds), with what note, in which
    roles.
    """

    by: str
    party: str
    how: How
    at: int
    note: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """One act. Moments are microseconds.

    `concerns`: the agreements that it touches; `parties`: whose decision it is.
    `grounds`: what it stands on, name → how that was when it was asked. `due_at`: not before this moment. `before` and
    `after`: plain values of what it changes, whole. `outcome`: what it did, in numbers. `ended_by`, `ended_at` and
    `ended_why`: by whom, when and why it came to its end; where somebody refused it or took it back, `ended_party`,
    `ended_how` and `ended_roles` say for which party, how that one came in, and in which roles. `reasons`: of a
    refusal, one text for each thing that moved.
    `roles`: those in which it was asked for, which decide what was seen by whoever asked.
    """

    number: int
    kind: str
    by: str
    party: str
    how: How
    made_at: int
    why: str = ""
    order: Mapping[str, Any] = field(default_factory=dict)
    authority: str = ""
    concerns: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    needs: int = 0
    approvals: tuple[Approval, ...] = ()
    grounds: Mapping[str, str] = field(default_factory=dict)
    due_at: int | None = None
    state: ActState = "applied"
    before: Any = None
    after: Any = None
    outcome: Mapping[str, Any] = field(default_factory=dict)
    ended_by: str = ""
    ended_at: int | None = None
    ended_why: str = ""
    ended_party: str = ""
    ended_how: str = ""
    ended_roles: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert self.state in get_args(ActState), self.state

    # What it still lacks.

    @property
    def has(self) -> int:
        """How many have agreed."""
        return len(self.approvals)

    @property
    def lacks(self) -> int:
        """How many more have to agree."""
        return max(self.needs - self.has, 0)

    @property
    def is_approved(self) -> bool:
        """Whether as many as it needs have agreed."""
        return not self.lacks

    @property
    def is_open(self) -> bool:
        """Whether it may still be carried out."""
        return self.state in OPEN_STATES

    def is_due(self, at: int) -> bool:
        """Whether its moment has come."""
        return self.due_at is None or self.due_at <= at

    @property
    def named(self) -> frozenset[str]:
        """The parties that it names: for which it was asked, whose decision it is, and those of what was asked and of
        what it changed. Who is concerned because of an agreement (`concerns`) is not among them.

        >>> Act(4, "party-join", "olga", "USA", "token", 100, order={"group": "COAL", "member": "UKR"}).named == {
        ...     "USA", "COAL", "UKR"
        ... }
        True
        """
        found = {self.party, *self.parties}
        for value in (self.order, self.before, self.after):
            found.update(_named(value))
        if self.kind == "agreement-apply" and self.after is None:
            # What waits has the file as it was given, and nothing else yet.
            with suppress(BadInput):
                found.update(_named(agreement.parse(self.order["text"]).as_value()))
        return frozenset(found)

    def moved(self, now: Mapping[str, str]) -> tuple[str, ...]:
        """What it stands on and is not as it was, in words; `now` says how each ground is now, gone ones are absent."""
        return tuple(
            f"{name} was {was}, and is {now.get(name, 'gone')}"
            for name, was in sorted(self.grounds.items())
            if now.get(name) != was
        )

    # What becomes of it.

    def approved(self, approval: Approval) -> Act:
        """The act after somebody agreed. Raises `Refused` (`act-closed`, `approval-own`, `approval-twice`)."""
        self.require_open("approve")
        if self.state == "scheduled":
            raise Refused("act-closed", f"act `{self.number}` has all its approvals, and waits for its moment")
        if approval.by == self.by:
            raise Refused(
                "approval-own",
                f"account `{approval.by}` asked for act `{self.number}`, and cannot approve it",
                remedy="ask another account with the role `approver`",
            )
        if any(approval.by == each.by for each in self.approvals):
            raise Refused("approval-twice", f"account `{approval.by}` has approved act `{self.number}` already")
        return replace(self, approvals=(*self.approvals, approval))

    def rejected(self, *, by: Actor, at: int, why: str) -> Act:
        """The act after somebody refused it. Raises `Refused` `act-closed`, `BadInput` `reason-invalid`."""
        self.require_open("reject")
        written.one_line(why, what="the reason", code="reason-invalid", longest=TEXT_MAX)
        return self._ended("rejected", by.account, at, why).by_hand_of(by)

    def withdrawn(self, *, by: Actor, at: int, why: str = "") -> Act:
        """The act after who asked for it took it back. Raises `Refused` `act-closed`."""
        self.require_open("withdraw")
        if why:
            written.one_line(why, what="the reason", code="reason-invalid", longest=TEXT_MAX)
        return self._ended("withdrawn", by.account, at, why).by_hand_of(by)

    def outdated(self, *, at: int, why: str) -> Act:
        """The act after the ground moved under it."""
        return self._ended("outdated", "", at, why)

    def scheduled(self) -> Act:
        """The act with all its approvals, before its moment."""
        return replace(self, state="scheduled")

    def applied(self, *, by: str, at: int, after: Any, outcome: Mapping[str, Any]) -> Act:
        """The act after it was carried out."""
        done = self._ended("applied", by, at, "")
        return replace(done, after=after, outcome=dict(outcome))

    def _ended(self, state: ActState, by: str, at: int, why: str) -> Act:
        return replace(self, state=state, ended_by=by, ended_at=at, ended_why=why)

    def by_hand_of(self, actor: Actor) -> Act:
        """The act, which this one ended."""
        return replace(self, ended_party=actor.party, ended_how=actor.how, ended_roles=tuple(sorted(actor.roles)))

    def require_open(self, verb: str) -> None:
        """Raises `Refused` `act-closed` where it does not wait any more, so that nobody can `verb` it."""
        if not self.is_open:
            why = f": {self.ended_why}" if self.ended_why else ""
            raise Refused(
                "act-closed",
                f"act `{self.number}` is {self.state} already, and nobody can {verb} it{why}",
                remedy="relto approvals",
                act=str(self.number),
                state=self.state,
            )

    # As text.

    def as_text(self) -> str:
        """All but its number, kind and state, as one line of JSON that `parse` reads back; defaults are left out."""
        value = msgspec.to_builtins(self, str_keys=True)
        kept = {
            name: part
            for name, part in value.items()
            if name not in {"number", "kind", "state"} and (part or (name in {"before", "after"} and part is not None))
        }
        return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def parse(cls, number: int, kind: str, state: str, text: str) -> Act:
        """The act that `as_text` gave."""
        said = msgspec.json.decode(text, type=dict[str, Any])
        value = {"party": "", "made_at": 0, **said, "number": number, "kind": kind, "state": state}
        return msgspec.convert(value, cls)


class _Outcome(msgspec.Struct, frozen=True):
    agreement: str = ""


class _Short(msgspec.Struct, frozen=True):
    outcome: _Outcome = _Outcome()


_short: Final = msgspec.json.Decoder(_Short)


def agreement_in(text: str) -> str:
    """Of what `as_text` gave of an act on an agreement: which one, with nothing else read. A node has very many.

    >>> agreement_in('{"by":"olga","outcome":{"agreement":"usa-ukr","version":1}}')
    'usa-ukr'
    """
    return _short.decode(text).outcome.agreement


_NAMING: Final = frozenset(
    {
        "party", "group", "member", "members", "recipient", "asked_by", "originator", "originators", "from", "to"
    }
)  # fmt: skip
"""Members of orders, agreements and pauses that are codes of parties."""


def _named(value: Any) -> Iterator[str]:
    """The codes of parties in a plain value."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            if name not in _NAMING:
                yield from _named(part)
            elif isinstance(part, str):
                yield part
            else:
                yield from (each for each in part or () if isinstance(each, str))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _named(part)


def act_number(text: str) -> int:
    """An act's number as typed. Raises `BadInput` (`act-number-invalid`)."""
    if text.isascii() and text.isdigit() and len(text) <= 15 and int(text) > 0:
        return int(text)
    raise BadInput("act-number-invalid", f"{written.shown(text)} is no act's number", remedy="relto approvals")
