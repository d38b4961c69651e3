"""The menu of administration: its pages, for whoever may open them; each page of it is drawn with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import Refused, ReltoError
from relto.faces.console.drawing import moment
from relto.faces.console.visit import Shown
from relto.faces.verbs.caller import written
from relto.usecases.places import LOOKERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from relto.faces.console.visit import Visit

PAGE: Final = 50
"""Rows of a list; the rest stands on the pages that follow."""


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the menu: its address, its title, and what is done there."""

    address: str
    title: str
    does: str


_EVERYBODY: Final = (
    Section("/admin/parties", "Parties", "who gives and who receives, and who belongs to which group, with dates"),
    Section("/admin/accounts", "Accounts", "who comes in, for which party, in which roles, and by what"),
    Section("/readers", "Readers", "what each client asked for and got, where it stands, what it is given again"),
)
_PLACES: Final = Section("/admin/notices", "Where notices go", "webhooks and mailboxes, with their last answers")
_WHOLE: Final = (
    Section("/admin/topics", "Topics", "the vocabulary, and the words that put a topic on an item"),
    Section("/admin/purge", "Old content", "the content of old items is taken away, for good"),
    Section("/admin/settings", "Settings", "what holds, and where it came from"),
    Section("/admin/health", "Health", "what the node finds of itself, with remedies"),
)


def sections(visit: Visit) -> Sequence[Section]:
    """What whoever looks may open."""
    found = list(_EVERYBODY)
    if not visit.roles.isdisjoint(LOOKERS):
        found.append(_PLACES)
    if visit.caller.sight.is_whole:
        found += _WHOLE
    return found


def administers(visit: Visit) -> bool:
    """Whether it may change what is the node's: parties, accounts, the vocabulary."""
    return visit.caller.by.is_host(visit.caller.sight.policy.host)


def require_administrator(visit: Visit, what: str) -> None:
    """Whoever may not do it is not asked whether it really wants to. Raises `Refused` (`role-missing`,
    `party-not-yours`), as the act itself does.
    """
    host = visit.caller.sight.policy.host
    visit.caller.by.require("admin", for_={host}, host=host, what=what)


def told_moment(visit: Visit, text: str, *, ahead: bool = True) -> Markup:
    """The moment that was typed, as it will count, with the clock of now. Raises `BadInput` `when-invalid`."""
    return moment(written(visit.caller.when(text, ahead=ahead)))


def shown(
    visit: Visit, template: str, values: Mapping[str, Any] | None = None, error: ReltoError | None = None
) -> Shown:
    """A page of administration, for whoever is in office. `error`: what was wrong with what its form said.

    Raises `Refused` `role-missing` for everybody else.
    """
    if not visit.in_office:
        raise Refused(
            "role-missing",
            f"account `{visit.account}` administers nothing",
            remedy="your own account stands under “Your account”",
        )
    return Shown(
        f"admin/{template}.html",
        {
            "sections": sections(visit),
            "administers": administers(visit),
            "said": visit.form if error is not None else visit.query,
            **(values or {}),
        },
        error,
    )
