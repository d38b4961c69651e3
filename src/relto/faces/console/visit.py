"""A visit: one request for a page, with who asks; and what a page answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from relto.faces.console.form import Form

if TYPE_CHECKING:
    from relto.faces.http.exchange import Headers
    from relto.faces.verbs.caller import Caller
    from relto.usecases.accounts import Entry


@dataclass(frozen=True, slots=True)
class Visit:
    """`at`: the path as it was asked for. `names`: what stands in it in place of `{name}`. `token`: of the session,
    for its forms. `is_fragment`: a page that stands already asks for a part of itself.
    """

    caller: Caller
    entry: Entry
    at: str
    names: Mapping[str, str] = field(default_factory=dict)
    query: Form = field(default_factory=Form)
    form: Form = field(default_factory=Form)
    token: str = ""
    is_fragment: bool = False

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
    def in_office(self) -> bool:
        """Whether it sees the giver's side of anything."""
        return self.caller.sight.is_in_office


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: what the template of this name shows."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Went:
    """Something else: the address to go on at (303)."""

    place: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A file, as it is."""

    body: bytes
    type: bytes
    headers: Headers = field(default_factory=list)


Answer = Shown | Went | Sent
Page = Callable[[Visit], Answer]
