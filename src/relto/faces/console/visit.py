"""A visit: one request for a page, with who asks; and what a page answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from relto.domain.actor import OFFICE
from relto.faces.console.form import Form
from relto.faces.verbs.caller import written
from relto.faces.verbs.cases import moment_of

if TYPE_CHECKING:
    from relto.faces.http.exchange import Headers
    from relto.faces.verbs.caller import Caller
    from relto.ports.chores import Chores
    from relto.usecases.accounts import Entry


@dataclass(frozen=True, slots=True)
class Visit:
    """`at`: the path as it was asked for. `names`: what stands in it in place of `{name}`. `token`: of the session,
    for its forms. `is_fragment`: a page that stands already asks for a part of itself. `desk`: of what is done for the
    node beside its work; None: nothing is.
    """

    caller: Caller
    entry: Entry
    at: str
    names: Mapping[str, str] = field(default_factory=dict)
    query: Form = field(default_factory=Form)
    form: Form = field(default_factory=Form)
    token: str = ""
    is_fragment: bool = False
    desk: Chores | None = None

    @property
    def account(self) -> str:
        """Who asks, by name."""
        return self.entry.account.name

    @property
    def party(self) -> str:
        """For whom."""
        return self.entry.account.party

    @property
    def roles(self) -> frozenset[str]:
        """What the account may be asked to do."""
        return frozenset(self.entry.account.roles)

    @property
    def chores(self) -> Chores:
        """What is done for the node beside its work."""
        assert self.desk is not None, "whoever serves pages has one"
        return self.desk

    @property
    def in_office(self) -> bool:
        """Whether it sees the giver's side of anything."""
        return bool(OFFICE & self.caller.by.roles)

    def then(self) -> str | None:
        """The moment that is looked back at (`at` of the query), written out; None: now. A bare day means all of it, as
        it does of a case. Raises `BadInput` (`when-invalid`, `when-ahead`).
        """
        return written(moment_of(self.caller, self.query.given("at")))

    def may_decide(self, *parties: str) -> bool:
        """Whether it may ask for acts in the name of these parties: what it may not do, no page offers."""
        return self.caller.by.may("officer", for_=parties, host=self.caller.sight.policy.host)

    def require_officer(self, what: str, *parties: str) -> None:
        """Whoever may not do it is shown no form for it. Raises `Refused` (`role-missing`, `party-not-yours`)."""
        self.caller.by.require("officer", for_=parties, host=self.caller.sight.policy.host, what=what)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: what the template of this name shows. `error`: what stood in the way of what its form said."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Went:
    """Something else: the address to go on at (303)."""

    place: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A file, as it is. `pieces`: what is too long to be held at once, one after the other, in place of `body`."""

    body: bytes
    type: bytes
    headers: Headers = field(default_factory=list)
    pieces: Iterator[bytes] | None = None

    @classmethod
    def file(
        cls, name: str, body: bytes, type_: bytes = b"application/octet-stream", pieces: Iterator[bytes] | None = None
    ) -> Sent:
        """To be saved under this name, which is one of ours."""
        return cls(body, type_, [(b"content-disposition", f'attachment; filename="{name}"'.encode())], pieces)


Answer = Shown | Went | Sent
Page = Callable[[Visit], Answer]
