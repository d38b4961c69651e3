"""The account of whoever looks: what it may, what it comes in by, and where it is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relto.faces.console.pages.admin import account
from relto.faces.console.visit import Shown

if TYPE_CHECKING:
    from relto.faces.console.visit import Visit


def page(visit: Visit) -> Shown:
    """Its own; whoever administers the node changes it."""
    values = {**account.of(visit, visit.account), "administers": False, "said": visit.query}
    return Shown("account.html", values)
